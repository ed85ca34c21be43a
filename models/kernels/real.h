/* real.h -- the number type of the model code.
 *
 * The trainer is built with float. The same sources are built a second time with
 * double for the tests, so that every gradient is compared with central differences
 * at double precision (target models_double, -DPOSBENCH_DOUBLE). */
#ifndef REAL_H
#define REAL_H

#include <stddef.h>

#ifdef POSBENCH_DOUBLE
typedef double real;
#else
typedef float real;
#endif

/* A row-major matrix inside a larger array: row t starts at `at + t * stride`. */
struct rows {
    real *at;
    int stride;
};

static inline real *row_of(struct rows x, int t)
{
    return x.at + (size_t)t * (size_t)x.stride;
}

#endif
