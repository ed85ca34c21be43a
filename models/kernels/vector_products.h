/* vector_products.h -- matrix products of attention panels, and the transpose they need.
 *
 * C is computed in tiles of up to ROWS rows and VECTORS vectors that stay in registers over
 * a block of DEPTH terms. The block of B, DEPTH rows by one tile, stays in the first-level
 * cache for all rows of A. Nothing is packed: in a panel B is small or was laid out once for
 * all panels of a head, so packing for each product, as in a BLAS, costs more than it gains.
 * Sums run over k in order, so bits depend only on the level. */
#ifndef VECTOR_PRODUCTS_H
#define VECTOR_PRODUCTS_H

#include <string.h>

#include "kernels.h"
#include "lanes.h"

/* A tile, the vectors of B and an element of A take 29 of 32 registers, or 15 of 16. */
enum { ROWS = 6, VECTORS = LANES == 16 ? 4 : 2, DEPTH = 128 };

/* The first row m and column n of a tile of C, and the terms k = from .. to - 1 to add. */
struct tile {
    int m, n, from, to;
};

static inline __attribute__((always_inline)) lanes v_load_some(bool ragged, int n,
                                                               const float *p)
{
    return ragged ? v_load_first(n, p) : v_load(p);
}

static inline __attribute__((always_inline)) void v_store_some(bool ragged, int n, float *p,
                                                               lanes v)
{
    if (ragged)
        v_store_first(n, p, v);
    else
        v_store(p, v);
}

/* `rows`, `vectors` and `ragged` are constants after inlining. `ragged`: the last vector has
 * only `last` columns. */
static inline __attribute__((always_inline)) void v_tile(const struct product *p,
                                                         struct tile t, size_t rows,
                                                         size_t vectors, bool ragged,
                                                         int last)
{
    lanes sum[ROWS][VECTORS], b[VECTORS];
    const float *A = p->A + (size_t)t.m * (size_t)p->a_row;
    const float *B = p->B + t.n;
#pragma GCC unroll 6
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (size_t v = 0; v < vectors; v++)
            sum[r][v] = v_zero();
    for (int k = t.from; k < t.to; k++) {
#pragma GCC unroll 4
        for (size_t v = 0; v < vectors; v++)
            b[v] = v_load_some(ragged && v == vectors - 1, last,
                               B + (size_t)k * (size_t)p->b_stride + v * LANES);
#pragma GCC unroll 6
        for (size_t r = 0; r < rows; r++) {
            const lanes a =
                v_set(A[r * (size_t)p->a_row + (size_t)k * (size_t)p->a_column]);
#pragma GCC unroll 4
            for (size_t v = 0; v < vectors; v++)
                sum[r][v] += a * b[v];
        }
    }
    const lanes alpha = v_set(p->alpha);
    const bool add = p->add || t.from > 0;
    for (size_t r = 0; r < rows; r++) {
        float *C = p->C + ((size_t)t.m + r) * (size_t)p->c_stride + t.n;
        for (size_t v = 0; v < vectors; v++) {
            const bool some = ragged && v == vectors - 1;
            const lanes before = add ? v_load_some(some, last, C + v * LANES) : v_zero();
            v_store_some(some, last, C + v * LANES, alpha * sum[r][v] + before);
        }
    }
}

/* Computes all tiles of one column of tiles. */
static inline __attribute__((always_inline)) void v_tiles_down(const struct product *p,
                                                               struct tile t,
                                                               size_t vectors, bool ragged,
                                                               int last)
{
    for (; t.m + ROWS <= p->M; t.m += ROWS)
        v_tile(p, t, ROWS, vectors, ragged, last);
    for (; t.m + 2 <= p->M; t.m += 2)
        v_tile(p, t, 2, vectors, ragged, last);
    if (t.m < p->M)
        v_tile(p, t, 1, vectors, ragged, last);
}

static void wide_tiles(const struct product *p, struct tile t)
{
    v_tiles_down(p, t, VECTORS, false, 0);
}

static void pair_tiles(const struct product *p, struct tile t)
{
    v_tiles_down(p, t, 2, false, 0);
}

static void ragged_tiles(const struct product *p, struct tile t, int last)
{
    v_tiles_down(p, t, 1, true, last);
}

static void product(const struct product *p)
{
    struct tile t = {0};
    do {
        t.to = p->K - t.from < DEPTH ? p->K : t.from + DEPTH;
        for (t.n = 0; t.n + VECTORS * LANES <= p->N; t.n += VECTORS * LANES)
            wide_tiles(p, t);
        for (; t.n + 2 * LANES <= p->N; t.n += 2 * LANES)
            pair_tiles(p, t);
        for (; t.n < p->N; t.n += LANES)
            ragged_tiles(p, t, p->N - t.n < LANES ? p->N - t.n : LANES);
        t.from = t.to;
    } while (t.from < p->K);
}

/* The transpose moves 4 x 4 blocks at any level. Wider vectors would gain little, since rows lie
 * far apart in memory. */
typedef float quad __attribute__((vector_size(16)));

static inline quad load_quad(const float *p)
{
    quad q;
    memcpy(&q, p, sizeof q);
    return q;
}

static inline void store_quad(float *p, quad q)
{
    memcpy(p, &q, sizeof q);
}

#define V_LOW(a, b)   __builtin_shufflevector(a, b, 0, 4, 1, 5)
#define V_HIGH(a, b)  __builtin_shufflevector(a, b, 2, 6, 3, 7)
#define V_LEFT(a, b)  __builtin_shufflevector(a, b, 0, 1, 4, 5)
#define V_RIGHT(a, b) __builtin_shufflevector(a, b, 2, 3, 6, 7)

static inline void transpose_quads(const float *from, size_t f, float *to, size_t t)
{
    const quad a = load_quad(from), b = load_quad(from + f);
    const quad c = load_quad(from + 2 * f), d = load_quad(from + 3 * f);
    const quad low[] = {V_LOW(a, b), V_LOW(c, d)}, high[] = {V_HIGH(a, b), V_HIGH(c, d)};
    store_quad(to, V_LEFT(low[0], low[1]));
    store_quad(to + t, V_RIGHT(low[0], low[1]));
    store_quad(to + 2 * t, V_LEFT(high[0], high[1]));
    store_quad(to + 3 * t, V_RIGHT(high[0], high[1]));
}

static void transpose(int rows, int columns, struct rows from, struct rows to)
{
    const size_t f = (size_t)from.stride, t = (size_t)to.stride;
    const size_t m = (size_t)rows, n = (size_t)columns, m4 = m / 4 * 4, n4 = n / 4 * 4;
    for (size_t i = 0; i < m4; i += 4)
        for (size_t j = 0; j < n4; j += 4)
            transpose_quads(from.at + i * f + j, f, to.at + j * t + i, t);
    for (size_t i = 0; i < m; i++)
        for (size_t j = i < m4 ? n4 : 0; j < n; j++)
            to.at[j * t + i] = from.at[i * f + j];
}

#endif
