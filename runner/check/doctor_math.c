/* doctor_math.c -- checks that BLAS and vector code compute correctly on this CPU.
 *
 * Products of several shapes and strides are compared with plain loops in double, and kernels
 * with their naive twins on the same random numbers. The first one that is off becomes the
 * finding.
 * Pitfall: NaN must count as the worst error, so comparisons are written `error <= worst`,
 * which is false for NaN. */
#include "doctor.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "rng.h"

/* SIDE and 16 are the largest side and pad of `shapes`. VALUES is prime, so that every vector
 * loop has a remainder. */
enum { SIDE = 96, ROOM = SIDE * (SIDE + 16), VALUES = 1031 };

/* The allowed error, as a share of the sum of absolute terms: it covers float's 6e-8 and the
 * length of the sums. */
static const double tolerance = 1e-5;

static void fill(struct rng *draws, int n, float *x)
{
    for (int i = 0; i < n; i++)
        x[i] = (float)rng_normal(draws);
}

/* --- products --- */

struct shape {
    int M, N, K, pad; /* pad: stride beyond the row's length */
};

/* The shapes are small and large, odd and even, of one row and of one column, and those of the
 * models here. */
static const struct shape shapes[] = {{1, 1, 1, 0},    {1, 64, 64, 0},  {64, 1, 64, 3},
                                      {64, 64, 1, 0},  {5, 7, 3, 1},    {16, 16, 16, 0},
                                      {17, 33, 65, 5}, {64, 64, 64, 0}, {64, 64, 64, 16},
                                      {96, 96, 96, 0}, {33, 96, 31, 7}, {96, 31, 64, 2}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* Returns the largest error of op(A) op(B) over the sum of absolute terms. `ta`, `tb`: A or B
 * is transposed. */
static double error_of(doctor_product run, const struct shape *s, bool ta, bool tb,
                       struct rng *draws)
{
    static float a[ROOM], b[ROOM], c[ROOM], old[ROOM];
    const int sa = (ta ? s->M : s->K) + s->pad, sb = (tb ? s->K : s->N) + s->pad;
    const int sc = s->N + s->pad;
    double worst = 0.0;
    fill(draws, ROOM, a);
    fill(draws, ROOM, b);
    fill(draws, ROOM, c);
    memcpy(old, c, sizeof c);
    run(s->M, s->N, s->K, 0.5F, (struct rows){.at = a, .stride = sa},
        (struct rows){.at = b, .stride = sb}, 2.0F, (struct rows){.at = c, .stride = sc});
    for (int i = 0; i < s->M; i++)
        for (int j = 0; j < s->N; j++) {
            double sum = 2.0 * (double)old[i * sc + j], size = fabs(sum);
            for (int k = 0; k < s->K; k++) {
                const double term = 0.5 * (double)a[ta ? k * sa + i : i * sa + k] *
                                    (double)b[tb ? j * sb + k : k * sb + j];
                sum += term;
                size += fabs(term);
            }
            const double error = fabs((double)c[i * sc + j] - sum) / size;
            worst = error <= worst ? worst : error; /* NaN is worst */
        }
    return worst;
}

void doctor_gemm(struct doctor *d, const struct doctor_blas *blas)
{
    const struct {
        const char *name;
        doctor_product run;
        bool ta, tb;
    } kinds[] = {{"A B", blas->nn, false, false},
                 {"A B'", blas->nt, false, true},
                 {"A' B", blas->tn, true, false}};
    struct rng draws = rng_stream(1, RNG_TEST, "doctor", 0);
    double worst = 0.0;
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < SHAPES; i++) {
            const struct shape *s = &shapes[i];
            const double error =
                error_of(kinds[k].run, s, kinds[k].ta, kinds[k].tb, &draws);
            worst = error <= worst ? worst : error;
            if (error <= tolerance)
                continue;
            doctor_say(d, DOCTOR_FAULT, "blas",
                       "set OPENBLAS_CORETYPE to another core, such as Haswell, and ask "
                       "again; or install another OpenBLAS; until then believe no number",
                       "core %s: %s of [%d,%d,%d], stride +%d, is wrong by %.2g",
                       blas->core, kinds[k].name, s->M, s->N, s->K, s->pad, error);
            return;
        }
    doctor_say(d, DOCTOR_FINE, "blas", NULL,
               "core %s: %d products agree with plain loops to %.1g", blas->core,
               3 * SHAPES, worst);
}

/* --- kernels --- */

/* Returns the largest difference, relative where the numbers exceed 1. */
static double difference(int n, const float *a, const float *b)
{
    double worst = 0.0;
    for (int i = 0; i < n; i++) {
        const double x = (double)a[i], y = (double)b[i];
        const double error = fabs(x - y) / fmax(1.0, fabs(y));
        worst = error <= worst ? worst : error;
    }
    return worst;
}

struct trial {
    const char *name;
    double error;
};

enum { ROWS = 5, DIM = VALUES / ROWS, TRIALS = 12 };

static double try_in_place(void (*a)(size_t, float *), void (*b)(size_t, float *),
                           const float *x, bool positive)
{
    static float p[VALUES], q[VALUES];
    for (int i = 0; i < VALUES; i++)
        p[i] = q[i] = positive ? fabsf(x[i]) + 0.01F : x[i];
    a(VALUES, p);
    b(VALUES, q);
    return difference(VALUES, p, q);
}

static double try_map(void (*a)(size_t, const float *, float *),
                      void (*b)(size_t, const float *, float *), const float *x)
{
    static float p[VALUES], q[VALUES];
    for (int i = 0; i < VALUES; i++)
        p[i] = q[i] = 1.0F;
    a(VALUES, x, p);
    b(VALUES, x, q);
    return difference(VALUES, p, q);
}

static double try_norm(const struct kernels *a, const struct kernels *b, const float *x)
{
    static float p[VALUES], q[VALUES], gain[DIM], bias[DIM], s[2 * ROWS], t[2 * ROWS];
    for (int i = 0; i < DIM; i++) {
        gain[i] = x[i];
        bias[i] = x[DIM + i];
    }
    a->layer_norm(ROWS, DIM, x, gain, bias, p, s);
    b->layer_norm(ROWS, DIM, x, gain, bias, q, t);
    return difference(ROWS * DIM, p, q);
}

static double try_softmax(const struct kernels *a, const struct kernels *b, const float *x)
{
    float p[VALUES], q[VALUES];
    memcpy(p, x, sizeof p);
    memcpy(q, x, sizeof q);
    const float sums[2] = {a->softmax(VALUES, p), b->softmax(VALUES, q)};
    const double one = difference(VALUES, p, q), two = difference(1, &sums[0], &sums[1]);
    return one <= two ? two : one;
}

static double try_loss(const struct kernels *a, const struct kernels *b, const float *x)
{
    float p[VALUES], q[VALUES];
    int32_t best[2];
    memcpy(p, x, sizeof p);
    memcpy(q, x, sizeof q);
    const float loss[2] = {a->cross_entropy(VALUES, 7, 1.0F, p, &best[0]),
                           b->cross_entropy(VALUES, 7, 1.0F, q, &best[1])};
    const double one = difference(VALUES, p, q), two = difference(1, &loss[0], &loss[1]);
    return best[0] != best[1] ? (double)INFINITY : one <= two ? two : one;
}

static double try_adam(const struct kernels *a, const struct kernels *b, const float *x)
{
    static float w[2][VALUES], m[2][VALUES], v[2][VALUES];
    const struct adam_step s = {.lr = 0.01,
                                .beta1 = 0.9,
                                .beta2 = 0.999,
                                .eps = 1e-8,
                                .decay = 0.1,
                                .correction1 = 0.1,
                                .correction2 = 0.001,
                                .grad_scale = 1.0};
    const struct kernels *const tables[2] = {a, b};
    for (int k = 0; k < 2; k++) {
        memset(m[k], 0, sizeof m[k]);
        memset(v[k], 0, sizeof v[k]);
        memcpy(w[k], x, sizeof w[k]);
        tables[k]->adam(VALUES, &s, x, m[k], v[k], w[k]);
    }
    return difference(VALUES, w[0], w[1]);
}

static double try_positions(const struct kernels *a, const struct kernels *b,
                            const float *x)
{
    static float gate[2][VALUES], at[2][VALUES];
    const int n = 301;
    memset(gate, 0, sizeof gate);
    memset(at, 0, sizeof at);
    a->gated_positions(n, x, 1e6F, gate[0], at[0]);
    b->gated_positions(n, x, 1e6F, gate[1], at[1]);
    return difference(n, at[0], at[1]);
}

/* Multiplies [7,31] by [31,33]: whole tiles, and remainders of rows and of columns. */
static double try_product(const struct kernels *a, const struct kernels *b, const float *x)
{
    static float p[VALUES], q[VALUES];
    struct product one = {.M = 7, .N = 33, .K = 31, .alpha = 0.5F, .A = x, .B = x + 8};
    one.a_row = 31;
    one.a_column = 1;
    one.b_stride = one.c_stride = 33;
    one.C = p;
    a->product(&one);
    one.C = q;
    b->product(&one);
    return difference(one.M * one.N, p, q);
}

void doctor_kernels(struct doctor *d, const struct kernels *table,
                    const struct kernels *naive)
{
    static float x[VALUES];
    struct rng draws = rng_stream(1, RNG_TEST, "doctor", 1);
    double worst = 0.0;
    fill(&draws, VALUES, x);
    const float dots[2] = {table->dot(VALUES, x, x), naive->dot(VALUES, x, x)};
    const struct trial trials[TRIALS] = {
        {"exponential", try_in_place(table->exponential, naive->exponential, x, false)},
        {"logarithm", try_in_place(table->logarithm, naive->logarithm, x, true)},
        {"sigmoid", try_map(table->sigmoid, naive->sigmoid, x)},
        {"gelu", try_map(table->gelu, naive->gelu, x)},
        {"gelu_grad", try_map(table->gelu_grad, naive->gelu_grad, x)},
        {"layer_norm", try_norm(table, naive, x)},
        {"product", try_product(table, naive, x)},
        {"softmax", try_softmax(table, naive, x)},
        {"dot", difference(1, &dots[0], &dots[1])},
        {"cross_entropy", try_loss(table, naive, x)},
        {"adam", try_adam(table, naive, x)},
        {"gated_positions", try_positions(table, naive, x)},
    };
    for (int i = 0; i < TRIALS; i++) {
        worst = trials[i].error <= worst ? worst : trials[i].error;
        if (trials[i].error <= tolerance)
            continue;
        doctor_say(d, DOCTOR_FAULT, "kernels",
                   "set POSBENCH_KERNELS=naive, which is slow and right, and report this "
                   "with the CPU's name; until then believe no number",
                   "%s: %s differs from the plain loop by %.2g", table->isa, trials[i].name,
                   trials[i].error);
        return;
    }
    doctor_say(d, DOCTOR_FINE, "kernels", NULL,
               "%s: %d kernels agree with plain loops to %.1g", table->isa, TRIALS, worst);
}
