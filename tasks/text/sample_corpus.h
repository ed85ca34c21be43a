/* sample_corpus.h -- the text of the corpus `sample`. */
#ifndef SAMPLE_CORPUS_H
#define SAMPLE_CORPUS_H

#include <stddef.h>

enum { SAMPLE_CORPUS_BYTES = 1 << 16 };

/* Writes text[bytes]: articles with headings and paragraphs in Wikitext's form, the last one
 * cut off. A different `seed` gives a different text from the same grammar. */
void sample_corpus(unsigned seed, char *text, size_t bytes);

#endif
