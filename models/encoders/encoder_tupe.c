/* encoder_tupe.c -- a logit of places alone, with its own maps, is added to that of content.
 *
 *     logit[i][j] = (q_i . k_j + (y_i U_q + a) . (y_j U_k + b)) / sqrt(2 d)
 *     y_t = norm(P[t]) gain + bias
 *
 * All layers share P [places, C], the norm's gain and bias, U_q and U_k [C, C] with a block of d
 * columns for each head, and a and b [C]. Both terms are divided by sqrt(2 d); with
 * scaled: false both are multiplied by alpha, so the content logits stay as they are.
 * P and U start as N(0, 0.02^2).
 *
 * Why: absolute places without the products of place and content that arise when they are added
 * to the embeddings. TUPE-R, which also has relative biases, is the sum t5+tupe.
 * Left out: special logits of the CLS token, which a causal model does not have.
 *
 * Rows of P beyond the trained length are never trained, as with `absolute`.
 *
 * Source: Ke et al. 2020, arXiv:2006.15595, eq. 7, and the authors' code (guolinke,
 * transformer_sentence_encoder.py) for the norm and the biases.
 * Check: U_q 0 and a 0: content / sqrt(2). */
#include "content_share.h"
#include "encoder.h"

#include <math.h>
#include <string.h>

#include "kernels.h"
#include "panel_gemm.h"
#include "token_linear.h"

enum { SCALED };
enum { TABLE, GAIN, BIAS, QUERY, QUERY_BIAS, KEY, KEY_BIAS, TENSORS };
enum { PLACES_Y, PLACES_QUERY, PLACES_KEY, BLOCKS }; /* blocks of derived numbers */

static const double norm_eps = 1e-5; /* as in kernels.h */

static const struct option options[] = {
    [SCALED] = {.name = "scaled",
                .type = OPTION_BOOL,
                .dflt = 1,
                .help = "divide both terms by sqrt(2), content included"},
    {0},
};

static enum encoder_reach reach(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return d->placed ? REACH_DEFINED : REACH_UNTRAINED;
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    static const char *const name[] = {
        [TABLE] = "table",        [GAIN] = "norm.gain",        [BIAS] = "norm.bias",
        [QUERY] = "query.weight", [QUERY_BIAS] = "query.bias", [KEY] = "key.weight",
        [KEY_BIAS] = "key.bias",
    };
    (void)o;
    for (int i = 0; i < TENSORS; i++) {
        const bool matrix = i == TABLE || i == QUERY || i == KEY;
        out[i] = (struct tensor_spec){.name = name[i],
                                      .rows = i == TABLE ? d->places
                                              : matrix   ? dims_channels(d)
                                                         : 1,
                                      .columns = dims_channels(d),
                                      .init = matrix      ? INIT_NORMAL
                                              : i == GAIN ? INIT_ONE
                                                          : INIT_ZERO,
                                      .scale = 0.02,
                                      .decay = matrix};
    }
    return TENSORS;
}

/* --- places, once a step ------------------------------------------------- */

static size_t block(const struct encoder_dims *d)
{
    return (size_t)d->places * (size_t)dims_channels(d);
}

static size_t derived_size(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return BLOCKS * block(d);
}

static struct rows block_of(const struct encoder_view *e, const real *derived, int which)
{
    return (struct rows){(real *)derived + (size_t)which * block(e->dims),
                         dims_channels(e->dims)};
}

static struct rows matrix_of(const struct encoder_view *e, const real *x)
{
    return (struct rows){(real *)x, dims_channels(e->dims)};
}

/* Returns how many places sequences of T tokens may use. */
static int met(const struct encoder_dims *d, int T)
{
    return dims_met(d, d->places, T);
}

/* Writes y of each place times a map, plus the map's bias, to block `which`. */
static void project(const struct encoder_view *e, int n, real *derived, int tensor,
                    int which)
{
    const int C = dims_channels(e->dims);
    const struct rows out = block_of(e, derived, which);
    for (int t = 0; t < n; t++)
        memcpy(out.at + (size_t)t * (size_t)C, e->weight[tensor + 1],
               (size_t)C * sizeof(real));
    panel_nn(n, C, C, 1, block_of(e, derived, PLACES_Y), matrix_of(e, e->weight[tensor]),
             true, out);
}

static void derive(const struct encoder_view *e, int T, real *derived)
{
    const int C = dims_channels(e->dims), n = met(e->dims, T);
    for (int t = 0; t < n; t++) {
        const size_t at = (size_t)t * (size_t)C;
        real stats[2];
        kernels_get()->layer_norm(1, C, e->weight[TABLE] + at, e->weight[GAIN],
                                  e->weight[BIAS], derived + at, stats);
    }
    project(e, n, derived, QUERY, PLACES_QUERY);
    project(e, n, derived, KEY, PLACES_KEY);
}

/* Adds the gradients of a map and its bias; dy += d U^T, row by row. */
static void project_grad(const struct encoder_view *e, int n, int tensor, int which)
{
    const int C = dims_channels(e->dims);
    const struct rows d = block_of(e, e->dderived, which);
    const struct rows dy = block_of(e, e->dderived, PLACES_Y);
    panel_tn(C, C, n, 1, block_of(e, e->derived, PLACES_Y), d, true,
             matrix_of(e, e->grad[tensor]));
    token_bias_grad(n, C, d, e->grad[tensor + 1]);
    for (int t = 0; t < n; t++)
        for (int c = 0; c < C; c++)
            dy.at[(size_t)t * (size_t)C + (size_t)c] +=
                kernels_get()->dot((size_t)C, d.at + (size_t)t * (size_t)C,
                                   e->weight[tensor] + (size_t)c * (size_t)C);
}

/* Computes mean and 1 / deviation of a row of the table, in the form that layer_norm writes. */
static void statistics(int C, const real *x, real stats[2])
{
    real sum = 0, square = 0;
    for (int c = 0; c < C; c++)
        sum += x[c];
    for (int c = 0; c < C; c++)
        square += (x[c] - sum / (real)C) * (x[c] - sum / (real)C);
    stats[0] = sum / (real)C;
    stats[1] = (real)(1 / sqrt((double)square / C + norm_eps));
}

static void derive_grad(const struct encoder_view *e, int T)
{
    const int C = dims_channels(e->dims), n = met(e->dims, T);
    struct norm_grad g = {
        .gain = e->weight[GAIN], .dgain = e->grad[GAIN], .dbias = e->grad[BIAS]};
    project_grad(e, n, QUERY, PLACES_QUERY);
    project_grad(e, n, KEY, PLACES_KEY);
    for (int t = 0; t < n; t++) {
        const size_t at = (size_t)t * (size_t)C;
        real stats[2];
        statistics(C, e->weight[TABLE] + at, stats);
        kernels_get()->layer_norm_grad(1, C, e->weight[TABLE] + at, stats, &g,
                                       e->dderived + at, e->grad[TABLE] + at);
    }
}

/* --- logits -------------------------------------------------------------- */

/* Scratch holds one head's vectors of the queries' places [rows, d] and of the keys' places
 * [columns, d], and room for panel_turned. */
static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    (void)o;
    return (size_t)d->head_dim *
           ((size_t)rows + (size_t)columns + (size_t)panel_stride(columns));
}

struct work {
    int d;
    struct rows q, k; /* vectors of places */
    real *room;
};

static real *place_row(const struct encoder_view *e, const struct panel *p,
                       const real *derived, int which, int token)
{
    const struct rows x = block_of(e, derived, which);
    return row_of(x, p->place[token]) + (size_t)p->head * (size_t)e->dims->head_dim;
}

static struct work gather(const struct encoder_view *e, const struct panel *p,
                          real *scratch)
{
    const int d = e->dims->head_dim;
    struct work w = {.d = d, .q = {scratch, d}};
    w.k = (struct rows){scratch + (size_t)p->rows * (size_t)d, d};
    w.room = w.k.at + (size_t)p->columns * (size_t)d;
    for (int r = 0; r < p->rows; r++)
        memcpy(w.q.at + (size_t)r * (size_t)d,
               place_row(e, p, e->derived, PLACES_QUERY, p->row[r]),
               (size_t)d * sizeof(real));
    for (int j = 0; j < p->columns; j++)
        memcpy(w.k.at + (size_t)j * (size_t)d, place_row(e, p, e->derived, PLACES_KEY, j),
               (size_t)d * sizeof(real));
    return w;
}

static real share(const struct encoder_view *e)
{
    return e->options->v[SCALED] != 0 ? (real)sqrt(0.5) : 1;
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct work w = gather(e, p, scratch);
    content_share(p, share(e), p->score);
    panel_nn(p->rows, p->columns, w.d, share(e) * p->alpha, w.q,
             panel_turned(p->columns, w.d, w.k, w.room), true,
             (struct rows){p->score, p->stride});
}

static void add(int d, const real *from, real *to)
{
    for (int c = 0; c < d; c++)
        to[c] += from[c];
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct work w = gather(e, p, scratch);
    const struct rows ds = {p->dscore, p->stride}, room = {w.room, w.d};
    const real by = share(e) * p->alpha;
    panel_tn(p->columns, w.d, p->rows, by, ds, w.q, false, room);
    for (int j = 0; j < p->columns; j++)
        add(w.d, room.at + (size_t)j * (size_t)w.d,
            place_row(e, p, e->dderived, PLACES_KEY, j));
    panel_nn(p->rows, w.d, p->columns, by, ds, w.k, false, room);
    for (int r = 0; r < p->rows; r++)
        add(w.d, room.at + (size_t)r * (size_t)w.d,
            place_row(e, p, e->dderived, PLACES_QUERY, p->row[r]));
    content_share(p, share(e), p->dscore);
}

/* Counts a product of width d per pair. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    (void)o;
    return d->heads * (2.0 * d->head_dim + 2) * load->pairs;
}

const struct encoder encoder_tupe = {
    .name = "tupe",
    .version = 1,
    .summary = "absolute places meet each other apart from content, with maps of their own",
    .source = "Ke et al. 2020, arXiv:2006.15595, eq. 7, and the authors' code",
    .options = options,
    .reach = reach,
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
