/* text_data.h -- a tokenised corpus, the data of the task `text`. */
#ifndef TEXT_DATA_H
#define TEXT_DATA_H

#include <stdatomic.h>
#include <stdbool.h>

#include "corpus.h"
#include "token_file.h"
#include "tokenizer.h"

/* A token's contribution to the measures of text: its bytes, and words, counted where they begin.
 * A line's end is a word too, as in models of words (end of sentence). */
struct token_size {
    uint32_t bytes;
    uint32_t words;  /* words that begin after its first byte, and line ends */
    bool starts;     /* its first byte is part of a word, which begins here after a blank */
    bool ends_blank; /* its last byte is a blank or a line's end */
};

struct text_data {
    struct tokenizer *tokenizer;
    struct token_file part[CORPUS_PARTS];
    struct token_size *size; /* [vocabulary] */
    uint64_t hash[2];        /* of tokeniser and texts */
    atomic_uint windows;     /* windows read since pages of ids were released */
};

struct text_wish {
    const char *corpus;    /* a name or a folder */
    const char *tokenizer; /* "bpe", "byte", "char", "word", or the path of a file */
    const char *pattern;   /* for "bpe": cuts the text into pieces */
    int vocabulary;        /* for "bpe", "char" and "word": most tokens */
};

/* Opens a corpus in tokens; the caller closes it. "bpe", "char" and "word" are learned from the
 * training text; a learned "bpe" is saved beside it. */
enum status text_data_open(const struct text_wish *w, struct text_data **out,
                           struct err *e);
void text_data_close(struct text_data *d); /* accepts NULL */

/* Must be called after each window that was read. Windows may be anywhere, and each keeps a page
 * and its neighbours (64 KiB) in memory. After TEXT_WINDOWS windows the pages are released, so
 * that a long training does not keep the whole file in memory. */
enum { TEXT_WINDOWS = 256 };
void text_data_read(struct text_data *d, int part);

/* Opens the tokeniser that text_data_open would use; the caller closes it. */
enum status text_tokenizer_open(const struct text_wish *w, const struct corpus *c,
                                struct tokenizer **out, struct err *e);

/* Adds the bytes and words of `token`, which follows the token `before`. */
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
