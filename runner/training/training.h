/* training.h -- one run from its settings to its numbers: train, evaluate, save, report.
 *
 * All results go to the spool. The same settings give the same metrics for any number of threads
 * and of interruptions. */
#ifndef TRAINING_H
#define TRAINING_H

#include <signal.h>

#include "run_spec.h"
#include "sampling.h"
#include "spool.h"

struct training {
    const struct run_spec *run;
    int threads;                       /* >= 1 */
    const char *weights;               /* file for the final weights; NULL: keep none */
    const char *checkpoint;            /* file to resume from (checkpoint.h); NULL: none */
    int checkpoint_every;              /* seconds between checkpoints; 0: every step */
    int steps;                         /* stop after so many, unevaluated; 0: all of them */
    const volatile sig_atomic_t *stop; /* set from outside: stop within a second */
    const struct spool_writer *spool;
    /* Receives what also goes to the spool's live descriptor; may be NULL. */
    void (*watch)(void *context, const struct run_progress *p);
    void *watch_context;
};

/* Resumes from the checkpoint when there is one that fits, and writes one when *stop is set
 * (ST_INTERRUPTED). ST_NONFINITE when the loss diverged. The spool gets everything but its last
 * line "end", which the caller writes. The checkpoint stays until the run is in the database
 * (checkpoint_forget). */
enum status training_run(const struct training *t, struct err *e);

/* Returns the settings of a trainer that takes every batch of `s`. */
struct trainer_config training_trainer(const struct run_spec *r, const struct sampler *s,
                                       int threads);

/* Computes the bytes of memory that the run takes, without allocating them. */
enum status training_bytes(const struct run_spec *r, int threads, double *bytes,
                           struct err *e);

/* Returns the model FLOPs of one training step on the batch. */
double training_flops(const struct model_config *m, const struct batch *b);

#endif
