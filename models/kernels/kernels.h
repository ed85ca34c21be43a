/* kernels.h -- the elementwise and row loops of the trainer.
 *
 * Every loop exists in a naive version (kernels_naive.c: libm, one line per formula, any
 * number type) and, for float, as vector code compiled for each x86-64 level
 * (kernels_vector.c). kernels_get() returns the table in use: the best level that the
 * CPU has, or the one that POSBENCH_KERNELS names (naive, x86-64-v2, x86-64-v3,
 * x86-64-v4). All tables agree to rounding; one table always gives the same bits.
 *
 * NaN and infinities propagate; no kernel allocates or keeps state. Arrays must not overlap,
 * unless a parameter is both input and output. */
#ifndef KERNELS_H
#define KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "real.h"
#include "status.h"

/* Key and counter of rng.h's Philox for a dropout mask. Element n of the site uses 16 bits of
 * block n / 8. */
struct mask_key {
    uint32_t key[2];
    uint32_t counter[3]; /* counter words 1..3; word 0 counts blocks of 8 elements */
};

struct adam_step {
    double lr, beta1, beta2, eps, decay, correction1, correction2;
    double grad_scale; /* factor of g, for clipping */
};

struct norm_grad {
    const real *gain;    /* [dim] */
    real *dgain, *dbias; /* [dim], the kernel adds to them */
};

/* One row of fractional positions and the table they are looked up in. */
struct lerp {
    int n;                       /* keys 0..n-1 */
    int full;                    /* keys 0..full have position p_max; -1: none */
    int p_max;                   /* position[j] < p_max for j > full */
    real c;                      /* factor of the looked-up value */
    const real *position, *gate; /* [n] as gated_positions wrote them */
    /* Entries up to min(p_max, n + 1) are in memory; only those up to the largest position + 1
     * affect the result. */
    const real *z;
};

/* C [M,N] = alpha A B, or += when `add`. Element (m, k) of A is A[m * a_row + k * a_column],
 * so A may be transposed; rows of B [K,N] and C are contiguous. */
struct product {
    int M, N, K;
    real alpha;
    const real *A;
    int a_row, a_column;
    const real *B;
    int b_stride;
    real *C;
    int c_stride;
    bool add;
};

struct kernels {
    const char *isa; /* "naive", "x86-64-v3", ... */

    /* --- elementwise over n numbers --- */
    void (*exponential)(size_t n, real *x);               /* x = e^x */
    void (*sigmoid)(size_t n, const real *x, real *y);    /* y = 1 / (1 + e^-x) */
    void (*logarithm)(size_t n, real *x);                 /* x = ln x */
    void (*add)(size_t n, const real *x, real *y);        /* y += x */
    void (*scale)(size_t n, real a, real *x);             /* x *= a */
    void (*relu)(size_t n, const real *x, real *y);       /* y = max(x, 0), NaN stays */
    void (*relu_grad)(size_t n, const real *x, real *dy); /* dy *= [x > 0] */
    void (*gelu)(size_t n, const real *x, real *y);       /* y = x Phi(x), erf form */
    void (*gelu_grad)(size_t n, const real *x, real *dy); /* dy *= Phi(x) + x phi(x) */
    /* Inverted dropout: x[i] becomes x[i] / (1 - p) with probability 1 - p, else 0. Element i
     * is number `first + i` of the site; first is a multiple of 8. An element is kept if its 16
     * random bits < round((1 - p) 65536). Dropping multiplies by 0, so that NaN stays. The
     * adjoint is the same call on the gradient. */
    void (*dropout)(size_t n, const struct mask_key *m, uint64_t first, double p, real *x);

    /* --- rows [rows, dim] --- */
    void (*bias_grad)(int rows, int dim, const real *dy, real *dbias); /* += column sums */
    /* y = (x - mean) rstd gain + bias, eps 1e-5, biased variance; y may be x.
     * stats is [rows, 2]: mean, rstd. */
    void (*layer_norm)(int rows, int dim, const real *x, const real *gain, const real *bias,
                       real *y, real *stats);
    /* Adds the gradient of the input x to dx, those of gain and bias to g->dgain, g->dbias. */
    void (*layer_norm_grad)(int rows, int dim, const real *x, const real *stats,
                            const struct norm_grad *g, const real *dy, real *dx);

    /* --- products of a panel (gemm.h is for large ones) --- */
    void (*product)(const struct product *p);
    /* to [columns, rows] = from [rows, columns] transposed */
    void (*transpose)(int rows, int columns, struct rows from, struct rows to);

    /* --- one row of attention, columns 0..n-1 --- */
    /* Replaces x by its softmax; returns the log of the sum of exponentials. */
    real (*softmax)(int n, real *x);
    /* x = e^(x - lse) */
    void (*softmax_again)(int n, real lse, real *x);
    /* da = a (da - mean), mean = sum a da: turns dL/dweight into dL/dlogit */
    void (*softmax_grad)(int n, const real *a, real mean, real *da);
    real (*dot)(size_t n, const real *a, const real *b);

    /* --- rotary: pairs of x [d] turned by (c, s) --- */
    /* Pair m is x[m * step], x[m * step + gap]. The table holds `pairs` cosines, then `pairs`
     * sines. sign -1 turns back. */
    void (*turn)(int pairs, int step, int gap, const real *table, real sign, real *x);

    /* --- contextual positions: one row, keys 0..n-1, the last one nearest --- */
    /* gate[j] = sigmoid(u[j]); position[j] = min(sum_{t=j..n-1} gate[t], p_max). Stops at
     * the first j (from the right) whose sum reaches p_max and returns it. All keys 0..j then
     * have position p_max, and gate and position are not written for keys before j.
     * Returns -1 when no sum reaches p_max. gate may be u. */
    int (*gated_positions)(int n, const real *u, real p_max, real *gate, real *position);
    /* score[j] += c lerp(z, position[j]) for j > full, and c z[p_max] for j <= full;
     * lerp(z, p) = (1 - w) z[m] + w z[min(m + 1, p_max)], m = floor(p), w = p - m.
     * position is non-increasing in j with steps of at most 1. */
    void (*lerp_lookup)(const struct lerp *l, real *score);
    /* Adjoint; delta [n] = dL/dscore. Adds to dz, as long as z; writes du [n], the gradient of
     * u through the gates:
     *   pi[j] = c delta[j] (z[m + 1] - z[m]) for j > full, 0 otherwise
     *   du[t] = gate[t] (1 - gate[t]) sum_{j <= t} pi[j], and 0 for t <= full. */
    void (*lerp_lookup_grad)(const struct lerp *l, const real *delta, real *dz, real *du);
    /* score[j] += c z[n - 1 - j]: key j of n is at distance n - 1 - j. Distances from `rows` on
     * use z[rows - 1]. */
    void (*distance_lookup)(int n, const real *z, int rows, real c, real *score);
    void (*distance_lookup_grad)(int n, int rows, real c, const real *delta, real *dz);

    /* --- output --- */
    /* Cross-entropy of one row of logits [n]: returns the loss in nats; sets *best to the index
     * of the largest logit (the first of equals); replaces the logits by
     * (softmax - onehot(target)) * scale. */
    real (*cross_entropy)(int n, int32_t target, real scale, real *logits, int32_t *best);

    /* --- optimiser --- */
    /* One Adam step over n weights; correction1 = 1 - beta1^t, correction2 = 1 - beta2^t;
     * w -= lr (m / correction1) / (sqrt(v / correction2) + eps) + lr decay w. */
    void (*adam)(size_t n, const struct adam_step *s, const real *g, real *m, real *v,
                 real *w);
    double (*sum_of_squares)(size_t n, const real *x); /* fixed order, in double */
};

const struct kernels *kernels_get(void);

/* Chooses the table named `isa`; NULL and "" mean the best that this CPU has. Called once at
 * start with the value of POSBENCH_KERNELS. ST_USAGE when the name is unknown or this CPU
 * cannot run the table; the message lists what is available. Without this call, kernels_get()
 * reads the variable itself and asserts that it names a table. */
enum status kernels_choose(const char *isa, struct err *e);

/* Returns the table of that name, NULL if unknown or if this CPU cannot run it. For tests. */
const struct kernels *kernels_find(const char *isa);

#endif
