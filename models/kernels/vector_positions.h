/* vector_positions.h -- contextual positions on vectors; a part of kernels_vector.c.
 *
 * Along a row positions decrease from left to right in steps of at most 1. So the LANES keys
 * of a chunk need only the LANES + 1 entries of z from the cell of the last key on: two
 * loads and a permutation replace a gather, and the scatter of the gradient adds to every
 * cell of that window once, in order. Rounding can make a step slightly longer than 1 or
 * negative; the functions say what they do then. */
#ifndef VECTOR_POSITIONS_H
#define VECTOR_POSITIONS_H

#include "kernels.h"
#include "lanes.h"
#include "vector_math.h"

/* Works from the right, chunk by chunk: adds the sum so far to the sums inside the chunk. */
static int gated_positions(int n, const real *u, real p_max, real *gate, real *position)
{
    const lanes most = v_set(p_max);
    lanes sum = v_zero();
    for (int end = n; end > 0; end -= LANES) {
        const int from = end > LANES ? end - LANES : 0, count = end - from;
        const lanes g = v_keep_first(count, v_sigmoid(v_load_first(count, u + from)));
        const lanes p = v_suffix_sums(g) + sum;
        const unsigned bits = v_bits_at_least(p, most) & ((1u << count) - 1);
        if (bits) {
            const int stop = 31 - __builtin_clz(bits);
            v_store_between(stop, count, gate + from, g);
            v_store_between(stop, count, position + from, v_smaller(most, p));
            return from + stop;
        }
        v_store_first(count, gate + from, g);
        v_store_first(count, position + from, p);
        sum = v_spread_first(p);
    }
    return -1;
}

/* A chunk of keys and their entries of z. Lanes past its keys are put in cell `base`, and their
 * w is not used. */
struct window {
    int base, room; /* the cell of the last key; entries of z from there on */
    counts at;      /* cell - base, 0..LANES-1 */
    lanes w;        /* position - cell */
    lanes z, rise;  /* z[cell], z[cell + 1] - z[cell] */
};

/* Returns the integer part of a position; 0 for NaN, which must not become an index. */
static inline int cell_of(float position, int p_max)
{
    if (position >= (float)p_max)
        return p_max;
    return position >= 0 ? (int)position : 0;
}

/* A cell outside base .. base + count - 1, or without a right neighbour in z, is replaced by
 * the nearest one inside. Then w is slightly below 0 or above 1, and the interpolation becomes
 * an extrapolation. No load goes past z[p_max] or z[base + count]. */
static inline struct window v_window_at(const struct lerp *l, int j, int count)
{
    const lanes p = v_load_first(count, l->position + j);
    const int base = cell_of(l->position[j + count - 1], l->p_max);
    const int left = l->p_max + 1 - base, room = left < count + 1 ? left : count + 1;
    const lanes whole = v_larger(v_smaller(v_set((float)l->p_max), p), v_zero());
    const counts cell = v_truncate(whole) - v_set_count(base);
    const counts at = v_within(cell, room > 2 ? room - 2 : 0);
    const lanes z = v_window(v_load_first(room, l->z + base), at);
    const lanes next = v_window(v_load_first(room - 1, l->z + base + 1), at);
    return (struct window){
        .base = base,
        .room = room,
        .at = at,
        .w = p - v_float(at + v_set_count(base)),
        .z = z,
        .rise = next - z,
    };
}

static inline int chunk_at(int j, int n)
{
    return n - j < LANES ? n - j : LANES;
}

static void lerp_lookup(const struct lerp *l, real *score)
{
    const lanes c = v_set(l->c);
    if (l->full >= 0) {
        const lanes far = c * v_set(l->z[l->p_max]);
        for (int j = 0; j <= l->full; j += LANES) {
            const int count = chunk_at(j, l->full + 1);
            v_store_first(count, score + j, v_load_first(count, score + j) + far);
        }
    }
    for (int j = l->full + 1; j < l->n; j += LANES) {
        const int count = chunk_at(j, l->n);
        const struct window at = v_window_at(l, j, count);
        const lanes value = at.z + at.w * at.rise;
        v_store_first(count, score + j, v_load_first(count, score + j) + c * value);
    }
}

/* dz[cell] += near, dz[cell + 1] += far, key by key; dz has `room` entries. */
static void scatter_each(counts at, lanes near, lanes far, int room, float *dz)
{
    float low[LANES], high[LANES];
    int32_t cell[LANES];
    v_store(low, near);
    v_store(high, far);
    memcpy(cell, &at, sizeof cell);
    for (int l = 0; l < LANES; l++) {
        dz[cell[l]] += low[l];
        dz[cell[l] + 1 < room ? cell[l] + 1 : cell[l]] += high[l];
    }
}

#if defined __AVX2__

/* Each lane of the result is the sum over this lane and the lanes below it in the same cell. */
static inline lanes v_cell_sums(counts at, lanes v)
{
    const counts none = v_set_count(-1);
    const lanes zero = v_zero();
    v += v_where_same(at, (counts)V_FROM_BELOW(at, 1, none), V_FROM_BELOW(v, 1, zero));
    v += v_where_same(at, (counts)V_FROM_BELOW(at, 2, none), V_FROM_BELOW(v, 2, zero));
    v += v_where_same(at, (counts)V_FROM_BELOW(at, 4, none), V_FROM_BELOW(v, 4, zero));
#if defined __AVX512F__
    v += v_where_same(at, (counts)V_FROM_BELOW(at, 8, none), V_FROM_BELOW(v, 8, zero));
#endif
    return v;
}

/* The same, faster, for a chunk whose cells decrease by 0 or 1. The sums of each cell are packed,
 * so that lane q holds cell (cells - 1 - q), then reversed and added to consecutive entries of
 * dz. Any other chunk is added key by key. */
static void scatter(counts at, lanes near, lanes far, int room, float *dz)
{
    const counts none = v_set_count(-1);
    const unsigned ends = v_bits_different(at, (counts)V_FROM_ABOVE(at, 1, none));
    const int cells = __builtin_popcount(ends);
    const struct v_packing p = v_packing_of(ends);
    const counts found = (counts)v_pack(p, (lanes)at);
    const counts wanted = v_set_count(cells - 1) - v_ramp();
    const unsigned used = (1u << cells) - 1;
    if (cells >= room || v_bits_different(found, wanted) & used) {
        scatter_each(at, near, far, room, dz);
        return;
    }
    const counts back = wanted & (LANES - 1);
    const lanes low = v_window(v_pack(p, v_cell_sums(at, near)), back);
    const lanes high = v_window(v_pack(p, v_cell_sums(at, far)), back);
    const lanes zero = v_zero();
    const lanes sum =
        v_keep_first(cells, low) + v_keep_first(cells + 1, V_FROM_BELOW(high, 1, zero));
    v_store_first(cells + 1, dz, v_load_first(cells + 1, dz) + sum);
    if (cells == LANES)
        dz[LANES] += v_lane0(v_spread_last(high));
}

#else

static void scatter(counts at, lanes near, lanes far, int room, float *dz)
{
    scatter_each(at, near, far, room, dz);
}

#endif

/* Gradient of the keys at p_max: their du is 0, and all of them add to z[p_max]. */
static void full_grad(const struct lerp *l, const real *delta, real *dz, real *du)
{
    lanes sum = v_zero();
    for (int j = 0; j <= l->full; j += LANES) {
        const int count = chunk_at(j, l->full + 1);
        sum += v_load_first(count, delta + j);
        v_store_first(count, du + j, v_zero());
    }
    if (l->full >= 0)
        dz[l->p_max] += l->c * v_sum(sum);
}

static void lerp_lookup_grad(const struct lerp *l, const real *delta, real *dz, real *du)
{
    const lanes c = v_set(l->c);
    lanes sum = v_zero();
    full_grad(l, delta, dz, du);
    for (int j = l->full + 1; j < l->n; j += LANES) {
        const int count = chunk_at(j, l->n);
        const struct window at = v_window_at(l, j, count);
        const lanes d = c * v_load_first(count, delta + j);
        const lanes g = v_load_first(count, l->gate + j);
        sum += v_prefix_sums(d * at.rise);
        v_store_first(count, du + j, g * (v_set(1) - g) * sum);
        sum = v_spread_last(sum);
        const lanes far = d * at.w;
        scatter(at.at, d - far, far, at.room, dz + at.base);
    }
}

#endif
