/* encoder_t5.c -- a learned number for each head and bucket of distances.
 *
 *     logit[i][j] += b_h[bucket(i - j)],   j <= i
 *     bucket(n) = n                                                   n < B / 2
 *               = B / 2 + floor(B / 2 ln(n / (B / 2)) / ln(D / (B / 2)))   else
 *
 * but B - 1 at most, for B buckets up to distance D: a bucket for each small distance, then
 * wider and wider ones. With B 32 and D 128 the last one begins at 113.
 *
 * Why: the best explicit encoding in several comparisons of length generalisation.
 *
 * T5 itself has no alpha in its logits; here alpha stays on q.k and the bias is added as it
 * is, or with scale_bias times sqrt(d), as GPT-NeoX and x-transformers do. One table serves
 * all layers.
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

static enum encoder_reach reach(const struct option_values *o)
{
    (void)o;
    return REACH_CAPPED;
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

static int bucket(const struct option_values *o, int distance)
{
    const int buckets = (int)o->v[BUCKETS], half = buckets / 2;
    if (distance < half)
        return distance;
    const double octaves =
        log((double)distance / half) / log(o->v[MAX_DISTANCE] / half) * (buckets - half);
    return octaves < buckets - half ? half + (int)octaves : buckets - 1;
}

/* The bucket of each distance of the longest sequence, as numbers of type real. */
static size_t constants(const struct encoder_dims *d, const struct option_values *o)
{
    (void)o;
    return (size_t)d->longest;
}

static void fill_constants(const struct encoder_dims *d, const struct option_values *o,
                           real *of_distance)
{
    for (int n = 0; n < d->longest; n++)
        of_distance[n] = (real)bucket(o, n);
}

static real factor(const struct encoder_view *e)
{
    return e->options->v[SCALE_BIAS] != 0 ? (real)sqrt(e->dims->head_dim) : 1;
}

static size_t first_of(const struct encoder_view *e, const struct panel *p)
{
    return (size_t)p->head * (size_t)e->options->v[BUCKETS];
}

static void score(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    const real *bias = e->weight[0] + first_of(e, p), scale = factor(e);
    for (int i = 0; i < p->columns; i++)
        scratch[i] = scale * bias[(int)e->constants[p->columns - 1 - i]];
    distance_bias_add(p, scratch);
}

static void score_grad(const struct encoder_view *e, const struct panel *p, real *scratch)
{
    real *dbias = e->grad[0] + first_of(e, p);
    const real scale = factor(e);
    distance_bias_grad(p, scratch);
    for (int i = 0; i < p->columns; i++)
        dbias[(int)e->constants[p->columns - 1 - i]] += scale * scratch[i];
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
    .constants = constants,
    .fill_constants = fill_constants,
    .scratch = distance_bias_scratch,
    .score = score,
    .score_grad = score_grad,
};
