/* encoder_cope.c -- contextual positions: gates decide which keys count as a step.
 *
 * For query i and key j <= i of one head:
 *     u[i][t]   = alpha q_i . k_t            a key's gate, seen from the query
 *     g[i][t]   = 1 / (1 + e^-u)             near 1: it counts; near 0: it does not
 *     p[i][j]   = min(sum_{t=j..i} g[i][t], p_max)        both ends counted
 *     z[i][m]   = q_i . E[m],  E [p_max + 1, d],  0 <= m <= p_max
 *     logit    += c ((1 - w) z[i][n] + w z[i][n + 1]),  n = floor(p), w = p - n
 *
 * E starts at zero, so a fresh model is one without position encoding. With all gates 1
 * the position is i - j + 1: token distances are a special case.
 *
 * Options. c is alpha in the released code and 1 in the paper's listing (scale_position).
 * Gates come from the keys, from a separate key projection (sep_keys: u = alpha q.x) or from
 * the values (val_gates: u = alpha q.v). Each layer has its own E, or all share one.
 *
 * Forms. Instead of the table, `form` chooses
 *     alibi   logit -= m_h p     m_h fixed, m 2^(-8(h-1)/H) for heads h from 1, or learned from 0
 *     mlp     logit += c q_i . (B + sum_k W[k] max(0, a_k p + b_k)),   k < hidden
 * The paper has both among its ablations, and uses the table unless it says otherwise. It
 * gives m (slope: 1, 1/4 or 1/16) and prints the term with a plus. The minus sign and the
 * slopes that differ by head as in ALiBi are our choices, and so are the ReLU and PyTorch's
 * start of its network of width 64, whose cost per pair is proportional to that width.
 *
 * Why: the method under study. It finds "the second-last sentence", which distances in
 * tokens cannot.
 *
 * Backward, for delta = dL/dlogit (sums over j <= i):
 *     zeta[i][m] = sum_j delta weight of row m       dq += c zeta E,  dE += c zeta^T q
 *     pi[i][j]   = c delta (z[n + 1] - z[n])  where p < p_max, else 0
 *     du[i][t]   = g (1 - g) sum_{j<=t} pi[i][j]
 * du is the gradient of the product that u is made of. A row of zeta sums to the same as that
 * of delta, which is 0 after a softmax, so the rows of dE sum to 0. At a whole number p the
 * slope is the right-hand one.
 *
 * In a sum, the gates read only content scores: cope is called before the other parts, its
 * adjoint after them. With rope, gates and z both use the turned q, as public code does;
 * x and v are not turned.
 *
 * Source: Golovneva et al. 2024, arXiv:2405.18719v2, sections 3 and 4, appendices B to D.
 * Check: d 1, q 0, any k: gates 1/2, positions (i - j + 1) / 2. */
#include "encoder.h"

#include <math.h>
#include <string.h>

#include "kernels.h"
#include "panel_gemm.h"

enum {
    P_MAX,
    SCALE_POSITION,
    SEP_KEYS,
    VAL_GATES,
    SHARE_LAYERS,
    FORM,
    SLOPES,
    SLOPE,
    HIDDEN
};
enum { FORM_TABLE, FORM_ALIBI, FORM_MLP };
enum { SLOPES_FIXED, SLOPES_LEARNED };
enum { OUT, LAYER }; /* tensors of mlp; the other forms have one */

static const char *const form_choices[] = {
    [FORM_TABLE] = "table",
    [FORM_ALIBI] = "alibi",
    [FORM_MLP] = "mlp",
    NULL,
};

static const char *const slopes_choices[] = {
    [SLOPES_FIXED] = "fixed",
    [SLOPES_LEARNED] = "learned",
    NULL,
};

static const struct option options[] = {
    [P_MAX] = {.name = "p_max",
               .type = OPTION_INT,
               .lo = 0,
               .hi = 1 << 20,
               .dflt = 0,
               .help = "largest position; 0: trained length + 1"},
    [SCALE_POSITION] = {.name = "scale_position",
                        .type = OPTION_BOOL,
                        .dflt = 1,
                        .help =
                            "divide position logits by sqrt(d) like content logits (the "
                            "released code); false: the paper's listing"},
    [SEP_KEYS] = {.name = "sep_keys",
                  .type = OPTION_BOOL,
                  .dflt = 0,
                  .help = "gates from a key projection of their own"},
    [VAL_GATES] = {.name = "val_gates",
                   .type = OPTION_BOOL,
                   .dflt = 0,
                   .help = "gates from the values; excludes sep_keys"},
    [SHARE_LAYERS] = {.name = "share_layers",
                      .type = OPTION_BOOL,
                      .dflt = 0,
                      .help = "one table for all layers, else one for each"},
    [FORM] = {.name = "form",
              .type = OPTION_CHOICE,
              .dflt = FORM_TABLE,
              .choices = form_choices,
              .later = true,
              .help =
                  "what a position is worth: a looked-up vector, a penalty in proportion "
                  "to it, or a vector from a small network"},
    [SLOPES] = {.name = "slopes",
                .type = OPTION_CHOICE,
                .dflt = SLOPES_FIXED,
                .choices = slopes_choices,
                .later = true,
                .help = "of alibi: fixed, or one learned from 0 for each head"},
    [SLOPE] = {.name = "slope",
               .type = OPTION_REAL,
               .lo = 1e-6,
               .hi = 1e6,
               .dflt = 1.0,
               .later = true,
               .help = "m: the fixed penalty of one position in the first head"},
    [HIDDEN] = {.name = "hidden",
                .type = OPTION_INT,
                .lo = 1,
                .hi = 1024,
                .dflt = 64,
                .later = true,
                .help = "hidden units of mlp"},
    {0},
};

static int form(const struct option_values *o)
{
    return (int)o->v[FORM];
}

static bool learned_slopes(const struct option_values *o)
{
    return o->v[SLOPES] == SLOPES_LEARNED;
}

/* Refuses options of a form that is not in use, since they would give one run two names. */
static enum status check_form(const struct option_values *o, struct err *e)
{
    const bool other_slope = o->v[SLOPE] < 1 || o->v[SLOPE] > 1;
    if (form(o) != FORM_ALIBI && (learned_slopes(o) || other_slope))
        return err_set(e, ST_CONFIG,
                       "cope: slopes and slope are those of alibi; set form to alibi, or "
                       "leave them out");
    if (learned_slopes(o) && other_slope)
        return err_set(
            e, ST_CONFIG,
            "cope: learned slopes start at 0; set slope to 1, or slopes to fixed");
    if (form(o) != FORM_MLP && (o->v[HIDDEN] < 64 || o->v[HIDDEN] > 64))
        return err_set(
            e, ST_CONFIG,
            "cope: hidden units are those of mlp; set form to mlp, or hidden to 64");
    if (form(o) == FORM_ALIBI && o->v[SCALE_POSITION] == 0)
        return err_set(e, ST_CONFIG,
                       "cope: nothing in a penalty is to be divided by sqrt(d); set "
                       "scale_position to true");
    if (form(o) == FORM_ALIBI && !learned_slopes(o) && o->v[SHARE_LAYERS] != 0)
        return err_set(e, ST_CONFIG,
                       "cope: fixed slopes are the same in all layers; set share_layers to "
                       "false");
    return ST_OK;
}

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    if (o->v[SEP_KEYS] != 0 && o->v[VAL_GATES] != 0)
        return err_set(e, ST_CONFIG,
                       "cope: sep_keys and val_gates both choose where the gates come "
                       "from; set one of them to false");
    if (o->v[P_MAX] == 0)
        o->v[P_MAX] = d->trained_length + 1;
    return check_form(o, e);
}

static int alibi_tensors(const struct encoder_dims *d, const struct option_values *o,
                         struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    out[0] = (struct tensor_spec){.name = "slopes",
                                  .rows = 1,
                                  .columns = d->heads,
                                  .init = INIT_ZERO,
                                  .per_layer = o->v[SHARE_LAYERS] == 0};
    return learned_slopes(o) ? 1 : 0;
}

/* The rows of `out` are W, then B; those of `hidden` are a, then b. */
static int mlp_tensors(const struct encoder_dims *d, const struct option_values *o,
                       struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    out[OUT] = (struct tensor_spec){.name = "out",
                                    .rows = (int)o->v[HIDDEN] + 1,
                                    .columns = d->head_dim,
                                    .init = INIT_UNIFORM,
                                    .scale = 1.0 / sqrt(o->v[HIDDEN]),
                                    .decay = true,
                                    .per_layer = o->v[SHARE_LAYERS] == 0};
    out[LAYER] = out[OUT];
    out[LAYER].name = "hidden";
    out[LAYER].rows = 2;
    out[LAYER].columns = (int)o->v[HIDDEN];
    out[LAYER].scale = 1.0;
    return 2;
}

/* The table has weight decay, since PyTorch's AdamW decays all parameters by default. */
static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    if (form(o) == FORM_ALIBI)
        return alibi_tensors(d, o, out);
    if (form(o) == FORM_MLP)
        return mlp_tensors(d, o, out);
    out[0] = (struct tensor_spec){
        .name = "table",
        .rows = (int)o->v[P_MAX] + 1,
        .columns = d->head_dim,
        .init = INIT_ZERO,
        .decay = true,
        .per_layer = o->v[SHARE_LAYERS] == 0,
    };
    return 1;
}

/* With sep_keys the layer projects the gates' keys, those of all heads in one row. */
static int project(const struct encoder_dims *d, const struct option_values *o)
{
    return o->v[SEP_KEYS] != 0 ? d->heads * d->head_dim : 0;
}

/* Returns true if the gates are made of the content scores. */
static bool tied(const struct option_values *o)
{
    return o->v[SEP_KEYS] == 0 && o->v[VAL_GATES] == 0;
}

/* Returns how many vectors a query is multiplied with: the rows of the table that a sum of
 * `columns` gates can reach and the row above, or those of the network, or none. */
static int reachable(const struct option_values *o, int columns)
{
    if (form(o) != FORM_TABLE)
        return form(o) == FORM_MLP ? (int)o->v[HIDDEN] + 1 : 0;
    const int rows = (int)o->v[P_MAX] + 1;
    return columns + 2 < rows ? columns + 2 : rows;
}

/* Scratch of a panel, kept from score to score_grad. */
struct work {
    int p_max, columns, width; /* width = reachable(columns) */
    real c;
    real *gate, *position; /* [rows, columns] */
    real *full;            /* [rows] as gated_positions returned it */
    real *z, *dz;          /* [rows, width]: c q.E, and zeta */
    real *du;              /* [rows, columns], or [columns] when tied */
    real *room;            /* for panel_turned */
};

static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    const size_t R = (size_t)rows, n = (size_t)columns;
    const int vectors = reachable(o, columns);
    /* panel_turned transposes the vectors, or the keys of untied gates. */
    const int widest = columns + 2 > vectors ? columns + 2 : vectors;
    return R * (2 * n + 2 * (size_t)reachable(o, columns) + 1) + (tied(o) ? n : R * n) +
           (size_t)d->head_dim * (size_t)panel_stride(widest);
}

static struct work lay_out(const struct encoder_view *e, const struct panel *p,
                           real *scratch)
{
    struct work w = {
        .p_max = (int)e->options->v[P_MAX],
        .columns = p->columns,
        .width = reachable(e->options, p->columns),
        .c = e->options->v[SCALE_POSITION] != 0 ? p->alpha : 1,
    };
    const size_t keys = (size_t)p->rows * (size_t)p->columns;
    const size_t rows = (size_t)p->rows * (size_t)w.width;
    w.gate = scratch;
    w.position = w.gate + keys;
    w.z = w.position + keys;
    w.dz = w.z + rows;
    w.full = w.dz + rows;
    w.du = w.full + p->rows;
    w.room = w.du + (tied(e->options) ? (size_t)p->columns : keys);
    return w;
}

/* Returns one head's part of `projected` or its gradient. */
static struct rows of_head(const struct encoder_view *e, const struct panel *p,
                           struct rows projected)
{
    return (struct rows){projected.at + (size_t)p->head * (size_t)e->dims->head_dim,
                         projected.stride};
}

/* Returns the keys of untied gates: those that the layer projects, or the values. */
static struct rows gate_keys(const struct encoder_view *e, const struct panel *p)
{
    return e->options->v[SEP_KEYS] != 0 ? of_head(e, p, p->projected) : p->v;
}

/* Returns how many rows of the table this panel uses, up to the one above its largest position.
 * NaN counts as large. */
static int z_columns(const struct panel *p, const struct work *w)
{
    real most = 0;
    for (int r = 0; r < p->rows; r++) {
        const real farthest = w->position[(size_t)r * (size_t)w->columns];
        if (w->full[r] >= 0 || !(farthest < (real)w->p_max))
            return w->width;
        most = farthest > most ? farthest : most;
    }
    return (int)most + 2;
}

static struct lerp lookup_row(const struct panel *p, const struct work *w, int r)
{
    const size_t at = (size_t)r * (size_t)w->columns;
    return (struct lerp){
        .n = p->row[r] + 1,
        .full = (int)w->full[r],
        .p_max = w->p_max,
        .c = 1, /* z already contains it */
        .position = w->position + at,
        .gate = w->gate + at,
        .z = w->z + (size_t)r * (size_t)w->width,
    };
}

/* --- the forms without a table ------------------------------------------- */

static real slope_of(const struct encoder_view *e, const struct panel *p)
{
    if (learned_slopes(e->options))
        return e->weight[0][p->head];
    return (real)(e->options->v[SLOPE] * exp2(-8.0 * p->head / e->dims->heads));
}

/* Returns the row's positions after filling in those at p_max. */
static const real *positions(const struct work *w, int r)
{
    real *position = w->position + (size_t)r * (size_t)w->columns;
    for (int j = 0; j <= (int)w->full[r]; j++)
        position[j] = (real)w->p_max;
    return position;
}

static void add_penalties(const struct encoder_view *e, const struct panel *p,
                          const struct work *w)
{
    const real m = slope_of(e, p);
    for (int r = 0; r < p->rows; r++) {
        const real *position = positions(w, r);
        real *s = p->score + (size_t)r * (size_t)p->stride;
        for (int j = 0; j <= p->row[r]; j++)
            s[j] -= m * position[j];
    }
}

static void add_network(const struct encoder_view *e, const struct panel *p,
                        const struct work *w)
{
    const int hidden = w->width - 1;
    const real *a = e->weight[LAYER], *b = a + hidden;
    for (int r = 0; r < p->rows; r++) {
        const real *position = positions(w, r), *z = w->z + (size_t)r * (size_t)w->width;
        real *s = p->score + (size_t)r * (size_t)p->stride;
        for (int j = 0; j <= p->row[r]; j++)
            s[j] += z[hidden];
        for (int k = 0; k < hidden; k++)
            for (int j = 0; j <= p->row[r]; j++) {
                const real h = a[k] * position[j] + b[k];
                s[j] += z[k] * (h > 0 ? h : 0);
            }
    }
}

/* Form alibi: writes dlogit/dposition of each key of the row to `by`; adds to the gradient of
 * the slopes. */
static void penalties_grad(const struct encoder_view *e, const struct panel *p,
                           const struct work *w, int r, real *by)
{
    const real *ds = p->dscore + (size_t)r * (size_t)p->stride;
    const real *position = positions(w, r), m = slope_of(e, p);
    real dm = 0;
    for (int j = 0; j <= p->row[r]; j++) {
        by[j] = -m;
        dm -= ds[j] * position[j];
    }
    if (learned_slopes(e->options))
        e->grad[0][p->head] += dm;
}

/* Form mlp: the same for the network; also writes dz. */
static void network_grad(const struct encoder_view *e, const struct panel *p,
                         const struct work *w, int r, real *by)
{
    const int hidden = w->width - 1, n = p->row[r] + 1;
    const real *a = e->weight[LAYER], *b = a + hidden;
    const real *ds = p->dscore + (size_t)r * (size_t)p->stride;
    const real *position = positions(w, r), *z = w->z + (size_t)r * (size_t)w->width;
    real *dz = w->dz + (size_t)r * (size_t)w->width, sum = 0;
    memset(by, 0, (size_t)n * sizeof *by);
    for (int j = 0; j < n; j++)
        sum += ds[j];
    dz[hidden] = sum;
    for (int k = 0; k < hidden; k++) {
        real along = 0, da = 0, db = 0;
#pragma omp simd reduction(+ : along, da, db)
        for (int j = 0; j < n; j++) {
            const real h = a[k] * position[j] + b[k], g = h > 0 ? ds[j] : 0;
            along += g * h;
            da += g * position[j];
            db += g;
            by[j] += h > 0 ? z[k] * a[k] : 0;
        }
        dz[k] = along;
        e->grad[LAYER][k] += z[k] * da;
        e->grad[LAYER][hidden + k] += z[k] * db;
    }
}

/* Replaces dlogit/dposition of the row, in du, by du. */
static void gates_grad(const struct panel *p, const struct work *w, int r, real *du)
{
    const real *ds = p->dscore + (size_t)r * (size_t)p->stride;
    const real *gate = w->gate + (size_t)r * (size_t)w->columns;
    const int full = (int)w->full[r];
    real sum = 0;
    for (int t = 0; t <= full; t++)
        du[t] = 0;
    for (int t = full + 1; t <= p->row[r]; t++) {
        sum += ds[t] * du[t];
        du[t] = gate[t] * (1 - gate[t]) * sum;
    }
}

/* --- logits -------------------------------------------------------------- */

/* Computes z, the products of the queries with the vectors [width, d] of table or network. */
static void meet(const struct encoder_view *e, const struct panel *p, const struct work *w,
                 int width)
{
    const int d = e->dims->head_dim;
    const struct rows table = {(real *)e->weight[0], d};
    panel_nn(p->rows, width, d, w->c, p->q, panel_turned(width, d, table, w->room), false,
             (struct rows){w->z, w->width});
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct kernels *kernels = kernels_get();
    const struct work w = lay_out(e, p, scratch);
    const int d = e->dims->head_dim;
    const bool from_scores = tied(e->options);

    if (!from_scores)
        panel_nn(p->rows, p->columns, d, p->alpha, p->q,
                 panel_turned(p->columns, d, gate_keys(e, p), w.room), false,
                 (struct rows){w.gate, w.columns});
    for (int r = 0; r < p->rows; r++) {
        real *gate = w.gate + (size_t)r * (size_t)w.columns;
        const real *u = from_scores ? p->score + (size_t)r * (size_t)p->stride : gate;
        w.full[r] =
            (real)kernels->gated_positions(p->row[r] + 1, u, (real)w.p_max, gate,
                                           w.position + (size_t)r * (size_t)w.columns);
    }
    if (form(e->options) == FORM_ALIBI) {
        add_penalties(e, p, &w);
        return;
    }
    if (form(e->options) == FORM_MLP) {
        meet(e, p, &w, w.width);
        add_network(e, p, &w);
        return;
    }
    meet(e, p, &w, z_columns(p, &w));
    for (int r = 0; r < p->rows; r++) {
        const struct lerp l = lookup_row(p, &w, r);
        kernels->lerp_lookup(&l, p->score + (size_t)r * (size_t)p->stride);
    }
}

/* Computes zeta in dz, and du: adds it to dscore when tied, else leaves it in work.du for the
 * gradients of q and the gates' keys. */
static void lookup_grad(const struct encoder_view *e, const struct panel *p,
                        const struct work *w, int used)
{
    const struct kernels *kernels = kernels_get();
    const bool from_scores = tied(e->options);
    for (int r = 0; r < p->rows; r++) {
        const struct lerp l = lookup_row(p, w, r);
        real *dscore = p->dscore + (size_t)r * (size_t)p->stride;
        real *dz = w->dz + (size_t)r * (size_t)w->width;
        real *du = from_scores ? w->du : w->du + (size_t)r * (size_t)w->columns;
        if (form(e->options) == FORM_TABLE) {
            memset(dz, 0, (size_t)used * sizeof *dz);
            kernels->lerp_lookup_grad(&l, dscore, dz, du);
        } else {
            if (form(e->options) == FORM_MLP)
                network_grad(e, p, w, r, du);
            else
                penalties_grad(e, p, w, r, du);
            gates_grad(p, w, r, du);
        }
        if (from_scores)
            kernels->add((size_t)l.n, du, dscore);
        else
            memset(du + l.n, 0, (size_t)(w->columns - l.n) * sizeof *du);
    }
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct work w = lay_out(e, p, scratch);
    const struct rows dz = {w.dz, w.width}, du = {w.du, w.columns};
    const int d = e->dims->head_dim;
    const int used = form(e->options) == FORM_TABLE ? z_columns(p, &w) : w.width;

    lookup_grad(e, p, &w, used);
    if (used > 0) {
        const struct rows table = {(real *)e->weight[0], d};
        panel_nn(p->rows, d, used, w.c, dz, table, true, p->dq);
        panel_tn(used, d, p->rows, w.c, dz, p->q, true, (struct rows){e->grad[0], d});
    }
    if (tied(e->options))
        return;
    const struct rows dkeys =
        e->options->v[SEP_KEYS] != 0 ? of_head(e, p, p->dprojected) : p->dv;
    panel_nn(p->rows, d, p->columns, p->alpha, du, gate_keys(e, p), true, p->dq);
    panel_tn(p->columns, d, p->rows, p->alpha, du, p->q, true, dkeys);
}

enum { GATE, POSITION, CLAMPED };
static const char *const planes[] = {
    [GATE] = "gate", [POSITION] = "position", [CLAMPED] = "clamped", NULL};

/* Gates of keys before the last one that reaches p_max are not computed, so they are NaN. */
static void inspect(const struct encoder_view *e, const struct panel *p, real *scratch,
                    int plane, struct rows out)
{
    const struct work w = lay_out(e, p, scratch);
    for (int r = 0; r < p->rows; r++) {
        const size_t from = (size_t)r * (size_t)w.columns;
        real *to = row_of(out, r);
        for (int j = 0; j <= p->row[r]; j++) {
            const bool full = (real)j <= w.full[r], unknown = (real)j < w.full[r];
            to[j] = plane == GATE ? (unknown ? (real)NAN : w.gate[from + (size_t)j])
                    : plane == POSITION
                        ? (full ? (real)w.p_max : w.position[from + (size_t)j])
                        : (real)full;
        }
    }
}

/* Counts z = q E^T for each query; for each pair a gate, a sum and a lookup between two rows or
 * what the form has instead; and the products of untied gates. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    const double z = 2.0 * d->head_dim * reachable(o, load->tokens);
    const double network = form(o) == FORM_MLP ? 5.0 * o->v[HIDDEN] : 0.0;
    const double pair = 10.0 + network + (tied(o) ? 0.0 : 2.0 * d->head_dim);
    return d->heads * (z * load->queries + pair * load->pairs);
}

const struct encoder encoder_cope = {
    .name = "cope",
    .version = 1,
    .summary = "contextual positions: the query decides which keys count",
    .source = "Golovneva et al. 2024, arXiv:2405.18719v2, section 3",
    .options = options,
    .resolve = resolve,
    .tensors = tensors,
    .invariances = invariant_to_shift, /* gates do not depend on places */
    .flops = flops,
    .project = project,
    .scratch = scratch_size,
    .score = score,
    .score_grad = score_grad,
    .reads_score = true,
    .planes = planes,
    .inspect = inspect,
};
