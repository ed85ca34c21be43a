/* eval_split.h -- the split that a run is asked: its own or its task's, with changes. */
#ifndef EVAL_SPLIT_H
#define EVAL_SPLIT_H

#include "run_spec.h"

/* The run's own split of that name, else the task's, with the changes `set` [n] in their
 * order: "p_ignore=0.9", an option of the task, or "count=500". ST_NOTFOUND: no such split;
 * ST_USAGE: no such option, or not a question for this run. */
enum status eval_split_choose(const struct run_spec *r, const char *name,
                              const char *const *set, int n, struct split_spec *out,
                              struct err *e);

#endif
