/* encoder_inkling.c -- each query's bias over distances is a mixture of a few learned curves.
 *
 *     logit[i][j] += sum_{r<R} p[i][h][r] B[r][i - j],   i - j < E;   + 0 from E on
 *     p[i] = W x_i + b                                   not multiplied by alpha
 *
 * x is what the layer's projections read; W is a projection of the layer like that of keys
 * (with a bias b, which the released code lacks). All heads of a layer share B [R, E].
 *
 * The curves end at E: from there on nothing is added to the content logit. E is the trained
 * length unless `extent` sets it; distances that training has not seen would get the noise of
 * B's start.
 *
 * Why: distances that depend on content cost only R numbers per token; in released models of
 * 2026. The released model also has QK-norm, a factor 1/d and short convolutions, which are
 * not part of the encoding.
 *
 * Source: released code (transformers, modeling_inkling.py, commit 04fafa29); no paper.
 * Check: with R = d, W x = alpha q it is the `relative` encoder, up to E. */
#include "encoder.h"

#include <string.h>

#include "kernels.h"
#include "panel_gemm.h"

enum { RANK, EXTENT };

static const struct option options[] = {
    [RANK] = {.name = "rank",
              .type = OPTION_INT,
              .lo = 1,
              .hi = 1024,
              .dflt = 16,
              .help = "R: curves in the bank, and numbers of a token and head"},
    [EXTENT] = {.name = "extent",
                .type = OPTION_INT,
                .lo = 0,
                .hi = 1048576,
                .dflt = 0,
                .help = "E: distances with a value; 0: the trained length"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    (void)e;
    if (o->v[EXTENT] == 0)
        o->v[EXTENT] = d->trained_length;
    return ST_OK;
}

static int rank(const struct option_values *o)
{
    return (int)o->v[RANK];
}

static int extent(const struct option_values *o)
{
    return (int)o->v[EXTENT];
}

static enum encoder_reach reach(const struct encoder_dims *d, const struct option_values *o)
{
    return extent(o) > d->trained_length && !d->placed ? REACH_UNTRAINED : REACH_DEFINED;
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    (void)d;
    out[0] = (struct tensor_spec){.name = "bank",
                                  .rows = rank(o),
                                  .columns = extent(o),
                                  .init = INIT_NORMAL,
                                  .scale = 0.02,
                                  .decay = true,
                                  .per_layer = true};
    return 1;
}

/* The layer projects p of each head. */
static int project(const struct encoder_dims *d, const struct option_values *o)
{
    return d->heads * rank(o);
}

/* Returns how many distances a panel of `columns` keys may have, at most E. */
static int reached(const struct encoder_dims *d, const struct option_values *o, int columns)
{
    const int most = d->placed ? d->places : columns;
    return most < extent(o) ? most : extent(o);
}

/* Counts the mixture of curves of each query, then an addition per pair. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    const double z = 2.0 * rank(o) * reached(d, o, load->tokens);
    return d->heads * (z * load->queries + load->pairs);
}

/* Scratch holds z or dz [rows, reached], p or dp [rows, R], and the transposed bank. */
static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    const size_t n = (size_t)reached(d, o, columns), R = (size_t)rank(o);
    return (size_t)rows * (n + R) + n * (size_t)panel_stride((int)R);
}

/* The mixtures z of one panel and the numbers p that they are made of. */
struct curves {
    int n, R;      /* distances, curves */
    struct rows z; /* [rows, n] */
    struct rows p; /* [rows, R] */
    struct rows bank;
    real *room;
};

static struct curves curves_of(const struct encoder_view *e, const struct panel *p,
                               real *scratch)
{
    struct curves c = {.n = reached(e->dims, e->options, p->columns),
                       .R = rank(e->options),
                       .bank = {(real *)e->weight[0], extent(e->options)}};
    const size_t rows = (size_t)p->rows;
    c.z = (struct rows){scratch, c.n};
    c.p = (struct rows){scratch + rows * (size_t)c.n, c.R};
    c.room = c.p.at + rows * (size_t)c.R;
    return c;
}

static real *part_of(struct rows x, int r, int column)
{
    return row_of(x, r) + column;
}

/* Copies the panel's p to contiguous rows. */
static void gather(const struct panel *p, const struct curves *c)
{
    for (int r = 0; r < p->rows; r++)
        memcpy(row_of(c->p, r), part_of(p->projected, p->row[r], p->head * c->R),
               (size_t)c->R * sizeof(real));
}

/* Returns the distance of key j from the query of row r. */
static int distance(const struct panel *p, int r, int j)
{
    return p->place[p->row[r]] - p->place[j];
}

/* Returns the first key that is nearer than E if places are rows. */
static int first_near(const struct panel *p, const struct curves *c, int r)
{
    const int keys = p->row[r] + 1;
    return keys > c->n ? keys - c->n : 0;
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct curves c = curves_of(e, p, scratch);
    gather(p, &c);
    panel_nn(p->rows, c.n, c.R, 1, c.p, c.bank, false, c.z);
    for (int r = 0; r < p->rows; r++) {
        const int first = first_near(p, &c, r);
        real *s = p->score + (size_t)r * (size_t)p->stride;
        if (!p->placed)
            kernels_get()->distance_lookup(p->row[r] + 1 - first, row_of(c.z, r), c.n, 1,
                                           s + first);
        for (int j = 0; p->placed && j <= p->row[r]; j++)
            if (distance(p, r, j) < c.n)
                s[j] += row_of(c.z, r)[distance(p, r, j)];
    }
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct curves c = curves_of(e, p, scratch);
    const int n = c.n;
    memset(c.z.at, 0, (size_t)p->rows * (size_t)n * sizeof *c.z.at);
    for (int r = 0; r < p->rows; r++) {
        const int first = first_near(p, &c, r);
        const real *ds = p->dscore + (size_t)r * (size_t)p->stride;
        if (!p->placed)
            kernels_get()->distance_lookup_grad(p->row[r] + 1 - first, n, 1, ds + first,
                                                row_of(c.z, r));
        for (int j = 0; p->placed && j <= p->row[r]; j++)
            if (distance(p, r, j) < n)
                row_of(c.z, r)[distance(p, r, j)] += ds[j];
    }
    gather(p, &c);
    panel_tn(c.R, n, p->rows, 1, c.p, c.z, true,
             (struct rows){e->grad[0], extent(e->options)});
    panel_nn(p->rows, c.R, n, 1, c.z, panel_turned(c.R, n, c.bank, c.room), false, c.p);
    for (int r = 0; r < p->rows; r++) {
        real *to = part_of(p->dprojected, p->row[r], p->head * c.R);
        for (int k = 0; k < c.R; k++)
            to[k] += row_of(c.p, r)[k];
    }
}

const struct encoder encoder_inkling = {
    .name = "inkling",
    .version = 1,
    .summary = "each query weighs a bank of learned curves over the distance",
    .source = "Thinking Machines 2026, released code (modeling_inkling.py)",
    .options = options,
    .resolve = resolve,
    .reach = reach,
    .invariances = invariant_to_shift,
    .flops = flops,
    .tensors = tensors,
    .takes_places = true,
    .project = project,
    .scratch = scratch_size,
    .score = score,
    .score_grad = score_grad,
};
