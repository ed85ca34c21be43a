/* encoder_randomized.c -- places drawn at random from a longer range, in order.
 *
 * The T tokens of a sequence get T different places of 0 .. places - 1, drawn without
 * replacement and sorted, so that short training sequences show the distances of longer splits.
 * The other parts of the sum use the places: randomized+rope, randomized+alibi.
 *
 * Options. Each sequence has its own draw, or each batch (scope: batch) as in the authors'
 * code, where all sequences use the first T of one permutation. Evaluation draws too, as theirs
 * does; `evaluation: even` spreads the T tokens evenly over the range instead. In evaluation
 * the draw depends on the run's seed and the sample's number in its split (scope batch: on T
 * alone), so that a table is the same in any order and batch.
 *
 * Why: length generalisation on formal languages, for any encoding that takes places.
 *
 * Source: Ruoss et al. 2023, arXiv:2305.16843, section 3. For relative encodings their code
 * draws distances from 1 on instead of places; here these use differences of places, which
 * are the same except for where the range begins. */
#include "encoder.h"

enum { PLACES, SCOPE, EVALUATION };
enum { SCOPE_SAMPLE, SCOPE_BATCH };
enum { EVALUATION_RANDOM, EVALUATION_EVEN };

static const char *const scope_choices[] = {
    [SCOPE_SAMPLE] = "sample",
    [SCOPE_BATCH] = "batch",
    NULL,
};

static const char *const evaluation_choices[] = {
    [EVALUATION_RANDOM] = "random",
    [EVALUATION_EVEN] = "even",
    NULL,
};

static const struct option options[] = {
    [PLACES] = {.name = "places",
                .type = OPTION_INT,
                .lo = 0,
                .hi = 1 << 20,
                .dflt = 0,
                .help = "length of the range; 0: four times the longest sequence"},
    [SCOPE] = {.name = "scope",
               .type = OPTION_CHOICE,
               .dflt = SCOPE_SAMPLE,
               .choices = scope_choices,
               .help = "a draw for each sequence, or one for all of a batch"},
    [EVALUATION] = {.name = "evaluation",
                    .type = OPTION_CHOICE,
                    .dflt = EVALUATION_RANDOM,
                    .choices = evaluation_choices,
                    .at_test = true,
                    .help =
                        "places of tests: drawn like those of training, or spread evenly"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    if (o->v[PLACES] == 0)
        o->v[PLACES] = 4.0 * d->longest;
    if (o->v[PLACES] < d->longest)
        return err_set(e, ST_CONFIG,
                       "randomized: %g places are too few for sequences of %d tokens; set "
                       "places to at least that, or to 0",
                       o->v[PLACES], d->longest);
    return ST_OK;
}

static int places(const struct encoder_dims *d, const struct option_values *o)
{
    return o->v[PLACES] > 0 ? (int)o->v[PLACES] : 4 * d->longest;
}

/* Walks over the range once and takes place n with probability (tokens left to place) /
 * (places left), which makes every sorted subset equally likely. */
static void place(const struct encoder_dims *d, const struct option_values *o,
                  const struct placing *p, int T, int *place)
{
    const int N = places(d, o);
    struct rng r = o->v[SCOPE] == SCOPE_BATCH ? p->batch : p->sample;
    if (!p->training && o->v[EVALUATION] == EVALUATION_EVEN) {
        for (int t = 0; t < T; t++)
            place[t] = (int)((long)t * (N - 1) / (T > 1 ? T - 1 : 1));
        return;
    }
    for (int n = 0, t = 0; t < T; n++)
        if (rng_below(&r, (uint32_t)(N - n)) < (uint32_t)(T - t))
            place[t++] = n;
}

const struct encoder encoder_randomized = {
    .name = "randomized",
    .version = 1,
    .summary = "places drawn at random from a longer range, for others of a sum",
    .source = "Ruoss et al. 2023, arXiv:2305.16843, section 3",
    .options = options,
    .resolve = resolve,
    .places = places,
    .place = place,
};
