/* encoder_tapa.c -- some channels give an amplitude, others a phase that grows with distance.
 *
 *     A = q_A . k_A / sqrt(n_A),   F = q_P . k_P / sqrt(n_P)
 *     logit[i][j] = A cos(2 pi (i - j)^a F)
 *
 * instead of alpha q.k. The first n_A = share d channels of a head give the amplitude, the
 * others the phase. At i = j the phase is 0 and the logit is A.
 *
 * Why: the phase depends on content, with nothing learned beyond q and k. The paper needed a
 * learning rate five times smaller than rope's.
 *
 * Backward: with c, s the cosine and sine of the phase, dA = dlogit c and
 * dF = -dlogit A s 2 pi (i - j)^a.
 *
 * Source: Wang 2025, arXiv:2509.12635, eq. 12.
 * Check: a 0 and F 1/4: the logit of every key but the query's own is 0. */
#include "encoder.h"

#include <math.h>
#include <string.h>

#include "panel_gemm.h"

enum { SHARE, POWER };

static const struct option options[] = {
    [SHARE] = {.name = "share",
               .type = OPTION_REAL,
               .lo = 0,
               .hi = 1,
               .dflt = 0.5,
               .help = "share of a head's channels that are the amplitude's"},
    [POWER] = {.name = "power",
               .type = OPTION_REAL,
               .lo = 0,
               .hi = 2,
               .dflt = 0.1,
               .help = "a: the phase grows with the distance to this power"},
    {0},
};

static int amplitude(const struct encoder_dims *d, const struct option_values *o)
{
    return (int)lround(o->v[SHARE] * d->head_dim);
}

/* Rounds the share to whole channels, so that two values with the same effect are one run. */
static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    const int n = amplitude(d, o);
    if (n == 0 || n == d->head_dim)
        return err_set(e, ST_CONFIG,
                       "tapa: share %g of %d channels leaves none for amplitude or phase; "
                       "set share nearer to 0.5, or make the heads wider",
                       o->v[SHARE], d->head_dim);
    o->v[SHARE] = (double)n / d->head_dim;
    return ST_OK;
}

/* Counts a cosine and two products per pair. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    (void)o;
    return 3.0 * d->heads * load->pairs;
}

static size_t constants(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return (size_t)d->places;
}

/* Fills table [places]: radians per unit of F at each distance. */
static void fill_constants(const struct encoder_dims *d, const struct option_values *o,
                           real *table)
{
    for (int n = 0; n < d->places; n++)
        table[n] = (real)(n ? 2 * acos(-1) * pow(n, o->v[POWER]) : 0);
}

/* Scratch holds A and F [rows, columns], and the transposed keys. */
static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    (void)o;
    return 2 * (size_t)rows * (size_t)columns +
           (size_t)d->head_dim * (size_t)panel_stride(columns);
}

/* One of the two products, A or F. */
struct half {
    int first, n; /* channels first .. first + n - 1 */
    real by;
    struct rows at; /* [rows, columns] */
};

static struct half half_of(const struct encoder_view *e, const struct panel *p, int which,
                           real *scratch)
{
    const int own = amplitude(e->dims, e->options), d = e->dims->head_dim;
    struct half h = {.first = which ? own : 0, .n = which ? d - own : own};
    h.by = (real)(1 / sqrt(h.n));
    h.at.at = scratch + (size_t)which * (size_t)p->rows * (size_t)p->columns;
    h.at.stride = p->columns;
    return h;
}

static struct rows part(struct rows x, int first)
{
    return (struct rows){x.at + first, x.stride};
}

static void multiply(const struct panel *p, const struct half *h, real *room)
{
    const struct rows keys = panel_turned(p->columns, h->n, part(p->k, h->first), room);
    panel_nn(p->rows, p->columns, h->n, h->by, part(p->q, h->first), keys, false, h->at);
}

static real turn_of(const struct encoder_view *e, const struct panel *p, int r, int j)
{
    return e->constants[p->place[p->row[r]] - p->place[j]];
}

static void content(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct half A = half_of(e, p, 0, scratch), F = half_of(e, p, 1, scratch);
    real *room = scratch + 2 * (size_t)p->rows * (size_t)p->columns;
    multiply(p, &A, room);
    multiply(p, &F, room);
    for (int r = 0; r < p->rows; r++) {
        real *s = p->score + (size_t)r * (size_t)p->stride;
        for (int j = 0; j <= p->row[r]; j++) {
            const double phase = (double)(turn_of(e, p, r, j) * row_of(F.at, r)[j]);
            s[j] = row_of(A.at, r)[j] * (real)cos(phase);
        }
    }
}

/* Replaces A by dA and F by dF; 0 past the query. */
static void halves_grad(const struct encoder_view *e, const struct panel *p, int r,
                        const struct half *A, const struct half *F)
{
    const real *ds = p->dscore + (size_t)r * (size_t)p->stride;
    real *a = row_of(A->at, r), *f = row_of(F->at, r);
    const int n = p->row[r] + 1;
    for (int j = 0; j < n; j++) {
        const real turn = turn_of(e, p, r, j);
        const double phase = (double)(turn * f[j]);
        f[j] = -ds[j] * a[j] * (real)sin(phase) * turn;
        a[j] = ds[j] * (real)cos(phase);
    }
    memset(a + n, 0, (size_t)(p->columns - n) * sizeof *a);
    memset(f + n, 0, (size_t)(p->columns - n) * sizeof *f);
}

static void multiply_grad(const struct panel *p, const struct half *h)
{
    panel_nn(p->rows, h->n, p->columns, h->by, h->at, part(p->k, h->first), true,
             part(p->dq, h->first));
    panel_tn(p->columns, h->n, p->rows, h->by, h->at, part(p->q, h->first), true,
             part(p->dk, h->first));
}

static void content_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct half A = half_of(e, p, 0, scratch), F = half_of(e, p, 1, scratch);
    for (int r = 0; r < p->rows; r++)
        halves_grad(e, p, r, &A, &F);
    multiply_grad(p, &A);
    multiply_grad(p, &F);
}

const struct encoder encoder_tapa = {
    .name = "tapa",
    .version = 1,
    .summary = "half of the channels make a phase that distance multiplies",
    .source = "Wang 2025, arXiv:2509.12635, eq. 12",
    .options = options,
    .resolve = resolve,
    .invariances = invariant_to_shift,
    .once = ONCE_TURN,
    .flops = flops,
    .constants = constants,
    .fill_constants = fill_constants,
    .takes_places = true,
    .scratch = scratch_size,
    .content = content,
    .content_grad = content_grad,
};
