/* encoder_selective_rope.c -- rotary encoding whose angles depend on the tokens.
 *
 *     u_t     = W2 W1 y_t,                     y_t: x_t with each head's channels of length 1
 *     v_t     = conv(u)_t  (+ e^b)             causal, each channel over `conv` tokens
 *     omega_t = theta_m sigma(g_h . y_t + c_h) v_t            sigma(...): `gate`
 *     phi_t   = omega_0 + ... + omega_t
 *
 * and channels (m, m + d/2) of queries and keys of token t turn by phi_t[h][m]. x is what
 * the layer's projections read. With equal omega it is `rope` with layout halves.
 *
 * Temperatures theta: `rope`  temp_max theta^(-2m/d), theta 500000;
 *                     `rfa`   temp_max tan(theta pi/2 m/(d/2-1)) / tan(theta pi/2), theta
 *                             0.9999: the first pair does not turn.
 *
 * Why: angles may stay, increase or decrease, which gives parity in one layer.
 * Pitfall: computing the angles from x without normalising it to length 1 is unstable at high
 * learning rates.
 *
 * Source: 2511.17388 (2025) and the authors' code (rotary.py), whose learned temperature
 * and full-rank map are left out; without convolution their angles do not add up.
 * Check: W2 = 0 and bias: v = e^b for each token. */
#include "encoder.h"

#include <math.h>
#include <string.h>

#include "token_conv.h"
#include "token_linear.h"
#include "turning.h"

enum { RANK, CONV, TEMPERATURE, THETA, TEMP_MAX, GATED, BIASED };
enum { TEMPERATURE_ROPE, TEMPERATURE_RFA };
enum { DOWN, UP, FILTER, GATE, GATE_BIAS, BIAS, KINDS }; /* tensors; some may be absent */

static const double least_square = 1e-6; /* added to |x|^2 as in the code */

static const char *const temperature_choices[] = {
    [TEMPERATURE_ROPE] = "rope",
    [TEMPERATURE_RFA] = "rfa",
    NULL,
};

static const struct option options[] = {
    [RANK] = {.name = "rank",
              .type = OPTION_INT,
              .lo = 1,
              .hi = 65536,
              .dflt = 16,
              .help = "inner width of the map that makes the angles"},
    [CONV] = {.name = "conv",
              .type = OPTION_INT,
              .lo = 1,
              .hi = 16,
              .dflt = 4,
              .help = "tokens of the convolution behind that map"},
    [TEMPERATURE] = {.name = "temperature",
                     .type = OPTION_CHOICE,
                     .dflt = TEMPERATURE_ROPE,
                     .choices = temperature_choices,
                     .help = "how fast each pair turns: as in rope, or by a tangent"},
    [THETA] = {.name = "theta",
               .type = OPTION_REAL,
               .lo = 0,
               .hi = 1e12,
               .dflt = 0,
               .help = "base of rope, or share of pi/2 of rfa; 0: 500000 and 0.9999"},
    [TEMP_MAX] = {.name = "temp_max",
                  .type = OPTION_REAL,
                  .lo = 1e-6,
                  .hi = 1e3,
                  .dflt = 1,
                  .help = "radians that the fastest pair turns by an increment of 1"},
    [GATED] = {.name = "gate",
               .type = OPTION_BOOL,
               .dflt = 0,
               .help = "a gate of each token and head may stop the turn"},
    [BIASED] = {.name = "bias",
                .type = OPTION_BOOL,
                .dflt = 0,
                .help = "a positive learned increment that every token adds"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    const bool rfa = o->v[TEMPERATURE] == TEMPERATURE_RFA;
    if (o->v[THETA] == 0)
        o->v[THETA] = rfa ? 0.9999 : 500000;
    if (d->head_dim < 2)
        return err_set(e, ST_CONFIG,
                       "selective_rope: one channel a head is no pair; set heads lower");
    if (rfa && o->v[THETA] >= 1)
        return err_set(
            e, ST_CONFIG,
            "selective_rope: theta %g is not below 1, as temperature rfa wants; set "
            "theta to 0.9999",
            o->v[THETA]);
    if (!rfa && o->v[THETA] < 1)
        return err_set(
            e, ST_CONFIG,
            "selective_rope: theta %g is below 1, the least of temperature rope; set "
            "theta to 500000",
            o->v[THETA]);
    return ST_OK;
}

static int angles(const struct encoder_dims *d)
{
    return d->heads * turning_pairs(d);
}

static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    const double C = dims_channels(d), gate = o->v[GATED] != 0 ? 2.0 * d->heads * C : 0;
    const double token =
        2.0 * o->v[RANK] * (C + angles(d)) + 2.0 * o->v[CONV] * angles(d) + 3 * C + gate;
    return token * load->tokens + turning_flops(d->heads, turning_pairs(d), load);
}

/* Returns the number of tensor `kind` among those that exist; -1: it does not exist. */
static int number(const struct option_values *o, int kind)
{
    const bool gated = o->v[GATED] != 0, biased = o->v[BIASED] != 0;
    if (kind == GATE || kind == GATE_BIAS)
        return gated ? kind : -1;
    if (kind == BIAS)
        return !biased ? -1 : gated ? BIAS : GATE;
    return kind;
}

static const real *weight(const struct encoder_view *e, int kind)
{
    return e->weight[number(e->options, kind)];
}

static real *grad(const struct encoder_view *e, int kind)
{
    return e->grad[number(e->options, kind)];
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const int C = dims_channels(d), rank = (int)o->v[RANK], n = (int)o->v[CONV];
    const struct tensor_spec map = {
        .init = INIT_UNIFORM, .decay = true, .per_layer = true, .rows = rank, .columns = C};
    struct tensor_spec all[KINDS] = {map, map, map, map};
    int count = 0;
    all[DOWN].name = "down.weight";
    all[UP].name = "up.weight";
    all[UP].rows = all[FILTER].rows = angles(d);
    all[UP].columns = rank;
    all[FILTER].name = "conv.weight";
    all[FILTER].columns = n;
    all[GATE].name = "gate.weight";
    all[GATE].rows = d->heads;
    all[GATE_BIAS] = (struct tensor_spec){
        .name = "gate.bias", .rows = 1, .columns = d->heads, .per_layer = true};
    all[BIAS] = (struct tensor_spec){
        .name = "bias", .rows = 1, .columns = angles(d), .per_layer = true};
    for (int k = 0; k < KINDS; k++)
        if (number(o, k) >= 0) {
            out[count] = all[k];
            out[count++].scale = 1.0 / sqrt(all[k].columns);
        }
    return count;
}

static size_t constants(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return (size_t)turning_pairs(d);
}

static void fill_constants(const struct encoder_dims *d, const struct option_values *o,
                           real *theta)
{
    const double half_pi = acos(0), base = o->v[THETA];
    for (int m = 0; m < turning_pairs(d); m++) {
        const double share = turning_pairs(d) > 1 ? m / (turning_pairs(d) - 1.0) : 1.0;
        const double by = o->v[TEMPERATURE] == TEMPERATURE_RFA
                              ? tan(base * half_pi * share) / tan(base * half_pi)
                              : pow(base, -2.0 * m / d->head_dim);
        theta[m] = (real)(o->v[TEMP_MAX] * by);
    }
}

/* --- angles of the tokens ------------------------------------------------ */

static int state(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return turning_state(d->heads, turning_pairs(d));
}

/* Intermediate results of `read`. Only the adjoint uses dy, dlow and du; it overwrites omega by
 * domega, then dv, and `open` by the gradient before the sigmoid. */
struct reading {
    int T, C, rank, A, H;
    real *room;                  /* for transposed weights */
    struct rows y, dy;           /* [T, C] */
    struct rows low, dlow;       /* [T, rank] */
    struct rows u, du, v, omega; /* [T, A] */
    struct rows open;            /* [T, H] gates */
};

static size_t turned_room(int C, int rank, int A, int H)
{
    const size_t down = token_linear_room(C, rank), up = token_linear_room(rank, A);
    const size_t gate = token_linear_room(C, H), most = down > up ? down : up;
    return most > gate ? most : gate;
}

static size_t read_scratch(const struct encoder_dims *d, const struct option_values *o,
                           int T)
{
    const int C = dims_channels(d), rank = (int)o->v[RANK], A = angles(d);
    return turned_room(C, rank, A, d->heads) +
           (size_t)T * (size_t)(2 * C + 2 * rank + 4 * A + d->heads);
}

static struct reading lay_out(const struct encoder_view *e, int T, real *room)
{
    struct reading w = {.T = T,
                        .C = dims_channels(e->dims),
                        .rank = (int)e->options->v[RANK],
                        .A = angles(e->dims),
                        .H = e->dims->heads,
                        .room = room};
    real *at = room + turned_room(w.C, w.rank, w.A, w.H);
    w.y = carve_rows(&at, T, w.C);
    w.dy = carve_rows(&at, T, w.C);
    w.low = carve_rows(&at, T, w.rank);
    w.dlow = carve_rows(&at, T, w.rank);
    w.u = carve_rows(&at, T, w.A);
    w.du = carve_rows(&at, T, w.A);
    w.v = carve_rows(&at, T, w.A);
    w.omega = carve_rows(&at, T, w.A);
    w.open = carve_rows(&at, T, w.H);
    return w;
}

/* Returns 1 / |x| of one head. */
static real inverse_length(int d, const real *x)
{
    real sum = (real)least_square;
    for (int c = 0; c < d; c++)
        sum += x[c] * x[c];
    return 1 / (real)sqrt((double)sum);
}

static void normalise(const struct encoder_view *e, const struct tokens *t,
                      const struct reading *w)
{
    const int d = e->dims->head_dim;
    for (int i = 0; i < w->T; i++)
        for (int c = 0; c < w->C; c += d) {
            const real *x = row_of(t->x, i) + c;
            const real by = inverse_length(d, x);
            for (int k = 0; k < d; k++)
                row_of(w->y, i)[c + k] = x[k] * by;
        }
}

static void normalise_grad(const struct encoder_view *e, const struct tokens *t,
                           const struct reading *w)
{
    const int d = e->dims->head_dim;
    for (int i = 0; i < w->T; i++)
        for (int c = 0; c < w->C; c += d) {
            const real by = inverse_length(d, row_of(t->x, i) + c);
            const real *y = row_of(w->y, i) + c, *dy = row_of(w->dy, i) + c;
            real along = 0;
            for (int k = 0; k < d; k++)
                along += y[k] * dy[k];
            for (int k = 0; k < d; k++)
                row_of(t->dx, i)[c + k] += (dy[k] - y[k] * along) * by;
        }
}

/* Computes v with its bias, and the gates (1 if there are none). */
static void make(const struct encoder_view *e, const struct tokens *t,
                 const struct reading *w)
{
    normalise(e, t, w);
    token_linear(w->T, w->C, w->rank, w->y, weight(e, DOWN), NULL, w->room, w->low);
    token_linear(w->T, w->rank, w->A, w->low, weight(e, UP), NULL, w->room, w->u);
    token_conv(w->T, w->A, (int)e->options->v[CONV], weight(e, FILTER), w->u, w->v);
    for (int i = 0; e->options->v[BIASED] != 0 && i < w->T; i++)
        for (int a = 0; a < w->A; a++)
            row_of(w->v, i)[a] += (real)exp((double)weight(e, BIAS)[a]);
    if (e->options->v[GATED] != 0) {
        token_linear(w->T, w->C, w->H, w->y, weight(e, GATE), weight(e, GATE_BIAS), w->room,
                     w->open);
        kernels_get()->sigmoid((size_t)w->T * (size_t)w->H, w->open.at, w->open.at);
    } else {
        for (int i = 0; i < w->T * w->H; i++)
            w->open.at[i] = 1;
    }
}

static void read(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const struct reading w = lay_out(e, t->count, room);
    const int n = turning_pairs(e->dims);
    make(e, t, &w);
    for (int i = 0; i < w.T; i++)
        for (int a = 0; a < w.A; a++)
            row_of(w.omega, i)[a] =
                e->constants[a % n] * row_of(w.open, i)[a / n] * row_of(w.v, i)[a];
    turning_sum(w.T, w.H, n, w.omega, t->state);
}

/* Replaces domega in omega by dv, and the gates in open by the gradient before the sigmoid. */
static void gates_grad(const struct encoder_view *e, const struct reading *w)
{
    const int n = turning_pairs(e->dims);
    for (int i = 0; i < w->T; i++)
        for (int h = 0; h < w->H; h++) {
            real *domega = turning_at(w->omega, i, h * n);
            real *open = row_of(w->open, i) + h, dopen = 0;
            for (int m = 0; m < n; m++) {
                const real dturn = domega[m] * e->constants[m];
                dopen += dturn * row_of(w->v, i)[h * n + m];
                domega[m] = dturn * *open;
            }
            *open = dopen * *open * (1 - *open);
        }
}

/* Adds the gradient of the bias from dv, which is in omega. */
static void bias_grad(const struct encoder_view *e, const struct reading *w)
{
    for (int i = 0; e->options->v[BIASED] != 0 && i < w->T; i++)
        for (int a = 0; a < w->A; a++)
            grad(e, BIAS)[a] +=
                row_of(w->omega, i)[a] * (real)exp((double)weight(e, BIAS)[a]);
}

static void read_grad(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const struct reading w = lay_out(e, t->count, room);
    const size_t T = (size_t)w.T;
    make(e, t, &w);
    turning_sum_grad(w.T, w.H, turning_pairs(e->dims), t->state, t->dstate, w.omega);
    gates_grad(e, &w);
    bias_grad(e, &w);
    memset(w.dy.at, 0, T * (size_t)w.C * sizeof(real));
    memset(w.dlow.at, 0, T * (size_t)w.rank * sizeof(real));
    memset(w.du.at, 0, T * (size_t)w.A * sizeof(real));
    if (e->options->v[GATED] != 0) {
        token_linear_grad(w.T, w.C, w.H, w.y, weight(e, GATE), w.open, w.dy, grad(e, GATE));
        token_bias_grad(w.T, w.H, w.open, grad(e, GATE_BIAS));
    }
    token_conv_grad(w.T, w.A, (int)e->options->v[CONV], weight(e, FILTER), w.u, w.omega,
                    w.du, grad(e, FILTER));
    token_linear_grad(w.T, w.rank, w.A, w.low, weight(e, UP), w.du, w.dlow, grad(e, UP));
    token_linear_grad(w.T, w.C, w.rank, w.y, weight(e, DOWN), w.dlow, w.dy, grad(e, DOWN));
    normalise_grad(e, t, &w);
}

const struct encoder encoder_selective_rope = {
    .name = "selective_rope",
    .version = 1,
    .summary = "queries and keys turn by angles that the tokens choose and add up",
    .source = "Selective RoPE 2025, arXiv:2511.17388, and the authors' code",
    .options = options,
    .resolve = resolve,
    .invariances = invariant_to_shift,
    .flops = flops,
    .tensors = tensors,
    .constants = constants,
    .fill_constants = fill_constants,
    .state = state,
    .read_scratch = read_scratch,
    .read = read,
    .read_grad = read_grad,
    .rotate = turning_rotate,
    .rotate_grad = turning_rotate_grad,
};
