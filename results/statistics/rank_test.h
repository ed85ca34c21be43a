/* rank_test.h -- exact rank-sum tests: are the values of one encoder's seeds below another's?
 *
 * Errors over seeds are bimodal (some seeds leave a plateau, others do not) or skewed, so
 * their means and variances say little with five or six seeds. Ranks depend only on which of
 * two seeds has the smaller error. Under the null hypothesis that both encoders' errors follow
 * one law, every choice of n of the n + m pooled values is equally likely to be the first
 * encoder's; the p-value is the share of choices whose rank sum is at most the observed one.
 * Equal values share the mean of their ranks, so that ties need no correction.
 *
 * Source: F. Wilcoxon, Biometrics Bulletin 1 (1945); H. B. Mann and D. R. Whitney, Annals
 * of Mathematical Statistics 18 (1947). */
#ifndef RANK_TEST_H
#define RANK_TEST_H

/* The values of one side. Infinite values are the largest; NaN is not allowed. */
struct values {
    const double *at;
    int n;
};

/* Most pooled values of the exact count. With more it would take too long for a table, and the
 * normal approximation with its correction for ties replaces it. */
enum { RANK_TEST_EXACT = 40 };

/* Returns the share of pairs (one value of a, one of b) in which a's is smaller; a tie counts
 * half. It estimates the probability that a new seed of a has a smaller value than one of b, the
 * probability of improvement. NaN when a side is empty. */
double rank_test_improvement(struct values a, struct values b);

/* Returns the p-value: the probability of a rank sum of a this small or smaller if a and b follow
 * one law; 1 when a side is empty. */
double rank_test_below(struct values a, struct values b);

/* Returns the smallest p-value that n values against m can give: 1 / C(n + m, n). */
double rank_test_least(int n, int m);

/* Returns the seeds per side that decide at level `alpha` (one-sided) with probability 0.8 when
 * the probability of improvement is `improvement`: Noether's approximation, but at least the
 * fewest seeds that can reach alpha. 0 when no number suffices (improvement at most 1/2), or only
 * more than a million.
 * Source: G. E. Noether, Journal of the American Statistical Association 82 (1987). */
int rank_test_seeds(double improvement, double alpha);

#endif
