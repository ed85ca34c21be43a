/* encoder_cable.c -- distances are sums of token lengths, and each token sets its own length.
 *
 *     f_t = relu(w_h . x_t),   g_i = softplus(v_h . x_i)  (1 without `weights`)
 *     logit[i][j] -= g_i (f_{j+1} + ... + f_i),   j <= i     not multiplied by alpha
 *
 * x is what the layer's projections read. With all f equal it is ALiBi of slope g f.
 *
 * Why: like fox, but a token may have length 0, and each query has its own slope. An older
 * version of the authors' code is fox up to the sign of the weights.
 *
 * Backward: like fox for f, times g_i; dg_i = -sum_j dlogit[i][j] (f_{j+1} + ... + f_i).
 *
 * Source: CABLE 2025, arXiv:2503.08067.
 * Check: f 1, v 0: a slope of ln 2. */
#include "encoder.h"

#include <math.h>
#include <string.h>

#include "between.h"
#include "log_sigmoid.h"
#include "token_linear.h"

enum { WEIGHTS };
enum { LENGTH, SLOPE }; /* tensors */

static const struct option options[] = {
    [WEIGHTS] = {.name = "weights",
                 .type = OPTION_BOOL,
                 .dflt = 1,
                 .help = "a slope of each query, else 1 for all"},
    {0},
};

static bool weighted(const struct option_values *o)
{
    return o->v[WEIGHTS] != 0;
}

/* The state of a token is f of each head, then g of each head. */
static int state(const struct encoder_dims *d, const struct option_values *o)
{
    return weighted(o) ? 2 * d->heads : d->heads;
}

static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    return 2.0 * state(d, o) * dims_channels(d) * load->tokens +
           2.0 * d->heads * load->pairs;
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    out[LENGTH] = (struct tensor_spec){.name = "length.weight",
                                       .rows = d->heads,
                                       .columns = dims_channels(d),
                                       .init = INIT_UNIFORM,
                                       .scale = 1.0 / sqrt(dims_channels(d)),
                                       .decay = true,
                                       .per_layer = true};
    out[SLOPE] = out[LENGTH];
    out[SLOPE].name = "slope.weight";
    return weighted(o) ? 2 : 1;
}

/* Room holds the transposed weights; a row of z and a row for log_sigmoid; gradients of all z. */
static size_t read_scratch(const struct encoder_dims *d, const struct option_values *o,
                           int T)
{
    (void)o;
    return token_linear_room(dims_channels(d), d->heads) + 2 * (size_t)d->heads +
           (size_t)T * (size_t)d->heads;
}

static void read(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const int H = e->dims->heads, C = dims_channels(e->dims);
    real *z = room + token_linear_room(C, H);
    token_linear(t->count, C, H, t->x, e->weight[LENGTH], NULL, room, t->state);
    for (int i = 0; i < t->count; i++)
        kernels_get()->relu((size_t)H, row_of(t->state, i), row_of(t->state, i));
    if (!weighted(e->options))
        return;
    const struct rows g = {t->state.at + H, t->state.stride};
    token_linear(t->count, C, H, t->x, e->weight[SLOPE], NULL, room, g);
    for (int i = 0; i < t->count; i++) {
        real *row = row_of(g, i);
        for (int h = 0; h < H; h++)
            z[h] = -row[h];
        log_sigmoid(H, z, z + H, row);
        for (int h = 0; h < H; h++)
            row[h] = -row[h];
    }
}

/* Derivatives: relu' = [f > 0]; softplus' = sigma(z) = 1 - e^-g. */
static void read_grad(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const int H = e->dims->heads, C = dims_channels(e->dims);
    const struct rows dz = {room, H};
    for (int part = LENGTH; part <= (weighted(e->options) ? SLOPE : LENGTH); part++) {
        for (int i = 0; i < t->count; i++)
            for (int h = 0; h < H; h++) {
                const real y = row_of(t->state, i)[part * H + h];
                const real slope =
                    part == LENGTH ? (real)(y > 0) : -(real)expm1(-(double)y);
                row_of(dz, i)[h] = row_of(t->dstate, i)[part * H + h] * slope;
            }
        token_linear_grad(t->count, C, H, t->x, e->weight[part], dz, t->dx, e->grad[part]);
    }
}

/* Scratch holds c of between.h [columns] and its gradient. */
static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    (void)d;
    (void)o;
    (void)rows;
    return 2 * (size_t)columns;
}

static real slope_of(const struct encoder_view *e, const struct panel *p, int r)
{
    const int column = e->dims->heads + p->head;
    return weighted(e->options) ? row_of(p->state, p->row[r])[column] : 1;
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    between_sums(p, p->head, scratch);
    for (int r = 0; r < p->rows; r++)
        between_add(p, r, -slope_of(e, p, r), scratch);
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const real *c = scratch;
    real *dc = scratch + p->columns;
    memset(dc, 0, (size_t)p->columns * sizeof *dc);
    for (int r = 0; r < p->rows; r++) {
        const real *ds = p->dscore + (size_t)r * (size_t)p->stride;
        const real own = c[p->row[r]];
        real sum = 0;
        between_add_grad(p, r, -slope_of(e, p, r), dc);
        if (!weighted(e->options))
            continue;
#pragma omp simd reduction(+ : sum)
        for (int j = 0; j <= p->row[r]; j++)
            sum += ds[j] * (c[j] - own);
        row_of(p->dstate, p->row[r])[e->dims->heads + p->head] -= sum;
    }
    between_sums_grad(p, p->head, dc);
}

const struct encoder encoder_cable = {
    .name = "cable",
    .version = 1,
    .summary = "tokens have lengths, and far keys fade by a slope of the query",
    .source = "CABLE 2025, arXiv:2503.08067",
    .options = options,
    .invariances = invariant_to_shift,
    .flops = flops,
    .tensors = tensors,
    .state = state,
    .read_scratch = read_scratch,
    .read = read,
    .read_grad = read_grad,
    .scratch = scratch_size,
    .score = score,
    .fades = true,
    .score_grad = score_grad,
};
