/* bpe.h -- byte-level byte-pair encoding: encodes pieces of text by a list of merges.
 *
 * Tokens 0..255 are the bytes, in GPT-2's order (33-126, 161-172, 174-255, then the rest).
 * Token 256 + i joins the two earlier tokens of merge i. Special tokens, which text never
 * becomes, come last. A piece of text (pieces.h) starts as its bytes; then the neighbouring
 * pair with the earliest merge is replaced until no merge applies.
 *
 * Source: R. Sennrich, B. Haddow, A. Birch, "Neural Machine Translation of Rare Words with
 * Subword Units" (ACL 2016), Algorithm 1; the order of bytes: GPT-2's encoder.py. */
#ifndef BPE_H
#define BPE_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

/* One token per byte. The limit of merges keeps sizes within an int; it is far above any
 * tokeniser in use (GPT-2 has 50,000); chosen. */
enum { BPE_BYTES = 256, BPE_MERGES_MAX = 1 << 20 };

struct bpe_pair {
    int32_t left, right;
};

struct bpe; /* opaque: bpe.c */

/* Opens a tokeniser with these merges, which are copied. ST_CONFIG when a merge names a token
 * that it or a later merge makes, or repeats an earlier merge; the message says which. */
enum status bpe_open(const struct bpe_pair *merge, int merges, struct bpe **out,
                     struct err *e);
void bpe_close(struct bpe *b); /* accepts NULL */

int bpe_tokens(const struct bpe *b); /* 256 + merges */
int bpe_merges(const struct bpe *b);
struct bpe_pair bpe_merge(const struct bpe *b, int i);
/* Returns the *n bytes of a token; borrowed. */
const char *bpe_text(const struct bpe *b, int32_t token, size_t *n);
/* Returns the token of a byte. */
int32_t bpe_of_byte(unsigned char byte);

/* Writes the tokens of one piece of n bytes to out[n]; returns how many, -1: no memory. Pieces
 * are cached. */
int64_t bpe_encode(struct bpe *b, const char *piece, size_t n, int32_t *out);

#endif
