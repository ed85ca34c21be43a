/* ascending.h -- comparison functions for qsort and bsearch of plain numbers, least first. */
#ifndef ASCENDING_H
#define ASCENDING_H

#include <stdint.h>

/* Compares two doubles, neither of which is NaN. */
static inline int ascending_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline int ascending_hashes(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

#endif
