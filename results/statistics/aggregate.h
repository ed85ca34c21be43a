/* aggregate.h -- one number per encoder over many tasks, with its interval.
 *
 * The scores of a task are values over seeds; tasks are strata. Point estimates and intervals
 * follow R. Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical
 * Precipice" (NeurIPS 2021, sections 4.2 and 4.3). */
#ifndef AGGREGATE_H
#define AGGREGATE_H

#include <stdint.h>

#include "rank_test.h"
#include "statistics.h"
#include "status.h"

/* Returns the mean of the middle half of all values of all strata: floor(N / 4) of the N values
 * are left out at each end. NaN when there is no value. Sorts a copy in `room`, which holds as
 * many numbers as the strata together. */
double aggregate_iqm(const struct values *stratum, int strata, double *room);

/* Returns the share of all values of all strata above `score`, which is one point of the
 * performance profile. NaN when there is no value. */
double aggregate_share_above(const struct values *stratum, int strata, double score);

/* Returns the mean over strata of rank_test_improvement(a, b). Strata in which a side has no
 * values are left out; NaN when none is left. */
double aggregate_improvement(const struct values *a, const struct values *b, int strata);

/* A statistic of resampled strata. */
typedef double aggregate_statistic(const struct values *stratum, int strata, void *context);

/* Number of draws of the bootstrap, as docs/STATISTICS.md says. Another number would change every
 * interval a little. */
enum { AGGREGATE_DRAWS = 2000 };

/* Computes the 95 % percentile interval of `statistic` by a stratified bootstrap: AGGREGATE_DRAWS
 * times, the seeds of each stratum are drawn again with replacement. Draws are a pure function of
 * `seed`. Both ends are NaN when a draw is NaN or there is no value. ST_NOMEM. */
enum status aggregate_interval(const struct values *stratum, int strata, uint64_t seed,
                               aggregate_statistic *statistic, void *context,
                               struct interval *out, struct err *e);

#endif
