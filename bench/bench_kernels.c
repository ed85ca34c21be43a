/* bench_kernels.c -- nanoseconds per element of each kernel, for each table that this CPU
 * can run.
 *
 *     bench_kernels [KERNEL]
 *
 * Prints the best of several repetitions on data in the first-level cache. In-place kernels get
 * a fresh copy of their input each time; the time includes the copy. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "kernels.h"
#include "rng.h"

enum { N = 2048, ROW = 256, P_MAX = 512, DIM = 256, ROWS = 8, REPEATS = 7 };

static float x[N], y[N], work[N], other[N], third[N];
static float logits[N], gate[N], position[N], z[P_MAX + 1], dz[P_MAX + 1];
static float stats[2 * ROWS], gain[DIM], bias[DIM];
static const struct mask_key mask = {.key = {1, 2}, .counter = {3, 4, 5}};
static const struct adam_step step = {.lr = 1e-3,
                                      .beta1 = 0.9,
                                      .beta2 = 0.999,
                                      .eps = 1e-8,
                                      .decay = 0.01,
                                      .correction1 = 0.5,
                                      .correction2 = 0.5,
                                      .grad_scale = 1};
static volatile double sink;

static void fill(void)
{
    struct rng r = rng_stream(1, RNG_TEST, "bench", 0);
    for (int i = 0; i < N; i++) {
        x[i] = (float)rng_normal(&r);
        y[i] = (float)rng_normal(&r);
        third[i] = (float)rng_uniform(&r);
        logits[i] = (float)(2 * rng_normal(&r));
    }
    for (int m = 0; m <= P_MAX; m++)
        z[m] = (float)rng_normal(&r);
    for (int i = 0; i < DIM; i++)
        gain[i] = 1;
}

static void refresh(size_t n)
{
    memcpy(work, x, n * sizeof *work);
}

static void copy(const struct kernels *k)
{
    (void)k;
    refresh(N);
}

static void exponential(const struct kernels *k)
{
    refresh(N);
    k->exponential(N, work);
}

static void sigmoid(const struct kernels *k)
{
    k->sigmoid(N, x, work);
}

static void logarithm(const struct kernels *k)
{
    memcpy(work, third, sizeof work);
    k->logarithm(N, work);
}

static void add(const struct kernels *k)
{
    k->add(N, x, work);
}

static void relu_grad(const struct kernels *k)
{
    k->relu_grad(N, x, work);
}

static void gelu(const struct kernels *k)
{
    k->gelu(N, x, work);
}

static void gelu_grad(const struct kernels *k)
{
    refresh(N);
    k->gelu_grad(N, x, work);
}

static void dropout(const struct kernels *k)
{
    refresh(N);
    k->dropout(N, &mask, 0, 0.1, work);
}

static void layer_norm(const struct kernels *k)
{
    k->layer_norm(ROWS, DIM, x, gain, bias, work, stats);
}

static void layer_norm_grad(const struct kernels *k)
{
    static float dgain[DIM], dbias[DIM];
    const struct norm_grad g = {.gain = gain, .dgain = dgain, .dbias = dbias};
    k->layer_norm_grad(ROWS, DIM, x, stats, &g, y, work);
}

static void softmax(const struct kernels *k)
{
    refresh(ROW);
    sink = (double)k->softmax(ROW, work);
}

static void softmax_again(const struct kernels *k)
{
    refresh(ROW);
    k->softmax_again(ROW, 6, work);
}

static void softmax_grad(const struct kernels *k)
{
    refresh(ROW);
    k->softmax_grad(ROW, third, 0.5f, work);
}

static void dot(const struct kernels *k)
{
    sink = (double)k->dot(64, x, y);
}

static void turn_pairs(const struct kernels *k)
{
    for (int row = 0; row < 8; row++)
        k->turn(32, 2, 1, third, 1, x + (size_t)64 * row);
}

static void turn_halves(const struct kernels *k)
{
    for (int row = 0; row < 8; row++)
        k->turn(32, 1, 32, third, 1, x + (size_t)64 * row);
}

static void gated_positions(const struct kernels *k)
{
    sink = k->gated_positions(ROW, logits, P_MAX, gate, position);
}

/* Returns a lookup at the positions that gated_positions() has written. */
static struct lerp lerp_of(int n)
{
    return (struct lerp){.n = n,
                         .full = -1,
                         .p_max = P_MAX,
                         .c = 1,
                         .position = position,
                         .gate = gate,
                         .z = z};
}

static void lerp_lookup(const struct kernels *k)
{
    const struct lerp l = lerp_of(ROW);
    k->lerp_lookup(&l, work);
}

static void lerp_lookup_grad(const struct kernels *k)
{
    const struct lerp l = lerp_of(ROW);
    k->lerp_lookup_grad(&l, y, dz, work);
}

static void distance_lookup(const struct kernels *k)
{
    k->distance_lookup(ROW, z, P_MAX, 1, work);
}

static void distance_lookup_grad(const struct kernels *k)
{
    k->distance_lookup_grad(ROW, P_MAX, 1, y, dz);
}

/* 8 rows, 64 terms, 32 columns; an element is one multiplication and addition. */
static void product(const struct kernels *k)
{
    const struct product p = {.M = 8,
                              .N = 32,
                              .K = 64,
                              .alpha = 1,
                              .A = x,
                              .a_row = 64,
                              .a_column = 1,
                              .B = y,
                              .b_stride = 32,
                              .C = work,
                              .c_stride = 32};
    k->product(&p);
}

static void transpose(const struct kernels *k)
{
    k->transpose(32, 64, (struct rows){x, 64}, (struct rows){work, 32});
}

static void cross_entropy(const struct kernels *k)
{
    int32_t best;
    refresh(32);
    sink = (double)k->cross_entropy(32, 5, 1, work, &best);
}

static void adam(const struct kernels *k)
{
    memset(other, 0, sizeof other);
    k->adam(N, &step, y, work, third, other);
}

static void sum_of_squares(const struct kernels *k)
{
    sink = k->sum_of_squares(N, x);
}

static const struct {
    const char *name;
    int elements; /* per call */
    void (*run)(const struct kernels *k);
} cases[] = {
    {"copy", N, copy},
    {"exponential", N, exponential},
    {"sigmoid", N, sigmoid},
    {"logarithm", N, logarithm},
    {"add", N, add},
    {"relu_grad", N, relu_grad},
    {"gelu", N, gelu},
    {"gelu_grad", N, gelu_grad},
    {"dropout", N, dropout},
    {"layer_norm", ROWS *DIM, layer_norm},
    {"layer_norm_grad", ROWS *DIM, layer_norm_grad},
    {"product", 8 * 32 * 64, product},
    {"transpose", N, transpose},
    {"softmax", ROW, softmax},
    {"softmax_again", ROW, softmax_again},
    {"softmax_grad", ROW, softmax_grad},
    {"dot", 64, dot},
    {"turn (neighbours)", 8 * 64, turn_pairs},
    {"turn (halves)", 8 * 64, turn_halves},
    {"gated_positions", ROW, gated_positions},
    {"lerp_lookup", ROW, lerp_lookup},
    {"lerp_lookup_grad", ROW, lerp_lookup_grad},
    {"distance_lookup", ROW, distance_lookup},
    {"distance_lookup_grad", ROW, distance_lookup_grad},
    {"cross_entropy", 32, cross_entropy},
    {"adam", N, adam},
    {"sum_of_squares", N, sum_of_squares},
};

enum { CASES = sizeof cases / sizeof cases[0] };

/* Returns nanoseconds per element: the least of REPEATS means over about a million elements. */
static double measure(int i, const struct kernels *k)
{
    const int calls = 1000000 / cases[i].elements;
    double least = 1e9;
    fill();
    gated_positions(k);
    for (int r = 0; r < REPEATS; r++) {
        const double start = clock_now();
        for (int c = 0; c < calls; c++)
            cases[i].run(k);
        const double each = (clock_now() - start) * 1e9 / calls / cases[i].elements;
        least = each < least ? each : least;
    }
    return least;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"naive", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
    printf("%-22s %10s %10s %10s %10s  ns per element\n", "kernel", names[0], names[1],
           names[2], names[3]);
    for (int i = 0; i < CASES; i++) {
        if (argc > 1 && strcmp(argv[1], cases[i].name) != 0)
            continue;
        printf("%-22s", cases[i].name);
        for (int t = 0; t < 4; t++) {
            const struct kernels *k = kernels_find(names[t]);
            if (k)
                printf(" %10.3f", measure(i, k));
            else
                printf(" %10s", "-");
        }
        printf("\n");
    }
    return 0;
}
