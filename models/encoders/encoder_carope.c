/* encoder_carope.c -- rotary encoding whose base frequency depends on each token.
 *
 *     f_t   = 1 / (1 + softplus(w_h . x_t + b_h)),   in (0, 1)
 *     phi_t = sum_{s<=t} f_s^m,   0 <= m < d/2
 *
 * and channels (m, m + d/2) of queries and keys of token t turn by phi_t[h][m]. x is what
 * the layer's projections read. Powers take the place of rope's geometric frequencies: with
 * f = base^(-2/d) for all tokens it is `rope` with layout halves.
 *
 * The paper has no b. It says that training starts from rope, but not how. Here b starts so
 * that f is base^(-2/d) where w . x is 0; with base 0 there is no b, and f starts near 0.59.
 *
 * Limit: increments are strictly between 0 and 1 (pair 0 turns by 1 for every token), so a
 * position can neither stay nor go back.
 *
 * Source: CARoPE 2025, arXiv:2507.23083, section 2.
 * Check: base 0, w 0: pair m turns by (1 / (1 + ln 2))^m a token. */
#include "encoder.h"

#include <math.h>
#include <string.h>

#include "token_linear.h"
#include "turning.h"

enum { BASE };
enum { WEIGHT, BIAS }; /* tensors */

static const struct option options[] = {
    [BASE] = {.name = "base",
              .type = OPTION_REAL,
              .lo = 0,
              .hi = 1e12,
              .dflt = 10000,
              .help = "training starts near rope of this base; 0: without a bias"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    if (d->head_dim < 2)
        return err_set(e, ST_CONFIG,
                       "carope: one channel a head is no pair; set heads lower");
    if (o->v[BASE] > 0 && o->v[BASE] <= 1)
        return err_set(e, ST_CONFIG,
                       "carope: base %g makes no frequency below 1; set base to more than "
                       "1, or to 0",
                       o->v[BASE]);
    return ST_OK;
}

static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    (void)o;
    return 2.0 * d->heads * dims_channels(d) * load->tokens +
           turning_flops(d->heads, turning_pairs(d), load);
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    out[WEIGHT] = (struct tensor_spec){.name = "weight",
                                       .rows = d->heads,
                                       .columns = dims_channels(d),
                                       .init = INIT_UNIFORM,
                                       .scale = 1.0 / sqrt(dims_channels(d)),
                                       .decay = true,
                                       .per_layer = true};
    out[BIAS] = (struct tensor_spec){
        .name = "bias", .rows = 1, .columns = d->heads, .per_layer = true};
    return o->v[BASE] > 0 ? 2 : 1;
}

/* Sets b so that softplus(b) = base^(2/d) - 1. */
static void start(const struct encoder_dims *d, const struct option_values *o, int tensor,
                  real *w)
{
    const double y = pow(o->v[BASE], 1.0 / turning_pairs(d)) - 1;
    for (int h = 0; tensor == BIAS && h < d->heads; h++)
        w[h] = (real)(y + log(-expm1(-y)));
}

static int state(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return turning_state(d->heads, turning_pairs(d));
}

/* Room holds the transposed weights, and z and the angles' increments of each token. */
static size_t read_scratch(const struct encoder_dims *d, const struct option_values *o,
                           int T)
{
    (void)o;
    return token_linear_room(dims_channels(d), d->heads) +
           (size_t)T * (size_t)(d->heads + d->heads * turning_pairs(d));
}

struct reading {
    int T, C, H, n;
    struct rows z;     /* [T, H] */
    struct rows omega; /* [T, H n] */
};

static struct reading reading_of(const struct encoder_view *e, const struct tokens *t,
                                 real *room)
{
    struct reading w = {.T = t->count,
                        .C = dims_channels(e->dims),
                        .H = e->dims->heads,
                        .n = turning_pairs(e->dims)};
    const real *bias = e->options->v[BASE] > 0 ? e->weight[BIAS] : NULL;
    w.z = (struct rows){room + token_linear_room(w.C, w.H), w.H};
    w.omega = (struct rows){w.z.at + (size_t)w.T * (size_t)w.H, w.H * w.n};
    token_linear(w.T, w.C, w.H, t->x, e->weight[WEIGHT], bias, room, w.z);
    return w;
}

static double frequency(double z)
{
    return 1 / (1 + fmax(z, 0) + log1p(exp(-fabs(z))));
}

static void read(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const struct reading w = reading_of(e, t, room);
    for (int i = 0; i < w.T; i++)
        for (int h = 0; h < w.H; h++) {
            const double f = frequency((double)row_of(w.z, i)[h]);
            double power = 1;
            for (int m = 0; m < w.n; m++) {
                row_of(w.omega, i)[h * w.n + m] = (real)power;
                power *= f;
            }
        }
    turning_sum(w.T, w.H, w.n, w.omega, t->state);
}

/* df/dz = -f^2 sigma(z), and the derivative of f^m is m f^(m-1). Replaces z by its gradient. */
static void read_grad(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const struct reading w = reading_of(e, t, room);
    turning_sum_grad(w.T, w.H, w.n, t->state, t->dstate, w.omega);
    for (int i = 0; i < w.T; i++)
        for (int h = 0; h < w.H; h++) {
            real *z = row_of(w.z, i) + h;
            const double at = (double)*z, f = frequency(at);
            double power = 1, df = 0;
            for (int m = 1; m < w.n; m++) {
                df += m * power * (double)row_of(w.omega, i)[h * w.n + m];
                power *= f;
            }
            *z = (real)(-df * f * f / (1 + exp(-at)));
        }
    token_linear_grad(w.T, w.C, w.H, t->x, e->weight[WEIGHT], w.z, t->dx, e->grad[WEIGHT]);
    if (e->options->v[BASE] > 0)
        token_bias_grad(w.T, w.H, w.z, e->grad[BIAS]);
}

const struct encoder encoder_carope = {
    .name = "carope",
    .version = 1,
    .summary = "queries and keys turn by powers of a number that each token makes",
    .source = "CARoPE 2025, arXiv:2507.23083v1, section 2",
    .options = options,
    .resolve = resolve,
    .invariances = invariant_to_shift,
    .flops = flops,
    .tensors = tensors,
    .start = start,
    .state = state,
    .read_scratch = read_scratch,
    .read = read,
    .read_grad = read_grad,
    .rotate = turning_rotate,
    .rotate_grad = turning_rotate_grad,
};
