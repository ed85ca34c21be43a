/* tokenizer_internal.h -- what tokenizer.c and tokenizer_file.c share. */
#ifndef TOKENIZER_INTERNAL_H
#define TOKENIZER_INTERNAL_H

#include <stdbool.h>

#include "pieces.h"
#include "token_list.h"
#include "tokenizer.h"

struct tokenizer {
    char byte[BPE_BYTES];    /* the tokens of `byte` */
    struct bpe *bpe;         /* NULL: none of merges */
    struct token_list *list; /* of `char` and `word`; NULL: neither */
    struct pieces *pieces;
    char *pattern;
    int32_t *id;    /* [bpe_tokens] */
    int32_t *token; /* [vocabulary] of an id; -1: not in use */
    int32_t vocabulary, end_of_text;
    int32_t *room; /* [room_n] tokens of a piece */
    size_t room_n;
};

#endif
