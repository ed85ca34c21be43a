/* look_run.h -- evaluates the model of a run on the sequences of one of its splits. */
#ifndef LOOK_RUN_H
#define LOOK_RUN_H

#include "looking.h"
#include "stored_run.h"

struct look_run {
    struct stored_run stored;
    struct run_spec run;     /* as stored, with only this split */
    struct split_spec split; /* of run */
    struct sampler *sampler;
    struct trainer *trainer;
    struct looking looking;
    struct sampled sequence; /* the one evaluated last */
};

/* Opens a run; `name` is any name that stored_run_find accepts. The caller frees *out, also after
 * an error, and must not move it. */
enum status look_run_open(const char *db, const char *name, const char *split,
                          struct look_run *out, struct err *e);
void look_run_close(struct look_run *x);

/* Evaluates sequence `index` of the split. */
enum status look_run_at(struct look_run *x, int index, struct err *e);

#endif
