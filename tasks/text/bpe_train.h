/* bpe_train.h -- learns merges from a text.
 *
 * Distinct pieces are counted, then the most frequent pair of neighbouring tokens becomes a
 * token, until there are as many as wanted. Among equally frequent pairs the one with the
 * smaller left token comes first, then the one with the smaller right token, so that the same
 * text gives the same merges everywhere. */
#ifndef BPE_TRAIN_H
#define BPE_TRAIN_H

#include "bpe.h"
#include "pieces.h"

struct bpe_trainer; /* opaque: bpe_train.c */

enum status bpe_trainer_open(struct bpe_trainer **out, struct err *e);
void bpe_trainer_close(struct bpe_trainer *t); /* accepts NULL */

/* Counts a piece. It is a piece_fn, so that pieces_each can call it. */
enum status bpe_trainer_count(void *trainer, const char *piece, size_t n, struct err *e);

/* Learns the first `merges` merges, or fewer if no pair occurs twice any more, into out[merges];
 * sets *learned to how many. The trainer cannot be used again. ST_NOMEM. */
enum status bpe_trainer_merges(struct bpe_trainer *t, int merges, struct bpe_pair *out,
                               int *learned, struct err *e);

#endif
