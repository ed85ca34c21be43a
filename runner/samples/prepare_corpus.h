/* prepare_corpus.h -- the text of prepare_corpus.pl, which perl reads from a pipe. */
#ifndef PREPARE_CORPUS_H
#define PREPARE_CORPUS_H

extern const char prepare_corpus[];

#endif
