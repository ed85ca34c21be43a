/* Matrix products against plain loops in double: transposes, strides, alpha and beta. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "approx.h"
#include "gemm.h"
#include "rng.h"

enum { ROOM = 80 * 96, SHAPES = 60 };

/* From cblas.h, which only gemm.c sees. */
void openblas_set_num_threads(int n);
int openblas_get_num_threads(void);

static struct rng draws;

static int setup(void **state)
{
    (void)state;
    openblas_set_num_threads(2);
    gemm_init();
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
struct product {
    void (*run)(int M, int N, int K, real alpha, struct rows A, struct rows B, real beta,
                struct rows C);
    int M, N, K;
    struct rows A, B;
    int ai, ak, bk, bj;
    float alpha, beta;
};

static void check(const struct product *p)
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

static void products_of_many_shapes_agree_with_plain_loops(void **state)
{
    (void)state;
    static float a[ROOM], b[ROOM];
    for (int i = 0; i < SHAPES; i++) {
        const int M = between(1, 70), N = between(1, 70), K = between(1, 70);
        const int extra = between(0, 9);
        const int as = K + extra, bs = K + 3, bn = N + 5, am = M + 2;
        const float alpha = (float)between(-2, 2) * 0.5f,
                    beta = (float)between(0, 2) * 0.5f;
        fill(a);
        fill(b);
        const struct product nt = {gemm_nt, M, N, K,  {a, as}, {b, bs},
                                   as,      1, 1, bs, alpha,   beta};
        const struct product nn = {gemm_nn, M, N,  K, {a, as}, {b, bn},
                                   as,      1, bn, 1, alpha,   beta};
        const struct product tn = {gemm_tn, M,  N,  K, {a, am}, {b, bn},
                                   1,       am, bn, 1, alpha,   beta};
        check(&nt);
        check(&nn);
        check(&tn);
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

/* beta 0 overwrites: what stood in C, NaN included, plays no part. */
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
    float a[] = {1, NAN, 1, 1}, b[] = {0, 0, 0, 0}, c[4];
    gemm_nn(2, 2, 2, 1, (struct rows){a, 2}, (struct rows){b, 2}, 0, (struct rows){c, 2});
    assert_true(isnan(c[0]) && isnan(c[1]) && c[2] == 0 && c[3] == 0);
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
        cmocka_unit_test(two_by_two_products_worked_by_hand),
        cmocka_unit_test(beta_zero_forgets_c),
        cmocka_unit_test(nan_in_a_factor_reaches_the_product),
        cmocka_unit_test(blas_runs_on_one_thread_and_says_what_it_is),
    };
    return cmocka_run_group_tests_name("gemm", tests, setup, NULL);
}
