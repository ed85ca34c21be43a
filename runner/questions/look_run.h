/* look_run.h -- the model of a run, looked at with the sequences of one of its splits. */
#ifndef LOOK_RUN_H
#define LOOK_RUN_H

#include "looking.h"
#include "stored_run.h"

struct look_run {
    struct stored_run stored;
    struct run_spec run;     /* as stored, with the split alone */
    struct split_spec split; /* of run */
    struct sampler *sampler;
    struct trainer *trainer;
    struct looking looking;
    struct sampled sequence; /* that was looked at last */
};

/* `name` as stored_run_find knows it. *out is the caller's, filled or not; it must stay where
 * it is. */
enum status look_run_open(const char *db, const char *name, const char *split,
                          struct look_run *out, struct err *e);
void look_run_close(struct look_run *x);

/* Sequence `index` of the split. */
enum status look_run_at(struct look_run *x, int index, struct err *e);

#endif
