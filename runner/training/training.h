/* training.h -- one run from its settings to its numbers: train, evaluate, save, report.
 *
 * Everything that is found goes to the spool. The same settings give the same metrics
 * for any number of threads and any number of interruptions. */
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
    const char *checkpoint;            /* file to go on from (checkpoint.h); NULL: none */
    int checkpoint_every;              /* seconds between checkpoints; 0: every step */
    int steps;                         /* end behind so many, unevaluated; 0: all of it */
    const volatile sig_atomic_t *stop; /* set from outside: end within a second */
    const struct spool_writer *spool;
    /* Told what goes to the spool's live descriptor too; may be NULL. */
    void (*watch)(void *context, const struct run_progress *p);
    void *watch_context;
};

/* Goes on from the checkpoint when there is one that fits, and leaves one when *stop was
 * set (ST_INTERRUPTED). ST_NONFINITE when the loss was lost. The spool has all but its
 * last line "end", which is the caller's to write; the checkpoint stays until the run is
 * in the database (checkpoint_forget). */
enum status training_run(const struct training *t, struct err *e);

/* Settings of a trainer that takes every batch of `s`. */
struct trainer_config training_trainer(const struct run_spec *r, const struct sampler *s,
                                       int threads);

/* Bytes of memory that the run takes, without taking them. */
enum status training_bytes(const struct run_spec *r, int threads, double *bytes,
                           struct err *e);

/* Model FLOPs of one training step on the batch. */
double training_flops(const struct model_config *m, const struct batch *b);

#endif
