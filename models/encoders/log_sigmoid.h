/* log_sigmoid.h -- ln sigma(z) = -softplus(-z) of a row, exact for large |z|. */
#ifndef LOG_SIGMOID_H
#define LOG_SIGMOID_H

#include "kernels.h"

/* y[i] = min(z, 0) - ln(1 + e^-|z|); y may be z; `room` holds n reals. */
static inline void log_sigmoid(int n, const real *z, real *room, real *y)
{
    const struct kernels *k = kernels_get();
    for (int i = 0; i < n; i++)
        room[i] = z[i] < 0 ? z[i] : -z[i];
    k->exponential((size_t)n, room);
    for (int i = 0; i < n; i++)
        room[i] += 1;
    k->logarithm((size_t)n, room);
    for (int i = 0; i < n; i++)
        y[i] = (z[i] < 0 ? z[i] : 0) - room[i];
}

#endif
