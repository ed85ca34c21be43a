/* Exponential, sigmoid, logarithm and GELU over the whole float range are compared with libm
 * in double.
 *
 * Bounds are in units u = 2^-23 |scale| (one unit in the last place of a number that is just
 * above a power of two) plus a few steps of the smallest denormal, 2^-149. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernels.h"
#include "rng.h"

#define SQRT_HALF       0.70710678118654752440
#define ONE_BY_SQRT_2PI 0.39894228040143267794

/* Every exponent has random mantissas and the power of two itself. Many more are tried where
 * the functions bend, 2^-17 <= |x| < 2^13. */
enum { MANTISSAS = 200, MORE = 4000, SWEEP = 2 * (255 * MANTISSAS + 30 * MORE) };

static float sweep[SWEEP];
static int swept;

static float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static int fill_sweep(void **state)
{
    (void)state;
    struct rng r = rng_stream(1, RNG_TEST, "kernels_math", 0);
    swept = 0;
    for (uint32_t sign = 0; sign < 2; sign++)
        for (uint32_t exponent = 0; exponent < 255; exponent++) {
            const int n = exponent >= 110 && exponent < 140 ? MORE : MANTISSAS;
            for (int i = 0; i < n; i++) {
                const uint32_t mantissa = i == 0 ? 0 : rng_u32(&r) >> 9;
                sweep[swept++] = float_of(sign << 31 | exponent << 23 | mantissa);
            }
        }
    assert_true(swept <= SWEEP);
    return 0;
}

static const char *const tables[] = {"naive", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
enum { NAIVE, TABLES = 4 };

struct reference {
    double value, scale;
};

struct function {
    const char *name;
    void (*run)(const struct kernels *k, size_t n, const float *x, float *y);
    struct reference (*want)(double x);
    double units, denormals;
};

static void run_exp(const struct kernels *k, size_t n, const float *x, float *y)
{
    memcpy(y, x, n * sizeof *y);
    k->exponential(n, y);
}

static struct reference want_exp(double x)
{
    return (struct reference){exp(x), exp(x)};
}

static void run_sigmoid(const struct kernels *k, size_t n, const float *x, float *y)
{
    k->sigmoid(n, x, y);
}

static struct reference want_sigmoid(double x)
{
    const double s = x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x));
    return (struct reference){s, s};
}

static void run_log(const struct kernels *k, size_t n, const float *x, float *y)
{
    memcpy(y, x, n * sizeof *y);
    k->logarithm(n, y);
}

static struct reference want_log(double x)
{
    return (struct reference){x < 0 ? (double)NAN : log(x), log(fabs(x))};
}

static double normal_cdf(double x)
{
    return 0.5 * erfc(-x * SQRT_HALF);
}

static void run_gelu(const struct kernels *k, size_t n, const float *x, float *y)
{
    k->gelu(n, x, y);
}

/* The scale of x Phi(x) is |x| max(Phi(x), 1/2). */
static struct reference want_gelu(double x)
{
    const double p = normal_cdf(x);
    return (struct reference){x * p, fabs(x) * fmax(p, 0.5)};
}

/* The same with the result itself as the scale, small as it is for very negative x. */
static struct reference want_gelu_tail(double x)
{
    return (struct reference){x * normal_cdf(x), x * normal_cdf(x)};
}

static void run_slope(const struct kernels *k, size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = 1;
    k->gelu_grad(n, x, y);
}

/* Returns Phi(x) + x phi(x). The scale is the sum of the parts' sizes, at least 1/2. */
static struct reference want_slope(double x)
{
    const double p = normal_cdf(x), q = x * ONE_BY_SQRT_2PI * exp(-0.5 * x * x);
    return (struct reference){p + q, fmax(p + fabs(q), 0.5)};
}

static const struct function exponential = {"exp", run_exp, want_exp, 2, 1};
static const struct function sigmoid = {"sigmoid", run_sigmoid, want_sigmoid, 2, 1};
static const struct function logarithm = {"log", run_log, want_log, 2, 0};
static const struct function gelu = {"gelu", run_gelu, want_gelu, 2, 16};
static const struct function gelu_tail = {"gelu's tail", run_gelu, want_gelu_tail, 6, 16};
static const struct function slope = {"gelu's slope", run_slope, want_slope, 2, 16};

/* Results beyond FLT_MAX are expected as infinity, and NaN as NaN. */
static void check(const char *isa, const struct function *f, float x, float got)
{
    const struct reference want = f->want((double)x);
    const float rounded = (float)want.value;
    if (isnan(rounded) ? isnan(got) : got == rounded)
        return;
    const double gap = fabs((double)got - want.value);
    const double allowed = f->units * 0x1p-23 * fabs(want.scale) + f->denormals * 0x1p-149;
    if (!(gap <= allowed))
        fail_msg("%s, %s(%.9g): %.9g, not %.17g: %.3g of %g units", isa, f->name, (double)x,
                 (double)got, want.value, gap / (0x1p-23 * fabs(want.scale)), f->units);
}

static void check_sweep(const struct function *f, int first_table)
{
    static float y[SWEEP];
    for (int t = first_table; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        f->run(k, (size_t)swept, sweep, y);
        for (int i = 0; i < swept; i++)
            check(k->isa, f, sweep[i], y[i]);
    }
}

static void exponential_is_within_2_units(void **state)
{
    (void)state;
    check_sweep(&exponential, NAIVE);
}

static void sigmoid_is_within_2_units(void **state)
{
    (void)state;
    check_sweep(&sigmoid, NAIVE);
}

static void logarithm_is_within_2_units(void **state)
{
    (void)state;
    check_sweep(&logarithm, NAIVE);
}

static void gelu_is_within_2_units_of_its_scale(void **state)
{
    (void)state;
    check_sweep(&gelu, NAIVE);
    check_sweep(&gelu_tail, NAIVE + 1);
}

static void gelu_slope_is_within_2_units_of_its_scale(void **state)
{
    (void)state;
    check_sweep(&slope, NAIVE);
}

/* x and the exact values of exp, sigmoid, log, GELU and its slope. */
static const struct {
    float x, exponential, sigmoid, logarithm, gelu, slope;
} special[] = {
    {0.0f, 1, 0.5f, -INFINITY, 0, 0.5f},
    {-0.0f, 1, 0.5f, -INFINITY, 0, 0.5f},
    {INFINITY, INFINITY, 1, INFINITY, INFINITY, 1},
    {-INFINITY, 0, 0, NAN, 0, 0},
    {NAN, NAN, NAN, NAN, NAN, NAN},
    {FLT_MAX, INFINITY, 1, 88.7228394f, FLT_MAX, 1},
    {-FLT_MAX, 0, 0, NAN, 0, 0},
    {200, INFINITY, 1, 5.29831737f, 200, 1},
    {-200, 0, 0, NAN, 0, 0},
    {0x1p-149f, 1, 0.5f, -103.278930f, 0, 0.5f},
};
enum { SPECIALS = sizeof special / sizeof special[0] };

static void check_special(const struct kernels *k, const char *name, float x, float got,
                          float want)
{
    if (isnan(want) ? !isnan(got) : got != want)
        fail_msg("%s, %s(%.9g): %.9g, not %.9g", k->isa, name, (double)x, (double)got,
                 (double)want);
}

static void infinities_zeros_and_nan_have_exact_results(void **state)
{
    (void)state;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        for (int i = 0; k && i < SPECIALS; i++) {
            const float x = special[i].x;
            float y;
            run_exp(k, 1, &x, &y);
            check_special(k, "exp", x, y, special[i].exponential);
            run_sigmoid(k, 1, &x, &y);
            check_special(k, "sigmoid", x, y, special[i].sigmoid);
            run_log(k, 1, &x, &y);
            check_special(k, "log", x, y, special[i].logarithm);
            run_gelu(k, 1, &x, &y);
            check_special(k, "gelu", x, y, special[i].gelu);
            run_slope(k, 1, &x, &y);
            check_special(k, "slope", x, y, special[i].slope);
        }
    }
}

/* The vector loop and the loop over the rest do the same arithmetic. */
static void a_result_does_not_depend_on_its_place(void **state)
{
    (void)state;
    static const struct function *const all[] = {&exponential, &sigmoid, &logarithm, &gelu,
                                                 &slope};
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        for (size_t f = 0; k && f < sizeof all / sizeof all[0]; f++)
            for (size_t n = 1; n <= 70; n++) {
                float x[70], y[70], alone;
                for (size_t i = 0; i < n; i++)
                    x[i] = sweep[(i * 7919 + n * 104729) % (size_t)swept];
                all[f]->run(k, n, x, y);
                for (size_t i = 0; i < n; i++) {
                    all[f]->run(k, 1, x + i, &alone);
                    assert_memory_equal(&alone, y + i, sizeof alone);
                }
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponential_is_within_2_units),
        cmocka_unit_test(sigmoid_is_within_2_units),
        cmocka_unit_test(logarithm_is_within_2_units),
        cmocka_unit_test(gelu_is_within_2_units_of_its_scale),
        cmocka_unit_test(gelu_slope_is_within_2_units_of_its_scale),
        cmocka_unit_test(infinities_zeros_and_nan_have_exact_results),
        cmocka_unit_test(a_result_does_not_depend_on_its_place),
    };
    return cmocka_run_group_tests_name("kernels_math", tests, fill_sweep, NULL);
}
