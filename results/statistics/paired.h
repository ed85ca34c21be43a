/* paired.h -- two encoders on the same test examples.
 *
 * All runs of a split answer the same examples, so what is common to an example (some are
 * hard for everybody) cancels in a difference. Two kinds of chance remain: which seeds
 * were trained and which examples were drawn. */
#ifndef PAIRED_H
#define PAIRED_H

#include <stdint.h>

#include "statistics.h"
#include "status.h"

/* The right answers of one side: bit i of byte i / 8 of right[s] is example i of seed s. */
struct answers {
    const uint8_t *const *right; /* [seeds] */
    int seeds;
};

/* Chosen: each draw goes over all examples. With another number every interval moves. */
enum { PAIRED_DRAWS = 1000 };

/* Share of wrong answers of b less that of a, mean over seeds: positive when a is better.
 * *interval (95 %) is by a crossed bootstrap: seeds of each side and examples are drawn
 * again with replacement, each by itself, PAIRED_DRAWS times; a pure function of the
 * arguments. `examples` and both numbers of seeds are at least 1. ST_NOMEM.
 * Source: A. B. Owen, Annals of Applied Statistics 1 (2007), "pigeonhole bootstrap". */
enum status paired_effect(struct answers a, struct answers b, int examples, double *effect,
                          struct interval *interval, struct err *e);

/* Examples that only one side got right, over pairs (seed s of a, seed s of b). */
struct discordant {
    int64_t only_a, only_b;
};
struct discordant paired_discordant(struct answers a, struct answers b, int examples);

/* McNemar's exact test, two-sided: the probability, were each discordant example as likely
 * to go either way, of a split as uneven as this; 1 without any. Of one pair of seeds: over
 * several, examples count more than once.
 * Source: Q. McNemar, Psychometrika 12 (1947). */
double paired_mcnemar(struct discordant d);

#endif
