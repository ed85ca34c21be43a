/* statistics.h -- means over seeds, intervals and tests; pure functions.
 *
 * The same means and intervals exist in SQL (v_summary), since views answer in the plain
 * sqlite3 shell, which has no function of ours; here they serve groupings that a view cannot
 * know. That both agree, on hard cases too, is tested in tests/results/test_schema.c. All
 * tails and quantiles come from one function, the regularised incomplete beta function. */
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

/* The mean's 95 % interval by Student's t, for what is no rate; NaN when n < 2. */
struct interval statistics_mean_interval(double mean, double std, int n);

/* The 95 % interval of a rate in [0, 1], whose mean and spread over n seeds these are, `count`
 * of `total` > 0 tries of all seeds. It is Wilson's with the number of independent tries that
 * the spread leaves, mean (1 - mean) n / std^2, but no more than `total`, and Student's t for
 * the normal quantile. Of one seed it is Wilson's own: about that run alone. Where none or
 * all are counted it ends at the one-sided bound below. NaN when n < 1.
 * Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927); the number
 * of tries as in surveys: E. L. Korn and B. I. Graubard, Survey Methodology 24 (1998). */
struct interval statistics_rate_interval(double mean, double std, int n, int64_t count,
                                         int64_t total);

/* The 95 % interval of b - a from the intervals of both, which are independent; of rates it
 * stays in [-1, 1].
 * Source: R. G. Newcombe, Statistics in Medicine 17 (1998) 873, method 10. */
struct interval statistics_difference_interval(double a, struct interval of_a, double b,
                                               struct interval of_b);

/* The sum of counts, of which below 0 is none: cut at the largest number, which only
 * a stranger's database reaches. Begins at -1. */
int64_t statistics_add_count(int64_t sum, int64_t count);

/* One-sided 95 % upper bound of a probability of which `total` tries saw no case:
 * 1 - 0.05^(1/total), about 3 / total. */
double statistics_zero_bound(int64_t total);

/* One-sided 95 % lower bound of a probability that `count` of `total` > 0 tries show, by
 * Wilson's score: 0 for count 0. */
double statistics_wilson_low(int64_t count, int64_t total);

/* Holm's correction of n p-values to adjusted[n]; NaN entries stand aside. */
void statistics_holm(const double *p, int n, double *adjusted);

#endif
