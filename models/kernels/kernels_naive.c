/* kernels_naive.c -- every kernel in its simplest form: libm, one line per formula.
 *
 * It is the reference for tests of the vector code, the fallback on other CPUs and, built
 * with double, the ground truth of the gradient checks. tgmath.h picks expf or exp. */
#include "kernels.h"

#include <Random123/philox.h>
#include <assert.h>
#include <math.h>
#include <string.h>
#include <tgmath.h>

#define NORM_EPS        ((real)1e-5)                   /* PyTorch's default */
#define SQRT_HALF       ((real)0.70710678118654752440) /* 1 / sqrt 2 */
#define ONE_BY_SQRT_2PI ((real)0.39894228040143267794) /* 1 / sqrt(2 pi) */

/* --- elementwise --- */

/* No intermediate result overflows, so small values are right down to denormals. */
static real sigmoid_of(real x)
{
    const real e = exp(-fabs(x));
    return (x < 0 ? e : 1) / (1 + e);
}

/* Phi(x), the distribution function of N(0, 1). */
static real normal_cdf(real x)
{
    return (real)0.5 * erfc(-x * SQRT_HALF);
}

static void exponential(size_t n, real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = exp(x[i]);
}

static void sigmoid(size_t n, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = sigmoid_of(x[i]);
}

static void logarithm(size_t n, real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = log(x[i]);
}

static void add(size_t n, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

static void scale(size_t n, real a, real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= a;
}

static void relu(size_t n, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 0 : x[i];
}

/* Multiplies, so that a NaN in x or dy stays. */
static void relu_grad(size_t n, const real *x, real *dy)
{
    for (size_t i = 0; i < n; i++)
        dy[i] *= x[i] > 0 ? 1 : x[i] <= 0 ? 0 : x[i];
}

/* x Phi(x) for x -> -inf is 0, but -inf * 0 is not a number: -inf gives 0. */
static void gelu(size_t n, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] == -(real)INFINITY ? 0 : x[i] * normal_cdf(x[i]);
}

static real gelu_slope(real x)
{
    const real density = ONE_BY_SQRT_2PI * exp((real)-0.5 * x * x);
    return normal_cdf(x) + (density == 0 ? 0 : x * density);
}

static void gelu_grad(size_t n, const real *x, real *dy)
{
    for (size_t i = 0; i < n; i++)
        dy[i] *= gelu_slope(x[i]);
}

/* Element 8 b + i uses half i % 2 (0: low 16 bits) of word i / 2 of block b. A dropped
 * element is multiplied by 0, so a NaN stays. */
static void dropout(size_t n, const struct mask_key *m, uint64_t first, double p, real *x)
{
    assert(first % 8 == 0 && (first + n) / 8 <= UINT32_MAX);
    assert(p >= 0 && p < 1);
    const uint32_t keep = (uint32_t)lrint((1 - p) * 65536);
    const real kept = (real)(1 / (1 - p));
    const philox4x32_key_t key = {{m->key[0], m->key[1]}};
    for (size_t i = 0; i < n; i += 8) {
        const uint32_t block = (uint32_t)((first + i) / 8);
        const philox4x32_ctr_t counter = {
            {block, m->counter[0], m->counter[1], m->counter[2]}};
        const philox4x32_ctr_t words = philox4x32(counter, key);
        for (size_t k = 0; k < 8 && i + k < n; k++)
            x[i + k] *= ((words.v[k / 2] >> k % 2 * 16) & 0xffff) < keep ? kept : 0;
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
    for (int i = 0; i < n; i++)
        sum += x[i];
    return sum / (real)n;
}

static real variance_of(int n, const real *x, real mean)
{
    real sum = 0;
    for (int i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return sum / (real)n;
}

static void layer_norm(int rows, int dim, const real *x, const real *gain, const real *bias,
                       real *y, real *stats)
{
    for (int r = 0; r < rows; r++, x += dim, y += dim, stats += 2) {
        const real mean = mean_of(dim, x);
        const real rstd = 1 / sqrt(variance_of(dim, x, mean) + NORM_EPS);
        for (int i = 0; i < dim; i++)
            y[i] = (x[i] - mean) * rstd * gain[i] + bias[i];
        stats[0] = mean;
        stats[1] = rstd;
    }
}

/* With h = (x - mean) rstd and d = dy gain:  dx = rstd (d - mean(d) - h mean(d h)). */
static void layer_norm_grad(int rows, int dim, const real *x, const real *stats,
                            const struct norm_grad *g, const real *dy, real *dx)
{
    for (int r = 0; r < rows; r++, x += dim, dy += dim, dx += dim, stats += 2) {
        const real mean = stats[0], rstd = stats[1];
        real sum_d = 0, sum_dh = 0;
        for (int i = 0; i < dim; i++) {
            const real h = (x[i] - mean) * rstd;
            sum_d += dy[i] * g->gain[i];
            sum_dh += dy[i] * g->gain[i] * h;
            g->dgain[i] += dy[i] * h;
            g->dbias[i] += dy[i];
        }
        for (int i = 0; i < dim; i++) {
            const real h = (x[i] - mean) * rstd;
            dx[i] +=
                rstd * (dy[i] * g->gain[i] - sum_d / (real)dim - h * (sum_dh / (real)dim));
        }
    }
}

/* --- products of a panel --- */

static void product(const struct product *p)
{
    for (int m = 0; m < p->M; m++) {
        real *C = p->C + (size_t)m * (size_t)p->c_stride;
        for (int n = 0; n < p->N; n++) {
            real sum = 0;
            for (int k = 0; k < p->K; k++)
                sum +=
                    p->A[(size_t)m * (size_t)p->a_row + (size_t)k * (size_t)p->a_column] *
                    p->B[(size_t)k * (size_t)p->b_stride + (size_t)n];
            C[n] = p->add ? C[n] + p->alpha * sum : p->alpha * sum;
        }
    }
}

static void transpose(int rows, int columns, struct rows from, struct rows to)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            to.at[(size_t)j * (size_t)to.stride + (size_t)i] =
                from.at[(size_t)i * (size_t)from.stride + (size_t)j];
}

/* --- one row of attention --- */

static real softmax(int n, real *x)
{
    assert(n >= 1);
    real max = x[0], sum = 0;
    for (int j = 1; j < n; j++)
        max = x[j] > max ? x[j] : max;
    for (int j = 0; j < n; j++)
        sum += x[j] = exp(x[j] - max);
    for (int j = 0; j < n; j++)
        x[j] /= sum;
    return max + log(sum);
}

static void softmax_again(int n, real lse, real *x)
{
    for (int j = 0; j < n; j++)
        x[j] = exp(x[j] - lse);
}

static void softmax_grad(int n, const real *a, real mean, real *da)
{
    for (int j = 0; j < n; j++)
        da[j] = a[j] * (da[j] - mean);
}

static real dot(size_t n, const real *a, const real *b)
{
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void turn(int pairs, int step, int gap, const real *table, real sign, real *x)
{
    for (int m = 0; m < pairs; m++) {
        real *first = x + (size_t)m * step, *second = first + gap;
        const real c = table[m], s = sign * table[pairs + m];
        const real a = *first, b = *second;
        *first = c * a - s * b;
        *second = s * a + c * b;
    }
}

/* --- contextual positions --- */

static int gated_positions(int n, const real *u, real p_max, real *gate, real *position)
{
    real sum = 0;
    for (int j = n - 1; j >= 0; j--) {
        gate[j] = sigmoid_of(u[j]);
        sum += gate[j];
        position[j] = sum >= p_max ? p_max : sum;
        if (sum >= p_max)
            return j;
    }
    return -1;
}

/* Returns the integer part of a position; 0 for NaN, which must not become an index. */
static int cell_of(real position, int p_max)
{
    if (position >= (real)p_max)
        return p_max;
    return position >= 0 ? (int)position : 0;
}

static void lerp_lookup(const struct lerp *l, real *score)
{
    for (int j = 0; j <= l->full; j++)
        score[j] += l->c * l->z[l->p_max];
    for (int j = l->full + 1; j < l->n; j++) {
        const int m = cell_of(l->position[j], l->p_max);
        const real w = l->position[j] - (real)m;
        const real next = l->z[m < l->p_max ? m + 1 : m];
        score[j] += l->c * ((1 - w) * l->z[m] + w * next);
    }
}

static void lerp_lookup_grad(const struct lerp *l, const real *delta, real *dz, real *du)
{
    for (int j = 0; j <= l->full; j++) {
        dz[l->p_max] += l->c * delta[j];
        du[j] = 0;
    }
    real sum = 0;
    for (int j = l->full + 1; j < l->n; j++) {
        const int m = cell_of(l->position[j], l->p_max), next = m < l->p_max ? m + 1 : m;
        const real w = l->position[j] - (real)m;
        dz[m] += l->c * delta[j] * (1 - w);
        dz[next] += l->c * delta[j] * w;
        sum += l->c * delta[j] * (l->z[next] - l->z[m]);
        du[j] = l->gate[j] * (1 - l->gate[j]) * sum;
    }
}

static void distance_lookup(int n, const real *z, int rows, real c, real *score)
{
    for (int j = 0; j < n; j++)
        score[j] += c * z[n - 1 - j < rows ? n - 1 - j : rows - 1];
}

static void distance_lookup_grad(int n, int rows, real c, const real *delta, real *dz)
{
    for (int j = 0; j < n; j++)
        dz[n - 1 - j < rows ? n - 1 - j : rows - 1] += c * delta[j];
}

/* --- output --- */

/* Let s be the sum of e^(x - x[best]) over all logits but the largest. The log of the sum over
 * all is then ln(1 + s), so a loss near 0 keeps its digits. */
static real cross_entropy(int n, int32_t target, real scale_by, real *logits, int32_t *best)
{
    assert(n >= 1 && target >= 0 && target < n);
    int top = 0;
    for (int k = 1; k < n; k++)
        if (logits[k] > logits[top])
            top = k;
    const real max = logits[top], gap = max - logits[target];
    real others = 0;
    for (int k = 0; k < n; k++) {
        logits[k] = exp(logits[k] - max);
        others += k == top ? 0 : logits[k];
    }
    for (int k = 0; k < n; k++)
        logits[k] = (logits[k] / (1 + others) - (k == target)) * scale_by;
    *best = top;
    return gap + log1p(others);
}

/* --- optimiser --- */

static void adam(size_t n, const struct adam_step *s, const real *g, real *m, real *v,
                 real *w)
{
    const real beta1 = (real)s->beta1, rest1 = (real)(1 - s->beta1);
    const real beta2 = (real)s->beta2, rest2 = (real)(1 - s->beta2);
    const real by1 = (real)(s->lr / s->correction1), by2 = (real)(1 / s->correction2);
    const real eps = (real)s->eps, decay = (real)(s->lr * s->decay);
    const real grad_scale = (real)s->grad_scale;
    for (size_t i = 0; i < n; i++) {
        const real grad = g[i] * grad_scale;
        m[i] = beta1 * m[i] + rest1 * grad;
        v[i] = beta2 * v[i] + rest2 * grad * grad;
        w[i] -= by1 * m[i] / (sqrt(v[i] * by2) + eps) + decay * w[i];
    }
}

static double sum_of_squares(size_t n, const real *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

const struct kernels kernels_naive = {
    .isa = "naive",
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
