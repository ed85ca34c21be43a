/* encoder_deberta.c -- query and key are each multiplied with their own map of the distance.
 *
 *     logit[i][j] = s (alpha q_i . k_j + alpha q_i . K[n] + alpha k_j . Q[n])
 *     K = P W_k,  Q = P W_q,   n = min(i - j, clip - 1),   s = 1 / sqrt(3)
 *
 * P [clip, C] is one table for all layers. W_k and W_q [C, C] belong to a layer and have a
 * block of d columns for each head. `terms` leaves out one of the two position terms; then s
 * is 1 / sqrt(2), by the number of terms left. All start as N(0, 0.02^2). With scaled: false
 * s is 1, and the content logits stay as they are.
 *
 * Why: the only encoding here in which distance is multiplied with the content of the key, not
 * only of the query. The paper has no position-to-position term, since both are distances.
 *
 * Causal: the paper has 2 clip rows; those for future keys are never used and are left out. Also
 * left out: absolute positions at the last layers of its decoder, and later versions' buckets,
 * norm of P and W shared with q and k.
 *
 * The keys' products alpha k . Q[n] are computed pair by pair, since the few queries of a panel
 * see each key at few distances.
 *
 * Source: He et al. 2020, arXiv:2006.03654, eq. 4 and section 3.1; transformers,
 * modeling_deberta_v2.py, disentangled_attention_bias.
 * Check: P 0: content / sqrt(3). W_q 0, scaled false: relative, with the table K. */
#include "content_share.h"
#include "distance_lookup.h"
#include "encoder.h"

#include <math.h>

#include "panel_gemm.h"

enum { CLIP, TERMS, SCALED };
enum { TERMS_BOTH, TERMS_QUERY, TERMS_KEY };
enum { TABLE, KEY, QUERY }; /* tensors */

static const char *const terms_choices[] = {
    [TERMS_BOTH] = "both",
    [TERMS_QUERY] = "query",
    [TERMS_KEY] = "key",
    NULL,
};

static const struct option options[] = {
    [CLIP] = {.name = "clip",
              .type = OPTION_INT,
              .lo = 0,
              .hi = 1 << 20,
              .dflt = 0,
              .help =
                  "distances with a row of P, longer ones share the last; 0: as many as "
                  "a training sample has"},
    [TERMS] = {.name = "terms",
               .type = OPTION_CHOICE,
               .dflt = TERMS_BOTH,
               .choices = terms_choices,
               .help = "distance meets the query (content to position), the key (position "
                       "to content), or both"},
    [SCALED] = {.name = "scaled",
                .type = OPTION_BOOL,
                .dflt = 1,
                .help = "divide all by the root of the number of terms, content included"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    (void)e;
    if (o->v[CLIP] == 0)
        o->v[CLIP] = d->trained_length;
    return ST_OK;
}

static int clip(const struct option_values *o)
{
    return (int)o->v[CLIP];
}

static bool meets(const struct option_values *o, int term)
{
    return o->v[TERMS] == TERMS_BOTH || (int)o->v[TERMS] == term;
}

static real share(const struct option_values *o)
{
    const int terms = 1 + meets(o, TERMS_QUERY) + meets(o, TERMS_KEY);
    return o->v[SCALED] != 0 ? (real)(1 / sqrt(terms)) : 1;
}

static enum encoder_reach reach(const struct encoder_dims *d, const struct option_values *o)
{
    return d->spread || clip(o) <= d->trained_length ? REACH_CAPPED : REACH_UNTRAINED;
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    int n = 1;
    out[TABLE] = (struct tensor_spec){.name = "table",
                                      .rows = clip(o),
                                      .columns = dims_channels(d),
                                      .init = INIT_NORMAL,
                                      .scale = 0.02,
                                      .decay = true};
    for (int term = TERMS_QUERY; term <= TERMS_KEY; term++) {
        if (!meets(o, term))
            continue;
        out[n] = out[TABLE];
        out[n].name = term == TERMS_QUERY ? "key.weight" : "query.weight";
        out[n].rows = dims_channels(d);
        out[n++].per_layer = true;
    }
    return n;
}

/* Returns the tensor number of the map for the query's term (TERMS_QUERY) or the key's. */
static int map_of(const struct option_values *o, int term)
{
    return term == TERMS_KEY && meets(o, TERMS_QUERY) ? QUERY : KEY;
}

/* --- products with the table, once a step -------------------------------- */

static size_t block(const struct encoder_dims *d, const struct option_values *o)
{
    return (size_t)clip(o) * (size_t)dims_channels(d);
}

/* The derived numbers are K, then Q [clip, C], without that of a term left out. */
static size_t derived_size(const struct encoder_dims *d, const struct option_values *o)
{
    return block(d, o) * ((size_t)meets(o, TERMS_QUERY) + (size_t)meets(o, TERMS_KEY));
}

static size_t derived_at(const struct encoder_view *e, int term)
{
    return (size_t)(map_of(e->options, term) - KEY) * block(e->dims, e->options);
}

static struct rows wide(const struct encoder_view *e, const real *x)
{
    return (struct rows){(real *)x, dims_channels(e->dims)};
}

static void derive(const struct encoder_view *e, int T, real *derived)
{
    const int C = dims_channels(e->dims), n = clip(e->options);
    (void)T;
    for (int term = TERMS_QUERY; term <= TERMS_KEY; term++)
        if (meets(e->options, term))
            panel_nn(n, C, C, 1, wide(e, e->weight[TABLE]),
                     wide(e, e->weight[map_of(e->options, term)]), false,
                     wide(e, derived + derived_at(e, term)));
}

/* dP += d W^T, row by row, since a single product would need room for W transposed. */
static void table_grad(const struct encoder_view *e, const real *d, const real *W)
{
    const int C = dims_channels(e->dims);
    for (int n = 0; n < clip(e->options); n++)
        for (int c = 0; c < C; c++)
            e->grad[TABLE][(size_t)n * (size_t)C + (size_t)c] += kernels_get()->dot(
                (size_t)C, d + (size_t)n * (size_t)C, W + (size_t)c * (size_t)C);
}

static void derive_grad(const struct encoder_view *e, int T)
{
    const int C = dims_channels(e->dims), n = clip(e->options);
    (void)T;
    for (int term = TERMS_QUERY; term <= TERMS_KEY; term++) {
        const int map = map_of(e->options, term);
        if (!meets(e->options, term))
            continue;
        const real *d = e->dderived + derived_at(e, term);
        panel_tn(C, C, n, 1, wide(e, e->weight[TABLE]), wide(e, d), true,
                 wide(e, e->grad[map]));
        table_grad(e, d, e->weight[map]);
    }
}

/* --- logits -------------------------------------------------------------- */

/* Returns how many rows of the table a panel of `columns` keys may use. */
static int met(const struct encoder_dims *d, const struct option_values *o, int columns)
{
    return dims_met(d, clip(o), columns);
}

/* Scratch holds the products of each query with K [rows, met], and room for panel_turned. */
static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    return distance_products_room(rows, met(d, o, columns), d->head_dim);
}

static struct rows products(const struct encoder_view *e, const struct panel *p,
                            real *scratch)
{
    return (struct rows){scratch, met(e->dims, e->options, p->columns)};
}

/* Returns one head's columns of K or Q, or of their gradient. */
static struct rows of_head(const struct encoder_view *e, const struct panel *p,
                           const real *derived, int term)
{
    return wide(e, derived + derived_at(e, term) +
                       (size_t)p->head * (size_t)e->dims->head_dim);
}

static void score_queries(const struct encoder_view *e, const struct panel *p, real by,
                          real *scratch)
{
    const struct rows z = products(e, p, scratch);
    const int d = e->dims->head_dim;
    real *room = z.at + (size_t)p->rows * (size_t)z.stride;
    const struct rows K = of_head(e, p, e->derived, TERMS_QUERY);
    panel_nn(p->rows, z.stride, d, by, p->q, panel_turned(z.stride, d, K, room), false, z);
    distance_lookup(p, z, p->score);
}

static void queries_grad(const struct encoder_view *e, const struct panel *p, real by,
                         real *scratch)
{
    const struct rows dz = products(e, p, scratch);
    const int d = e->dims->head_dim, n = dz.stride;
    distance_gather(p, p->dscore, dz);
    panel_nn(p->rows, d, n, by, dz, of_head(e, p, e->derived, TERMS_QUERY), true, p->dq);
    panel_tn(n, d, p->rows, by, dz, p->q, true, of_head(e, p, e->dderived, TERMS_QUERY));
}

static void score_keys(const struct encoder_view *e, const struct panel *p, real by)
{
    const struct rows Q = of_head(e, p, e->derived, TERMS_KEY);
    const int d = e->dims->head_dim, n = clip(e->options);
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++) {
            const real *k = row_of(p->k, j);
            const real *at = row_of(Q, distance_lookup_column(p, r, j, n));
            real sum = 0;
#pragma omp simd reduction(+ : sum)
            for (int c = 0; c < d; c++)
                sum += k[c] * at[c];
            p->score[(size_t)r * (size_t)p->stride + (size_t)j] += by * sum;
        }
}

static void keys_grad(const struct encoder_view *e, const struct panel *p, real by)
{
    const struct rows Q = of_head(e, p, e->derived, TERMS_KEY);
    const struct rows d_rows = of_head(e, p, e->dderived, TERMS_KEY);
    const int d = e->dims->head_dim, n = clip(e->options);
    for (int r = 0; r < p->rows; r++)
        for (int j = 0; j <= p->row[r]; j++) {
            const int row = distance_lookup_column(p, r, j, n);
            const real ds = by * p->dscore[(size_t)r * (size_t)p->stride + (size_t)j];
            const real *k = row_of(p->k, j), *at = row_of(Q, row);
            real *dk = row_of(p->dk, j), *dat = row_of(d_rows, row);
            for (int c = 0; c < d; c++) {
                dk[c] += ds * at[c];
                dat[c] += ds * k[c];
            }
        }
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const real s = share(e->options);
    content_share(p, s, p->score);
    if (meets(e->options, TERMS_QUERY))
        score_queries(e, p, s * p->alpha, scratch);
    if (meets(e->options, TERMS_KEY))
        score_keys(e, p, s * p->alpha);
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const real s = share(e->options);
    if (meets(e->options, TERMS_QUERY))
        queries_grad(e, p, s * p->alpha, scratch);
    if (meets(e->options, TERMS_KEY))
        keys_grad(e, p, s * p->alpha);
    content_share(p, s, p->dscore);
}

/* Counts, for the queries' term, a product with K per query and a lookup per pair; for the keys'
 * term, a product of width d per pair; and the scaling of the content logits. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    const double product = 2.0 * d->head_dim * met(d, o, load->tokens);
    const double queries =
        meets(o, TERMS_QUERY) ? product * load->queries + load->pairs : 0;
    const double keys = meets(o, TERMS_KEY) ? (2.0 * d->head_dim + 1) * load->pairs : 0;
    return d->heads * (queries + keys + load->pairs);
}

const struct encoder encoder_deberta = {
    .name = "deberta",
    .version = 1,
    .summary = "disentangled: distance meets the query and the key, each with its own map",
    .source = "He et al. 2020, arXiv:2006.03654, eq. 4, and transformers' code",
    .options = options,
    .resolve = resolve,
    .reach = reach,
    .invariances = invariant_to_shift,
    .flops = flops,
    .tensors = tensors,
    .derived = derived_size,
    .derive = derive,
    .derive_grad = derive_grad,
    .takes_places = true,
    .scratch = scratch_size,
    .score = score,
    .reads_score = true,
    .score_grad = score_grad,
};
