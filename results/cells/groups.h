/* groups.h -- things that are equal beside each other, in n log n comparisons. */
#ifndef GROUPS_H
#define GROUPS_H

#include "status.h"

/* Below 0, 0 or above 0, as things a and b are ordered; any order that is total. */
typedef int group_order(const void *context, int a, int b);

struct groups {
    int *at; /* [the things] in the order of their groups, those of a group as they came */
    int *
        start; /* [n + 1] where each group begins in `at`; groups come as their first thing */
    int n;
};

/* The groups of things 0 to n - 1. *out is the caller's, filled or not, to be freed. */
enum status groups_make(int n, group_order *order, const void *context, struct groups *out,
                        struct err *e);
void groups_free(struct groups *g); /* accepts a zeroed struct */

#endif
