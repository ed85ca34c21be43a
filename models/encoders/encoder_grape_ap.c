/* encoder_grape_ap.c -- keys fade along a path whose steps depend on the query.
 *
 *     psi[i][t]   = a_h ln sigma(p_i . R_t r_t / n),   r_t = p_t / rms(p_t)
 *     logit[i][j] += psi[i][j+1] + ... + psi[i][i],    j <= i   not multiplied by alpha
 *
 * p_t = W x_t + b is n numbers of each head, projected by the layer like keys. R_t turns channels
 * (m, m + n/2) on the key's side by t radians, t the token's place. As in the authors' code, all
 * pairs have frequency 1 and the query's side does not turn, so logits depend on where a
 * sequence begins. a_h are ALiBi's slopes.
 *
 * The authors' code differs in three ways. Its apply_rotary_emb turns by -t, which is the
 * same class of functions up to the order of channels. Its F.rms_norm adds no 1e-6 to the
 * mean of squares. Its n is the width of the head unless it is given, odd n are refused, and
 * its published ap_v1 configurations are named pdim8; here n is 16 by default.
 *
 * Why: fox with gates that depend on the query; the best of its authors' table.
 * Left out: QK-norm and p tied to q, k or v, which the code offers.
 *
 * Backward: psi[i][t] gets the sum of dlogit[i][j] over j < t.
 *
 * Source: Zhang et al. 2025, arXiv:2512.07805, and the authors' code (commit f5b539f,
 * model/llama-mha-grape-a-pi.py; its p has no b).
 * Check: p 0: ln sigma = -ln 2, a slope of a_h ln 2. */
#include "encoder.h"

#include <math.h>
#include <string.h>

#include "alibi_slope.h"
#include "log_sigmoid.h"
#include "panel_gemm.h"

enum { WIDTH };

static const double least_square = 1e-6; /* added to the mean of squares */

static const struct option options[] = {
    [WIDTH] = {.name = "width",
               .type = OPTION_INT,
               .lo = 2,
               .hi = 1024,
               .dflt = 16,
               .help = "n: numbers of a token and head that paths are made of; the "
                       "authors: the head's width, or 8"},
    {0},
};

static int width(const struct option_values *o)
{
    return (int)o->v[WIDTH];
}

/* Returns the numbers of p, or of R r, for all heads. */
static int numbers(const struct encoder_dims *d, const struct option_values *o)
{
    return d->heads * width(o);
}

/* Counts per pair a product of width n, a logarithm, an exponential and a sum; per token the
 * norm and the turn. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    return d->heads *
           ((2.0 * width(o) + 4.0) * load->pairs + 6.0 * width(o) * load->tokens);
}

/* Constants: slopes of the heads, then cosine and sine of each place. */
static size_t constants(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return (size_t)d->heads + 2 * (size_t)d->places;
}

static void fill_constants(const struct encoder_dims *d, const struct option_values *o,
                           real *at)
{
    (void)o;
    for (int h = 0; h < d->heads; h++)
        *at++ = (real)alibi_slope(h, d->heads);
    for (int t = 0; t < d->places; t++) {
        *at++ = (real)cos(t);
        *at++ = (real)sin(t);
    }
}

static const real *turn_at(const struct encoder_view *e, int place)
{
    return e->constants + e->dims->heads + 2 * (size_t)place;
}

/* --- the key's side of the tokens ---------------------------------------- */

/* Returns 1 / rms(p). */
static real factor(int n, const real *p)
{
    real sum = 0;
    for (int c = 0; c < n; c++)
        sum += p[c] * p[c];
    return (real)(1 / sqrt((double)(sum / (real)n) + least_square));
}

static void read(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const int n = width(e->options), half = n / 2;
    (void)room;
    for (int i = 0; i < t->count; i++)
        for (int c = 0; c < numbers(e->dims, e->options); c += n) {
            const real *p = row_of(t->projected, i) + c, *turn = turn_at(e, t->place[i]);
            real *r = row_of(t->state, i) + c;
            const real by = factor(n, p);
            for (int m = 0; m < half; m++) {
                r[m] = by * (turn[0] * p[m] - turn[1] * p[half + m]);
                r[half + m] = by * (turn[1] * p[m] + turn[0] * p[half + m]);
            }
            if (n % 2)
                r[n - 1] = by * p[n - 1];
        }
}

/* With y = p by: dp += by (R^-1 dr - y (y . R^-1 dr) / n), where y . R^-1 dr = r . dr. */
static void read_grad(const struct encoder_view *e, const struct tokens *t, real *room)
{
    const int n = width(e->options), half = n / 2;
    (void)room;
    for (int i = 0; i < t->count; i++)
        for (int c = 0; c < numbers(e->dims, e->options); c += n) {
            const real *p = row_of(t->projected, i) + c, *turn = turn_at(e, t->place[i]);
            const real *r = row_of(t->state, i) + c, *dr = row_of(t->dstate, i) + c;
            real *dp = row_of(t->dprojected, i) + c, along = 0;
            const real by = factor(n, p);
            for (int m = 0; m < n; m++)
                along += r[m] * dr[m];
            for (int m = 0; m < n; m++)
                dp[m] -= by * by * p[m] * along / (real)n;
            for (int m = 0; m < half; m++) {
                dp[m] += by * (turn[0] * dr[m] + turn[1] * dr[half + m]);
                dp[half + m] += by * (turn[0] * dr[half + m] - turn[1] * dr[m]);
            }
            if (n % 2)
                dp[n - 1] += by * dr[n - 1];
        }
}

/* --- logits -------------------------------------------------------------- */

/* Scratch of a panel. `ln` holds ln sigma, in the adjoint its gradient. `room` is for
 * panel_turned of the keys, for log_sigmoid, or for the gradients of p. */
struct paths {
    int n;
    struct rows p;  /* [rows, n] */
    struct rows ln; /* [rows, columns] */
    struct rows keys;
    real *room;
};

static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    const size_t n = (size_t)width(o);
    (void)d;
    return (size_t)rows * (n + (size_t)columns) + n * (size_t)panel_stride(columns);
}

static struct paths paths_of(const struct encoder_view *e, const struct panel *p,
                             real *scratch)
{
    const int n = width(e->options);
    struct paths x = {.n = n, .p = {scratch, n}};
    x.ln = (struct rows){scratch + (size_t)p->rows * (size_t)n, p->columns};
    x.keys = (struct rows){p->state.at + (size_t)p->head * (size_t)n, p->state.stride};
    x.room = x.ln.at + (size_t)p->rows * (size_t)p->columns;
    for (int r = 0; r < p->rows; r++)
        memcpy(row_of(x.p, r),
               row_of(p->projected, p->row[r]) + (size_t)p->head * (size_t)n,
               (size_t)n * sizeof(real));
    return x;
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct paths x = paths_of(e, p, scratch);
    const real slope = e->constants[p->head];
    panel_nn(p->rows, p->columns, x.n, 1 / (real)x.n, x.p,
             panel_turned(p->columns, x.n, x.keys, x.room), false, x.ln);
    for (int r = 0; r < p->rows; r++) {
        real *s = p->score + (size_t)r * (size_t)p->stride, *ln = row_of(x.ln, r), sum = 0;
        log_sigmoid(p->row[r] + 1, ln, x.room, ln);
        for (int j = p->row[r]; j >= 0; j--) {
            s[j] += slope * sum;
            sum += ln[j];
        }
    }
}

/* Replaces ln sigma(u) by du = dpsi a (1 - sigma(u)); 0 past the query. */
static void paths_grad(const struct panel *p, const struct paths *x, real slope)
{
    for (int r = 0; r < p->rows; r++) {
        const real *ds = p->dscore + (size_t)r * (size_t)p->stride;
        real *ln = row_of(x->ln, r), before = 0;
        const int n = p->row[r] + 1;
        kernels_get()->exponential((size_t)n, ln);
        for (int t = 0; t < n; t++) {
            ln[t] = slope * before * (1 - ln[t]);
            before += ds[t];
        }
        memset(ln + n, 0, (size_t)(p->columns - n) * sizeof *ln);
    }
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const struct paths x = paths_of(e, p, scratch);
    const struct rows dp = {x.room, x.n};
    const struct rows dkeys = {p->dstate.at + (size_t)p->head * (size_t)x.n,
                               p->dstate.stride};
    paths_grad(p, &x, e->constants[p->head]);
    panel_tn(p->columns, x.n, p->rows, 1 / (real)x.n, x.ln, x.p, true, dkeys);
    panel_nn(p->rows, x.n, p->columns, 1 / (real)x.n, x.ln, x.keys, false, dp);
    for (int r = 0; r < p->rows; r++)
        for (int c = 0; c < x.n; c++)
            row_of(p->dprojected, p->row[r])[p->head * x.n + c] += row_of(dp, r)[c];
}

const struct encoder encoder_grape_ap = {
    .name = "grape_ap",
    .version = 1,
    .summary = "keys fade along a path whose steps each query sees in its own way",
    .source = "Zhang et al. 2025, arXiv:2512.07805, and the authors' code",
    .options = options,
    .flops = flops,
    .constants = constants,
    .fill_constants = fill_constants,
    .takes_places = true,
    .project = numbers,
    .state = numbers,
    .read = read,
    .read_grad = read_grad,
    .scratch = scratch_size,
    .fades = true,
    .score = score,
    .score_grad = score_grad,
};
