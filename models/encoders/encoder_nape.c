/* encoder_nape.c -- half of the heads see distance, the other half see only content.
 *
 *     logit[i][j] -= m_h (i - j),   heads h = 1 .. ceil(H / 2),   m_h = 1 / h
 *
 * and nothing for the other heads. Slopes are steeper than ALiBi's, since the heads without
 * positions attend to far keys (a model of one head sees distance). With `slopes: exponential`
 * m_h = 2^-(h - 1).
 *
 * Why: the position encoding of the paper on adaptive scalable entmax; even without the entmax
 * it copies far beyond the trained length.
 *
 * Source: Vasylenko et al. 2025, arXiv:2506.16640 and its code; without their temperature. */
#include "distance_bias.h"
#include "encoder.h"

#include <math.h>

enum { SLOPES };

static const char *const slope_names[] = {"harmonic", "exponential", NULL};

static const struct option options[] = {
    [SLOPES] = {.name = "slopes",
                .type = OPTION_CHOICE,
                .dflt = 0,
                .choices = slope_names,
                .help = "1/h, or 2^-(h-1), for h from 1"},
    {0},
};

static void fill_constants(const struct encoder_dims *d, const struct option_values *o,
                           real *table)
{
    for (int head = 0; head < d->heads; head++)
        for (int n = 0; n < d->places; n++) {
            const double m = o->v[SLOPES] != 0 ? exp2(-head) : 1.0 / (head + 1);
            *table++ = 2 * head < d->heads ? (real)(-m * n) : 0;
        }
}

const struct encoder encoder_nape = {
    .name = "nape",
    .version = 1,
    .summary = "steep linear distance in half of the heads, no position in the others",
    .source = "Vasylenko et al. 2025, arXiv:2506.16640, NAPE",
    .options = options,
    .invariances = invariant_to_shift,
    .once = ONCE_SLOPE,
    .flops = distance_bias_flops,
    .constants = distance_bias_size,
    .fill_constants = fill_constants,
    .takes_places = true,
    .score = distance_bias_fixed,
    .fades = true,
    .score_grad = distance_bias_fixed_grad,
};
