/* run_filter.h -- which runs of the matrix a filter means. */
#ifndef RUN_FILTER_H
#define RUN_FILTER_H

#include "filter.h"
#include "run_spec.h"

/* ST_USAGE, with a suggestion, for a filter (filter.h) on a setting that no experiment has:
 * no model or training setting, no option of a task or an encoder; or one that is none. */
enum status run_filter_check_setting(const char *filter, struct err *e);
/* A filter on what runs are: any but one on a split. ST_USAGE. */
enum status run_filter_check(const char *filter, struct err *e);
/* For the end of "no run matches": which filter no run fits, and what is near (filter.h). */
void run_filter_advice(const struct run_spec *r, int runs, const char *const *filters,
                       int n, char text[FILTER_ADVICE]);
/* Do all filters match? With `state` NULL those on the state are passed over. */
bool run_matches(const struct run_spec *r, const char *state, const char *const *filters,
                 int n);

#endif
