/* run_filter.h -- which runs of the matrix a filter means. */
#ifndef RUN_FILTER_H
#define RUN_FILTER_H

#include "filter.h"
#include "run_spec.h"

/* A filter (filter.h) on what runs are: any but one on a split. ST_USAGE. */
enum status run_filter_check(const char *filter, struct err *e);
/* For the end of "no run matches": which filter no run fits, and what is near (filter.h). */
void run_filter_advice(const struct run_spec *r, int runs, const char *const *filters,
                       int n, char text[FILTER_ADVICE]);
/* Do all filters match? With `state` NULL those on the state are passed over. */
bool run_matches(const struct run_spec *r, const char *state, const char *const *filters,
                 int n);

#endif
