/* encoder_shaw.c -- a learned vector of the distance added to each key and each value.
 *
 *     logit[i][j] = alpha q_i . (k_j + K[c]),   o_i = sum_j a[i][j] (v_j + V[c])
 *     c = min(distance of i and j, clip);   K, V [clip + 1, d] ~ N(0, 1/d)
 *
 * All heads of a layer share one pair of tables. `relative` is the key term without a clip.
 * Distances from clip on share the last row, at any length.
 *
 * Why: the first relative encoding, and the only one here that changes the values.
 *
 * Source: Shaw et al. 2018, arXiv:1803.02155, eq. 3 and 4; the paper finds that the value
 * term adds little to the key term, so it can be left out (values: false).
 * Check: clip 0: K[0] adds a constant to each row, and V[0] itself is added to o. */
#include "distance_lookup.h"
#include "encoder.h"

#include <math.h>

#include "panel_gemm.h"

enum { CLIP, VALUES };
enum { TABLE_KEYS, TABLE_VALUES };

static const struct option options[] = {
    [CLIP] = {.name = "clip",
              .type = OPTION_INT,
              .lo = 0,
              .hi = 1 << 20,
              .dflt = 16,
              .help = "distances from this on share one row of the tables"},
    [VALUES] = {.name = "values",
                .type = OPTION_BOOL,
                .dflt = 1,
                .help = "vectors beside the values too"},
    {0},
};

static enum encoder_reach reach(const struct encoder_dims *d, const struct option_values *o)
{
    const bool trained = d->spread || o->v[CLIP] < d->trained_length;
    return trained ? REACH_CAPPED : REACH_UNTRAINED;
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    out[TABLE_KEYS] = (struct tensor_spec){.name = "keys",
                                           .rows = (int)o->v[CLIP] + 1,
                                           .columns = d->head_dim,
                                           .init = INIT_NORMAL,
                                           .scale = 1.0 / sqrt(d->head_dim),
                                           .decay = true,
                                           .per_layer = true};
    out[TABLE_VALUES] = out[TABLE_KEYS];
    out[TABLE_VALUES].name = "values";
    return o->v[VALUES] != 0 ? 2 : 1;
}

/* Returns how many rows of the tables a panel of `columns` keys may use. */
static int reached(const struct encoder_dims *d, const struct option_values *o, int columns)
{
    return dims_met(d, (int)o->v[CLIP] + 1, columns);
}

/* Counts a product with a table per query and a lookup per pair; twice with values. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    const double product = 2.0 * d->head_dim * reached(d, o, load->tokens);
    return (o->v[VALUES] != 0 ? 2.0 : 1.0) * d->heads *
           (product * load->queries + load->pairs);
}

/* Scratch holds a number per query and distance [rows, reached], and room for panel_turned. */
static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    return distance_products_room(rows, reached(d, o, columns), d->head_dim);
}

static struct rows distances(const struct encoder_view *e, const struct panel *p,
                             real *scratch)
{
    return (struct rows){scratch, reached(e->dims, e->options, p->columns)};
}

/* z = alpha rows T^T: the products of the rows `of` with each row of a table. */
static void products(const struct encoder_view *e, const struct panel *p, real alpha,
                     struct rows of, int table, struct rows z)
{
    const int d = e->dims->head_dim;
    real *room = z.at + (size_t)p->rows * (size_t)z.stride;
    const struct rows t = {(real *)e->weight[table], d};
    panel_nn(p->rows, z.stride, d, alpha, of, panel_turned(z.stride, d, t, room), false, z);
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct rows z = distances(e, p, scratch);
    products(e, p, p->alpha, p->q, TABLE_KEYS, z);
    distance_lookup(p, z, p->score);
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct rows dz = distances(e, p, scratch);
    const int d = e->dims->head_dim, n = dz.stride;
    distance_gather(p, p->dscore, dz);
    panel_nn(p->rows, d, n, p->alpha, dz, (struct rows){(real *)e->weight[TABLE_KEYS], d},
             true, p->dq);
    panel_tn(n, d, p->rows, p->alpha, dz, p->q, true,
             (struct rows){e->grad[TABLE_KEYS], d});
}

/* o += w V, where w [rows, reached] are the attention weights summed by distance. */
static void values(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct rows w = distances(e, p, scratch);
    const int d = e->dims->head_dim;
    if (e->options->v[VALUES] == 0)
        return;
    distance_gather(p, p->score, w);
    panel_nn(p->rows, d, w.stride, 1, w, (struct rows){(real *)e->weight[TABLE_VALUES], d},
             true, p->o);
}

static void values_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct rows z = distances(e, p, scratch);
    const int d = e->dims->head_dim;
    if (e->options->v[VALUES] == 0)
        return;
    distance_gather(p, p->score, z);
    panel_tn(z.stride, d, p->rows, 1, z, p->d_o, true,
             (struct rows){e->grad[TABLE_VALUES], d});
    products(e, p, 1, p->d_o, TABLE_VALUES, z);
    distance_lookup(p, z, p->dscore);
}

const struct encoder encoder_shaw = {
    .name = "shaw",
    .version = 1,
    .summary = "learned vectors of the clipped distance beside keys and values",
    .source = "Shaw et al. 2018, arXiv:1803.02155, eq. 3 and 4",
    .options = options,
    .reach = reach,
    .invariances = invariant_to_shift,
    .once = ONCE_MEET,
    .flops = flops,
    .tensors = tensors,
    .takes_places = true,
    .scratch = scratch_size,
    .score = score,
    .score_grad = score_grad,
    .values = values,
    .values_grad = values_grad,
};
