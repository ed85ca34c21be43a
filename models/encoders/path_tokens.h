/* path_tokens.h -- hooks of path and path_fox that compute w and beta of each token and head.
 *
 *     w_t = y_t / |y_t|,   y = silu(conv(W2 W1 x)) of each head
 *     beta_t = 2 sigma(u . x_t + b)
 *
 * For encoders whose first options and tensors are those named here. The state of a token is
 * the directions w of all heads, then the betas. */
#ifndef PATH_TOKENS_H
#define PATH_TOKENS_H

#include <math.h>
#include <string.h>

#include "encoder.h"
#include "kernels.h"
#include "token_conv.h"
#include "token_linear.h"

enum { PATH_RANK, PATH_CONV, PATH_BETA_START };
enum { PATH_DOWN, PATH_UP, PATH_BETA, PATH_BETA_BIAS, PATH_FILTER }; /* tensors */

/* The options of both encoders. */
#define PATH_OPTIONS                                                              \
    [PATH_RANK] = {.name = "rank",                                                \
                   .type = OPTION_INT,                                            \
                   .lo = 1,                                                       \
                   .hi = 65536,                                                   \
                   .dflt = 32,                                                    \
                   .help = "inner width of the map that makes the directions"},   \
    [PATH_CONV] = {.name = "conv",                                                \
                   .type = OPTION_INT,                                            \
                   .lo = 0,                                                       \
                   .hi = 16,                                                      \
                   .dflt = 3,                                                     \
                   .help = "tokens of the convolution behind that map; 0: none"}, \
    [PATH_BETA_START] = {                                                         \
        .name = "beta_start",                                                     \
        .type = OPTION_REAL,                                                      \
        .lo = -20,                                                                \
        .hi = 20,                                                                 \
        .dflt = 0,                                                                \
        .help = "start of the bias of beta; 0: forget, 4: reflect, -4: neither"}

static const double path_least_square = 1e-6; /* added to |y|^2 as in the code */

static inline int path_filter(const struct option_values *o)
{
    return (int)o->v[PATH_CONV];
}

/* Counts directions and betas per token; a product and a step of width d per pair. */
static inline double path_flops(const struct encoder_dims *d, const struct option_values *o,
                                const struct encoder_load *load)
{
    const double C = dims_channels(d);
    const double token =
        4.0 * C * o->v[PATH_RANK] + 2.0 * C * (o->v[PATH_CONV] + d->heads + 2);
    return token * load->tokens + 4.0 * C * load->pairs;
}

static inline int path_tensors(const struct encoder_dims *d, const struct option_values *o,
                               struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const int C = dims_channels(d), rank = (int)o->v[PATH_RANK], n = path_filter(o);
    out[PATH_DOWN] = (struct tensor_spec){.name = "down.weight",
                                          .rows = rank,
                                          .columns = C,
                                          .init = INIT_UNIFORM,
                                          .scale = 1.0 / sqrt(C),
                                          .decay = true,
                                          .per_layer = true};
    out[PATH_UP] = out[PATH_BETA] = out[PATH_FILTER] = out[PATH_DOWN];
    out[PATH_UP].name = "up.weight";
    out[PATH_UP].rows = C;
    out[PATH_UP].columns = rank;
    out[PATH_UP].scale = 1.0 / sqrt(rank);
    out[PATH_BETA].name = "beta.weight";
    out[PATH_BETA].rows = d->heads;
    out[PATH_BETA_BIAS] = (struct tensor_spec){
        .name = "beta.bias", .rows = 1, .columns = d->heads, .per_layer = true};
    out[PATH_FILTER].name = "conv.weight";
    out[PATH_FILTER].rows = C;
    out[PATH_FILTER].columns = n;
    out[PATH_FILTER].scale = n ? 1.0 / sqrt(n) : 1.0;
    return n ? PATH_FILTER + 1 : PATH_FILTER;
}

static inline void path_start(const struct encoder_dims *d, const struct option_values *o,
                              int tensor, real *w)
{
    for (int h = 0; tensor == PATH_BETA_BIAS && h < d->heads; h++)
        w[h] = (real)o->v[PATH_BETA_START];
}

/* The direction of each head, then the betas of all heads. */
static inline int path_state(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return dims_channels(d) + d->heads;
}

/* Intermediate results of `read`. Only the adjoint uses dz and dlow; it overwrites `gate` by the
 * gradient of `high`, then z by dbeta. */
struct path_reading {
    int T, C, rank, H;
    real *room;       /* transposed weights */
    struct rows low;  /* [T, rank] W1 x */
    struct rows high; /* [T, C] W2 W1 x */
    struct rows z;    /* [T, C] after the convolution */
    struct rows gate; /* [T, C] sigma(z) */
    struct rows dz;   /* [T, C] */
    struct rows dlow; /* [T, rank] */
};

static inline size_t path_turned_room(int C, int rank, int H)
{
    const size_t down = token_linear_room(C, rank), up = token_linear_room(rank, C);
    const size_t beta = token_linear_room(C, H), most = down > up ? down : up;
    return most > beta ? most : beta;
}

static inline size_t path_read_scratch(const struct encoder_dims *d,
                                       const struct option_values *o, int T)
{
    const size_t C = (size_t)dims_channels(d), rank = (size_t)o->v[PATH_RANK];
    return path_turned_room((int)C, (int)rank, d->heads) + (size_t)T * (4 * C + 2 * rank);
}

static inline struct path_reading path_lay_out(const struct encoder_view *e, int T,
                                               real *room)
{
    struct path_reading w = {.T = T,
                             .C = dims_channels(e->dims),
                             .rank = (int)e->options->v[PATH_RANK],
                             .H = e->dims->heads,
                             .room = room};
    real *at = room + path_turned_room(w.C, w.rank, w.H);
    w.low = carve_rows(&at, T, w.rank);
    w.high = carve_rows(&at, T, w.C);
    w.z = carve_rows(&at, T, w.C);
    w.gate = carve_rows(&at, T, w.C);
    w.dz = carve_rows(&at, T, w.C);
    w.dlow = carve_rows(&at, T, w.rank);
    return w;
}

/* Computes z and its sigmoid `gate`. Without a convolution z = high and gate = 1. */
static inline void path_convolve(const struct encoder_view *e, const struct path_reading *w)
{
    const int n = path_filter(e->options);
    if (n)
        token_conv(w->T, w->C, n, e->weight[PATH_FILTER], w->high, w->z);
    for (int t = 0; t < w->T; t++) {
        if (n)
            kernels_get()->sigmoid((size_t)w->C, row_of(w->z, t), row_of(w->gate, t));
        else
            memcpy(row_of(w->z, t), row_of(w->high, t), (size_t)w->C * sizeof(real));
        for (int c = 0; !n && c < w->C; c++)
            row_of(w->gate, t)[c] = 1;
    }
}

static inline void path_make(const struct encoder_view *e, const struct tokens *t,
                             const struct path_reading *w)
{
    token_linear(w->T, w->C, w->rank, t->x, e->weight[PATH_DOWN], NULL, w->room, w->low);
    token_linear(w->T, w->rank, w->C, w->low, e->weight[PATH_UP], NULL, w->room, w->high);
    path_convolve(e, w);
}

/* Returns |y| of one head. */
static inline real path_length(int d, const real *z, const real *gate)
{
    real sum = (real)path_least_square;
    for (int c = 0; c < d; c++)
        sum += z[c] * gate[c] * z[c] * gate[c];
    return (real)sqrt((double)sum);
}

static inline void path_read(const struct encoder_view *e, const struct tokens *t,
                             real *room)
{
    const struct path_reading w = path_lay_out(e, t->count, room);
    const struct rows beta = {t->state.at + w.C, t->state.stride};
    const int d = e->dims->head_dim;
    path_make(e, t, &w);
    for (int i = 0; i < w.T; i++)
        for (int c = 0; c < w.C; c += d) {
            const real *z = row_of(w.z, i) + c, *gate = row_of(w.gate, i) + c;
            const real by = 1 / path_length(d, z, gate);
            for (int k = 0; k < d; k++)
                row_of(t->state, i)[c + k] = z[k] * gate[k] * by;
        }
    token_linear(w.T, w.C, w.H, t->x, e->weight[PATH_BETA], e->weight[PATH_BETA_BIAS], room,
                 beta);
    for (int i = 0; i < w.T; i++) {
        real *b = row_of(beta, i);
        kernels_get()->sigmoid((size_t)w.H, b, b);
        kernels_get()->scale((size_t)w.H, 2, b);
    }
}

/* Computes dz from dw: w = y / |y|, y = z gate, gate = sigma(z) or 1. */
static inline void path_directions_grad(const struct encoder_view *e,
                                        const struct tokens *t,
                                        const struct path_reading *w)
{
    const int d = e->dims->head_dim;
    const bool silu = path_filter(e->options) > 0;
    for (int i = 0; i < w->T; i++)
        for (int c = 0; c < w->C; c += d) {
            const real *z = row_of(w->z, i) + c, *gate = row_of(w->gate, i) + c;
            const real *dir = row_of(t->state, i) + c, *ddir = row_of(t->dstate, i) + c;
            const real by = 1 / path_length(d, z, gate);
            real along = 0;
            for (int k = 0; k < d; k++)
                along += dir[k] * ddir[k];
            for (int k = 0; k < d; k++) {
                const real dy = (ddir[k] - dir[k] * along) * by;
                const real slope = silu ? gate[k] * (1 + z[k] * (1 - gate[k])) : 1;
                row_of(w->dz, i)[c + k] = dy * slope;
            }
        }
}

/* Returns the gradient of the convolution's input, in w->gate; without a convolution it is
 * dz. */
static inline struct rows path_convolve_grad(const struct encoder_view *e,
                                             const struct path_reading *w)
{
    const int n = path_filter(e->options);
    if (!n)
        return w->dz;
    memset(w->gate.at, 0, (size_t)w->T * (size_t)w->C * sizeof *w->gate.at);
    token_conv_grad(w->T, w->C, n, e->weight[PATH_FILTER], w->high, w->dz, w->gate,
                    e->grad[PATH_FILTER]);
    return w->gate;
}

static inline void path_read_grad(const struct encoder_view *e, const struct tokens *t,
                                  real *room)
{
    const struct path_reading w = path_lay_out(e, t->count, room);
    path_make(e, t, &w);
    path_directions_grad(e, t, &w);
    const struct rows dhigh = path_convolve_grad(e, &w);
    memset(w.dlow.at, 0, (size_t)w.T * (size_t)w.rank * sizeof *w.dlow.at);
    token_linear_grad(w.T, w.rank, w.C, w.low, e->weight[PATH_UP], dhigh, w.dlow,
                      e->grad[PATH_UP]);
    token_linear_grad(w.T, w.C, w.rank, t->x, e->weight[PATH_DOWN], w.dlow, t->dx,
                      e->grad[PATH_DOWN]);
    const struct rows dbeta = {w.z.at, w.H};
    for (int i = 0; i < w.T; i++)
        for (int h = 0; h < w.H; h++) {
            const real beta = row_of(t->state, i)[w.C + h];
            row_of(dbeta, i)[h] = row_of(t->dstate, i)[w.C + h] * beta * (1 - beta / 2);
        }
    token_linear_grad(w.T, w.C, w.H, t->x, e->weight[PATH_BETA], dbeta, t->dx,
                      e->grad[PATH_BETA]);
    token_bias_grad(w.T, w.H, dbeta, e->grad[PATH_BETA_BIAS]);
}

#endif
