/* groups.h -- puts equal things beside each other, in n log n comparisons. */
#ifndef GROUPS_H
#define GROUPS_H

#include "status.h"

/* Returns below 0, 0 or above 0 as thing a comes before, equals or follows b: a total order. */
typedef int group_order(const void *context, int a, int b);

struct groups {
    int *at; /* [things] sorted by group, within a group in their original order */
    int *
        start; /* [n + 1] where each group begins in `at`; groups are in order of first thing */
    int n;
};

/* Groups things 0 to n - 1. The caller frees *out, also after an error. */
enum status groups_make(int n, group_order *order, const void *context, struct groups *out,
                        struct err *e);
void groups_free(struct groups *g); /* accepts a zeroed struct */

#endif
