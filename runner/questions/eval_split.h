/* eval_split.h -- makes the split on which a run is evaluated: its own or its task's, with
 * changes. */
#ifndef EVAL_SPLIT_H
#define EVAL_SPLIT_H

#include "run_spec.h"

/* Finds the run's own split of that name, or else the task's, and applies the changes `set` [n]
 * in order: "p_ignore=0.9", an option of the task, or "count=500". ST_NOTFOUND: no such split.
 * ST_USAGE: no such option, or a split that this run cannot be asked. */
enum status eval_split_choose(const struct run_spec *r, const char *name,
                              const char *const *set, int n, struct split_spec *out,
                              struct err *e);

#endif
