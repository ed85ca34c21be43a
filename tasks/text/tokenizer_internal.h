/* tokenizer_internal.h -- the struct shared by tokenizer.c and tokenizer_file.c. */
#ifndef TOKENIZER_INTERNAL_H
#define TOKENIZER_INTERNAL_H

#include <stdbool.h>

#include "pieces.h"
#include "token_list.h"
#include "tokenizer.h"

struct tokenizer {
    char byte[BPE_BYTES];    /* the tokens of `byte` */
    struct bpe *bpe;         /* `bpe`; else NULL */
    struct token_list *list; /* `char` and `word`; else NULL */
    struct pieces *pieces;
    char *pattern;
    int32_t *id;    /* [bpe_tokens] */
    int32_t *token; /* [vocabulary] the token of an id; -1: not in use */
    int32_t vocabulary, end_of_text;
    int32_t *room; /* [room_n] tokens of a piece */
    size_t room_n;
};

#endif
