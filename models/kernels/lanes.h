/* lanes.h -- the widest float vector of the x86-64 level that a file is compiled for.
 *
 *     x86-64-v2: 4 lanes, SSE4.2    v3: 8 lanes, AVX2 + FMA    v4: 16 lanes, AVX-512
 *
 * + - * / are the compiler's operators on vectors (contracted to fused multiply-adds
 * if the level has them); this file adds what C has no operator for. "The first n"
 * lanes are 0..n-1, all of them when n >= LANES; n is never negative. Lane l holds
 * element l, so "below" means at a lower address. */
#ifndef LANES_H
#define LANES_H

#include <immintrin.h>
#include <stdint.h>

#if defined __AVX512F__
#include "lanes_v4.h"
#elif defined __AVX2__
#include "lanes_v3.h"
#else
#include "lanes_v2.h"
#endif

static inline lanes v_zero(void)
{
    return v_set(0);
}

static inline lanes v_load_first(int n, const float *p)
{
    return v_load_first_or(n, p, v_zero());
}

static inline lanes v_keep_first(int n, lanes v)
{
    return v_select(v_first(n), v, v_zero());
}

/* Lane l of the result is the sum of lanes l and above. */
static inline lanes v_suffix_sums(lanes v)
{
    const lanes zero = v_zero();
    v += V_FROM_ABOVE(v, 1, zero);
    v += V_FROM_ABOVE(v, 2, zero);
#if defined __AVX2__
    v += V_FROM_ABOVE(v, 4, zero);
#endif
#if defined __AVX512F__
    v += V_FROM_ABOVE(v, 8, zero);
#endif
    return v;
}

/* Lane l of the result is the sum of lanes l and below. */
static inline lanes v_prefix_sums(lanes v)
{
    const lanes zero = v_zero();
    v += V_FROM_BELOW(v, 1, zero);
    v += V_FROM_BELOW(v, 2, zero);
#if defined __AVX2__
    v += V_FROM_BELOW(v, 4, zero);
#endif
#if defined __AVX512F__
    v += V_FROM_BELOW(v, 8, zero);
#endif
    return v;
}

#endif
