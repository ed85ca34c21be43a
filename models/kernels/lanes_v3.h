/* lanes_v3.h -- the part of lanes.h for x86-64-v3; included there only. */
#ifndef LANES_V3_H
#define LANES_V3_H

#include <immintrin.h>
#include <stdint.h>

enum { LANES = 8 };
typedef __m256 lanes;
typedef int32_t counts __attribute__((vector_size(32)));
typedef __m256 lane_mask; /* sign bits */

static inline counts v_set_count(int a)
{
    return (counts)_mm256_set1_epi32(a);
}

static inline counts v_ramp(void)
{
    return (counts)_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
}

static inline lane_mask v_first(int n)
{
    return (lane_mask)(v_ramp() < v_set_count(n));
}

static inline lanes v_set(float a)
{
    return _mm256_set1_ps(a);
}

static inline lanes v_load(const float *p)
{
    return _mm256_loadu_ps(p);
}

static inline lanes v_load_first_or(int n, const float *p, lanes rest)
{
    const lane_mask m = v_first(n);
    return _mm256_blendv_ps(rest, _mm256_maskload_ps(p, (__m256i)m), m);
}

static inline void v_store(float *p, lanes v)
{
    _mm256_storeu_ps(p, v);
}

static inline void v_store_first(int n, float *p, lanes v)
{
    _mm256_maskstore_ps(p, (__m256i)v_first(n), v);
}

static inline void v_store_between(int from, int n, float *p, lanes v)
{
    const __m256i m = _mm256_andnot_si256((__m256i)v_first(from), (__m256i)v_first(n));
    _mm256_maskstore_ps(p, m, v);
}

static inline lane_mask v_below(lanes a, lanes b)
{
    return _mm256_cmp_ps(a, b, _CMP_LT_OQ);
}

static inline lane_mask v_equal(lanes a, lanes b)
{
    return _mm256_cmp_ps(a, b, _CMP_EQ_OQ);
}

static inline lanes v_select(lane_mask m, lanes yes, lanes no)
{
    return _mm256_blendv_ps(no, yes, m);
}

static inline lanes v_larger(lanes a, lanes b)
{
    return _mm256_max_ps(a, b);
}

static inline lanes v_smaller(lanes a, lanes b)
{
    return _mm256_min_ps(a, b);
}

static inline lanes v_nearest(lanes x)
{
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

static inline counts v_truncate(lanes x)
{
    return (counts)_mm256_cvttps_epi32(x);
}

static inline lanes v_float(counts i)
{
    return _mm256_cvtepi32_ps((__m256i)i);
}

static inline lanes v_absolute(lanes x)
{
    return _mm256_andnot_ps(v_set(-0.0f), x);
}

static inline float v_lane0(lanes v)
{
    return _mm256_cvtss_f32(v);
}

static inline lanes v_spread_first(lanes v)
{
    return _mm256_broadcastss_ps(_mm256_castps256_ps128(v));
}

static inline lanes v_window(lanes z, counts i)
{
    return _mm256_permutevar8x32_ps(z, (__m256i)i);
}

static inline lanes v_spread_last(lanes v)
{
    return v_window(v, v_set_count(LANES - 1));
}

static inline float v_sum(lanes v)
{
    __m128 s = _mm256_castps256_ps128(v) + _mm256_extractf128_ps(v, 1);
    s += _mm_movehl_ps(s, s);
    return _mm_cvtss_f32(s) + _mm_cvtss_f32(_mm_shuffle_ps(s, s, 1));
}

static inline float v_top(lanes v) /* the largest; no NaN among them */
{
    __m128 m = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    m = _mm_max_ps(m, _mm_movehl_ps(m, m));
    return _mm_cvtss_f32(_mm_max_ps(m, _mm_shuffle_ps(m, m, 1)));
}

static inline lanes v_reverse(lanes v)
{
    return v_window(v, v_set_count(LANES - 1) - v_ramp());
}

static inline unsigned v_bits_at_least(lanes a, lanes b)
{
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GE_OQ));
}

#define V_FROM_ABOVE(v, d, fill)                                                     \
    _mm256_blend_ps(v_window((lanes)(v), (v_ramp() + v_set_count(d)) & (LANES - 1)), \
                    (lanes)(fill), 0xff & (0xff << (LANES - (d))))
#define V_FROM_BELOW(v, d, fill)                                                     \
    _mm256_blend_ps(v_window((lanes)(v), (v_ramp() - v_set_count(d)) & (LANES - 1)), \
                    (lanes)(fill), (1 << (d)) - 1)

static inline counts v_within(counts i, int most)
{
    const __m256i low = _mm256_max_epi32((__m256i)i, _mm256_setzero_si256());
    return (counts)_mm256_min_epi32(low, _mm256_set1_epi32(most));
}

static inline lanes v_where_same(counts i, counts k, lanes b)
{
    return _mm256_and_ps((lanes)(i == k), b);
}

static inline unsigned v_bits_different(counts i, counts k)
{
    return 0xffu & ~(unsigned)_mm256_movemask_ps((lanes)(i == k));
}

struct v_packing {
    counts from, count; /* lane l takes lane from[l]; lanes >= count are 0 */
};

/* Extracts the numbers of the set bits, one byte each, from the bytes 7 6 5 .. 0. */
static inline struct v_packing v_packing_of(unsigned bits)
{
    const uint64_t chosen = _pdep_u64(bits, 0x0101010101010101) * 0xff;
    const uint64_t lane = _pext_u64(0x0706050403020100, chosen);
    return (struct v_packing){
        (counts)_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)lane)),
        v_set_count(__builtin_popcount(bits))};
}

static inline lanes v_pack(struct v_packing p, lanes v)
{
    return _mm256_and_ps((lanes)(v_ramp() < p.count), v_window(v, p.from));
}

/* 2^n = 2^(n/2) 2^(n - n/2): both factors are normal numbers, and only the last product
 * rounds. NaN stays NaN for any n. */
static inline lanes v_times_power(lanes x, lanes n)
{
    const counts whole = v_truncate(n), half = whole >> 1;
    return x * (lanes)((half + 127) << 23) * (lanes)((whole - half + 127) << 23);
}

#endif
