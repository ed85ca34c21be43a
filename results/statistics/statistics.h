/* statistics.h -- means over seeds, intervals and tests; pure functions.
 *
 * The same means and intervals exist in SQL (v_summary); here they serve groupings that a
 * view cannot know. All tails and quantiles come from one function, the regularised
 * incomplete beta function. */
#ifndef STATISTICS_H
#define STATISTICS_H

#include <stdint.h>

struct interval {
    double low, high;
};

double statistics_mean(const double *x, int n); /* NaN when n = 0 */
double statistics_std(const double *x, int n);  /* of a sample (n - 1); NaN when n < 2 */

/* I_x(a, b), a and b > 0, x in [0, 1]. */
double statistics_incomplete_beta(double a, double b, double x);
double statistics_student_tail(double t, double df);     /* P(T > t), df > 0 */
double statistics_student_quantile(double p, double df); /* t with P(T <= t) = p */

/* The mean's 95 % interval by Student's t, not cut at 0 or 1; NaN when n < 2. */
struct interval statistics_mean_interval(double mean, double std, int n);

/* The same of a rate, `count` of `total` > 0 over all seeds: cut at 0 and 1, and where none or
 * all are counted it ends at the one-sided bound below. NaN stays. */
struct interval statistics_rate_interval(struct interval of_mean, int64_t count,
                                         int64_t total);

/* One-sided 95 % upper bound of a probability of which `total` tries saw no case:
 * 1 - 0.05^(1/total), about 3 / total. */
double statistics_zero_bound(int64_t total);

/* One-sided 95 % lower bound of a probability that `count` of `total` > 0 tries show, by
 * Wilson's score: 0 for count 0. */
double statistics_wilson_low(int64_t count, int64_t total);

/* Holm's correction of n p-values to adjusted[n]; NaN entries stand aside. */
void statistics_holm(const double *p, int n, double *adjusted);

#endif
