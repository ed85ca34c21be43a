/* distance_lookup.h -- looks up a query's number for the distance of each of its keys.
 *
 * z [rows, n] has a number for each query and distance; distances from n on use the last. */
#ifndef DISTANCE_LOOKUP_H
#define DISTANCE_LOOKUP_H

#include <string.h>

#include "encoder.h"
#include "kernels.h"
#include "panel_gemm.h"

/* Returns the reals for z [rows, n] = rows T^T, T a table [n, d], followed by panel_turned of T. */
static inline size_t distance_products_room(int rows, int n, int d)
{
    return (size_t)rows * (size_t)n + (size_t)d * (size_t)panel_stride(n);
}

static inline int distance_lookup_column(const struct panel *p, int r, int j, int n)
{
    const int distance = p->place[p->row[r]] - p->place[j];
    return distance < n ? distance : n - 1;
}

/* to[r][j] += z[r][distance]; `to` is laid out like the panel's score. */
static inline void distance_lookup(const struct panel *p, struct rows z, real *to)
{
    for (int r = 0; r < p->rows; r++) {
        const real *zr = row_of(z, r);
        real *row = to + (size_t)r * (size_t)p->stride;
        if (!p->placed)
            kernels_get()->distance_lookup(p->row[r] + 1, zr, z.stride, 1, row);
        for (int j = 0; p->placed && j <= p->row[r]; j++)
            row[j] += zr[distance_lookup_column(p, r, j, z.stride)];
    }
}

/* The adjoint: z[r][n] = sum of from[r][j] over the keys j at distance n. */
static inline void distance_gather(const struct panel *p, const real *from, struct rows z)
{
    memset(z.at, 0, (size_t)p->rows * (size_t)z.stride * sizeof *z.at);
    for (int r = 0; r < p->rows; r++) {
        real *zr = row_of(z, r);
        const real *row = from + (size_t)r * (size_t)p->stride;
        if (!p->placed)
            kernels_get()->distance_lookup_grad(p->row[r] + 1, z.stride, 1, row, zr);
        for (int j = 0; p->placed && j <= p->row[r]; j++)
            zr[distance_lookup_column(p, r, j, z.stride)] += row[j];
    }
}

#endif
