/* run_filter.h -- matches runs of the matrix with filters. */
#ifndef RUN_FILTER_H
#define RUN_FILTER_H

#include "filter.h"
#include "run_spec.h"

/* Returns ST_USAGE, with a suggestion, when a filter (filter.h) is malformed or is on a setting
 * that does not exist: no model or training setting, no option of a task or an encoder. */
enum status run_filter_check_setting(const char *filter, struct err *e);
/* Checks a filter on runs: any filter but one on a split. ST_USAGE. */
enum status run_filter_check(const char *filter, struct err *e);
/* Writes the end of "no run matches": the filter that no run fits, and what is similar
 * (filter.h). */
void run_filter_advice(const struct run_spec *r, int runs, const char *const *filters,
                       int n, char text[FILTER_ADVICE]);
/* Returns true when all filters match. When `state` is NULL, filters on the state are ignored. */
bool run_matches(const struct run_spec *r, const char *state, const char *const *filters,
                 int n);

#endif
