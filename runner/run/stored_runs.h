/* stored_runs.h -- finds runs of a database by filters. */
#ifndef STORED_RUNS_H
#define STORED_RUNS_H

#include "store.h"

enum { STORED_IDENTITY = 64, STORED_NAME = 512 };

struct found_run {
    int64_t id;
    char identity[STORED_IDENTITY], state[16];
    char name[STORED_NAME]; /* "flip_flop model.dim=64 cope seed 1" */
};

/* Finds the runs that match every filter (run_filter_check), either removed ones or the others,
 * in order of id. ST_USAGE: a filter is malformed. The caller frees *out. */
enum status stored_runs_find(struct store *db, const char *const *filters, int n_filters,
                             bool removed, struct found_run **out, int *n, struct err *e);

#endif
