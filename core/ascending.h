/* ascending.h -- comparison functions for qsort and bsearch of plain numbers, least first, and
 * the smaller and the larger of two. */
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

/* Orders interned strings by address; the order has no meaning. */
static inline int ascending_pointers(const void *a, const void *b)
{
    return ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

static inline int min_int(int a, int b)
{
    return a < b ? a : b;
}

static inline int max_int(int a, int b)
{
    return a > b ? a : b;
}

static inline int64_t max_int64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

#endif
