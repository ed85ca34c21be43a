/* encoder_t5.c -- a learned number for each head and bucket of distances.
 *
 *     logit[i][j] += b_h[bucket(i - j)],   j <= i
 *     bucket(n) = n                                                   n < B / 2
 *               = B / 2 + floor(B / 2 ln(n / (B / 2)) / ln(D / (B / 2)))   else
 *
 * but at most B - 1, for B buckets up to distance D: one bucket for each small distance, then
 * wider and wider buckets. With B 32 and D 128 the last bucket begins at 113.
 *
 * Why: the best explicit encoding in several comparisons of length generalisation.
 *
 * T5 itself has no alpha in its logits. Here q.k keeps alpha, and the bias is added as it is,
 * or times sqrt(d) with scale_bias, as in GPT-NeoX and x-transformers. All layers share one
 * table.
 *
 * Source: Raffel et al. 2019, arXiv:1910.10683v4, section 2.1 and its code; the start
 * N(0, 1/C) is that of Hugging Face's T5. */
#include "distance_bias.h"
#include "encoder.h"

#include <math.h>

enum { BUCKETS, MAX_DISTANCE, SCALE_BIAS };

static const struct option options[] = {
    [BUCKETS] = {.name = "buckets",
                 .type = OPTION_INT,
                 .lo = 4,
                 .hi = 1024,
                 .dflt = 32,
                 .help = "numbers a head"},
    [MAX_DISTANCE] = {.name = "max_distance",
                      .type = OPTION_INT,
                      .lo = 3,
                      .hi = 1 << 20,
                      .dflt = 128,
                      .help = "distances from about here on share the last bucket"},
    [SCALE_BIAS] = {.name = "scale_bias",
                    .type = OPTION_BOOL,
                    .dflt = 0,
                    .help = "multiply the bias by the square root of the head's width"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    const int own = (int)o->v[BUCKETS] / 2;
    (void)d;
    if (o->v[MAX_DISTANCE] > own)
        return ST_OK;
    return err_set(
        e, ST_CONFIG,
        "t5: the first %d distances have a bucket of their own, and max_distance "
        "is %d; set it to more, or use fewer buckets",
        own, (int)o->v[MAX_DISTANCE]);
}

static int bucket(const struct option_values *o, int distance)
{
    const int buckets = (int)o->v[BUCKETS], half = buckets / 2;
    if (distance < half)
        return distance;
    const double octaves =
        log((double)distance / half) / log(o->v[MAX_DISTANCE] / half) * (buckets - half);
    return octaves < buckets - half ? half + (int)octaves : buckets - 1;
}

/* CAPPED if training reaches the last bucket, which all longer distances share. */
static enum encoder_reach reach(const struct encoder_dims *d, const struct option_values *o)
{
    int last = 0;
    while (bucket(o, last) < (int)o->v[BUCKETS] - 1)
        last++;
    return last < d->trained_length ? REACH_CAPPED : REACH_UNTRAINED;
}

static int tensors(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX])
{
    out[0] = (struct tensor_spec){.name = "bias",
                                  .rows = d->heads,
                                  .columns = (int)o->v[BUCKETS],
                                  .init = INIT_NORMAL,
                                  .scale = 1.0 / sqrt((double)d->heads * d->head_dim),
                                  .decay = true};
    return 1;
}

static real factor(const struct encoder_view *e)
{
    return e->options->v[SCALE_BIAS] != 0 ? (real)sqrt(e->dims->head_dim) : 1;
}

static void derive(const struct encoder_view *e, int T, real *derived)
{
    const int buckets = (int)e->options->v[BUCKETS];
    (void)T;
    for (int h = 0; h < e->dims->heads; h++)
        for (int n = 0; n < e->dims->places; n++)
            *derived++ = factor(e) * e->weight[0][h * buckets + bucket(e->options, n)];
}

static void derive_grad(const struct encoder_view *e, int T)
{
    const int buckets = (int)e->options->v[BUCKETS];
    const real *d = e->dderived;
    (void)T;
    for (int h = 0; h < e->dims->heads; h++)
        for (int n = 0; n < e->dims->places; n++)
            e->grad[0][h * buckets + bucket(e->options, n)] += factor(e) * *d++;
}

const struct encoder encoder_t5 = {
    .name = "t5",
    .version = 1,
    .summary = "a learned bias for each head and bucket of distances, wider when far",
    .source = "Raffel et al. 2019, arXiv:1910.10683v4, section 2.1",
    .options = options,
    .resolve = resolve,
    .reach = reach,
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
