/* sample_corpus.h -- the text of the corpus `sample`. */
#ifndef SAMPLE_CORPUS_H
#define SAMPLE_CORPUS_H

#include <stddef.h>

enum { SAMPLE_CORPUS_BYTES = 1 << 16 };

/* Articles with headings and paragraphs in Wikitext's form, of `bytes` bytes, the last cut
 * short. Another `seed` gives another text of the same law. Writes text[bytes]. */
void sample_corpus(unsigned seed, char *text, size_t bytes);

#endif
