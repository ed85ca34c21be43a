/* window.h -- a softmax over only the last keys of a row: the bodies of `weigh` and
 * `weigh_grad` of encoders with a window. Weights outside are exactly 0. */
#ifndef WINDOW_H
#define WINDOW_H

#include <string.h>

#include "encoder.h"
#include "kernels.h"

/* Returns the first key of row r whose distance is below `width`. */
static inline int window_first(const struct panel *p, int r, int width)
{
    const int i = p->row[r];
    int j = i;
    while (j > 0 && p->place[i] - p->place[j - 1] < width)
        j--;
    return j;
}

static inline void window_weigh(const struct panel *p, int r, int first)
{
    real *s = p->score + (size_t)r * (size_t)p->stride;
    memset(s, 0, (size_t)first * sizeof *s);
    kernels_get()->softmax(p->row[r] + 1 - first, s + first);
}

static inline void window_weigh_grad(const struct panel *p, int r, int first)
{
    const real *a = p->score + (size_t)r * (size_t)p->stride;
    real *ds = p->dscore + (size_t)r * (size_t)p->stride;
    const int n = p->row[r] + 1 - first;
    const real mean = kernels_get()->dot((size_t)n, a + first, ds + first);
    memset(ds, 0, (size_t)first * sizeof *ds);
    kernels_get()->softmax_grad(n, a + first, mean, ds + first);
}

#endif
