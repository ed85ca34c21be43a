/* bpe.h -- byte-level byte-pair encoding: its merges, from text and to tokens.
 *
 * Tokens 0..255 are the bytes, in GPT-2's order (33-126, 161-172, 174-255, then the rest);
 * token 256 + i is what merge i makes of two earlier ones; special tokens, which text never
 * becomes, stand behind. A piece of text (pieces.h) is its bytes, of which the neighbouring
 * pair with the earliest merge is replaced again and again.
 *
 * Source: R. Sennrich, B. Haddow, A. Birch, "Neural Machine Translation of Rare Words with
 * Subword Units" (ACL 2016), Algorithm 1; the order of bytes: GPT-2's encoder.py. */
#ifndef BPE_H
#define BPE_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

/* A token of each byte; merges far above those of any tokeniser in use (GPT-2 has 50,000):
 * chosen, so that sizes stay within an int. */
enum { BPE_BYTES = 256, BPE_MERGES_MAX = 1 << 20 };

struct bpe_pair {
    int32_t left, right;
};

struct bpe; /* opaque: bpe.c */

/* A tokeniser with these merges; copies them. ST_CONFIG when a merge names a token that it
 * or a later one makes, or repeats an earlier one; the message says which. */
enum status bpe_open(const struct bpe_pair *merge, int merges, struct bpe **out,
                     struct err *e);
void bpe_close(struct bpe *b); /* accepts NULL */

int bpe_tokens(const struct bpe *b); /* 256 + merges */
int bpe_merges(const struct bpe *b);
struct bpe_pair bpe_merge(const struct bpe *b, int i);
/* The bytes of a token, *n of them; borrowed. */
const char *bpe_text(const struct bpe *b, int32_t token, size_t *n);
/* The token of a byte and back. */
int32_t bpe_of_byte(unsigned char byte);

/* Writes the tokens of one piece to out[], room for n, and returns how many. Pieces that
 * came before are remembered. -1: no memory. */
int64_t bpe_encode(struct bpe *b, const char *piece, size_t n, int32_t *out);

#endif
