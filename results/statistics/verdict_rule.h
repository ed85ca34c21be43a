/* verdict_rule.h -- decides a comparison of two encoders by their seeds.
 *
 * The claims about one experiment are a family. Each claim is tested in both directions by an
 * exact rank-sum test over seeds (rank_test.h), and Holm's correction is applied over the
 * family, for each direction by itself at 2.5 %. A claim is
 *   not run       when a side has no values
 *   both solve    when the mean errors of both sides are so small that the size of the
 *                 experiment cannot test it; it is no part of the family
 *   reproduced    when the first encoder's values are below the second's by that test and
 *                 at least three of four pairs of seeds agree
 *   contradicted  when the same holds the other way round
 *   too few seeds when no outcome with so many seeds could have decided it
 *   undecided     otherwise.
 * The rule was fixed by simulation (bench/bench_verdict_rule.c, docs/STATISTICS.md) before
 * it judged a run. */
#ifndef VERDICT_RULE_H
#define VERDICT_RULE_H

#include <stdbool.h>

#include "rank_test.h"
#include "status.h"

/* One-sided level of each direction, and the least share of pairs of seeds that must agree. */
#define VERDICT_ALPHA       0.025
#define VERDICT_IMPROVEMENT 0.75

enum verdict {
    NOT_RUN,
    BOTH_SOLVE,
    REPRODUCED,
    CONTRADICTED,
    TOO_FEW_SEEDS,
    UNDECIDED,
    VERDICTS
};
const char *verdict_text(enum verdict v);

struct comparison {
    struct values less, than; /* a value per seed, none NaN */
    bool solved;              /* by both sides */
    /* Set by verdict_rule; numbers are NaN when a side has no values. */
    double improvement;  /* share of pairs of seeds in which `less` is below `than` */
    double below, above; /* p-values of the two directions, not corrected; NaN: solved */
    double below_corrected, above_corrected;
    int seeds; /* seeds per side that would decide with probability 0.8 at this share and the
                  family's strictest correction; 0: no number would, or it is decided */
    enum verdict verdict;
};

/* Judges the n claims of one family, in place. ST_NOMEM. */
enum status verdict_rule(struct comparison *c, int n, struct err *e);

#endif
