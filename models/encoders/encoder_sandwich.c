/* encoder_sandwich.c -- the inner product of two sinusoidal positions, as a bias.
 *
 *     logit[i][j] += (sum over m = 1 .. D/2 of cos((i - j) 10000^(-2m/D)) - D/2) H / (8h)
 *
 * for heads h = 1 .. H: 0 at distance 0 and below it elsewhere, steepest in head 1. It has
 * no parameters; D / 2 is `frequencies`.
 *
 * Why: it shows how much of ALiBi's behaviour comes from decay alone.
 *
 * Source: Chi et al. 2022, arXiv:2212.10356, in the form of NVIDIA NeMo, which takes the
 * head's width for D; the authors' code was not found. Check: D 64, H 4, head 1: -0.31 at
 * distance 1, -3.21 at 4, -5.33 at 16. */
#include "distance_bias.h"
#include "encoder.h"

#include <math.h>

enum { FREQUENCIES };

static const struct option options[] = {
    [FREQUENCIES] = {.name = "frequencies",
                     .type = OPTION_INT,
                     .lo = 1,
                     .hi = 65536,
                     .dflt = 64,
                     .help = "cosines in the sum, D / 2"},
    {0},
};

static double decay(const struct option_values *o, int distance)
{
    const int half = (int)o->v[FREQUENCIES];
    double sum = 0.0;
    for (int m = 1; m <= half; m++)
        sum += cos(distance * pow(10000.0, -(double)m / half)) - 1.0;
    return sum;
}

static void fill_constants(const struct encoder_dims *d, const struct option_values *o,
                           real *table)
{
    for (int n = 0; n < d->places; n++) {
        const double at = decay(o, n);
        for (int head = 0; head < d->heads; head++)
            table[(size_t)head * (size_t)d->places + (size_t)n] =
                (real)(at * d->heads / (8.0 * (head + 1)));
    }
}

const struct encoder encoder_sandwich = {
    .name = "sandwich",
    .version = 1,
    .summary = "inner products of sinusoids of the distance, without parameters",
    .source = "Chi et al. 2022, arXiv:2212.10356, as in NVIDIA NeMo",
    .options = options,
    .invariances = invariant_to_shift,
    .flops = distance_bias_flops,
    .constants = distance_bias_size,
    .fill_constants = fill_constants,
    .takes_places = true,
    .score = distance_bias_fixed,
    .fades = true,
    .score_grad = distance_bias_fixed_grad,
};
