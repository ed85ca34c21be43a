/* trainer.h -- training steps and evaluation on batches of whole sequences.
 *
 * A trainer owns the model, its optimiser state, its threads and all work memory; after
 * trainer_open nothing is allocated. The sequences of a batch are divided among a fixed
 * number of shards (part of the recipe). Any number of threads computes the shards, whose
 * sums run in fixed order, so results have the same bits for any `threads`. */
#ifndef TRAINER_H
#define TRAINER_H

#include <signal.h>
#include <stdbool.h>

#include "attention_probe.h"
#include "model.h"
#include "optimizer.h"
#include "phases.h"

/* Sequences laid end to end; sequence s is positions start[s] .. start[s+1]-1. */
struct batch {
    int sequences;
    const int *start;      /* [sequences + 1], start[0] = 0 */
    const int32_t *token;  /* [tokens] */
    const int32_t *target; /* [tokens], -1 where nothing is predicted */
    uint64_t first;        /* evaluation: number of sequence 0 in its split */
};

struct trainer_config {
    struct model_config model;
    struct optimizer_config optimizer;
    uint64_t seed;
    int shards;        /* >= 1 */
    int threads;       /* >= 1 */
    int max_sequences; /* of any batch */
    int max_tokens;    /* of any batch */
    /* Not 0: stop within a second, at any length. NULL: never stop. */
    const volatile sig_atomic_t *stop;
};

struct trainer;

/* Computes how many bytes of memory such a trainer takes; takes none. */
enum status trainer_bytes(const struct trainer_config *c, double *bytes, struct err *e);

/* ST_NOMEM when trainer_bytes is more than the memory left; the message has both numbers. */
enum status trainer_open(const struct trainer_config *c, struct trainer **out,
                         struct err *e);
void trainer_close(struct trainer *t); /* accepts NULL */
struct model *trainer_model(struct trainer *t);

/* The remedy in messages of ST_NONFINITE; stored errors are recognised by it. */
#define TRAINER_DIVERGED "lower train.lr or set train.clip"

/* Makes one optimiser step (number `step`, from 0) on the mean loss over all targets of the
 * batch; *loss is that mean, in nats. ST_NONFINITE, or ST_INTERRUPTED when *stop was set
 * meanwhile: weights and moments are unchanged. */
enum status trainer_step(struct trainer *t, int step, const struct batch *b, double *loss,
                         struct err *e);

/* Returns true if *stop was set; then the results of a running evaluation are invalid. */
bool trainer_stopped(const struct trainer *t);

/* Runs a forward pass without dropout. For each position with a target, sets loss[] in nats
 * and best[], the most likely id. Other entries are left alone. Arrays are [tokens]. */
void trainer_evaluate(struct trainer *t, const struct batch *b, float *loss, int32_t *best);

/* Returns the mean loss and computes its gradient at the present weights, with the dropout of
 * step `step`; grad is [model_size]. For tests and tools. */
double trainer_gradient(struct trainer *t, int step, const struct batch *b, real *grad);

/* From now on thread i adds the time of its phases to clock[i] ([threads], borrowed);
 * NULL: off. */
void trainer_clock(struct trainer *t, struct stopwatch *clock);

/* From now on forward passes (trainer_logits) show their attention to the probe (borrowed);
 * NULL: off. */
void trainer_probe(struct trainer *t, const struct attention_probe *probe);

/* Optimiser state, each [model_size], owned by the trainer; saved in a checkpoint. */
real *trainer_first_moment(struct trainer *t);
real *trainer_second_moment(struct trainer *t);

/* Writes logits [targets, vocabulary] of all positions with a target, in order. */
void trainer_logits(struct trainer *t, const struct batch *b, real *logits);

#endif
