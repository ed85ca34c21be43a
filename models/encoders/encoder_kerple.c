/* encoder_kerple.c -- distance through a learned conditionally positive definite kernel.
 *
 *     kernel log:    logit[i][j] -= r1 ln(1 + r2 (i - j))      r1, r2 >= 0.01
 *     kernel power:  logit[i][j] -= r1 (i - j)^r2              r1 >= 0.01, 0.01 <= r2 <= 2
 *
 * with r1 and r2 of each head. The log kernel flattens where ALiBi goes on falling.
 *
 * Why: among the best static encodings beyond the trained length.
 *
 * Start: log r1 ~ U[0, 2), r2 ~ U[0, 1); power r1 ~ U[0, 1), r2 ~ U[0, 2). The tensors hold
 * u in [-1, 1) with r = most (1 + u) / 2. The official code projects the parameters to their
 * bounds before each pass, so gradients are taken at the projected values and do not die
 * there; so here. One pair serves all layers, as there; share_layers: false is a pair for
 * each, as in DAPE's copy.
 *
 * Source: Chi et al. 2022, arXiv:2205.09921v2, eq. 4 and the authors' code. */
#include "distance_bias.h"
#include "encoder.h"

#include <math.h>

enum { KERNEL, SHARE_LAYERS };
enum { KERNEL_LOG, KERNEL_POWER };
enum { R1, R2 };

static const char *const kernel_names[] = {"log", "power", NULL};

static const struct option options[] = {
    [KERNEL] = {.name = "kernel",
                .type = OPTION_CHOICE,
                .dflt = KERNEL_LOG,
                .choices = kernel_names,
                .help = "r1 ln(1 + r2 n), or r1 n^r2, of distance n"},
    [SHARE_LAYERS] = {.name = "share_layers",
                      .type = OPTION_BOOL,
                      .dflt = 1,
                      .help = "one pair of numbers a head for all layers, else for each"},
    {0},
};

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    const char *const name[] = {[R1] = "r1", [R2] = "r2"};
    for (int i = 0; i < 2; i++)
        out[i] = (struct tensor_spec){.name = name[i],
                                      .rows = 1,
                                      .columns = d->heads,
                                      .init = INIT_UNIFORM,
                                      .scale = 1.0,
                                      .per_layer = o->v[SHARE_LAYERS] == 0};
    return 2;
}

static bool is_power(const struct encoder_view *e)
{
    return e->options->v[KERNEL] == KERNEL_POWER;
}

/* Half of the range in which a number starts: it is the slope of r in u too. */
static real half(const struct encoder_view *e, int which)
{
    return (which == R1) == is_power(e) ? (real)0.5 : 1;
}

static real value(const struct encoder_view *e, const struct panel *p, int which)
{
    const real r = half(e, which) * (1 + e->weight[which][p->head]);
    const real most = is_power(e) && which == R2 ? 2 : (real)INFINITY;
    return r < (real)0.01 ? (real)0.01 : r > most ? most : r;
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const double r1 = (double)value(e, p, R1), r2 = (double)value(e, p, R2);
    for (int i = 0; i < p->columns; i++) {
        const double n = p->columns - 1 - i;
        scratch[i] = (real)(-r1 * (is_power(e) ? pow(n, r2) : log1p(r2 * n)));
    }
    distance_bias_add(p, scratch);
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const double r1 = (double)value(e, p, R1), r2 = (double)value(e, p, R2);
    double d1 = 0.0, d2 = 0.0;
    distance_bias_grad(p, scratch);
    /* At distance 0 both kernels are 0 whatever their numbers. */
    for (int i = 0; i + 1 < p->columns; i++) {
        const double n = p->columns - 1 - i, g = (double)scratch[i];
        d1 -= g * (is_power(e) ? pow(n, r2) : log1p(r2 * n));
        d2 -= g * r1 * (is_power(e) ? pow(n, r2) * log(n) : n / (1.0 + r2 * n));
    }
    e->grad[R1][p->head] += half(e, R1) * (real)d1;
    e->grad[R2][p->head] += half(e, R2) * (real)d2;
}

const struct encoder encoder_kerple = {
    .name = "kerple",
    .version = 1,
    .summary = "logits fall with the logarithm or a power of distance, both learned",
    .source = "Chi et al. 2022, arXiv:2205.09921v2, eq. 4",
    .options = options,
    .tensors = tensors,
    .scratch = distance_bias_scratch,
    .score = score,
    .score_grad = score_grad,
};
