/* bpe_train.h -- merges learned from a text.
 *
 * Distinct pieces are counted once, then the pair of neighbouring tokens that occurs most
 * often becomes a token, until there are as many as wanted. Of pairs that occur equally
 * often the one with the smaller left token comes first, then that with the smaller right
 * one, so that the same text gives the same merges everywhere. */
#ifndef BPE_TRAIN_H
#define BPE_TRAIN_H

#include "bpe.h"
#include "pieces.h"

struct bpe_trainer; /* opaque: bpe_train.c */

enum status bpe_trainer_open(struct bpe_trainer **out, struct err *e);
void bpe_trainer_close(struct bpe_trainer *t); /* accepts NULL */

/* Counts a piece; a piece_fn, so that pieces_each can call it. */
enum status bpe_trainer_count(void *trainer, const char *piece, size_t n, struct err *e);

/* The first `merges` merges, or fewer when no pair occurs twice any more; *learned says how
 * many. out[] has room for `merges`. The trainer is used up. ST_NOMEM. */
enum status bpe_trainer_merges(struct bpe_trainer *t, int merges, struct bpe_pair *out,
                               int *learned, struct err *e);

#endif
