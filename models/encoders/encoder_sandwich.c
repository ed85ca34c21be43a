/* encoder_sandwich.c -- the inner product of two sinusoidal positions, as a bias.
 *
 *     logit[i][j] += (sum over m = 1 .. D/2 of cos((i - j) 10000^(-2m/D)) - D/2) H / (8h)
 *
 * for heads h = 1 .. H: 0 at distance 0 and below it elsewhere, steepest in head 1. It has
 * no parameters; D / 2 is `frequencies`.
 *
 * Why: it says what part of ALiBi's behaviour comes from mere decay.
 *
 * Source: Chi et al. 2022, arXiv:2212.10356, in the form of NVIDIA NeMo, whose D is the
 * head's width; the authors' code was not found. */
#include "distance_bias.h"
#include "encoder.h"

#include <math.h>

enum { FREQUENCIES };

static const struct option options[] = {
    [FREQUENCIES] = {.name = "frequencies",
                     .type = OPTION_INT,
                     .lo = 0,
                     .hi = 65536,
                     .dflt = 0,
                     .help = "cosines in the sum; 0: half the head's width"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    (void)e;
    if (o->v[FREQUENCIES] == 0)
        o->v[FREQUENCIES] = ceil(d->head_dim / 2.0);
    return ST_OK;
}

/* The bias of each distance before the head's factor. */
static size_t constants(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return (size_t)d->longest;
}

static void fill_constants(const struct encoder_dims *d, const struct option_values *o,
                           real *of_distance)
{
    const int half = (int)o->v[FREQUENCIES];
    for (int n = 0; n < d->longest; n++) {
        double sum = 0.0;
        for (int m = 1; m <= half; m++)
            sum += cos(n * pow(10000.0, -(double)m / half)) - 1.0;
        of_distance[n] = (real)sum;
    }
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const real factor = (real)e->dims->heads / (real)(8 * (p->head + 1));
    for (int i = 0; i < p->columns; i++)
        scratch[i] = factor * e->constants[p->columns - 1 - i];
    distance_bias_add(p, scratch);
}

const struct encoder encoder_sandwich = {
    .name = "sandwich",
    .version = 1,
    .summary = "inner products of sinusoids of the distance, without parameters",
    .source = "Chi et al. 2022, arXiv:2212.10356, as in NVIDIA NeMo",
    .options = options,
    .resolve = resolve,
    .constants = constants,
    .fill_constants = fill_constants,
    .scratch = distance_bias_scratch,
    .score = score,
    .score_grad = distance_bias_fixed,
};
