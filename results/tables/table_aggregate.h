/* table_aggregate.h -- one number per encoder over many tests, with its interval.
 *
 * A test is an experiment, cell and split; its values are normalised scores of runs,
 * (accuracy - majority) / (ceiling - majority): 0 for always giving the commonest answer, 1 for
 * knowing all that can be known, below 0 for worse. In a test without majority, chance or 0
 * replaces it; without ceiling, 1. Only tests in which every encoder has a value count.
 *
 *   IQM      mean of the middle half of all values of all tests
 *   > s      share of all values above s: points of the performance profile
 *   better   mean over tests and the other encoders of the share of pairs of runs in which
 *            this encoder's score is higher, a tie half
 *
 * Intervals (95 %) are of a bootstrap over seeds within each test (aggregate.h). */
#ifndef TABLE_AGGREGATE_H
#define TABLE_AGGREGATE_H

#include "table.h"

/* Prints a table per profile with a row per encoder; for programs a row per statistic: profile,
 * encoder, statistic (iqm, above_0.1 ... above_0.99, better), value, low, high, tests, values.
 * Uses of `q` only the choice of runs, merge and the format. ST_NOTFOUND: no run matches, or no
 * profile has a test with values of every encoder. */
enum status table_aggregate(struct store *s, const struct table_request *q, FILE *out,
                            struct err *e);

#endif
