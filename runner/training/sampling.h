/* sampling.h -- samples of a task, laid end to end as batches for the trainer.
 *
 * Which sample stands where in training is a pure function of (settings, seed, step), so
 * nothing has to be saved to go on later. A sampler only lends its arrays: a batch is
 * good until the next call. */
#ifndef SAMPLING_H
#define SAMPLING_H

#include "run_spec.h"
#include "trainer.h"

/* Of a batch that is evaluated, unless one sequence is longer. Chosen, not measured; with other
 * batches micro-batches begin elsewhere, so that losses may have other last bits. */
enum { EVALUATION_TOKENS = 8192, EVALUATION_SEQUENCES = 256 };

/* Sequences of step `step` (from 0): `batch`, or what is left at the end of an epoch of a
 * finite training set. 10,000 samples in batches of 64 make 157 steps an epoch, the last
 * of 16 sequences. */
int sampling_sequences(const struct train_settings *t, int step);

/* Index in the training stream of sequence k of step `step`: step * batch + k, or for a
 * finite set the item at that place of the epoch's order. */
uint64_t sampling_index(const struct train_settings *t, uint64_t seed, int step, int k);

struct sampled {
    struct batch batch;
    const uint8_t *scored; /* [tokens] 1: counts in metrics */
    int64_t determined;    /* scored targets that the visible tokens determine */
    int64_t bytes, words;  /* of a split of text: what the scored targets are */
    const int32_t *stratum[TASK_STRATA_MAX]; /* of a split: [tokens] each of the task's */
};

struct sampler; /* opaque: sampling.c */

/* The most that any batch of `r` holds. ST_RANGE when a batch has more tokens than an int can
 * count. */
enum status sampler_sizes(const struct run_spec *r, int *max_sequences, int *max_tokens,
                          struct err *e);

/* Room for the training batches of `r` and for the evaluation batches of all its splits.
 * *out is the caller's. ST_RANGE as above. */
enum status sampler_open(const struct run_spec *r, struct sampler **out, struct err *e);
void sampler_close(struct sampler *s); /* accepts NULL */

/* The most that any batch holds, for struct trainer_config. */
int sampler_max_sequences(const struct sampler *s);
int sampler_max_tokens(const struct sampler *s);

void sampler_train(struct sampler *s, int step, struct sampled *out);

/* Sequences first, first + 1, ... of the split, as many as fit in EVALUATION_TOKENS and
 * EVALUATION_SEQUENCES (at least one) but none from `end` on. Positions that are not
 * scored have no target here. */
void sampler_split(struct sampler *s, const struct split_spec *split, int first, int end,
                   struct sampled *out);

#endif
