/* lanes_v2.h -- the part of lanes.h for x86-64-v2; included there only. */
#ifndef LANES_V2_H
#define LANES_V2_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

enum { LANES = 4 };
typedef __m128 lanes;
typedef int32_t counts __attribute__((vector_size(16)));
typedef __m128 lane_mask;

static inline counts v_set_count(int a)
{
    return (counts)_mm_set1_epi32(a);
}

static inline counts v_ramp(void)
{
    return (counts)_mm_setr_epi32(0, 1, 2, 3);
}

static inline lane_mask v_first(int n)
{
    return (lane_mask)(v_ramp() < v_set_count(n));
}

static inline lanes v_set(float a)
{
    return _mm_set1_ps(a);
}

static inline lanes v_load(const float *p)
{
    return _mm_loadu_ps(p);
}

static inline void v_store(float *p, lanes v)
{
    _mm_storeu_ps(p, v);
}

static inline lanes v_load_first_or(int n, const float *p, lanes rest)
{
    if (n >= LANES)
        return v_load(p);
    float each[LANES];
    v_store(each, rest);
    memcpy(each, p, sizeof *p * (size_t)n);
    return v_load(each);
}

static inline void v_store_between(int from, int n, float *p, lanes v)
{
    float each[LANES];
    v_store(each, v);
    for (int l = from; l < n && l < LANES; l++)
        p[l] = each[l];
}

static inline void v_store_first(int n, float *p, lanes v)
{
    if (n >= LANES)
        v_store(p, v);
    else
        v_store_between(0, n, p, v);
}

static inline lane_mask v_below(lanes a, lanes b)
{
    return _mm_cmplt_ps(a, b);
}

static inline lane_mask v_equal(lanes a, lanes b)
{
    return _mm_cmpeq_ps(a, b);
}

static inline lanes v_select(lane_mask m, lanes yes, lanes no)
{
    return _mm_blendv_ps(no, yes, m);
}

static inline lanes v_larger(lanes a, lanes b)
{
    return _mm_max_ps(a, b);
}

static inline lanes v_smaller(lanes a, lanes b)
{
    return _mm_min_ps(a, b);
}

static inline lanes v_nearest(lanes x)
{
    return _mm_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

static inline counts v_truncate(lanes x)
{
    return (counts)_mm_cvttps_epi32(x);
}

static inline lanes v_float(counts i)
{
    return _mm_cvtepi32_ps((__m128i)i);
}

static inline lanes v_absolute(lanes x)
{
    return _mm_andnot_ps(v_set(-0.0f), x);
}

static inline float v_lane0(lanes v)
{
    return _mm_cvtss_f32(v);
}

static inline lanes v_spread_first(lanes v)
{
    return _mm_shuffle_ps(v, v, 0);
}

static inline lanes v_spread_last(lanes v)
{
    return _mm_shuffle_ps(v, v, _MM_SHUFFLE(3, 3, 3, 3));
}

static inline float v_sum(lanes v)
{
    const __m128 s = v + _mm_movehl_ps(v, v);
    return _mm_cvtss_f32(s) + _mm_cvtss_f32(_mm_shuffle_ps(s, s, 1));
}

static inline float v_top(lanes v) /* the largest; no NaN among them */
{
    const __m128 m = _mm_max_ps(v, _mm_movehl_ps(v, v));
    return _mm_cvtss_f32(_mm_max_ps(m, _mm_shuffle_ps(m, m, 1)));
}

static inline lanes v_reverse(lanes v)
{
    return _mm_shuffle_ps(v, v, _MM_SHUFFLE(0, 1, 2, 3));
}

static inline unsigned v_bits_at_least(lanes a, lanes b)
{
    return (unsigned)_mm_movemask_ps(_mm_cmpge_ps(a, b));
}

#define V_FROM_ABOVE(v, d, fill) \
    ((lanes)_mm_alignr_epi8((__m128i)(fill), (__m128i)(v), 4 * (d)))
#define V_FROM_BELOW(v, d, fill) \
    ((lanes)_mm_alignr_epi8((__m128i)(v), (__m128i)(fill), 16 - 4 * (d)))

static inline counts v_within(counts i, int most)
{
    const __m128i low = _mm_max_epi32((__m128i)i, _mm_setzero_si128());
    return (counts)_mm_min_epi32(low, _mm_set1_epi32(most));
}

/* Returns byte numbers 4 i .. 4 i + 3 of each count i, for a byte shuffle. */
static inline __m128i v_bytes_of(counts i)
{
    return (__m128i)(i * 0x04040404 + 0x03020100);
}

static inline lanes v_window(lanes z, counts i)
{
    return (lanes)_mm_shuffle_epi8((__m128i)z, v_bytes_of(i));
}

/* 2^n = 2^(n/2) 2^(n - n/2): both factors are normal numbers, and only the last product
 * rounds. NaN stays NaN for any n. */
static inline lanes v_times_power(lanes x, lanes n)
{
    const counts whole = v_truncate(n), half = whole >> 1;
    return x * (lanes)((half + 127) << 23) * (lanes)((whole - half + 127) << 23);
}

#endif
