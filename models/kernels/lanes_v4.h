/* lanes_v4.h -- the part of lanes.h for x86-64-v4; included there only. */
#ifndef LANES_V4_H
#define LANES_V4_H

#include <immintrin.h>
#include <stdint.h>

enum { LANES = 16 };
typedef __m512 lanes;
typedef int32_t counts __attribute__((vector_size(64)));
typedef __mmask16 lane_mask;

static inline counts v_ramp(void)
{
    return (counts)_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

static inline lane_mask v_first(int n)
{
    return (lane_mask)_bzhi_u32(0xffff, (unsigned)(n < LANES ? n : LANES));
}

static inline lanes v_set(float a)
{
    return _mm512_set1_ps(a);
}

static inline lanes v_load(const float *p)
{
    return _mm512_loadu_ps(p);
}

/* Loads the first n lanes. The other lanes come from `rest`, and their memory is not read. */
static inline lanes v_load_first_or(int n, const float *p, lanes rest)
{
    return _mm512_mask_loadu_ps(rest, v_first(n), p);
}

static inline void v_store(float *p, lanes v)
{
    _mm512_storeu_ps(p, v);
}

static inline void v_store_first(int n, float *p, lanes v)
{
    _mm512_mask_storeu_ps(p, v_first(n), v);
}

/* Stores lanes `from` to n - 1. */
static inline void v_store_between(int from, int n, float *p, lanes v)
{
    const lane_mask m = (lane_mask)(v_first(n) & (unsigned)~v_first(from));
    _mm512_mask_storeu_ps(p, m, v);
}

static inline lane_mask v_below(lanes a, lanes b) /* a < b */
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}

static inline lane_mask v_equal(lanes a, lanes b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}

static inline lanes v_select(lane_mask m, lanes yes, lanes no)
{
    return _mm512_mask_blend_ps(m, no, yes);
}

/* v_larger is a > b ? a : b, v_smaller is a < b ? a : b; so b if either is NaN. */
static inline lanes v_larger(lanes a, lanes b)
{
    return _mm512_max_ps(a, b);
}

static inline lanes v_smaller(lanes a, lanes b)
{
    return _mm512_min_ps(a, b);
}

static inline lanes v_nearest(lanes x) /* integer, ties to even */
{
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

/* Returns x 2^n for whole n, rounded once, so denormals and overflow are right. */
static inline lanes v_times_power(lanes x, lanes n)
{
    return _mm512_scalef_ps(x, n);
}

static inline lanes v_absolute(lanes x)
{
    return _mm512_abs_ps(x);
}

static inline counts v_truncate(lanes x) /* NaN: INT32_MIN */
{
    return (counts)_mm512_cvttps_epi32(x);
}

static inline lanes v_float(counts i)
{
    return _mm512_cvtepi32_ps((__m512i)i);
}

static inline counts v_set_count(int a)
{
    return (counts)_mm512_set1_epi32(a);
}

static inline float v_lane0(lanes v)
{
    return _mm512_cvtss_f32(v);
}

/* Copies the first lane of v, or the last, to every lane. */
static inline lanes v_spread_first(lanes v)
{
    return _mm512_broadcastss_ps(_mm512_castps512_ps128(v));
}

static inline lanes v_spread_last(lanes v)
{
    return _mm512_permutexvar_ps(_mm512_set1_epi32(LANES - 1), v);
}

static inline float v_sum(lanes v)
{
    return _mm512_reduce_add_ps(v);
}

static inline float v_top(lanes v) /* the largest; no NaN among them */
{
    return _mm512_reduce_max_ps(v);
}

static inline lanes v_reverse(lanes v)
{
    const __m512i last =
        _mm512_setr_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    return _mm512_permutexvar_ps(last, v);
}

/* Bit l of the result is a[l] >= b[l]. */
static inline unsigned v_bits_at_least(lanes a, lanes b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ);
}

/* Lane l of the result is lane l + d (above) or l - d (below) of v, or `fill` past the end. */
#define V_FROM_ABOVE(v, d, fill) \
    ((lanes)_mm512_alignr_epi32((__m512i)(fill), (__m512i)(v), d))
#define V_FROM_BELOW(v, d, fill) \
    ((lanes)_mm512_alignr_epi32((__m512i)(v), (__m512i)(fill), LANES - (d)))

/* Clamps each i to 0..most. */
static inline counts v_within(counts i, int most)
{
    const __m512i low = _mm512_max_epi32((__m512i)i, _mm512_setzero_si512());
    return (counts)_mm512_min_epi32(low, _mm512_set1_epi32(most));
}

/* Lane l of the result is z[i[l]], 0 <= i < LANES. */
static inline lanes v_window(lanes z, counts i)
{
    return _mm512_permutexvar_ps((__m512i)i, z);
}

/* Returns b in lanes whose counts are equal, else 0. */
static inline lanes v_where_same(counts i, counts k, lanes b)
{
    return _mm512_maskz_mov_ps(_mm512_cmpeq_epi32_mask((__m512i)i, (__m512i)k), b);
}

static inline unsigned v_bits_different(counts i, counts k)
{
    return _mm512_cmpneq_epi32_mask((__m512i)i, (__m512i)k);
}

/* v_pack moves the lanes whose bit is set together to the lowest lanes, followed by zeros. */
struct v_packing {
    lane_mask m;
};

static inline struct v_packing v_packing_of(unsigned bits)
{
    return (struct v_packing){(lane_mask)bits};
}

static inline lanes v_pack(struct v_packing p, lanes v)
{
    return _mm512_maskz_compress_ps(p.m, v);
}

#endif
