/* kernels_vector.c -- the kernels as vector code; compiled once for each CPU level.
 *
 * CMake defines KERNELS_TABLE (the table's symbol) and KERNELS_ISA (its name). Loops that
 * the compiler vectorises by itself are plain C; the others use lanes.h. No result depends
 * on the alignment of an array. */
#include "kernels.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "lanes.h"
#include "vector_math.h"
#include "vector_positions.h"
#include "vector_products.h"

#define NORM_EPS 1e-5f /* as in kernels_naive.c */

/* Prefetch distance, in numbers. Without prefetch on a CPU that does not prefetch by itself (a
 * virtual Xeon), GELU took 2.5 times as long on a layer's output in the third-level cache. */
enum { AHEAD = 512 };

/* --- elementwise --- */

/* y = f(x); always inlined, so that f is not a call. */
static inline __attribute__((always_inline)) void map(size_t n, const real *x, real *y,
                                                      lanes (*f)(lanes))
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        __builtin_prefetch(x + i + AHEAD);
        v_store(y + i, f(v_load(x + i)));
    }
    const int left = (int)(n - i);
    if (left > 0)
        v_store_first(left, y + i, f(v_load_first(left, x + i)));
}

static void exponential(size_t n, real *x)
{
    map(n, x, x, v_exp);
}

static void sigmoid(size_t n, const real *x, real *y)
{
    map(n, x, y, v_sigmoid);
}

static void logarithm(size_t n, real *x)
{
    map(n, x, x, v_log);
}

static void gelu(size_t n, const real *x, real *y)
{
    map(n, x, y, v_gelu);
}

static void gelu_grad(size_t n, const real *x, real *dy)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        __builtin_prefetch(x + i + AHEAD);
        __builtin_prefetch(dy + i + AHEAD);
        v_store(dy + i, v_load(dy + i) * v_gelu_slope(v_load(x + i)));
    }
    const int left = (int)(n - i);
    if (left > 0)
        v_store_first(left, dy + i,
                      v_load_first(left, dy + i) * v_gelu_slope(v_load_first(left, x + i)));
}

static void add(size_t n, const real *restrict x, real *restrict y)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

static void scale(size_t n, real a, real *x)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        x[i] *= a;
}

static void relu(size_t n, const real *x, real *y)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 0 : x[i];
}

static void relu_grad(size_t n, const real *restrict x, real *restrict dy)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        dy[i] *= x[i] > 0 ? 1 : x[i] <= 0 ? 0 : x[i];
}

/* Philox4x32-10 (Salmon et al., SC 2011, section 3.3 and table 2) for MASK_BLOCKS blocks from
 * `first` on; block b of them writes words 4 b .. 4 b + 3. The bits equal Random123's. */
enum { PHILOX_ROUNDS = 10, MASK_BLOCKS = 64 };

static void philox_blocks(const struct mask_key *m, uint32_t first, uint32_t *words)
{
#pragma omp simd
    for (uint32_t b = 0; b < MASK_BLOCKS; b++) {
        uint32_t c0 = first + b, c1 = m->counter[0], c2 = m->counter[1], c3 = m->counter[2];
        uint32_t k0 = m->key[0], k1 = m->key[1];
#pragma GCC unroll 10
        for (int r = 0; r < PHILOX_ROUNDS; r++) {
            const uint64_t p0 = (uint64_t)0xD2511F53 * c0, p1 = (uint64_t)0xCD9E8D57 * c2;
            c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
            c1 = (uint32_t)p1;
            c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
            c3 = (uint32_t)p0;
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
        uint32_t *const block = words + (size_t)4 * b;
        block[0] = c0;
        block[1] = c1;
        block[2] = c2;
        block[3] = c3;
    }
}

/* Element i uses half i of the words in memory, since x86 is little-endian. */
static void apply_mask(size_t n, const uint16_t *half, uint32_t keep, real kept, real *x)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++)
        x[i] *= half[i] < keep ? kept : 0;
}

static void dropout(size_t n, const struct mask_key *m, uint64_t first, double p, real *x)
{
    assert(first % 8 == 0 && (first + n) / 8 <= UINT32_MAX);
    assert(p >= 0 && p < 1);
    const uint32_t keep = (uint32_t)lrint((1 - p) * 65536);
    const real kept = (real)(1 / (1 - p));
    uint32_t word[4 * MASK_BLOCKS];
    uint16_t half[8 * MASK_BLOCKS];
    const size_t step = sizeof half / sizeof half[0];
    for (size_t i = 0; i < n; i += step) {
        philox_blocks(m, (uint32_t)((first + i) / 8), word);
        memcpy(half, word, sizeof half);
        apply_mask(n - i < step ? n - i : step, half, keep, kept, x + i);
    }
}

/* --- rows --- */

static void bias_grad(int rows, int dim, const real *dy, real *dbias)
{
    for (int r = 0; r < rows; r++)
        add((size_t)dim, dy + (size_t)r * dim, dbias);
}

static real mean_of(int n, const real *x)
{
    real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < n; i++)
        sum += x[i];
    return sum / (real)n;
}

static real variance_of(int n, const real *x, real mean)
{
    real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return sum / (real)n;
}

static void layer_norm(int rows, int dim, const real *x, const real *gain, const real *bias,
                       real *y, real *stats)
{
    for (int r = 0; r < rows; r++, x += dim, y += dim, stats += 2) {
        const real mean = mean_of(dim, x);
        const real rstd = 1 / sqrtf(variance_of(dim, x, mean) + NORM_EPS);
#pragma omp simd
        for (int i = 0; i < dim; i++)
            y[i] = (x[i] - mean) * rstd * gain[i] + bias[i];
        stats[0] = mean;
        stats[1] = rstd;
    }
}

/* One row; the formula is in kernels_naive.c. */
static void layer_norm_grad_row(int dim, const real *restrict x, const real *stats,
                                const struct norm_grad *g, const real *restrict dy,
                                real *restrict dx)
{
    const real mean = stats[0], rstd = stats[1];
    const real *restrict gain = g->gain;
    real *restrict dgain = g->dgain, *restrict dbias = g->dbias;
    real sum_d = 0, sum_dh = 0;
#pragma omp simd reduction(+ : sum_d, sum_dh)
    for (int i = 0; i < dim; i++) {
        const real h = (x[i] - mean) * rstd, d = dy[i] * gain[i];
        sum_d += d;
        sum_dh += d * h;
        dgain[i] += dy[i] * h;
        dbias[i] += dy[i];
    }
    const real mean_d = sum_d / (real)dim, mean_dh = sum_dh / (real)dim;
#pragma omp simd
    for (int i = 0; i < dim; i++) {
        const real h = (x[i] - mean) * rstd;
        dx[i] += rstd * (dy[i] * gain[i] - mean_d - h * mean_dh);
    }
}

static void layer_norm_grad(int rows, int dim, const real *x, const real *stats,
                            const struct norm_grad *g, const real *dy, real *dx)
{
    for (int r = 0; r < rows; r++, x += dim, dy += dim, dx += dim, stats += 2)
        layer_norm_grad_row(dim, x, stats, g, dy, dx);
}

/* --- one row of attention --- */

/* Returns the largest number of the row. NaN is ignored; every caller subtracts the result from
 * the row, where a NaN stays. */
static real largest(int n, const real *x)
{
    const lanes least = v_set(-INFINITY);
    lanes most = least;
    int j = 0;
    for (; j + LANES <= n; j += LANES)
        most = v_larger(v_load(x + j), most);
    most = v_larger(v_load_first_or(n - j, x + j, least), most);
    return v_top(most);
}

static real softmax(int n, real *x)
{
    assert(n >= 1);
    const real max = largest(n, x);
    const lanes top = v_set(max);
    lanes sums = v_zero();
    int j = 0;
    for (; j + LANES <= n; j += LANES) {
        const lanes e = v_exp(v_load(x + j) - top);
        sums += e;
        v_store(x + j, e);
    }
    const lanes last = v_keep_first(n - j, v_exp(v_load_first(n - j, x + j) - top));
    v_store_first(n - j, x + j, last);
    const real sum = v_sum(sums + last);
    scale((size_t)n, 1 / sum, x);
    return max + v_lane0(v_log(v_set(sum)));
}

static void softmax_again(int n, real lse, real *x)
{
    const lanes base = v_set(lse);
    for (int j = 0; j < n; j += LANES) {
        const int count = chunk_at(j, n);
        v_store_first(count, x + j, v_exp(v_load_first(count, x + j) - base));
    }
}

static void softmax_grad(int n, const real *a, real mean, real *da)
{
    const lanes level = v_set(mean);
    for (int j = 0; j < n; j += LANES) {
        const int count = chunk_at(j, n);
        const lanes d = v_load_first(count, da + j) - level;
        v_store_first(count, da + j, v_load_first(count, a + j) * d);
    }
}

static real dot(size_t n, const real *a, const real *b)
{
    real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Inlined with constant step and gap for the two layouts, so that the loop is vectorised. */
static inline __attribute__((always_inline)) void turn_pairs(int pairs, ptrdiff_t step,
                                                             ptrdiff_t gap,
                                                             const real *restrict table,
                                                             real sign, real *restrict x)
{
#pragma omp simd
    for (int m = 0; m < pairs; m++) {
        const real c = table[m], s = sign * table[pairs + m];
        const real a = x[m * step], b = x[m * step + gap];
        x[m * step] = c * a - s * b;
        x[m * step + gap] = s * a + c * b;
    }
}

static void turn(int pairs, int step, int gap, const real *table, real sign, real *x)
{
    if (step == 2 && gap == 1)
        turn_pairs(pairs, 2, 1, table, sign, x);
    else if (step == 1 && gap >= pairs)
        turn_pairs(pairs, 1, gap, table, sign, x);
    else
        turn_pairs(pairs, step, gap, table, sign, x);
}

/* score[j] += c z[n - 1 - j] for the last `near` keys, c z[rows - 1] for the others. */
static void distance_lookup(int n, const real *z, int rows, real c, real *score)
{
    const int near = n < rows ? n : rows;
    const real far = c * z[rows - 1];
    for (int j = 0; j < n - near; j++)
        score[j] += far;
    const lanes by = v_set(c);
    float *s = score + (n - near);
    int j = 0;
    for (; j + LANES <= near; j += LANES) {
        const lanes back = v_reverse(v_load(z + near - LANES - j));
        v_store(s + j, v_load(s + j) + by * back);
    }
    for (; j < near; j++)
        s[j] += c * z[near - 1 - j];
}

static void distance_lookup_grad(int n, int rows, real c, const real *delta, real *dz)
{
    const int near = n < rows ? n : rows;
    real far = 0;
#pragma omp simd reduction(+ : far)
    for (int j = 0; j < n - near; j++)
        far += delta[j];
    if (n > near)
        dz[rows - 1] += c * far;
    const lanes by = v_set(c);
    const float *d = delta + (n - near);
    int m = 0;
    for (; m + LANES <= near; m += LANES) {
        const lanes back = v_reverse(v_load(d + near - LANES - m));
        v_store(dz + m, v_load(dz + m) + by * back);
    }
    for (; m < near; m++)
        dz[m] += c * d[near - 1 - m];
}

/* --- output --- */

/* Returns ln(1 + s), s >= 0, as ln(u) s / (u - 1) with u = 1 + s rounded. The rounding error of
 * u cancels (Goldberg, ACM Computing Surveys 23 (1991), theorem 4). */
static real log_one_plus(real s)
{
    const real u = 1 + s;
    if (u == 1 || !(u < INFINITY))
        return s;
    return v_lane0(v_log(v_set(u))) * (s / (u - 1));
}

/* Only the exponentials are vector code, since a row has few numbers. */
static real cross_entropy(int n, int32_t target, real scale_by, real *logits, int32_t *best)
{
    assert(n >= 1 && target >= 0 && target < n);
    int top = 0;
    for (int k = 1; k < n; k++)
        if (logits[k] > logits[top])
            top = k;
    const real max = logits[top], gap = max - logits[target];
    softmax_again(n, max, logits);
    const real itself = logits[top];
    logits[top] = 0;
    real others = 0;
#pragma omp simd reduction(+ : others)
    for (int k = 0; k < n; k++)
        others += logits[k];
    logits[top] = itself;
    scale((size_t)n, scale_by / (1 + others), logits);
    logits[target] -= scale_by;
    *best = top;
    return gap + log_one_plus(others);
}

/* --- optimiser --- */

static void adam(size_t n, const struct adam_step *s, const real *restrict g,
                 real *restrict m, real *restrict v, real *restrict w)
{
    const real beta1 = (real)s->beta1, rest1 = (real)(1 - s->beta1);
    const real beta2 = (real)s->beta2, rest2 = (real)(1 - s->beta2);
    const real by1 = (real)(s->lr / s->correction1), by2 = (real)(1 / s->correction2);
    const real eps = (real)s->eps, decay = (real)(s->lr * s->decay);
    const real grad_scale = (real)s->grad_scale;
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        const real grad = g[i] * grad_scale;
        m[i] = beta1 * m[i] + rest1 * grad;
        v[i] = beta2 * v[i] + rest2 * grad * grad;
        w[i] -= by1 * m[i] / (sqrtf(v[i] * by2) + eps) + decay * w[i];
    }
}

static double sum_of_squares(size_t n, const real *x)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

extern const struct kernels KERNELS_TABLE;

const struct kernels KERNELS_TABLE = {
    .isa = KERNELS_ISA,
    .exponential = exponential,
    .sigmoid = sigmoid,
    .logarithm = logarithm,
    .add = add,
    .scale = scale,
    .relu = relu,
    .relu_grad = relu_grad,
    .gelu = gelu,
    .gelu_grad = gelu_grad,
    .dropout = dropout,
    .bias_grad = bias_grad,
    .layer_norm = layer_norm,
    .layer_norm_grad = layer_norm_grad,
    .product = product,
    .transpose = transpose,
    .softmax = softmax,
    .softmax_again = softmax_again,
    .softmax_grad = softmax_grad,
    .dot = dot,
    .turn = turn,
    .gated_positions = gated_positions,
    .lerp_lookup = lerp_lookup,
    .lerp_lookup_grad = lerp_lookup_grad,
    .distance_lookup = distance_lookup,
    .distance_lookup_grad = distance_lookup_grad,
    .cross_entropy = cross_entropy,
    .adam = adam,
    .sum_of_squares = sum_of_squares,
};
