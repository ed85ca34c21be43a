/* encoder_shift.c -- shifts all places of a training sequence by the same random number.
 *
 *     place[t] = t + k,   k uniform in 0 .. most, drawn anew for each sequence
 *
 * in training; evaluation starts at 0. With `absolute` the random offset trains every row of
 * the table (absolute+shift); with `sinusoidal` it is SHAPE. `most` is by default the longest
 * split minus the trained length, so that the table just covers both.
 * Encodings that see only distances are not affected, so a sum of only such is refused.
 * A sequence shorter than the trained length is shifted as far as the largest place allows.
 *
 * Why: it trains absolute encodings at places that training would otherwise never reach.
 *
 * Source: Kiyono et al. 2021, arXiv:2109.05644 (SHAPE); Huang et al. 2024,
 * arXiv:2410.02140 and its code, for learned tables. */
#include "encoder.h"

enum { MOST };

static const struct option options[] = {
    [MOST] = {.name = "most",
              .type = OPTION_INT,
              .lo = 0,
              .hi = 1 << 20,
              .dflt = 0,
              .help = "largest shift of the longest training sequence; 0: up to the length "
                      "of the longest split, or the trained length where none is longer"},
    {0},
};

static enum status resolve(const struct encoder_dims *d, struct option_values *o,
                           struct err *e)
{
    (void)e;
    if (o->v[MOST] == 0)
        o->v[MOST] = d->longest > d->trained_length ? d->longest - d->trained_length
                                                    : d->trained_length;
    return ST_OK;
}

static int places(const struct encoder_dims *d, const struct option_values *o)
{
    struct option_values filled = *o;
    resolve(d, &filled, NULL);
    const int trained = d->trained_length + (int)filled.v[MOST];
    return trained > d->longest ? trained : d->longest;
}

static void place(const struct encoder_dims *d, const struct option_values *o,
                  const struct placing *p, int T, int *place)
{
    struct rng r = p->sample;
    const int room = d->trained_length + (int)o->v[MOST] - T;
    const int k = p->training && room > 0 ? (int)rng_below(&r, (uint32_t)room + 1) : 0;
    for (int t = 0; t < T; t++)
        place[t] = t + k;
}

const struct encoder encoder_shift = {
    .name = "shift",
    .version = 1,
    .summary = "training sequences start at a random place, for others of a sum",
    .source = "Kiyono et al. 2021, arXiv:2109.05644; Huang et al. 2024, arXiv:2410.02140",
    .options = options,
    .resolve = resolve,
    .places = places,
    .place = place,
    .moves_alike = true,
};
