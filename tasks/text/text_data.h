/* text_data.h -- a corpus in tokens: what a task of text has open. */
#ifndef TEXT_DATA_H
#define TEXT_DATA_H

#include <stdatomic.h>
#include <stdbool.h>

#include "corpus.h"
#include "token_file.h"
#include "tokenizer.h"

/* What of a token counts where text is measured: its bytes, and words by their beginnings.
 * A line's end is a word, too, as it is for models of words (end of sentence). */
struct token_size {
    uint32_t bytes;
    uint32_t words;  /* that begin behind its first byte, and line ends */
    bool starts;     /* its first byte is of a word: one begins if a blank stood before */
    bool ends_blank; /* its last byte is a blank or a line's end */
};

struct text_data {
    struct tokenizer *tokenizer;
    struct token_file part[CORPUS_PARTS];
    struct token_size *size; /* [vocabulary] */
    uint64_t hash[2];        /* of tokeniser and texts */
    atomic_uint windows;     /* that were read since pages of ids were given back */
};

struct text_wish {
    const char *corpus;    /* a name or a folder */
    const char *tokenizer; /* "bpe", "byte", "char", "word", or the path of a file */
    const char *pattern;   /* of "bpe": how text is cut */
    int vocabulary;        /* of "bpe", "char" and "word": at most so many tokens */
};

/* "bpe", "char" and "word" are learned from the text of training, and what was learned is
 * kept beside it. To be closed. */
enum status text_data_open(const struct text_wish *w, struct text_data **out,
                           struct err *e);
void text_data_close(struct text_data *d); /* accepts NULL */

/* To be called after each window of a part that was read. Windows lie anywhere, and each
 * keeps a page and its neighbours (64 KiB) in memory: after TEXT_WINDOWS of them the pages
 * are given back, so that a long training does not hold the whole file. */
enum { TEXT_WINDOWS = 256 };
void text_data_read(struct text_data *d, int part);

/* The tokeniser that this corpus and wish come to; to be closed. */
enum status text_tokenizer_open(const struct text_wish *w, const struct corpus *c,
                                struct tokenizer **out, struct err *e);

/* Bytes and words of `token` where `before` stands before it, added up. */
struct text_count {
    int64_t bytes, words;
};
static inline void text_count_add(const struct text_data *d, int32_t before, int32_t token,
                                  struct text_count *c)
{
    const struct token_size *s = &d->size[token];
    c->bytes += s->bytes;
    c->words += s->words + (s->starts && d->size[before].ends_blank);
}

#endif
