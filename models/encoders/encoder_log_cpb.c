/* encoder_log_cpb.c -- a small network of the logarithm of the distance, one output per head.
 *
 *     logit[i][j] += 16 sigma(sum_w o[h][w] relu(a[w] x(i - j) + b[w])),   j <= i
 *     x(n) = log2(1 + 8 n / (L - 1)) / log2 8,   L the trained length
 *
 * so that x goes from 0 to 1.06 over the distances of training and grows slowly beyond them.
 * One network per layer: o [heads, hidden], a and b [hidden]; the bias is not multiplied
 * by alpha. It starts flat: b is 0, o and a are small.
 *
 * Why: Swin Transformer V2 uses it for larger windows than it was trained with; in one dimension
 * it is the simplest learned function of the distance that is defined beyond training.
 * Left out: cosine attention, which is not part of the encoding.
 *
 * Source: Liu et al. 2021, arXiv:2111.09883, eq. 4 and section 3.3, and its code (microsoft,
 * swin_transformer_v2.py) for 8, 16 and the network without a last bias.
 * Check: o 0: a bias of 8 everywhere, which the softmax removes. */
#include "distance_bias.h"
#include "encoder.h"

#include <math.h>

enum { HIDDEN };
enum { IN, IN_BIAS, OUT }; /* tensors */
enum { HIDDEN_MOST = 1024 };

static const double most_bias = 16, stretch = 8; /* from the code */

static const struct option options[] = {
    [HIDDEN] = {.name = "hidden",
                .type = OPTION_INT,
                .lo = 1,
                .hi = HIDDEN_MOST,
                .dflt = 32,
                .help = "inner width of the network; the paper has 512"},
    {0},
};

static int hidden(const struct option_values *o)
{
    return (int)o->v[HIDDEN];
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    out[IN] = (struct tensor_spec){.name = "in.weight",
                                   .rows = 1,
                                   .columns = hidden(o),
                                   .init = INIT_NORMAL,
                                   .scale = 0.02,
                                   .decay = true,
                                   .per_layer = true};
    out[IN_BIAS] = (struct tensor_spec){
        .name = "in.bias", .rows = 1, .columns = hidden(o), .per_layer = true};
    out[OUT] = out[IN];
    out[OUT].name = "out.weight";
    out[OUT].rows = d->heads;
    return 3;
}

static real argument(const struct encoder_dims *d, int distance)
{
    const int last = d->trained_length > 1 ? d->trained_length - 1 : 1;
    return (real)(log2(1 + stretch * distance / last) / log2(stretch));
}

/* Returns how many distances sequences of T tokens have. */
static int met(const struct encoder_dims *d, int T)
{
    return dims_met(d, d->places, T);
}

/* u[w] = relu(a[w] x + b[w]) */
static void inner(const struct encoder_view *e, real x, real u[HIDDEN_MOST])
{
    for (int w = 0; w < hidden(e->options); w++) {
        const real z = e->weight[IN][w] * x + e->weight[IN_BIAS][w];
        u[w] = z > 0 ? z : 0;
    }
}

static const real *outer(const struct encoder_view *e, int head)
{
    return e->weight[OUT] + (size_t)head * (size_t)hidden(e->options);
}

static void derive(const struct encoder_view *e, int T, real *derived)
{
    const int H = e->dims->heads, W = hidden(e->options);
    for (int n = 0; n < met(e->dims, T); n++) {
        real u[HIDDEN_MOST] = {0};
        inner(e, argument(e->dims, n), u);
        for (int h = 0; h < H; h++) {
            real sum = 0;
#pragma omp simd reduction(+ : sum)
            for (int w = 0; w < W; w++)
                sum += outer(e, h)[w] * u[w];
            derived[(size_t)h * (size_t)e->dims->places + (size_t)n] =
                (real)(most_bias / (1 + exp(-(double)sum)));
        }
    }
}

/* Returns dsum of one head and distance: the bias is 16 s, so its derivative is 16 s (1 - s). */
static real sum_grad(const struct encoder_view *e, int h, int n)
{
    const size_t at = (size_t)h * (size_t)e->dims->places + (size_t)n;
    const real s = e->derived[at] / (real)most_bias;
    return e->dderived[at] * (real)most_bias * s * (1 - s);
}

static void derive_grad(const struct encoder_view *e, int T)
{
    const int H = e->dims->heads, W = hidden(e->options);
    for (int n = 0; n < met(e->dims, T); n++) {
        real u[HIDDEN_MOST] = {0}, du[HIDDEN_MOST] = {0};
        const real x = argument(e->dims, n);
        inner(e, x, u);
        for (int h = 0; h < H; h++) {
            const real dsum = sum_grad(e, h, n);
            real *dout = e->grad[OUT] + (size_t)h * (size_t)W;
            for (int w = 0; w < W; w++) {
                dout[w] += dsum * u[w];
                du[w] += dsum * outer(e, h)[w];
            }
        }
        for (int w = 0; w < W; w++) {
            const real dz = u[w] > 0 ? du[w] : 0;
            e->grad[IN][w] += dz * x;
            e->grad[IN_BIAS][w] += dz;
        }
    }
}

const struct encoder encoder_log_cpb = {
    .name = "log_cpb",
    .version = 1,
    .summary =
        "a small network of the logarithm of the distance makes a bias for each head",
    .source = "Liu et al. 2021, arXiv:2111.09883, eq. 4, and the code of Swin V2",
    .options = options,
    .invariances = invariant_to_shift,
    .flops = distance_bias_flops,
    .tensors = tensors,
    .derived = distance_bias_size,
    .derive = derive,
    .derive_grad = derive_grad,
    .takes_places = true,
    .score = distance_bias_derived,
    .score_grad = distance_bias_derived_grad,
};
