/* encoder_fire.c -- a small network of the distance, divided by the query's place.
 *
 *     logit[i][j] += f_h( psi(i - j) / (psi(max(i, |m| L)) + 1e-6) ),  psi(x) = ln(1 + |c x|)
 *     f_h(x) = v_h + sum over k of w_hk max(0, a_k x + u_k)
 *
 * with places from 0, so that for a query past |m| L the argument is in [0, 1] at any length.
 * L is the constant `threshold`; m and c are learned and start at 1 and 0.1.
 *
 * Why: the strongest learned static bias on length generalisation, above all with
 * randomized places.
 *
 * For queries up to |m| L the bias depends only on the distance: a row of numbers for each
 * head, derived once a step. For later queries it is computed pair by pair, with 32 units per
 * pair; their psi comes from one more derived row. The network starts as PyTorch's linear layers
 * do. Each layer has its own network, or all share one (share_layers, the paper's FIRE-S).
 *
 * Source: Li et al. 2023, arXiv:2310.04418v2, eq. 4 and 5; 1e-6 and the start from the code
 * of DAPE and TAPE, of which one has threshold 256 and the other 512.
 * Check: one unit, a 1, u 0, w -r, and c small: ALiBi of slope r / L. */
#include "encoder.h"

#include <math.h>
#include <string.h>

enum { HIDDEN, THRESHOLD, SHARE_LAYERS };
enum { C, MULTIPLIER, LAYER, OUT, OUT_BIAS }; /* tensors */
enum { BLOCK = 64 };                          /* arguments computed together; chosen */

static const double least_divisor = 1e-6; /* the one of the formula above */

static const struct option options[] = {
    [HIDDEN] = {.name = "hidden",
                .type = OPTION_INT,
                .lo = 1,
                .hi = 1024,
                .dflt = 32,
                .help = "hidden units of the network"},
    [THRESHOLD] = {.name = "threshold",
                   .type = OPTION_INT,
                   .lo = 1,
                   .hi = 1 << 20,
                   .dflt = 512,
                   .help = "L: for places up to it distances are not taken relative to "
                           "the query's place"},
    [SHARE_LAYERS] = {.name = "share_layers",
                      .type = OPTION_BOOL,
                      .dflt = 0,
                      .help = "one network for all layers, else one for each"},
    {0},
};

static int hidden(const struct option_values *o)
{
    return (int)o->v[HIDDEN];
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const double width = 1.0 / sqrt(hidden(o));
    out[C] = (struct tensor_spec){.name = "c", .rows = 1, .columns = 1, .init = INIT_ONE};
    out[MULTIPLIER] = out[C];
    out[MULTIPLIER].name = "multiplier";
    /* Row 0 is the weights a, row 1 the biases u. */
    out[LAYER] = (struct tensor_spec){.name = "hidden",
                                      .rows = 2,
                                      .columns = hidden(o),
                                      .init = INIT_UNIFORM,
                                      .scale = 1.0,
                                      .decay = true};
    out[OUT] = (struct tensor_spec){.name = "out",
                                    .rows = d->heads,
                                    .columns = hidden(o),
                                    .init = INIT_UNIFORM,
                                    .scale = width,
                                    .decay = true};
    out[OUT_BIAS] = out[OUT];
    out[OUT_BIAS].name = "out_bias";
    out[OUT_BIAS].rows = 1;
    out[OUT_BIAS].columns = d->heads;
    for (int i = 0; i <= OUT_BIAS; i++)
        out[i].per_layer = o->v[SHARE_LAYERS] == 0;
    return OUT_BIAS + 1;
}

static void start(const struct encoder_dims *d, const struct option_values *o, int tensor,
                  real *w)
{
    (void)d;
    (void)o;
    if (tensor == C)
        w[0] = (real)0.1;
}

/* --- the network --------------------------------------------------------- */

/* out[j] = f_h(x[j]) for a whole block. */
static void network(const struct encoder_view *e, int head, const real x[BLOCK],
                    real out[BLOCK])
{
    const int units = hidden(e->options);
    const real *a = e->weight[LAYER], *u = a + units;
    const real *w = e->weight[OUT] + (size_t)head * (size_t)units;
    real sum[BLOCK];
    for (int j = 0; j < BLOCK; j++)
        sum[j] = e->weight[OUT_BIAS][head];
    for (int k = 0; k < units; k++)
        for (int j = 0; j < BLOCK; j++) {
            const real h = a[k] * x[j] + u[k];
            sum[j] += w[k] * (h > 0 ? h : 0);
        }
    memcpy(out, sum, sizeof sum);
}

/* Adjoint of one hidden unit over a block: adds to dx and to the unit's gradients. */
static void unit_grad(const struct encoder_view *e, int head, int k, const real x[BLOCK],
                      const real df[BLOCK], real dx[BLOCK])
{
    const int units = hidden(e->options);
    const size_t out = (size_t)head * (size_t)units + (size_t)k;
    const real a = e->weight[LAYER][k], u = e->weight[LAYER][units + k];
    const real w = e->weight[OUT][out];
    real dw = 0, da = 0, du = 0;
#pragma omp simd reduction(+ : dw, da, du)
    for (int j = 0; j < BLOCK; j++) {
        const real h = a * x[j] + u;
        const real g = h > 0 ? df[j] : 0;
        dw += g * h;
        da += g * x[j];
        du += g;
        dx[j] += g * w * a;
    }
    e->grad[OUT][out] += dw;
    e->grad[LAYER][k] += w * da;
    e->grad[LAYER][units + k] += w * du;
}

/* Adjoint of the network over a block: adds to its gradients and writes dx, from df. */
static void network_grad(const struct encoder_view *e, int head, const real x[BLOCK],
                         const real df[BLOCK], real dx[BLOCK])
{
    memset(dx, 0, BLOCK * sizeof *dx);
    for (int j = 0; j < BLOCK; j++)
        e->grad[OUT_BIAS][head] += df[j];
    for (int k = 0; k < hidden(e->options); k++)
        unit_grad(e, head, k, x, df, dx);
}

/* --- numbers of each distance -------------------------------------------- */

static double scale_c(const struct encoder_view *e)
{
    return fabs((double)e->weight[C][0]);
}

/* Returns |m| L. Queries at places up to it are called near, the others far. */
static double limit(const struct encoder_view *e)
{
    return fabs((double)e->weight[MULTIPLIER][0]) * e->options->v[THRESHOLD];
}

static double near_divisor(const struct encoder_view *e)
{
    return log1p(scale_c(e) * limit(e)) + least_divisor;
}

/* Derived numbers: the bias of near queries [H, places], then psi of each distance [places]. */
static size_t derived_size(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return ((size_t)d->heads + 1) * (size_t)d->places;
}

static size_t psi_at(const struct encoder_view *e)
{
    return (size_t)e->dims->heads * (size_t)e->dims->places;
}

static int block_size(int n, int first)
{
    return n - first < BLOCK ? n - first : BLOCK;
}

/* Writes x of near queries at distances first .. first + n - 1, then zeros. */
static void near_arguments(const struct encoder_view *e, int first, int n, real x[BLOCK])
{
    const double c = scale_c(e), divisor = near_divisor(e);
    memset(x, 0, BLOCK * sizeof *x);
    for (int j = 0; j < n; j++)
        x[j] = (real)(log1p(c * (first + j)) / divisor);
}

static void derive(const struct encoder_view *e, int T, real *derived)
{
    const int P = e->dims->places;
    real *psi = derived + psi_at(e), x[BLOCK], f[BLOCK];
    (void)T;
    for (int n = 0; n < P; n++)
        psi[n] = (real)log1p(scale_c(e) * n);
    for (int first = 0; first < P; first += BLOCK) {
        const int n = block_size(P, first);
        near_arguments(e, first, n, x);
        for (int h = 0; h < e->dims->heads; h++) {
            network(e, h, x, f);
            memcpy(derived + (size_t)h * (size_t)P + first, f, (size_t)n * sizeof *f);
        }
    }
}

/* Adds to *dc from dx of near queries; returns the gradient of their divisor. */
static double near_psi_grad(const struct encoder_view *e, int first, int n,
                            const real x[BLOCK], const real dx[BLOCK], double *dc)
{
    const double c = scale_c(e), divisor = near_divisor(e);
    double ddivisor = 0;
    for (int j = 0; j < n; j++) {
        const double distance = first + j;
        *dc += (double)dx[j] / divisor * distance / (1 + c * distance);
        ddivisor -= (double)(dx[j] * x[j]) / divisor;
    }
    return ddivisor;
}

static double sign(double x)
{
    return x < 0 ? -1 : 1;
}

static void derive_grad(const struct encoder_view *e, int T)
{
    const int P = e->dims->places;
    const double c = scale_c(e), reach = limit(e);
    const real *dpsi = e->dderived + psi_at(e);
    double dc = 0, ddivisor = 0;
    real x[BLOCK], dx[BLOCK], df[BLOCK];
    (void)T;
    for (int n = 0; n < P; n++)
        dc += (double)dpsi[n] * n / (1 + c * n);
    for (int first = 0; first < P; first += BLOCK) {
        const int n = block_size(P, first);
        near_arguments(e, first, n, x);
        for (int h = 0; h < e->dims->heads; h++) {
            memset(df, 0, sizeof df);
            memcpy(df, e->dderived + (size_t)h * (size_t)P + first, (size_t)n * sizeof *df);
            network_grad(e, h, x, df, dx);
            ddivisor += near_psi_grad(e, first, n, x, dx, &dc);
        }
    }
    dc += ddivisor * reach / (1 + c * reach);
    const double dm = ddivisor * c * e->options->v[THRESHOLD] / (1 + c * reach);
    e->grad[C][0] += (real)(sign((double)e->weight[C][0]) * dc);
    e->grad[MULTIPLIER][0] += (real)(sign((double)e->weight[MULTIPLIER][0]) * dm);
}

/* --- logits -------------------------------------------------------------- */

/* Writes x of a far query for keys first .. first + n - 1, then zeros. */
static void far_arguments(const struct encoder_view *e, const struct panel *p, int place,
                          int first, int n, real x[BLOCK])
{
    const real *psi = e->derived + psi_at(e);
    const real inverse = 1 / (psi[place] + (real)least_divisor);
    memset(x, 0, BLOCK * sizeof *x);
    for (int j = 0; j < n; j++)
        x[j] = psi[place - p->place[first + j]] * inverse;
}

static void score_far(const struct encoder_view *e, const struct panel *p, int i, real *s)
{
    real x[BLOCK], f[BLOCK];
    for (int first = 0; first <= i; first += BLOCK) {
        const int n = block_size(i + 1, first);
        far_arguments(e, p, p->place[i], first, n, x);
        network(e, p->head, x, f);
        for (int j = 0; j < n; j++)
            s[first + j] += f[j];
    }
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const real *bias = e->derived + (size_t)p->head * (size_t)e->dims->places;
    const double most = limit(e);
    (void)scratch;
    for (int r = 0; r < p->rows; r++) {
        const int i = p->row[r], place = p->place[i];
        real *s = p->score + (size_t)r * (size_t)p->stride;
        if (place > most)
            score_far(e, p, i, s);
        for (int j = 0; place <= most && j <= i; j++)
            s[j] += bias[place - p->place[j]];
    }
}

/* Adds to dpsi only, since c enters x = psi[distance] / (psi[place] + 1e-6) only through psi. */
static void score_far_grad(const struct encoder_view *e, const struct panel *p, int i,
                           const real *ds)
{
    const int place = p->place[i];
    const real *psi = e->derived + psi_at(e);
    const real inverse = 1 / (psi[place] + (real)least_divisor);
    real *dpsi = e->dderived + psi_at(e), x[BLOCK], dx[BLOCK], df[BLOCK];
    for (int first = 0; first <= i; first += BLOCK) {
        const int n = block_size(i + 1, first);
        far_arguments(e, p, place, first, n, x);
        memset(df, 0, sizeof df);
        memcpy(df, ds + first, (size_t)n * sizeof *df);
        network_grad(e, p->head, x, df, dx);
        for (int j = 0; j < n; j++) {
            dpsi[place - p->place[first + j]] += dx[j] * inverse;
            dpsi[place] -= dx[j] * x[j] * inverse;
        }
    }
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    real *dbias = e->dderived + (size_t)p->head * (size_t)e->dims->places;
    const double most = limit(e);
    (void)scratch;
    for (int r = 0; r < p->rows; r++) {
        const int i = p->row[r], place = p->place[i];
        const real *ds = p->dscore + (size_t)r * (size_t)p->stride;
        if (place > most)
            score_far_grad(e, p, i, ds);
        for (int j = 0; place <= most && j <= i; j++)
            dbias[place - p->place[j]] += ds[j];
    }
}

/* Counts one addition per pair and, for far queries, three operations per hidden unit. The
 * threshold is taken at its start. */
static double flops(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load)
{
    const double near = fmin(o->v[THRESHOLD] / load->tokens, 1);
    const double far_pairs = load->pairs * (1 - near * near);
    return d->heads * (load->pairs + 3.0 * hidden(o) * far_pairs);
}

const struct encoder encoder_fire = {
    .name = "fire",
    .version = 1,
    .summary = "a learned function of the distance relative to the query's place",
    .source = "Li et al. 2023, arXiv:2310.04418v2, eq. 4 and 5",
    .options = options,
    .tensors = tensors,
    .start = start,
    .flops = flops,
    .derived = derived_size,
    .derive = derive,
    .derive_grad = derive_grad,
    .takes_places = true,
    .score = score,
    .score_grad = score_grad,
};
