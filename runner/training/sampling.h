/* sampling.h -- lays samples of a task end to end as batches for the trainer.
 *
 * The sample at each place of training is a pure function of (settings, seed, step), so nothing
 * has to be saved to resume. A sampler lends its arrays: a batch is valid until the next call. */
#ifndef SAMPLING_H
#define SAMPLING_H

#include "run_spec.h"
#include "trainer.h"

/* The largest batch of an evaluation, unless one sequence is longer. Chosen, not measured; other
 * sizes move the bounds of micro-batches, so that the last bits of losses may differ. */
enum { EVALUATION_TOKENS = 8192, EVALUATION_SEQUENCES = 256 };

/* Returns the sequences of step `step` (from 0): `batch`, or what is left at the end of an epoch
 * of a finite training set. 10,000 samples in batches of 64 make 157 steps an epoch; the last one
 * has 16 sequences. */
int sampling_sequences(const struct train_settings *t, int step);

/* Returns the index in the training stream of sequence k of step `step`: step * batch + k, or for
 * a finite set the item at that place of the epoch's order. */
uint64_t sampling_index(const struct train_settings *t, uint64_t seed, int step, int k);

struct sampled {
    struct batch batch;
    const uint8_t *scored; /* [tokens] 1: counts in metrics */
    int64_t determined;    /* scored targets that the visible tokens determine */
    int64_t bytes, words;  /* of the scored targets, in a split of text */
    const int32_t *stratum[TASK_STRATA_MAX]; /* of a split: [tokens] each of the task's */
};

struct sampler; /* opaque: sampling.c */

/* Computes the largest sizes of any batch of `r`. ST_RANGE when a batch has more tokens than an
 * int can count. */
enum status sampler_sizes(const struct run_spec *r, int *max_sequences, int *max_tokens,
                          struct err *e);

/* Allocates room for the training batches of `r` and the evaluation batches of all its splits.
 * The caller frees *out. ST_RANGE as above. */
enum status sampler_open(const struct run_spec *r, struct sampler **out, struct err *e);
void sampler_close(struct sampler *s); /* accepts NULL */

/* Return the largest sizes of any batch, for struct trainer_config. */
int sampler_max_sequences(const struct sampler *s);
int sampler_max_tokens(const struct sampler *s);

void sampler_train(struct sampler *s, int step, struct sampled *out);

/* Draws sequences first, first + 1, ... of the split, as many as fit in EVALUATION_TOKENS and
 * EVALUATION_SEQUENCES (at least one), up to `end` (excluded). Positions that are not scored have
 * no target. */
void sampler_split(struct sampler *s, const struct split_spec *split, int first, int end,
                   struct sampled *out);

#endif
