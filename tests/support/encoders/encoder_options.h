/* encoder_options.h -- values of an encoder's options that the contract tries. */
#ifndef ENCODER_OPTIONS_H
#define ENCODER_OPTIONS_H

#include <math.h>
#include <stdbool.h>

#include "encoder.h"

enum { COMBINATIONS_MAX = 1024 };

static inline int test_values(const struct option *o)
{
    int n = 1;
    if (o->type != OPTION_CHOICE)
        return 2;
    while (o->choices[n])
        n++;
    return n;
}

/* Returns the k-th value to try. Value 0 is the default; a number has one other: half the
 * default, or 3 where half is the default itself or too small. */
static inline double test_value(const struct option *o, int k)
{
    if (o->type == OPTION_BOOL || o->type == OPTION_CHOICE)
        return (int)(o->dflt + k) % test_values(o);
    if (k == 0)
        return o->dflt;
    const double half = o->type == OPTION_INT ? floor(o->dflt / 2) : o->dflt / 2;
    return half != o->dflt && half >= o->lo ? half : fmin(3, o->hi);
}

static inline int combinations(const struct encoder *encoder)
{
    int n = 1;
    for (int i = 0; i < option_count(encoder->options); i++)
        if (n * test_values(&encoder->options[i]) <= COMBINATIONS_MAX)
            n *= test_values(&encoder->options[i]);
    return n;
}

static inline struct option_values combination(const struct encoder *encoder, int index)
{
    struct option_values values;
    option_defaults(encoder->options, &values);
    for (int i = 0; i < option_count(encoder->options); i++) {
        const int n = test_values(&encoder->options[i]);
        values.v[i] = test_value(&encoder->options[i], index % n);
        index /= n;
    }
    return values;
}

/* Halves *value; false when no smaller value is allowed. A bed of few tokens may not tell
 * the half of a large default from the default, and smaller values show a difference. */
static inline bool halve(const struct option *o, double *value)
{
    const double half = o->type == OPTION_INT ? floor(*value / 2) : *value / 2;
    const bool good = (o->type == OPTION_INT || o->type == OPTION_REAL) && half >= o->lo &&
                      half != *value && fabs(half) > 1e-6 * fabs(o->dflt);
    *value = half;
    return good;
}

#endif
