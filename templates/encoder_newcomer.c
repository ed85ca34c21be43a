/* encoder_newcomer.c -- a learned multiple of the logarithm of distance.
 *
 *     logit[i][j] += w_h ln(1 + (i - j) / scale),   j <= i
 *
 * with one w_h for each head, which all layers share and which starts at 0.
 *
 * Why: say here what the encoding is to find out.
 *
 * Source: name the paper, its version and equation, and what public code does differently.
 * Check: w 2, scale 1, distance 3 -> 2 ln 4 = 2.772589. */
#include "distance_bias.h"
#include "encoder.h"

#include <math.h>

enum { SCALE };

static const struct option options[] = {
    [SCALE] = {"scale", OPTION_REAL, .lo = 1e-3, .hi = 1e6, .dflt = 1,
               .help = "distance, in tokens, from which on the logarithm is felt"},
    {0},
};

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    (void)o;
    out[0] = (struct tensor_spec){.name = "slopes", .rows = 1, .columns = d->heads};
    return 1;
}

static double felt(const struct encoder_view *e, int distance)
{
    return log1p(distance / e->options->v[SCALE]);
}

/* derived [H, places]: the bias of each head and distance, once a step. */
static void derive(const struct encoder_view *e, int T, real *derived)
{
    (void)T;
    for (int h = 0; h < e->dims->heads; h++)
        for (int n = 0; n < e->dims->places; n++)
            *derived++ = e->weight[0][h] * (real)felt(e, n);
}

/* Its adjoint: the bias is linear in w_h. */
static void derive_grad(const struct encoder_view *e, int T)
{
    const real *d = e->dderived;
    (void)T;
    for (int h = 0; h < e->dims->heads; h++)
        for (int n = 0; n < e->dims->places; n++)
            e->grad[0][h] += *d++ * (real)felt(e, n);
}

const struct encoder encoder_newcomer = {
    .name = "newcomer",
    .version = 1,
    .summary = "a learned multiple of the logarithm of distance, one a head",
    .source = "ours, not published",
    .options = options,
    .tensors = tensors,
    .invariances = invariant_to_shift,
    .flops = distance_bias_flops,
    .derived = distance_bias_size,
    .derive = derive,
    .derive_grad = derive_grad,
    .takes_places = true,
    .score = distance_bias_derived,
    .score_grad = distance_bias_derived_grad,
};
