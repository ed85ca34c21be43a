/* between.h -- sums of a per-token number g over the tokens after key j, up to query i:
 *     between[i][j] = g_{j+1} + ... + g_i = c[j] - c[i] */
#ifndef BETWEEN_H
#define BETWEEN_H

#include <string.h>

#include "encoder.h"

/* Fills c [columns] from g in `column` of the state. c is 0 at the panel's first query f:
 * c[j] = g_{j+1} + ... + g_f for j < f, and -(g_{f+1} + ... + g_j) for j > f. So sums of near
 * keys have few terms and lose no digits. */
static inline void between_sums(const struct panel *p, int column, real *c)
{
    const int middle = p->row[0];
    const real *g = p->state.at + column;
    const size_t step = (size_t)p->state.stride;
    c[middle] = 0;
    for (int j = middle - 1; j >= 0; j--)
        c[j] = c[j + 1] + g[(size_t)(j + 1) * step];
    for (int j = middle + 1; j < p->columns; j++)
        c[j] = c[j - 1] - g[(size_t)j * step];
}

/* score[r][j] += by (c[j] - c[row[r]]) */
static inline void between_add(const struct panel *p, int r, real by, const real *c)
{
    real *s = p->score + (size_t)r * (size_t)p->stride;
    const real own = c[p->row[r]];
    for (int j = 0; j <= p->row[r]; j++)
        s[j] += by * (c[j] - own);
}

/* dc[j] += by dscore[r][j]; dc of the query's own token also gets minus their sum. */
static inline void between_add_grad(const struct panel *p, int r, real by, real *dc)
{
    const real *ds = p->dscore + (size_t)r * (size_t)p->stride;
    real sum = 0;
    for (int j = 0; j <= p->row[r]; j++)
        dc[j] += by * ds[j];
#pragma omp simd reduction(+ : sum)
    for (int j = 0; j <= p->row[r]; j++)
        sum += ds[j];
    dc[p->row[r]] -= by * sum;
}

/* Adds the gradient of g to `column` of dstate. dc[j] goes to every g_t with t > j. */
static inline void between_sums_grad(const struct panel *p, int column, const real *dc)
{
    real before = 0;
    for (int t = 1; t < p->columns; t++) {
        before += dc[t - 1];
        p->dstate.at[(size_t)t * (size_t)p->dstate.stride + (size_t)column] += before;
    }
}

#endif
