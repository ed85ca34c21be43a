/* encoder_relative.c -- one learned vector for each distance, multiplied with the query.
 *
 *     logit[i][j] += alpha q_i . R[i - j],   R [rows, d] ~ N(0, 1/d),   j <= i
 *
 * Why: the second baseline of the CoPE paper. CoPE with every gate open is the same
 * lookup at i - j + 1; only the index is learned there.
 *
 * One table serves all heads and, unless share_layers is off, all layers. R has a row
 * for each distance of the longest split; rows that training never reached keep their
 * random start. With `capped` there are only the trained rows, and a longer distance
 * uses the farthest of them. If `randomized` chooses places, R has a row for each of
 * their distances, and training reaches all (capped: still only up to the trained length).
 *
 * Source: Shaw et al. 2018, arXiv:1803.02155, eq. 5 without the value term; Golovneva et
 * al. 2024, arXiv:2405.18719v2, baselines "Relative PE" and "rel-capped". */
#include "distance_lookup.h"
#include "encoder.h"

#include <math.h>

#include "panel_gemm.h"

enum { SHARE_LAYERS, CAPPED };

static const struct option options[] = {
    [SHARE_LAYERS] = {.name = "share_layers",
                      .type = OPTION_BOOL,
                      .dflt = 1,
                      .help = "one table for all layers, else one for each"},
    [CAPPED] = {.name = "capped",
                .type = OPTION_BOOL,
                .dflt = 0,
                .help = "distances past the trained length use the farthest trained row"},
    {0},
};

static int table_rows(const struct encoder_dims *d, const struct option_values *o)
{
    return o->v[CAPPED] != 0 ? d->trained_length : d->places;
}

static enum encoder_reach reach(const struct encoder_dims *d, const struct option_values *o)
{
    if (o->v[CAPPED] != 0)
        return REACH_CAPPED;
    return d->spread ? REACH_DEFINED : REACH_UNTRAINED;
}

/* The table has weight decay, since PyTorch's AdamW decays all parameters by default. */
static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    out[0] = (struct tensor_spec){
        .name = "table",
        .rows = table_rows(d, o),
        .columns = d->head_dim,
        .init = INIT_NORMAL,
        .scale = 1.0 / sqrt(d->head_dim),
        .decay = true,
        .per_layer = o->v[SHARE_LAYERS] == 0,
    };
    return 1;
}

/* Returns how many rows of the table, one per distance, a panel of `columns` keys may use. */
static int reached(const struct encoder_dims *d, const struct option_values *o, int columns)
{
    return dims_met(d, table_rows(d, o), columns);
}

/* Scratch holds z or dz [rows, reached], alpha q . R of each distance or its gradient, and room
 * for panel_turned. */
static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    return distance_products_room(rows, reached(d, o, columns), d->head_dim);
}

static struct rows numbers(const struct encoder_view *e, const struct panel *p,
                           real *scratch)
{
    return (struct rows){scratch, reached(e->dims, e->options, p->columns)};
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct rows z = numbers(e, p, scratch);
    const int d = e->dims->head_dim, n = z.stride;
    const struct rows table = {(real *)e->weight[0], d};
    real *room = z.at + (size_t)p->rows * (size_t)n;

    panel_nn(p->rows, n, d, p->alpha, p->q, panel_turned(n, d, table, room), false, z);
    distance_lookup(p, z, p->score);
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct rows dz = numbers(e, p, scratch);
    const int d = e->dims->head_dim, n = dz.stride;

    distance_gather(p, p->dscore, dz);
    panel_nn(p->rows, d, n, p->alpha, dz, (struct rows){(real *)e->weight[0], d}, true,
             p->dq);
    panel_tn(n, d, p->rows, p->alpha, dz, p->q, true, (struct rows){e->grad[0], d});
}

/* Counts z = q R^T for each query, then an addition per pair. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    const double z = 2.0 * d->head_dim * reached(d, o, load->tokens);
    return d->heads * (z * load->queries + load->pairs);
}

const struct encoder encoder_relative = {
    .name = "relative",
    .version = 1,
    .summary = "a learned vector for each distance, multiplied with the query",
    .source = "Shaw et al. 2018, arXiv:1803.02155, eq. 5 (keys); arXiv:2405.18719v2",
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
};
