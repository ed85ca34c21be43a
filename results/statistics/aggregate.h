/* aggregate.h -- one number for an encoder over many tasks, with its interval.
 *
 * Scores of a task are values over seeds; tasks are strata. Point estimates and intervals
 * are those of R. Agarwal et al., "Deep Reinforcement Learning at the Edge of the
 * Statistical Precipice" (NeurIPS 2021, sections 4.2 and 4.3). */
#ifndef AGGREGATE_H
#define AGGREGATE_H

#include <stdint.h>

#include "rank_test.h"
#include "statistics.h"
#include "status.h"

/* The mean of the middle half of all values of all strata: floor(N / 4) of the N values
 * are left out at each end. NaN when there is no value. Sorts a copy in `room`, which
 * holds as many numbers as the strata together. */
double aggregate_iqm(const struct values *stratum, int strata, double *room);

/* The share of all values of all strata above `score`: one point of the performance
 * profile. NaN when there is no value. */
double aggregate_share_above(const struct values *stratum, int strata, double score);

/* The mean over strata of rank_test_improvement(a, b). Strata without values on either
 * side stand aside; NaN when none is left. */
double aggregate_improvement(const struct values *a, const struct values *b, int strata);

/* A statistic of resampled strata. */
typedef double aggregate_statistic(const struct values *stratum, int strata, void *context);

/* docs/STATISTICS.md says this number. With another one every interval moves a little. */
enum { AGGREGATE_DRAWS = 2000 };

/* The 95 % percentile interval of `statistic` by a stratified bootstrap: each of
 * AGGREGATE_DRAWS times, the seeds of each stratum are drawn again with replacement. Draws
 * are a pure function of `seed`. NaN both where a draw is NaN. ST_NOMEM. */
enum status aggregate_interval(const struct values *stratum, int strata, uint64_t seed,
                               aggregate_statistic *statistic, void *context,
                               struct interval *out, struct err *e);

#endif
