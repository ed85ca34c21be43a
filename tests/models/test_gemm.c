/* Matrix products, BLAS's and those of panels, are compared with plain loops in double, with
 * transposes, strides, alpha and beta. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "approx.h"
#include "gemm.h"
#include "kernels.h"
#include "panel_gemm.h"
#include "rng.h"

enum { ROOM = 160 * 176, SHAPES = 60 };

/* Declared in cblas.h, which only gemm.c includes. */
void openblas_set_num_threads(int n);
int openblas_get_num_threads(void);

static struct rng draws;

static int setup(void **state)
{
    (void)state;
    openblas_set_num_threads(2);
    assert_int_equal(gemm_init(1, NULL), ST_OK);
    draws = rng_stream(1, RNG_TEST, "gemm", 0);
    return 0;
}

static void fill(float *x)
{
    for (int i = 0; i < ROOM; i++)
        x[i] = (float)rng_normal(&draws);
}

static int between(int low, int high)
{
    return low + (int)rng_below(&draws, (uint32_t)(high - low + 1));
}

/* One product through gemm_*: entry (i, j) of op(A) op(B) is the sum over k of
 * a[i * ai + k * ak] b[k * bk + j * bj]. */
typedef void (*gemm)(int M, int N, int K, real alpha, struct rows A, struct rows B,
                     real beta, struct rows C);
struct trial {
    gemm run;
    int M, N, K;
    struct rows A, B;
    int ai, ak, bk, bj;
    float alpha, beta;
};

static void check(const struct trial *p)
{
    static float c[ROOM], before[ROOM], want[ROOM];
    const int stride = p->N + between(0, 9);
    fill(c);
    memcpy(before, c, sizeof c);
    memcpy(want, c, sizeof c);
    for (int i = 0; i < p->M; i++)
        for (int j = 0; j < p->N; j++) {
            double sum = 0;
            for (int k = 0; k < p->K; k++)
                sum += (double)p->A.at[i * p->ai + k * p->ak] *
                       (double)p->B.at[k * p->bk + j * p->bj];
            const double old = (double)before[i * stride + j];
            want[i * stride + j] = (float)((double)p->alpha * sum + (double)p->beta * old);
        }
    p->run(p->M, p->N, p->K, p->alpha, p->A, p->B, p->beta,
           (struct rows){.at = c, .stride = stride});
    assert_close(c, want, ROOM, 1e-5);
}

/* The functions to test; those of panels support beta 0 and 1 only. */
struct library {
    gemm nt, nn, tn;
    int longest; /* sides of the matrices that are tried */
    bool any_beta;
};

static void try_shapes(const struct library *l)
{
    static float a[ROOM], b[ROOM];
    for (int i = 0; i < SHAPES; i++) {
        const int M = between(1, 70), N = between(1, 70), K = between(1, l->longest);
        const int extra = between(0, 9);
        const int as = K + extra, bs = K + 3, bn = N + 5, am = M + 2;
        const float alpha = (float)between(-2, 2) * 0.5f;
        const float beta = l->any_beta ? (float)between(0, 2) * 0.5f : (float)between(0, 1);
        fill(a);
        fill(b);
        const struct trial nt = {l->nt, M, N, K,  {a, as}, {b, bs},
                                 as,    1, 1, bs, alpha,   beta};
        const struct trial nn = {l->nn, M, N,  K, {a, as}, {b, bn},
                                 as,    1, bn, 1, alpha,   beta};
        const struct trial tn = {l->tn, M,  N,  K, {a, am}, {b, bn},
                                 1,     am, bn, 1, alpha,   beta};
        check(&nt);
        check(&nn);
        check(&tn);
    }
}

static void products_of_many_shapes_agree_with_plain_loops(void **state)
{
    (void)state;
    try_shapes(&(struct library){gemm_nt, gemm_nn, gemm_tn, 70, true});
}

/* --- products of panels --- */

static void panel_nn_as_gemm(int M, int N, int K, real alpha, struct rows A, struct rows B,
                             real beta, struct rows C)
{
    panel_nn(M, N, K, alpha, A, B, beta > 0, C);
}

static void panel_tn_as_gemm(int M, int N, int K, real alpha, struct rows A, struct rows B,
                             real beta, struct rows C)
{
    panel_tn(M, N, K, alpha, A, B, beta > 0, C);
}

static void turned_panel_as_gemm(int M, int N, int K, real alpha, struct rows A,
                                 struct rows B, real beta, struct rows C)
{
    static float room[ROOM];
    assert_true(panel_stride(N) * K <= ROOM);
    panel_nn(M, N, K, alpha, A, panel_turned(N, K, B, room), beta > 0, C);
}

static const char *const levels[] = {"naive", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
enum { LEVELS = sizeof levels / sizeof *levels };

static void panels_of_many_shapes_agree_with_plain_loops(void **state)
{
    int tried = 0;
    (void)state;
    for (int i = 0; i < LEVELS; i++) {
        if (!kernels_find(levels[i]))
            continue;
        assert_int_equal(kernels_choose(levels[i], NULL), ST_OK);
        /* The sums have more terms than a block of the kernels. */
        try_shapes(&(struct library){turned_panel_as_gemm, panel_nn_as_gemm,
                                     panel_tn_as_gemm, 150, false});
        tried++;
    }
    assert_true(tried >= 1);
    assert_int_equal(kernels_choose(NULL, NULL), ST_OK);
}

static void panel_strides_are_odd_numbers_of_cache_lines(void **state)
{
    (void)state;
    for (int n = 1; n < 5000; n++) {
        const int stride = panel_stride(n);
        assert_true(stride >= n && stride < n + 32);
        assert_int_equal(stride % 32, 16);
    }
}

/* A = 1 2 / 3 4, B = 5 6 / 7 8. */
static void two_by_two_products_worked_by_hand(void **state)
{
    (void)state;
    float a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8}, c[] = {1, 1, 1, 1};
    const struct rows A = {a, 2}, B = {b, 2}, C = {c, 2};
    const float nt[] = {17, 23, 39, 53}, nn[] = {19, 22, 43, 50}, tn[] = {26, 30, 38, 44};
    const float doubled[] = {53, 61, 77, 89};
    gemm_nt(2, 2, 2, 1, A, B, 0, C);
    assert_close(c, nt, 4, 0);
    gemm_nn(2, 2, 2, 1, A, B, 0, C);
    assert_close(c, nn, 4, 0);
    gemm_tn(2, 2, 2, 1, A, B, 0, C);
    assert_close(c, tn, 4, 0);
    for (int i = 0; i < 4; i++)
        c[i] = 1;
    gemm_tn(2, 2, 2, 2, A, B, 1, C);
    assert_close(c, doubled, 4, 0);
}

/* beta 0 overwrites C, whatever it held, NaN included. */
static void beta_zero_forgets_c(void **state)
{
    (void)state;
    float a[] = {1, 2}, b[] = {3, 4}, c[] = {NAN};
    gemm_nt(1, 1, 2, 1, (struct rows){a, 2}, (struct rows){b, 2}, 0, (struct rows){c, 1});
    assert_near((double)c[0], 11, 0);
    c[0] = NAN;
    gemm_nt(1, 1, 0, 1, (struct rows){a, 2}, (struct rows){b, 2}, 0, (struct rows){c, 1});
    assert_near((double)c[0], 0, 0);
}

static void nan_in_a_factor_reaches_the_product(void **state)
{
    (void)state;
    float a[] = {1, NAN, 1, 1}, b[] = {0, 0, 0, 0}, c[4] = {1, 1, 1, 1};
    const struct rows A = {a, 2}, B = {b, 2}, C = {c, 2};
    gemm_nn(2, 2, 2, 1, A, B, 0, C);
    assert_true(isnan(c[0]) && isnan(c[1]) && c[2] == 0 && c[3] == 0);
    c[0] = c[1] = c[2] = c[3] = 1;
    panel_nn(2, 2, 2, 1, A, B, true, C);
    assert_true(isnan(c[0]) && isnan(c[1]) && c[2] == 1 && c[3] == 1);
}

/* Earlier contents of C, NaN included, do not count unless the product is added; without terms
 * the sum is 0. */
static void panels_forget_c_unless_they_add(void **state)
{
    (void)state;
    float a[] = {1, 2}, b[] = {3, 4}, c[] = {NAN};
    const struct rows A = {a, 2}, B = {b, 1}, C = {c, 1};
    panel_nn(1, 1, 2, 1, A, B, false, C);
    assert_near((double)c[0], 11, 0);
    panel_nn(1, 1, 0, 1, A, B, true, C);
    assert_near((double)c[0], 11, 0);
    panel_nn(1, 1, 0, 1, A, B, false, C);
    assert_near((double)c[0], 0, 0);
}

static void blas_runs_on_one_thread_and_says_what_it_is(void **state)
{
    (void)state;
    assert_int_equal(openblas_get_num_threads(), 1);
    assert_non_null(strstr(gemm_library(), "OpenBLAS"));
    assert_true(strlen(gemm_core()) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_of_many_shapes_agree_with_plain_loops),
        cmocka_unit_test(panels_of_many_shapes_agree_with_plain_loops),
        cmocka_unit_test(panel_strides_are_odd_numbers_of_cache_lines),
        cmocka_unit_test(panels_forget_c_unless_they_add),
        cmocka_unit_test(two_by_two_products_worked_by_hand),
        cmocka_unit_test(beta_zero_forgets_c),
        cmocka_unit_test(nan_in_a_factor_reaches_the_product),
        cmocka_unit_test(blas_runs_on_one_thread_and_says_what_it_is),
    };
    return cmocka_run_group_tests_name("gemm", tests, setup, NULL);
}
