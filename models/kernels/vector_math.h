/* vector_math.h -- e^x, ln x, the sigmoid and GELU on vectors of floats (lanes.h).
 *
 * No branches; NaN stays NaN, infinities give the limits, results below FLT_MIN are denormals.
 * The polynomials are minimax fits (Remez, in 40 digits) of the functions named in their
 * comments; test_kernels.c measures the total errors. */
#ifndef VECTOR_MATH_H
#define VECTOR_MATH_H

#include <float.h>
#include <math.h>

#include "lanes.h"

/* c[0] + c[1] x + ... + c[n-1] x^(n-1) */
static inline lanes v_polynomial(int n, const float *c, lanes x)
{
    lanes sum = v_set(c[n - 1]);
    for (int i = n - 2; i >= 0; i--)
        sum = sum * x + v_set(c[i]);
    return sum;
}

/* ln 2 as a sum of two parts. The first has 9 bits, so its product with an exponent is exact. */
#define LN2_HIGH 0.693359375f
#define LN2_LOW  (-2.12194440054690583e-4f)
#define LOG2_E   1.44269504088896341f

/* Returns e^(x + low), low small: x = n ln 2 + r, e^r = 1 + r + r^2 q(r), |r| <= ln(2) / 2. The
 * rounding error of 1 + r is added to the small terms. x is clamped to bounds beyond which the
 * result is 0 or infinity. */
static inline lanes v_exp_sum(lanes x, lanes low)
{
    static const float q[] = {0.49999993434f, 0.166665203989f, 0.0416683901489f,
                              0.00836874518713f, 0.00138145804112f};
    x = v_smaller(v_set(90), v_larger(v_set(-105), x));
    const lanes n = v_nearest(x * v_set(LOG2_E));
    const lanes r = (x - n * v_set(LN2_HIGH)) - n * v_set(LN2_LOW) + low;
    const lanes sum = v_set(1) + r, lost = (v_set(1) - sum) + r;
    return v_times_power(sum + ((r * r) * v_polynomial(5, q, r) + lost), n);
}

static inline lanes v_exp(lanes x)
{
    return v_exp_sum(x, v_zero());
}

/* Returns 1 / (1 + e^-x), computed as e^x / (1 + e^x) if x < 0, so that e never overflows. */
static inline lanes v_sigmoid(lanes x)
{
    const lanes e = v_exp(v_zero() - v_absolute(x));
    return v_select(v_below(x, v_zero()), e, v_set(1)) / (v_set(1) + e);
}

/* x = 2^n (1 + r) with 1 + r in [sqrt(1/2), sqrt 2);  ln(1 + r) = r - r^2/2 + r^3 q(r).
 * Denormals are multiplied by 2^23 first. */
static inline lanes v_log(lanes x)
{
    static const float q[] = {0.333333126053f,  -0.250000096016f, 0.200021186275f,
                              -0.166679957799f, 0.142195525372f,  -0.124055896002f,
                              0.118881628854f,  -0.116756507021f, 0.0674663755625f};
    const int32_t sqrt_half = 0x3f3504f3; /* the bits of sqrt(1/2) */
    const lane_mask tiny = v_below(x, v_set(FLT_MIN));
    const lanes normal = v_absolute(v_select(tiny, x * v_set(0x1p23f), x));
    const counts bits = (counts)normal - v_set_count(sqrt_half);
    const lanes n = v_float(bits >> 23) - v_select(tiny, v_set(23), v_zero());
    const lanes r = (lanes)((bits & 0x7fffff) + v_set_count(sqrt_half)) - v_set(1);
    const lanes square = r * r;
    const lanes curve =
        n * v_set(LN2_LOW) - v_set(0.5f) * square + square * r * v_polynomial(9, q, r);
    lanes y = n * v_set(LN2_HIGH) + (r + curve);
    y = v_select(v_below(x, v_set(INFINITY)), y, x);
    y = v_select(v_equal(x, v_zero()), v_set(-INFINITY), y);
    return v_select(v_below(x, v_zero()), v_set(NAN), y);
}

/* Returns e^(-a^2/2) for a >= 0. a^2 is the sum of h^2, with h of 12 bits, and (a - h)(a + h),
 * since a rounded square would cost up to 85 units in the last place. */
static inline lanes v_gaussian(lanes a)
{
    const lanes h = (lanes)((counts)a & ~0xfff);
    const lanes low = v_set(-0.5f) * ((a - h) * (a + h));
    return v_exp_sum(v_set(-0.5f) * (h * h), low);
}

/* Returns Phi(x), the distribution function of N(0, 1); gaussian = e^(-x^2/2).
 * |x| < 1:   1/2 + x s(x^2).
 * a = |x| >= 1:  Phi(-a) = gaussian R(a), R(a) = erfcx(a / sqrt 2) / 2. R is fitted as t P(t),
 * t = 3 / (3 + a), for a <= 14.6, from where on gaussian is 0. */
static inline lanes v_normal_cdf(lanes x, lanes gaussian)
{
    static const float s[] = {0.398942280118f,   -0.0664903599233f,  0.00997332340892f,
                              -0.0011863299425f, 0.000113486375799f, -7.65421085234e-6f};
    static const float p[] = {0.132976594825f,  0.133100711995f,  0.11676659934f,
                              0.0980554694234f, 0.0126546405611f, 0.0959884880222f,
                              -0.133012096751f, 0.0435358662735f};
    const lanes a = v_absolute(x), zero = v_zero(), one = v_set(1);
    const lanes near = v_set(0.5f) + x * v_polynomial(6, s, x * x);
    const lanes t = v_set(3) / (v_set(3) + a);
    const lanes tail = gaussian * (t * v_polynomial(8, p, t));
    const lanes far = v_select(v_below(x, zero), tail, one - tail);
    return v_select(v_below(a, one), near, far);
}

/* Clamps x to bounds beyond which Phi is 0 or 1 and the density 0, so that infinity is never
 * multiplied by 0. NaN stays. */
static inline lanes v_gelu_bounded(lanes x)
{
    return v_smaller(v_set(16), v_larger(v_set(-16), x));
}

/* x Phi(x) */
static inline lanes v_gelu(lanes x)
{
    const lanes b = v_gelu_bounded(x);
    return v_larger(v_set(-16), x) * v_normal_cdf(b, v_gaussian(v_absolute(b)));
}

/* Phi(x) + x phi(x) */
static inline lanes v_gelu_slope(lanes x)
{
    const lanes b = v_gelu_bounded(x), gaussian = v_gaussian(v_absolute(b));
    return v_normal_cdf(b, gaussian) + b * (v_set(0.39894228040143268f) * gaussian);
}

#endif
