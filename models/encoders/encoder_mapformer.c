/* encoder_mapformer.c -- rotary encoding by path integration: tokens are steps on a map.
 *
 *     delta_t     = W_in x_t                                  rank numbers a head
 *     omega_t     = speed_m (W_out delta_t)[h][m]             signed
 *     phi_t       = omega_0 + ... + omega_t
 *
 * and channels (m, m + d/2) of queries and keys of token t turn by phi_t[h][m]. x is what the
 * projections of the first layer read, that is the embeddings: the walk is computed once, and
 * all layers turn by it. Each head has its own rows of W_out. The paper pairs adjacent
 * channels, which is the same up to their order. With equal steps it is `rope`.
 *
 * Speeds are learned and start at omega_max (1 / delta_max)^((m + 1) / (d/2)) with
 * delta_max = walk omega_max / (2 pi): the slowest pair turns once within `walk` steps.
 *
 * Why: a step back undoes a step forward, which counted positions (cope) cannot do; it
 * navigates and closes brackets in one layer. The variant with attention to positions
 * (MapEM) is left out.
 *
 * Source: 2511.19279 (2025), eq. 2, 17 and 18 (the working-memory kind).
 * Check: walk 4, omega_max 2 pi, d/2 = 2: speeds pi and pi / 2. */
#include "encoder.h"

#include <math.h>
#include <string.h>

#include "token_linear.h"
#include "turning.h"

enum { RANK, OMEGA_MAX, WALK };
enum { STEP, ANGLE, SPEED }; /* tensors */

static const struct option options[] = {
    [RANK] = {.name = "rank",
              .type = OPTION_INT,
              .lo = 1,
              .hi = 1024,
              .dflt = 2,
              .help = "dimensions of the walk, in each head"},
    [OMEGA_MAX] = {.name = "omega_max",
                   .type = OPTION_REAL,
                   .lo = 0.01,
                   .hi = 100,
                   .dflt = 6.25,
                   .help = "radians a step that speeds start below; the paper: 1 to 2 pi"},
    [WALK] = {.name = "walk",
              .type = OPTION_INT,
              .lo = 0,
              .hi = 1048576,
              .dflt = 0,
              .help = "steps of the longest walk; 0: the trained length"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    if (d->head_dim < 2)
        return err_set(e, ST_CONFIG,
                       "mapformer: one channel a head is no pair; set heads lower");
    if (o->v[WALK] == 0)
        o->v[WALK] = d->trained_length;
    return ST_OK;
}

/* Returns how many numbers a step has, all heads together. */
static int steps(const struct encoder_dims *d, const struct option_values *o)
{
    return d->heads * (int)o->v[RANK];
}

static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    (void)o;
    return turning_rotate_flops(d->heads, turning_pairs(d), load);
}

/* Counts the products with W_in and W_out, and the angles. */
static double read_once_flops(const struct encoder_dims *d, const struct option_values *o,
                              int T)
{
    const int n = turning_pairs(d);
    return 2.0 * steps(d, o) * (dims_channels(d) + n) * T +
           turning_sum_flops(d->heads, n, T);
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    out[STEP] = (struct tensor_spec){.name = "step.weight",
                                     .rows = steps(d, o),
                                     .columns = dims_channels(d),
                                     .init = INIT_UNIFORM,
                                     .scale = 1.0 / sqrt(dims_channels(d)),
                                     .decay = true};
    out[ANGLE] = out[STEP];
    out[ANGLE].name = "angle.weight";
    out[ANGLE].rows = d->heads * turning_pairs(d);
    out[ANGLE].columns = (int)o->v[RANK];
    out[ANGLE].scale = 1.0 / sqrt(o->v[RANK]);
    out[SPEED] = (struct tensor_spec){
        .name = "speed", .rows = d->heads, .columns = turning_pairs(d)};
    return 3;
}

static void start(const struct encoder_dims *d, const struct option_values *o, int tensor,
                  real *w)
{
    const int n = turning_pairs(d);
    const double most = o->v[WALK] * o->v[OMEGA_MAX] / (2 * acos(-1));
    for (int i = 0; tensor == SPEED && i < d->heads * n; i++)
        w[i] = (real)(o->v[OMEGA_MAX] * pow(most, -(i % n + 1.0) / n));
}

/* --- angles of the tokens ------------------------------------------------ */

static int state(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return turning_state(d->heads, turning_pairs(d));
}

/* Room holds the transposed weights, and for each token delta, its gradient and the angles'
 * increments. */
static size_t read_scratch(const struct encoder_dims *d, const struct option_values *o,
                           int T)
{
    const int S = steps(d, o);
    return token_linear_room(dims_channels(d), S) +
           (size_t)T * (size_t)(2 * S + d->heads * turning_pairs(d));
}

struct walk {
    int T, C, S, rank, n;
    struct rows delta, ddelta; /* [T, S] */
    struct rows omega;         /* [T, heads n] */
};

static struct walk walk_of(const struct encoder_view *e, const struct tokens *t, real *room)
{
    struct walk w = {.T = t->count,
                     .C = dims_channels(e->dims),
                     .S = steps(e->dims, e->options),
                     .rank = (int)e->options->v[RANK],
                     .n = turning_pairs(e->dims)};
    const size_t size = (size_t)w.T * (size_t)w.S;
    w.delta = (struct rows){room + token_linear_room(w.C, w.S), w.S};
    w.ddelta = (struct rows){w.delta.at + size, w.S};
    w.omega = (struct rows){w.ddelta.at + size, e->dims->heads * w.n};
    token_linear(w.T, w.C, w.S, t->x, e->weight[STEP], NULL, room, w.delta);
    return w;
}

static real dot(int n, const real *a, const real *b)
{
    real sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void read(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const struct walk w = walk_of(e, t, room);
    for (int i = 0; i < w.T; i++)
        for (int a = 0; a < w.omega.stride; a++)
            row_of(w.omega, i)[a] =
                e->weight[SPEED][a] * dot(w.rank,
                                          e->weight[ANGLE] + (size_t)a * (size_t)w.rank,
                                          turning_at(w.delta, i, a / w.n * w.rank));
    turning_sum(w.T, e->dims->heads, w.n, w.omega, t->state);
}

/* Adjoint of omega = speed (row of W_out) . delta for one angle of one token. */
static void angle_grad(const struct encoder_view *e, const struct walk *w, int i, int a)
{
    const size_t row = (size_t)a * (size_t)w->rank;
    const real *to = e->weight[ANGLE] + row;
    const real *delta = turning_at(w->delta, i, a / w->n * w->rank);
    real *ddelta = turning_at(w->ddelta, i, a / w->n * w->rank);
    const real domega = row_of(w->omega, i)[a];
    const real by = domega * e->weight[SPEED][a];
    e->grad[SPEED][a] += domega * dot(w->rank, to, delta);
    for (int k = 0; k < w->rank; k++) {
        e->grad[ANGLE][row + (size_t)k] += by * delta[k];
        ddelta[k] += by * to[k];
    }
}

static void read_grad(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const struct walk w = walk_of(e, t, room);
    memset(w.ddelta.at, 0, (size_t)w.T * (size_t)w.S * sizeof(real));
    turning_sum_grad(w.T, e->dims->heads, w.n, t->state, t->dstate, w.omega);
    for (int i = 0; i < w.T; i++)
        for (int a = 0; a < w.omega.stride; a++)
            angle_grad(e, &w, i, a);
    token_linear_grad(w.T, w.C, w.S, t->x, e->weight[STEP], w.ddelta, t->dx, e->grad[STEP]);
}

const struct encoder encoder_mapformer = {
    .name = "mapformer",
    .version = 1,
    .summary = "tokens are steps of a walk, which turns queries and keys",
    .source = "MapFormer 2025, arXiv:2511.19279, eq. 2, 17 and 18 (MapWM)",
    .options = options,
    .resolve = resolve,
    .invariances = invariant_to_shift,
    .flops = flops,
    .tensors = tensors,
    .start = start,
    .state = state,
    .read_scratch = read_scratch,
    .reads_once = true,
    .read_once_flops = read_once_flops,
    .read = read,
    .read_grad = read_grad,
    .rotate = turning_rotate,
    .rotate_grad = turning_rotate_grad,
};
