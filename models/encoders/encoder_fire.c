/* encoder_fire.c -- a small network of the distance, relative to how far back one can look.
 *
 *     logit[i][j] += f_h( psi(i - j) / psi(max(i, |b| L)) ),   psi(x) = ln(1 + |c| x)
 *     f_h(x) = v_h + sum over k of w_hk max(0, a_k x + u_k)
 *
 * with positions from 0, so the argument lies in [0, 1] at any length. L is the constant
 * `threshold`; b and c are learned, from 1 and 0.1.
 *
 * Why: the strongest learned static bias on length generalisation, above all with
 * randomized positions.
 *
 * The network starts as PyTorch's linear layers do. c and b are kept as factors of their
 * start; 1e-6 is added to the divisor as in public code.
 *
 * Source: Li et al. 2023, arXiv:2310.04418v2, eq. 4 and 5; code of DAPE and TAPE, of which
 * one has threshold 256 and the other 512. */
#include "encoder.h"

#include <math.h>
#include <string.h>

enum { HIDDEN, THRESHOLD, SHARE_LAYERS };
enum { SCALES, LAYER, OUT, OUT_BIAS }; /* tensors */
enum { SCALE_C, SCALE_B };

static const double start_c = 0.1, least_divisor = 1e-6;

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
                   .help = "L: before it distances are not taken relative to the query's "
                           "position"},
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
    out[SCALES] =
        (struct tensor_spec){.name = "scales", .rows = 1, .columns = 2, .init = INIT_ONE};
    /* Weights a, then biases u. */
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
    out[OUT_BIAS] = (struct tensor_spec){.name = "out_bias",
                                         .rows = 1,
                                         .columns = d->heads,
                                         .init = INIT_UNIFORM,
                                         .scale = width,
                                         .decay = true};
    for (int i = 0; i <= OUT_BIAS; i++)
        out[i].per_layer = o->v[SHARE_LAYERS] == 0;
    return OUT_BIAS + 1;
}

/* psi of each distance of the panel, the arguments of one row and their gradient. */
static size_t scratch_size(const struct encoder_dims *d, const struct option_values *o,
                           int rows, int columns)
{
    (void)d;
    (void)o;
    (void)rows;
    return 3 * (size_t)columns;
}

/* |c|, |b| L and what they give at the query of one row. */
struct place {
    double c, limit, reach, divisor; /* reach = max(i, limit); divisor = psi(reach) + ... */
};

static struct place place_at(const struct encoder_view *e, int position)
{
    struct place at = {.c = fabs(start_c * (double)e->weight[SCALES][SCALE_C]),
                       .limit = fabs((double)e->weight[SCALES][SCALE_B]) *
                                e->options->v[THRESHOLD]};
    at.reach = position > at.limit ? position : at.limit;
    at.divisor = log1p(at.c * at.reach) + least_divisor;
    return at;
}

/* psi of distance n at psi[n]; the same for all rows. */
static void fill_psi(const struct encoder_view *e, const struct panel *p, real *psi)
{
    const double c = place_at(e, 0).c;
    for (int n = 0; n < p->columns; n++)
        psi[n] = (real)log1p(c * n);
}

/* x[j] of the keys of one row. */
static void arguments(const struct place *at, const real *psi, int position, real *x)
{
    const real inverse = (real)(1.0 / at->divisor);
    for (int j = 0; j <= position; j++)
        x[j] = psi[position - j] * inverse;
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const int units = hidden(e->options);
    const real *a = e->weight[LAYER], *u = a + units;
    const real *w = e->weight[OUT] + (size_t)p->head * (size_t)units;
    real *psi = scratch, *x = psi + p->columns;
    fill_psi(e, p, psi);
    for (int r = 0; r < p->rows; r++) {
        const int n = p->position[r] + 1;
        const struct place at = place_at(e, p->position[r]);
        real *s = p->score + (size_t)r * (size_t)p->stride;
        arguments(&at, psi, p->position[r], x);
        for (int j = 0; j < n; j++)
            s[j] += e->weight[OUT_BIAS][p->head];
        for (int k = 0; k < units; k++)
            for (int j = 0; j < n; j++) {
                const real h = a[k] * x[j] + u[k];
                s[j] += h > 0 ? w[k] * h : 0;
            }
    }
}

/* One hidden unit over the keys of a row: adds to dx and to its own gradients. */
static void unit_grad(const struct encoder_view *e, int head, int k, int n, const real *x,
                      const real *ds, real *dx)
{
    const int units = hidden(e->options);
    const size_t out = (size_t)head * (size_t)units + (size_t)k;
    const real a = e->weight[LAYER][k], u = e->weight[LAYER][units + k];
    const real w = e->weight[OUT][out];
    real dw = 0, da = 0, du = 0;
    for (int j = 0; j < n; j++) {
        const real h = a * x[j] + u;
        const real g = h > 0 ? ds[j] : 0;
        dw += g * h;
        da += g * x[j];
        du += g;
        dx[j] += g * w * a;
    }
    e->grad[OUT][out] += dw;
    e->grad[LAYER][k] += w * da;
    e->grad[LAYER][units + k] += w * du;
}

/* From dx of a row to c and b: x = psi(n) / divisor. */
static void scales_grad(const struct encoder_view *e, const struct place *at, int position,
                        const real *x, const real *dx)
{
    double by_psi = 0.0, by_divisor = 0.0;
    for (int j = 0; j <= position; j++) {
        const double n = position - j;
        by_psi += (double)dx[j] * n / (1.0 + at->c * n);
        by_divisor -= (double)dx[j] * (double)x[j];
    }
    const double dc =
        (by_psi + by_divisor * at->reach / (1.0 + at->c * at->reach)) / at->divisor;
    const double sign_c = e->weight[SCALES][SCALE_C] < 0 ? -1.0 : 1.0;
    e->grad[SCALES][SCALE_C] += (real)(start_c * sign_c * dc);
    if (position > at->limit)
        return;
    const double sign_b = e->weight[SCALES][SCALE_B] < 0 ? -1.0 : 1.0;
    e->grad[SCALES][SCALE_B] += (real)(sign_b * e->options->v[THRESHOLD] * by_divisor *
                                       at->c / (1.0 + at->c * at->reach) / at->divisor);
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    real *psi = scratch, *x = psi + p->columns, *dx = x + p->columns;
    fill_psi(e, p, psi);
    for (int r = 0; r < p->rows; r++) {
        const int n = p->position[r] + 1;
        const struct place at = place_at(e, p->position[r]);
        const real *ds = p->dscore + (size_t)r * (size_t)p->stride;
        arguments(&at, psi, p->position[r], x);
        memset(dx, 0, (size_t)n * sizeof *dx);
        for (int j = 0; j < n; j++)
            e->grad[OUT_BIAS][p->head] += ds[j];
        for (int k = 0; k < hidden(e->options); k++)
            unit_grad(e, p->head, k, n, x, ds, dx);
        scales_grad(e, &at, p->position[r], x, dx);
    }
}

const struct encoder encoder_fire = {
    .name = "fire",
    .version = 1,
    .summary = "a learned function of the distance relative to the query's position",
    .source = "Li et al. 2023, arXiv:2310.04418v2, eq. 4 and 5",
    .options = options,
    .tensors = tensors,
    .scratch = scratch_size,
    .score = score,
    .score_grad = score_grad,
};
