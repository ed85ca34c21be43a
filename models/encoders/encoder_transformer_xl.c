/* encoder_transformer_xl.c -- a second key made of the sines of the distance.
 *
 *     logit[i][j] = alpha ((q_i + u) . k_j + (q_i + v) . (r_(i-j) W))
 *     r_n = (sin n w_0, sin n w_1, ..., cos n w_0, ...) [C],   w_m = 10000^(-2m/C)
 *
 * W [C, C] belongs to a layer and has a block of d columns for each head. All layers share u and
 * v [C], or each has its own (share_biases: false). All start as N(0, 0.02^2). `clamp` limits
 * the distance. The published models were tested with it (400 for WikiText-103, 820 for enwik8),
 * so it may be set for trained weights.
 *
 * Why: the first relative encoding that separates content and place of query and key.
 *
 * The distances' keys r W are derived once a step. The paper's cache of earlier segments is left
 * out: a sequence here is one segment.
 *
 * Source: Dai et al. 2019, arXiv:1901.02860v3, section 3.3, and the authors' code, without its
 * dropout of r.
 * Check: u, v and W 0: content alone. u and v 0: relative, with the table r W. */
#include "distance_lookup.h"
#include "encoder.h"

#include <math.h>
#include <string.h>

#include "kernels.h"
#include "panel_gemm.h"

enum { CLAMP, SHARE_BIASES };
enum { DISTANCE, U, V };

static const struct option options[] = {
    [CLAMP] = {.name = "clamp",
               .type = OPTION_INT,
               .lo = 0,
               .hi = 1 << 20,
               .dflt = 0,
               .at_test = true,
               .help = "longest distance that is told from longer ones; 0: all are"},
    [SHARE_BIASES] = {.name = "share_biases",
                      .type = OPTION_BOOL,
                      .dflt = 1,
                      .help = "u and v of all layers, else one pair for each"},
    {0},
};

/* Returns how many distances have their own key. */
static int distances(const struct encoder_dims *d, const struct option_values *o)
{
    const int clamp = (int)o->v[CLAMP];
    return clamp > 0 && clamp < d->places ? clamp + 1 : d->places;
}

static enum encoder_reach reach(const struct encoder_dims *d, const struct option_values *o)
{
    const int clamp = (int)o->v[CLAMP];
    return clamp > 0 && clamp < d->trained_length ? REACH_CAPPED : REACH_DEFINED;
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    out[DISTANCE] = (struct tensor_spec){.name = "distance",
                                         .rows = dims_channels(d),
                                         .columns = dims_channels(d),
                                         .init = INIT_NORMAL,
                                         .scale = 0.02,
                                         .decay = true,
                                         .per_layer = true};
    out[U] = (struct tensor_spec){.name = "u",
                                  .rows = 1,
                                  .columns = dims_channels(d),
                                  .init = INIT_NORMAL,
                                  .scale = 0.02,
                                  .per_layer = o->v[SHARE_BIASES] == 0};
    out[V] = out[U];
    out[V].name = "v";
    return 3;
}

static size_t constants(const struct encoder_dims *d, const struct option_values *o)
{
    return (size_t)distances(d, o) * (size_t)dims_channels(d);
}

/* Fills r [distances, C]: sines first, as in the authors' code. */
static void fill_constants(const struct encoder_dims *d, const struct option_values *o,
                           real *table)
{
    const int C = dims_channels(d), sines = (C + 1) / 2;
    for (int n = 0; n < distances(d, o); n++)
        for (int c = 0; c < C; c++) {
            const int m = c < sines ? c : c - sines;
            const double angle = n * pow(10000.0, -2.0 * m / C);
            *table++ = (real)(c < sines ? sin(angle) : cos(angle));
        }
}

/* Returns how many of these distances sequences of T tokens may have. */
static int met(const struct encoder_dims *d, const struct option_values *o, int T)
{
    return dims_met(d, distances(d, o), T);
}

static void derive(const struct encoder_view *e, int T, real *derived)
{
    const int C = dims_channels(e->dims), n = met(e->dims, e->options, T);
    panel_nn(n, C, C, 1, (struct rows){(real *)e->constants, C},
             (struct rows){(real *)e->weight[DISTANCE], C}, false,
             (struct rows){derived, C});
}

static void derive_grad(const struct encoder_view *e, int T)
{
    const int C = dims_channels(e->dims), n = met(e->dims, e->options, T);
    panel_tn(C, C, n, 1, (struct rows){(real *)e->constants, C},
             (struct rows){(real *)e->dderived, C}, true,
             (struct rows){e->grad[DISTANCE], C});
}

/* Scratch of a panel. */
struct work {
    int d, n;      /* n distances */
    struct rows q; /* [rows, d] q + v, and its gradient */
    struct rows z; /* [rows, n] alpha (q + v) . r W, and its gradient */
    real *key;     /* [columns] alpha u . k, and its gradient */
    real *room;    /* for panel_turned */
};

static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    const int n = met(d, o, columns);
    return (size_t)rows * (size_t)(d->head_dim + n) + (size_t)columns +
           (size_t)d->head_dim * (size_t)panel_stride(n);
}

static struct work lay_out(const struct encoder_view *e, const struct panel *p,
                           real *scratch)
{
    struct work w = {.d = e->dims->head_dim, .n = met(e->dims, e->options, p->columns)};
    w.q = (struct rows){scratch, w.d};
    w.z = (struct rows){w.q.at + (size_t)p->rows * (size_t)w.d, w.n};
    w.key = w.z.at + (size_t)p->rows * (size_t)w.n;
    w.room = w.key + p->columns;
    return w;
}

/* Returns one head's part of a row of C numbers, or of a matrix of such rows. */
static real *of_head(const struct panel *p, int d, const real *x)
{
    return (real *)x + (size_t)p->head * (size_t)d;
}

static struct rows distance_keys(const struct encoder_view *e, const struct panel *p,
                                 const real *derived)
{
    return (struct rows){of_head(p, e->dims->head_dim, derived), dims_channels(e->dims)};
}

static void fill_queries(const struct encoder_view *e, const struct panel *p,
                         const struct work *w)
{
    const real *v = of_head(p, w->d, e->weight[V]);
    for (int r = 0; r < p->rows; r++)
        for (int c = 0; c < w->d; c++)
            row_of(w->q, r)[c] = row_of(p->q, r)[c] + v[c];
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct work w = lay_out(e, p, scratch);
    const real *u = of_head(p, w.d, e->weight[U]);
    fill_queries(e, p, &w);
    panel_nn(p->rows, w.n, w.d, p->alpha, w.q,
             panel_turned(w.n, w.d, distance_keys(e, p, e->derived), w.room), false, w.z);
    for (int j = 0; j < p->columns; j++)
        w.key[j] = p->alpha * kernels_get()->dot((size_t)w.d, u, row_of(p->k, j));
    for (int r = 0; r < p->rows; r++)
        kernels_get()->add((size_t)p->row[r] + 1, w.key,
                           p->score + (size_t)r * (size_t)p->stride);
    distance_lookup(p, w.z, p->score);
}

/* Sums dscore by distance to dz, and by key to dkey. */
static void gather(const struct panel *p, const struct work *w)
{
    distance_gather(p, p->dscore, w->z);
    memset(w->key, 0, (size_t)p->columns * sizeof *w->key);
    for (int r = 0; r < p->rows; r++)
        kernels_get()->add((size_t)p->row[r] + 1, p->dscore + (size_t)r * (size_t)p->stride,
                           w->key);
}

/* Adds the gradients of k and u from that of alpha u . k_j, which is in w->key. */
static void key_grad(const struct encoder_view *e, const struct panel *p,
                     const struct work *w)
{
    const real *u = of_head(p, w->d, e->weight[U]);
    real *du = of_head(p, w->d, e->grad[U]);
    for (int j = 0; j < p->columns; j++) {
        const real by = p->alpha * w->key[j], *k = row_of(p->k, j);
        real *dk = row_of(p->dk, j);
        for (int c = 0; c < w->d; c++) {
            dk[c] += by * u[c];
            du[c] += by * k[c];
        }
    }
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct work w = lay_out(e, p, scratch);
    real *dv = of_head(p, w.d, e->grad[V]);
    gather(p, &w);
    key_grad(e, p, &w);
    panel_tn(w.n, w.d, p->rows, p->alpha, w.z, w.q, true, distance_keys(e, p, e->dderived));
    panel_nn(p->rows, w.d, w.n, p->alpha, w.z, distance_keys(e, p, e->derived), false, w.q);
    for (int r = 0; r < p->rows; r++)
        for (int c = 0; c < w.d; c++) {
            row_of(p->dq, r)[c] += row_of(w.q, r)[c];
            dv[c] += row_of(w.q, r)[c];
        }
}

/* Counts a product with the keys of all distances per query, u . k per key, and two additions
 * per pair; not r W, which is computed once a step. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    const double n = met(d, o, load->tokens);
    return d->heads *
           (2.0 * d->head_dim * (n * load->queries + load->tokens) + 2.0 * load->pairs);
}

const struct encoder encoder_transformer_xl = {
    .name = "transformer_xl",
    .version = 1,
    .summary = "content and distance meet the query apart, each with a bias of its own",
    .source = "Dai et al. 2019, arXiv:1901.02860v3, section 3.3, and the authors' code",
    .options = options,
    .reach = reach,
    .invariances = invariant_to_shift,
    .once = ONCE_MEET,
    .flops = flops,
    .tensors = tensors,
    .constants = constants,
    .fill_constants = fill_constants,
    .derived = constants,
    .derive = derive,
    .derive_grad = derive_grad,
    .takes_places = true,
    .scratch = scratch_size,
    .score = score,
    .score_grad = score_grad,
};
