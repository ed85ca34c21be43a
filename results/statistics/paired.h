/* paired.h -- compares two encoders on the same test examples.
 *
 * All runs of a split answer the same examples, so that the difficulty of an example cancels in
 * a difference. Two kinds of chance remain: which seeds were trained and which examples were
 * drawn. */
#ifndef PAIRED_H
#define PAIRED_H

#include <stdint.h>

#include "statistics.h"
#include "status.h"

/* The right answers of one side: bit i % 8 of byte i / 8 of right[s] is example i of seed s. */
struct answers {
    const uint8_t *const *right; /* [seeds] */
    int seeds;
};

/* Number of draws of the bootstrap; chosen, because each draw takes all examples. Another number
 * would change every interval. */
enum { PAIRED_DRAWS = 1000 };

/* Computes the share of wrong answers of b minus that of a, mean over seeds: positive when a is
 * better. *interval (95 %) comes from a crossed bootstrap: PAIRED_DRAWS times, the seeds of each
 * side and the examples are independently drawn again with replacement. Both are a pure function
 * of the arguments. `examples` and both numbers of seeds must be at least 1. ST_NOMEM.
 * Source: A. B. Owen, Annals of Applied Statistics 1 (2007), "pigeonhole bootstrap". */
enum status paired_effect(struct answers a, struct answers b, int examples, double *effect,
                          struct interval *interval, struct err *e);

/* Numbers of examples that only one side got right, over pairs (seed s of a, seed s of b). */
struct discordant {
    int64_t only_a, only_b;
};
struct discordant paired_discordant(struct answers a, struct answers b, int examples);

/* Returns the two-sided p-value of McNemar's exact test: the probability of a split at least as
 * uneven as this one if each discordant example went either way with probability 1/2; 1 without
 * discordant examples. Use it for one pair of seeds: over several, examples count more than once.
 * Source: Q. McNemar, Psychometrika 12 (1947). */
double paired_mcnemar(struct discordant d);

#endif
