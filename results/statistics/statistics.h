/* statistics.h -- means over seeds, intervals and corrections; pure functions.
 *
 * The same means and intervals exist in SQL (v_summary), because views must work in the plain
 * sqlite3 shell, which has no function of ours. The functions here serve groupings that a view
 * cannot know. tests/results/test_schema.c checks that both agree, on hard cases too. Tails and
 * quantiles of Student's t come from one function, the regularised incomplete beta function. */
#ifndef STATISTICS_H
#define STATISTICS_H

#include <stdint.h>

struct interval {
    double low, high;
};

double statistics_mean(const double *x, int n); /* NaN when n = 0 */
double statistics_std(const double *x, int n);  /* divides by n - 1; NaN when n < 2 */

/* Returns I_x(a, b) for a and b > 0, x in [0, 1]. */
double statistics_incomplete_beta(double a, double b, double x);
double statistics_student_tail(double t, double df);     /* P(T > t), df > 0 */
double statistics_student_quantile(double p, double df); /* t with P(T <= t) = p */

/* Returns the mean's 95 % interval by Student's t, for metrics that are no rates; NaN when
 * n < 2. */
struct interval statistics_mean_interval(double mean, double std, int n);

/* Returns the 95 % interval of a rate in [0, 1], with mean and std over n seeds, and `count` of
 * `total` > 0 tries of all seeds. It is Wilson's interval, with Student's t for the normal
 * quantile and with the number of independent tries that the spread implies,
 * mean (1 - mean) n / std^2, but at most `total`. For one seed it is Wilson's own interval, which
 * is only about that run. When `count` is 0 or `total`, it ends at the one-sided bound of
 * statistics_zero_bound. NaN when n < 1.
 * Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927); the number
 * of tries as in surveys: E. L. Korn and B. I. Graubard, Survey Methodology 24 (1998). */
struct interval statistics_rate_interval(double mean, double std, int n, int64_t count,
                                         int64_t total);

/* Returns the 95 % interval of b - a from the intervals of both, which must be independent; for
 * rates it stays in [-1, 1].
 * Source: R. G. Newcombe, Statistics in Medicine 17 (1998) 873, method 10. */
struct interval statistics_difference_interval(double a, struct interval of_a, double b,
                                               struct interval of_b);

/* Returns `sum` plus `count`. A count below 0 means none and leaves `sum`, which begins at -1. The
 * sum is cut at INT64_MAX, which only a stranger's database reaches. */
int64_t statistics_add_count(int64_t sum, int64_t count);

/* Returns the one-sided 95 % upper bound of a probability when `total` > 0 tries had no case:
 * 1 - 0.05^(1/total), about 3 / total. */
double statistics_zero_bound(int64_t total);

/* Returns the one-sided 95 % lower bound of a probability when `count` of `total` > 0 tries had a
 * case, by Wilson's score: 0 for count 0. */
double statistics_wilson_low(int64_t count, int64_t total);

/* Writes Holm's correction of n p-values to adjusted[n]; NaN entries stay NaN and do not count. */
void statistics_holm(const double *p, int n, double *adjusted);

#endif
