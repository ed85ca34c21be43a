/* Every kernel of every table is compared with its naive counterpart, for every length and
 * alignment, and with values worked by hand. test_kernels_math.c has the errors of the
 * exponentials, test_kernels_positions.c positions, test_kernels_double.c gradients. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "approx.h"
#include "chance.h"
#include "kernels.h"
#include "rng.h"

static const char *const tables[] = {"naive", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
enum { TABLES = 4, SHIFTS = 16 };

/* --- arrays at a chosen place, with marks around them --- */

enum { SLOTS = 8, ROOM = 2048, MARGIN = 32, AT_END = -1 };

static struct {
    float *memory[SLOTS]; /* [ROOM] each, followed by a page that nobody may read */
    float *at[SLOTS];
    int size[SLOTS];
    int used, shift;
    struct rng rng;
} bench;

static const float mark = -12345.75f;

static int open_bench(void **state)
{
    (void)state;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = ROOM * sizeof(float);
    assert_int_equal(bytes % page, 0);
    for (int s = 0; s < SLOTS; s++) {
        char *m = mmap(NULL, bytes + page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(m, MAP_FAILED);
        assert_int_equal(mprotect(m + bytes, page, PROT_NONE), 0);
        bench.memory[s] = (float *)(void *)m;
    }
    return 0;
}

static void clear(int shift)
{
    bench.used = 0;
    bench.shift = shift;
    bench.rng = rng_stream(1, RNG_TEST, "kernels", 0);
    for (int s = 0; s < SLOTS; s++)
        for (int i = 0; i < ROOM; i++)
            bench.memory[s][i] = mark;
}

/* Returns n numbers from N(mean, deviation^2), `shift` floats after a 64-byte boundary or, for
 * AT_END, right before the forbidden page. */
static float *normal(int n, float mean, float deviation)
{
    const int s = bench.used++;
    assert_true(s < SLOTS && n + 2 * MARGIN + SHIFTS <= ROOM);
    float *x = bench.memory[s] + (bench.shift == AT_END ? ROOM - n : MARGIN + bench.shift);
    bench.at[s] = x;
    bench.size[s] = n;
    for (int i = 0; i < n; i++)
        x[i] = mean + deviation * (float)rng_normal(&bench.rng);
    return x;
}

/* Keeps a single result as an array of one. */
static void keep(double value)
{
    *normal(1, 0, 0) = (float)value;
}

static int gather(float *all)
{
    int n = 0;
    for (int s = 0; s < bench.used; s++) {
        const float *at = bench.at[s];
        for (const float *x = bench.memory[s]; x < bench.memory[s] + ROOM; x++)
            if ((x < at || x >= at + bench.size[s]) && *x != mark)
                fail_msg("array %d of %d: entry %d was written", s, bench.size[s],
                         (int)(x - at));
        memcpy(all + n, at, sizeof *at * (size_t)bench.size[s]);
        n += bench.size[s];
    }
    return n;
}

/* --- one call of each kernel, with n as the length that matters --- */

static void run_exponential(const struct kernels *k, int n)
{
    k->exponential((size_t)n, normal(n, 0, 2));
}

static void run_sigmoid(const struct kernels *k, int n)
{
    const float *x = normal(n, 0, 3);
    k->sigmoid((size_t)n, x, normal(n, 0, 1));
}

static void run_logarithm(const struct kernels *k, int n)
{
    k->logarithm((size_t)n, normal(n, 20, 3));
}

static void run_add(const struct kernels *k, int n)
{
    const float *x = normal(n, 0, 1);
    k->add((size_t)n, x, normal(n, 0, 1));
}

static void run_scale(const struct kernels *k, int n)
{
    k->scale((size_t)n, 0.3f, normal(n, 0, 1));
}

static void run_relu(const struct kernels *k, int n)
{
    const float *x = normal(n, 0, 1);
    k->relu((size_t)n, x, normal(n, 0, 1));
}

static void run_relu_grad(const struct kernels *k, int n)
{
    const float *x = normal(n, 0, 1);
    k->relu_grad((size_t)n, x, normal(n, 0, 1));
}

static void run_gelu(const struct kernels *k, int n)
{
    const float *x = normal(n, 0, 2);
    k->gelu((size_t)n, x, normal(n, 0, 1));
}

static void run_gelu_grad(const struct kernels *k, int n)
{
    const float *x = normal(n, 0, 2);
    k->gelu_grad((size_t)n, x, normal(n, 0, 1));
}

static const struct mask_key mask = {.key = {1, 2}, .counter = {3, 4, 5}};

static void run_dropout(const struct kernels *k, int n)
{
    k->dropout((size_t)n, &mask, 24, 0.3, normal(n, 0, 1));
}

static void run_bias_grad(const struct kernels *k, int n)
{
    const float *dy = normal(3 * n, 0, 1);
    k->bias_grad(3, n, dy, normal(n, 0, 1));
}

static void run_layer_norm(const struct kernels *k, int n)
{
    const float *x = normal(3 * n, 5, 2), *gain = normal(n, 1, 0.1f);
    const float *bias = normal(n, 0, 1);
    float *y = normal(3 * n, 0, 1);
    k->layer_norm(3, n, x, gain, bias, y, normal(6, 0, 1));
}

static void run_layer_norm_grad(const struct kernels *k, int n)
{
    const float *x = normal(2 * n, 0, 1), *dy = normal(2 * n, 0, 1);
    float *stats = normal(4, 0, 0.1f);
    stats[1] = 0.9f;
    stats[3] = 1.1f;
    const struct norm_grad g = {
        .gain = normal(n, 1, 0.1f), .dgain = normal(n, 0, 1), .dbias = normal(n, 0, 1)};
    k->layer_norm_grad(2, n, x, stats, &g, dy, normal(2 * n, 0, 1));
}

/* C [3, n] += A [3, 2] B [2, n] */
static void run_product_wide(const struct kernels *k, int n)
{
    struct product p = {.M = 3, .N = n, .K = 2, .alpha = 0.5f, .a_row = 2, .a_column = 1};
    p.A = normal(6, 0, 1);
    p.B = normal(2 * n, 0, 1);
    p.C = normal(3 * n, 0, 1);
    p.b_stride = p.c_stride = n;
    p.add = true;
    k->product(&p);
}

/* C [3, 3] = A^T B,  A and B [n, 3] */
static void run_product_long(const struct kernels *k, int n)
{
    struct product p = {.M = 3, .N = 3, .K = n, .alpha = 1, .a_row = 1, .a_column = 3};
    p.A = normal(3 * n, 0, 1);
    p.B = normal(3 * n, 0, 1);
    p.C = normal(9, 0, 1);
    p.b_stride = p.c_stride = 3;
    k->product(&p);
}

static void run_transpose(const struct kernels *k, int n)
{
    const int rows = n / 2 + 1;
    const struct rows from = {normal(7 * rows, 0, 1), 7},
                      to = {normal(7 * rows, 0, 1), rows};
    k->transpose(rows, 7, from, to);
}

static void run_softmax(const struct kernels *k, int n)
{
    keep((double)k->softmax(n, normal(n, 50, 3)));
}

static void run_softmax_again(const struct kernels *k, int n)
{
    k->softmax_again(n, 53, normal(n, 50, 3));
}

static void run_softmax_grad(const struct kernels *k, int n)
{
    const float *a = normal(n, 0, 1);
    k->softmax_grad(n, a, 0.7f, normal(n, 0, 1));
}

static void run_dot(const struct kernels *k, int n)
{
    const float *a = normal(n, 0, 1), *b = normal(n, 0, 1);
    keep((double)k->dot((size_t)n, a, b));
}

static void run_turn_neighbours(const struct kernels *k, int n)
{
    const float *table = normal(2 * n, 0, 1);
    k->turn(n, 2, 1, table, 1, normal(2 * n, 0, 1));
}

static void run_turn_halves(const struct kernels *k, int n)
{
    const float *table = normal(2 * n, 0, 1);
    k->turn(n, 1, n, table, -1, normal(2 * n, 0, 1));
}

static void run_turn_spread(const struct kernels *k, int n)
{
    const float *table = normal(2 * n, 0, 1);
    k->turn(n, 3, 2, table, 1, normal(3 * n, 0, 1));
}

static void run_distance_lookup(const struct kernels *k, int n)
{
    const float *z = normal(n + 5, 0, 1);
    k->distance_lookup(n, z, n + 5, 0.5f, normal(n, 0, 1));
}

static void run_distance_lookup_short(const struct kernels *k, int n)
{
    const int rows = n / 3 + 1;
    const float *z = normal(rows, 0, 1);
    k->distance_lookup(n, z, rows, 0.5f, normal(n, 0, 1));
}

static void run_distance_grad(const struct kernels *k, int n)
{
    const float *delta = normal(n, 0, 1);
    k->distance_lookup_grad(n, n + 5, 0.5f, delta, normal(n + 5, 0, 1));
}

static void run_distance_grad_short(const struct kernels *k, int n)
{
    const int rows = n / 3 + 1;
    const float *delta = normal(n, 0, 1);
    k->distance_lookup_grad(n, rows, 0.5f, delta, normal(rows, 0, 1));
}

static void run_cross_entropy(const struct kernels *k, int n)
{
    float *logits = normal(n, 0, 3);
    int32_t best;
    keep((double)k->cross_entropy(n, n / 2, 0.25f, logits, &best));
    keep(best);
}

static void run_adam(const struct kernels *k, int n)
{
    const struct adam_step s = {.lr = 0.01,
                                .beta1 = 0.9,
                                .beta2 = 0.98,
                                .eps = 1e-6,
                                .decay = 0.1,
                                .correction1 = 0.4,
                                .correction2 = 0.2,
                                .grad_scale = 0.7};
    const float *g = normal(n, 0, 1);
    float *m = normal(n, 0, 1), *v = normal(n, 10, 1);
    k->adam((size_t)n, &s, g, m, v, normal(n, 0, 1));
}

static void run_sum_of_squares(const struct kernels *k, int n)
{
    keep(k->sum_of_squares((size_t)n, normal(n, 0, 1)));
}

static const struct {
    const char *name;
    void (*run)(const struct kernels *k, int n);
    double tolerance; /* relative to max(1, |result|) */
} calls[] = {
    {"exponential", run_exponential, 1e-6},
    {"sigmoid", run_sigmoid, 1e-6},
    {"logarithm", run_logarithm, 1e-6},
    {"add", run_add, 0},
    {"scale", run_scale, 0},
    {"relu", run_relu, 0},
    {"relu_grad", run_relu_grad, 0},
    {"gelu", run_gelu, 1e-6},
    {"gelu_grad", run_gelu_grad, 1e-6},
    {"dropout", run_dropout, 0},
    {"bias_grad", run_bias_grad, 0},
    {"layer_norm", run_layer_norm, 2e-5},
    {"layer_norm_grad", run_layer_norm_grad, 2e-5},
    {"product, wide", run_product_wide, 1e-6},
    {"product, long", run_product_long, 2e-5},
    {"transpose", run_transpose, 0},
    {"softmax", run_softmax, 1e-6},
    {"softmax_again", run_softmax_again, 1e-6},
    {"softmax_grad", run_softmax_grad, 1e-6},
    {"dot", run_dot, 2e-5},
    {"turn neighbours", run_turn_neighbours, 1e-6},
    {"turn halves", run_turn_halves, 1e-6},
    {"turn spread", run_turn_spread, 1e-6},
    {"distance_lookup", run_distance_lookup, 1e-6},
    {"distance_lookup, short", run_distance_lookup_short, 1e-6},
    {"distance_lookup_grad", run_distance_grad, 1e-6},
    {"distance_lookup_grad, short", run_distance_grad_short, 2e-5},
    {"cross_entropy", run_cross_entropy, 2e-6},
    {"adam", run_adam, 1e-6},
    {"sum_of_squares", run_sum_of_squares, 1e-6},
};
enum { CALLS = sizeof calls / sizeof calls[0], LONGEST = SLOTS * ROOM };

static int results_of(int call, const struct kernels *k, int n, int shift, float *all)
{
    clear(shift);
    calls[call].run(k, n);
    return gather(all);
}

/* Returns the next length to try: 1..70, then around 512. */
static int next_length(int n)
{
    return n < 70 ? n + 1 : n < 511 ? 511 : n + 1;
}

static void every_table_agrees_with_the_naive_twin(void **state)
{
    (void)state;
    static float want[LONGEST], got[LONGEST];
    for (int t = 1; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        for (int c = 0; k && c < CALLS; c++)
            for (int n = 1; n <= 513; n = next_length(n)) {
                const int size = results_of(c, kernels_find("naive"), n, 0, want);
                results_of(c, k, n, 0, got);
                assert_close_at(got, want, (size_t)size, calls[c].tolerance, calls[c].name,
                                tables[t], n);
            }
    }
}

/* No kernel reads past the end of an array, either. */
static void results_do_not_depend_on_alignment(void **state)
{
    (void)state;
    static float want[LONGEST], got[LONGEST];
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        for (int c = 0; k && c < CALLS; c++)
            for (int n = 1; n <= 513; n = n < 40 ? n + 1 : n + 111) {
                const int size = results_of(c, k, n, 0, want);
                for (int shift = AT_END; shift < SHIFTS; shift += 2) {
                    results_of(c, k, n, shift, got);
                    if (memcmp(got, want, sizeof *got * (size_t)size) != 0)
                        fail_msg("%s, %s, n %d: other bits %d floats later", k->isa,
                                 calls[c].name, n, shift);
                }
            }
    }
}

/* --- values worked by hand --- */

static void softmax_of_three_logits(void **state)
{
    (void)state;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        float x[] = {1, 2, 3};
        const float a[] = {0.0900305732f, 0.2447284711f, 0.6652409558f};
        assert_near((double)k->softmax(3, x), 3.4076059644, 1e-6);
        assert_close(x, a, 3, 1e-6);
        float again[] = {1, 2, 3};
        k->softmax_again(3, 3.4076059644f, again);
        assert_close(again, a, 3, 1e-6);
        /* dL/da = (1, 0, 0): dL/dx = a (dL/da - a[0]). */
        float da[] = {1, 0, 0};
        const float dx[] = {0.0819250691f, -0.0220330446f, -0.0598920244f};
        k->softmax_grad(3, a, a[0], da);
        assert_close(da, dx, 3, 1e-6);
    }
}

static void softmax_survives_large_and_lost_logits(void **state)
{
    (void)state;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        float x[] = {3e38f, -3e38f, -INFINITY, 3e38f};
        const float a[] = {0.5f, 0, 0, 0.5f};
        assert_near((double)k->softmax(4, x) / 3e38, 1, 1e-6);
        assert_close(x, a, 4, 0);
        float one[] = {-700};
        assert_near((double)k->softmax(1, one), -700, 0);
        assert_near((double)one[0], 1, 0);
    }
}

static void layer_norm_of_four_numbers(void **state)
{
    (void)state;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        /* mean 3, variance 5; rstd = 1 / sqrt(5.00001) = 0.44721315 */
        float x[] = {0, 2, 4, 6}, stats[2];
        const float gain[] = {1, 1, 2, 1}, bias[] = {0, 0, 0, 1};
        const float want[] = {-1.34163945f, -0.44721315f, 0.8944263f, 2.34163945f};
        k->layer_norm(1, 4, x, gain, bias, x, stats);
        assert_close(x, want, 4, 1e-6);
        assert_near((double)stats[0], 3, 0);
        assert_near((double)stats[1], 0.44721315, 1e-6);
    }
}

static void turning_by_a_right_angle(void **state)
{
    (void)state;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        const float table[] = {1, 0, 0, 1}; /* cosines, sines of 0 and 90 degrees */
        float neighbours[] = {1, 2, 3, 4}, halves[] = {1, 2, 3, 4};
        const float turned[] = {1, 2, -4, 3}, turned_halves[] = {1, -4, 3, 2};
        const float back[] = {1, 4, 3, -2};
        k->turn(2, 2, 1, table, 1, neighbours);
        assert_close(neighbours, turned, 4, 0);
        k->turn(2, 1, 2, table, 1, halves);
        assert_close(halves, turned_halves, 4, 0);
        float other[] = {1, 2, 3, 4};
        k->turn(2, 1, 2, table, -1, other);
        assert_close(other, back, 4, 0);
    }
}

static void cross_entropy_of_three_logits(void **state)
{
    (void)state;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        float x[] = {1, 2, 3};
        const float grad[] = {0.0450152866f, -0.3776357645f, 0.3326204779f};
        int32_t best = -1;
        assert_near((double)k->cross_entropy(3, 1, 0.5f, x, &best), 1.4076059644, 1e-6);
        assert_int_equal(best, 2);
        assert_close(x, grad, 3, 1e-6);
        float even[] = {-3, 7, 7, 7};
        k->cross_entropy(4, 3, 1, even, &best);
        assert_int_equal(best, 1);
    }
}

/* ln(1 + e^-30) must not be 0, although 1 + e^-30 is 1 in float. */
static void cross_entropy_keeps_the_digits_of_a_small_loss(void **state)
{
    (void)state;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        float x[] = {40, 10}, close[] = {40, 30};
        int32_t best;
        const double loss = (double)k->cross_entropy(2, 0, 1, x, &best);
        assert_near(loss / 9.357622968840e-14, 1, 1e-6);
        const double larger = (double)k->cross_entropy(2, 0, 1, close, &best);
        assert_near(larger / 4.539889921687e-5, 1, 1e-6);
    }
}

static void adam_takes_a_step_worked_by_hand(void **state)
{
    (void)state;
    const struct adam_step s = {.lr = 0.1,
                                .beta1 = 0.5,
                                .beta2 = 0.75,
                                .eps = 1,
                                .decay = 0.5,
                                .correction1 = 0.5,
                                .correction2 = 0.25,
                                .grad_scale = 2};
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        /* grad 2: m = 0.5 + 1 = 1.5, v = 0.75 4 + 0.25 4 = 4,
         * w = 2 - (0.1 3 / (4 + 1) + 0.05 2) = 1.84 */
        const float g[] = {1};
        float m[] = {1}, v[] = {4}, w[] = {2};
        k->adam(1, &s, g, m, v, w);
        assert_near((double)m[0], 1.5, 0);
        assert_near((double)v[0], 4, 0);
        assert_near((double)w[0], 1.84, 1e-7);
    }
}

static void distance_zero_is_the_last_key(void **state)
{
    (void)state;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        const float z[] = {10, 20, 30}, delta[] = {1, 2, 3, 4, 5};
        float score[] = {1, 1, 1, 1, 1}, dz[] = {0, 0, 1};
        const float want[] = {16, 16, 16, 11, 6}, want_dz[] = {2.5f, 2, 4};
        k->distance_lookup(5, z, 3, 0.5f, score);
        assert_close(score, want, 5, 0);
        k->distance_lookup_grad(5, 3, 0.5f, delta, dz);
        assert_close(dz, want_dz, 3, 0);
    }
}

static void squares_are_summed_in_double(void **state)
{
    (void)state;
    static float x[1001];
    for (int i = 0; i < 1000; i++)
        x[i] = 1;
    x[1000] = 1e5f; /* its square, 1e10, would absorb the ones in float */
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (k)
            assert_true(k->sum_of_squares(1001, x) == 1e10 + 1000);
    }
}

/* --- dropout --- */

/* Known answers of Philox4x32-10 from the Random123 distribution: counter and key 0 give
 * 6627e8d5 e169c58d bc57ac4c 9b00dbd8, all ones 408f276d 41c83b0e a20bc7c6 6d5451fd. With p =
 * 1/2 a half-word below 8000 (hexadecimal) keeps its element; low half-words come first. */
static void dropout_uses_the_published_bits(void **state)
{
    (void)state;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        const struct mask_key zero = {0};
        float x[] = {1, 1, 1, 1, 1, 1, 1, 1};
        const float want[] = {0, 2, 0, 0, 0, 0, 0, 0};
        k->dropout(8, &zero, 0, 0.5, x);
        assert_close(x, want, 8, 0);
        const struct mask_key ones = {{UINT32_MAX, UINT32_MAX},
                                      {UINT32_MAX, UINT32_MAX, UINT32_MAX}};
        float y[] = {1, 1, 1, 1, 1, 1, 1};
        const float want_y[] = {2, 2, 2, 2, 0, 0, 2};
        k->dropout(7, &ones, 8 * (uint64_t)UINT32_MAX, 0.5, y);
        assert_close(y, want_y, 7, 0);
        /* A half-word equal to the bound, here the last one, drops its element. */
        float z[] = {1, 1, 1, 1, 1, 1, 1, 1};
        const float want_z[] = {0, 65536.0f / 0x9b00, 0, 0, 0, 0, 0, 0};
        k->dropout(8, &zero, 0, 1 - 0x9b00 / 65536.0, z);
        assert_close(z, want_z, 8, 1e-6);
    }
}

static void dropout_keeps_the_share_it_should(void **state)
{
    (void)state;
    enum { N = 200000 };
    static float x[N];
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        for (int tenths = 1; k && tenths < 10; tenths += 4) {
            const double p = tenths / 10.0;
            double kept = 0;
            for (int i = 0; i < N; i++)
                x[i] = 1;
            k->dropout(N, &mask, 0, p, x);
            for (int i = 0; i < N; i++) {
                assert_true(x[i] == 0 || x[i] == (float)(1 / (1 - p)));
                kept += x[i] != 0;
            }
            assert_drawn(kept / N, 1 - p, share_error(1 - p, N), 0.5 / 65536);
        }
    }
}

/* A worker with a part of the site draws that part of the mask. */
static void dropout_of_a_part_is_the_part_of_the_whole(void **state)
{
    (void)state;
    enum { N = 1200, FROM = 520 };
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        float whole[N], part[N - FROM];
        for (int i = 0; i < N; i++)
            whole[i] = (float)i;
        memcpy(part, whole + FROM, sizeof part);
        k->dropout(N, &mask, 0, 0.4, whole);
        k->dropout(N - FROM, &mask, FROM, 0.4, part);
        assert_memory_equal(part, whole + FROM, sizeof part);
    }
}

static void dropout_of_nothing_and_of_nearly_all(void **state)
{
    (void)state;
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        float x[100], y[100];
        for (int i = 0; i < 100; i++)
            x[i] = y[i] = (float)(i + 1);
        k->dropout(100, &mask, 0, 0, x);
        assert_memory_equal(x, y, sizeof x);
        k->dropout(100, &mask, 0, 1 - 1e-9, x);
        for (int i = 0; i < 100; i++)
            assert_true(x[i] == 0);
    }
}

/* --- NaN --- */

static void a_nan_stays_visible(void **state)
{
    (void)state;
    enum { N = 37, BAD = 33 };
    for (int t = 0; t < TABLES; t++) {
        const struct kernels *k = kernels_find(tables[t]);
        if (!k)
            continue;
        float x[N], y[N], one[N], stats[2];
        for (int i = 0; i < N; i++)
            x[i] = y[i] = one[i] = 1;
        x[BAD] = NAN;
        k->relu(N, x, y);
        assert_true(isnan(y[BAD]) && y[BAD - 1] == 1 && y[BAD + 1] == 1);
        y[BAD] = 1;
        k->relu_grad(N, x, y);
        assert_true(isnan(y[BAD]) && y[BAD - 1] == 1 && y[BAD + 1] == 1);
        k->layer_norm(1, N, x, one, one, y, stats);
        assert_true(isnan(y[0]) && isnan(stats[0]));
        assert_true(isnan(k->dot(N, x, one)));
        assert_true(isnan(k->sum_of_squares(N, x)));
        memcpy(y, x, sizeof y);
        k->dropout(N, &mask, 0, 0.99, y);
        assert_true(isnan(y[BAD]));
        memcpy(y, x, sizeof y);
        assert_true(isnan(k->softmax(N, y)) && isnan(y[0]) && isnan(y[N - 1]));
        memcpy(y, x, sizeof y);
        int32_t best;
        assert_true(isnan(k->cross_entropy(N, 3, 1, y, &best)));
        assert_true(isnan(y[0]) && isnan(y[N - 1]));
    }
}

/* --- the choice --- */

static void the_table_is_chosen_by_name(void **state)
{
    (void)state;
    struct err e;
    for (int t = 0; t < TABLES; t++)
        if (kernels_find(tables[t])) {
            assert_int_equal(kernels_choose(tables[t], &e), ST_OK);
            assert_string_equal(kernels_get()->isa, tables[t]);
        }
    assert_int_equal(kernels_choose("", &e), ST_OK);
    const struct kernels *best = kernels_get();
    assert_int_equal(kernels_choose(NULL, &e), ST_OK);
    assert_ptr_equal(kernels_get(), best);
    for (int t = TABLES - 1; t >= 0; t--)
        if (kernels_find(tables[t])) {
            assert_string_equal(best->isa, tables[t]);
            break;
        }
}

static void an_unknown_table_is_refused_with_the_list(void **state)
{
    (void)state;
    struct err e;
    assert_int_equal(kernels_choose("naive", &e), ST_OK);
    assert_int_equal(kernels_choose("avx1024", &e), ST_USAGE);
    assert_non_null(strstr(e.msg, "POSBENCH_KERNELS=avx1024"));
    for (int t = 0; t < TABLES; t++)
        if (kernels_find(tables[t]))
            assert_non_null(strstr(e.msg, tables[t]));
    assert_string_equal(kernels_get()->isa, "naive");
    assert_null(kernels_find("avx1024"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_table_agrees_with_the_naive_twin),
        cmocka_unit_test(results_do_not_depend_on_alignment),
        cmocka_unit_test(softmax_of_three_logits),
        cmocka_unit_test(softmax_survives_large_and_lost_logits),
        cmocka_unit_test(layer_norm_of_four_numbers),
        cmocka_unit_test(turning_by_a_right_angle),
        cmocka_unit_test(cross_entropy_of_three_logits),
        cmocka_unit_test(cross_entropy_keeps_the_digits_of_a_small_loss),
        cmocka_unit_test(adam_takes_a_step_worked_by_hand),
        cmocka_unit_test(distance_zero_is_the_last_key),
        cmocka_unit_test(squares_are_summed_in_double),
        cmocka_unit_test(dropout_uses_the_published_bits),
        cmocka_unit_test(dropout_keeps_the_share_it_should),
        cmocka_unit_test(dropout_of_a_part_is_the_part_of_the_whole),
        cmocka_unit_test(dropout_of_nothing_and_of_nearly_all),
        cmocka_unit_test(a_nan_stays_visible),
        cmocka_unit_test(the_table_is_chosen_by_name),
        cmocka_unit_test(an_unknown_table_is_refused_with_the_list),
    };
    return cmocka_run_group_tests_name("kernels", tests, open_bench, NULL);
}
