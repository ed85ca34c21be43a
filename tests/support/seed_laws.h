/* seed_laws.h -- distributions of an error over seeds like those that training shows, and
 * how often the rule that judges claims decides between two of them. */
#ifndef SEED_LAWS_H
#define SEED_LAWS_H

#include <math.h>

#include "rng.h"
#include "verdict_rule.h"

enum { FAMILY = 6, MOST_SEEDS = 20 };

typedef double law(struct rng *r);

/* A seed that left the plateau makes no error, the others 5 to 40 %. */
static inline double fails_in_four_of_five(struct rng *r)
{
    return rng_chance(r, 0.8) ? 0.05 + 0.35 * rng_uniform(r) : 0.0;
}

static inline double fails_in_two_of_five(struct rng *r)
{
    return rng_chance(r, 0.4) ? 0.05 + 0.35 * rng_uniform(r) : 0.0;
}

static inline double never_fails(struct rng *r)
{
    (void)r;
    return 0.0;
}

static inline double skewed(struct rng *r)
{
    return 0.05 * exp(rng_normal(r));
}

static inline double skewed_threefold(struct rng *r)
{
    return 3.0 * skewed(r);
}

static inline double normal(struct rng *r)
{
    return 0.2 + 0.02 * rng_normal(r);
}

static inline double normal_two_deviations_up(struct rng *r)
{
    return normal(r) + 0.04;
}

/* Has the mean of `normal` and ten times its spread. */
static inline double normal_wide(struct rng *r)
{
    return 0.2 + 0.2 * rng_normal(r);
}

static const struct law_pair {
    const char *text;
    law *less, *than;
    int null; /* 1: both sides have one distribution, so that every decision is an error */
} laws[] = {
    {"null: bimodal, both fail in 2 of 5 seeds", fails_in_two_of_five, fails_in_two_of_five,
     1},
    {"null: bimodal, both fail in 4 of 5 seeds", fails_in_four_of_five,
     fails_in_four_of_five, 1},
    {"null: lognormal, sigma 1", skewed, skewed, 1},
    {"null: normal", normal, normal, 1},
    {"null: normal, equal means, ten times the spread", normal, normal_wide, 1},
    {"never fails against fails in 4 of 5 seeds", never_fails, fails_in_four_of_five, 0},
    {"never fails against fails in 2 of 5 seeds", never_fails, fails_in_two_of_five, 0},
    {"lognormal against three times as much", skewed, skewed_threefold, 0},
    {"normal against two deviations more", normal, normal_two_deviations_up, 0},
};

/* Draws one family of claims; returns how many of them are reproduced, or, for a null law,
 * decided either way; -1: no memory. */
static inline int seed_laws_decided(int law_index, int seeds, struct rng *r)
{
    double less[FAMILY][MOST_SEEDS], than[FAMILY][MOST_SEEDS];
    struct comparison c[FAMILY];
    struct err e;
    int n = 0;
    for (int i = 0; i < FAMILY; i++) {
        for (int s = 0; s < seeds; s++) {
            less[i][s] = laws[law_index].less(r);
            than[i][s] = laws[law_index].than(r);
        }
        c[i] = (struct comparison){.less = {less[i], seeds}, .than = {than[i], seeds}};
    }
    if (verdict_rule(c, FAMILY, &e) != ST_OK)
        return -1;
    for (int i = 0; i < FAMILY; i++)
        n += c[i].verdict == REPRODUCED ||
             (laws[law_index].null && c[i].verdict == CONTRADICTED);
    return n;
}

#endif
