/* encoder_kerple.c -- distance through a learned conditionally positive definite kernel.
 *
 *     kernel log:    logit[i][j] -= r1 ln(1 + r2 (i - j))      r1, r2 >= 0.01
 *     kernel power:  logit[i][j] -= r1 (i - j)^r2              r1 >= 0.01, 0.01 <= r2 <= 2
 *
 * Each head has its own r1 and r2. The log kernel flattens at distances where ALiBi still falls.
 *
 * Why: among the best static encodings beyond the trained length.
 *
 * Start: log r1 ~ U[0, 2), r2 ~ U[0, 1); power r1 ~ U[0, 1), r2 ~ U[0, 2). The official
 * code clamps the parameters to their bounds before each pass; here they are clamped when
 * drawn and after each step, which gives every pass the same values. All layers share one pair,
 * as in the official code; with share_layers: false each layer has its own, as in DAPE's copy.
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

static bool is_power(const struct option_values *o)
{
    return o->v[KERNEL] == KERNEL_POWER;
}

/* Maps U(-1, 1) to U(0, most). */
static void start(const struct encoder_dims *d, const struct option_values *o, int tensor,
                  real *w)
{
    const real most = (tensor == R1) == is_power(o) ? 1 : 2;
    for (int h = 0; h < d->heads; h++)
        w[h] = most * (1 + w[h]) / 2;
}

static void confine(const struct encoder_dims *d, const struct option_values *o, int tensor,
                    real *w)
{
    const real least = (real)0.01, most = is_power(o) && tensor == R2 ? 2 : (real)INFINITY;
    for (int h = 0; h < d->heads; h++)
        w[h] = w[h] < least ? least : w[h] > most ? most : w[h];
}

/* Returns the kernel at distance n, without r1; 0 at distance 0. */
static double kernel(const struct option_values *o, double r2, int n)
{
    return n == 0 ? 0.0 : is_power(o) ? pow(n, r2) : log1p(r2 * n);
}

static double kernel_slope(const struct option_values *o, double r2, int n)
{
    if (n == 0)
        return 0.0;
    if (is_power(o))
        return pow(n, r2) * log(n);
    return n / (1.0 + r2 * n);
}

static void derive(const struct encoder_view *e, int T, real *derived)
{
    (void)T;
    for (int h = 0; h < e->dims->heads; h++)
        for (int n = 0; n < e->dims->places; n++)
            *derived++ = (real)(-(double)e->weight[R1][h] *
                                kernel(e->options, (double)e->weight[R2][h], n));
}

static void derive_grad(const struct encoder_view *e, int T)
{
    const real *d = e->dderived;
    (void)T;
    for (int h = 0; h < e->dims->heads; h++) {
        const double r1 = (double)e->weight[R1][h], r2 = (double)e->weight[R2][h];
        double d1 = 0.0, d2 = 0.0;
        for (int n = 0; n < e->dims->places; n++, d++) {
            d1 -= (double)*d * kernel(e->options, r2, n);
            d2 -= (double)*d * r1 * kernel_slope(e->options, r2, n);
        }
        e->grad[R1][h] += (real)d1;
        e->grad[R2][h] += (real)d2;
    }
}

const struct encoder encoder_kerple = {
    .name = "kerple",
    .version = 1,
    .summary = "logits fall with the logarithm or a power of distance, both learned",
    .source = "Chi et al. 2022, arXiv:2205.09921v2, eq. 4",
    .options = options,
    .tensors = tensors,
    .start = start,
    .confine = confine,
    .invariances = invariant_to_shift,
    .flops = distance_bias_flops,
    .derived = distance_bias_size,
    .derive = derive,
    .derive_grad = derive_grad,
    .takes_places = true,
    .score = distance_bias_derived,
    .fades = true,
    .score_grad = distance_bias_derived_grad,
};
