/* rank_test.h -- does one encoder's seeds lie below another's? Exact rank-sum tests.
 *
 * Errors over seeds are bimodal (some seeds leave a plateau, others do not) or skewed, so
 * their means and variances say little at five or six seeds. Ranks ask only which of two
 * seeds has the smaller error. Under the null hypothesis that both encoders' errors follow
 * one law, every choice of n of the n + m pooled values is equally likely to be the first
 * encoder's; the p-value counts the choices whose rank sum is as small as the one seen.
 * Equal values share the mean of their ranks, so ties need no correction.
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

/* Above this many pooled values the exact count would take longer than a table may: the
 * normal approximation with its correction for ties serves instead. */
enum { RANK_TEST_EXACT = 40 };

/* The share of pairs (one value of a, one of b) in which a's is smaller; a tie counts half.
 * This is the probability that a fresh seed of a has a smaller value than one of b, also
 * called probability of improvement. NaN when a side is empty. */
double rank_test_improvement(struct values a, struct values b);

/* P(rank sum of a this small or smaller), were a and b of one law; 1 when a side is
 * empty. */
double rank_test_below(struct values a, struct values b);

/* The smallest p-value that n values against m can give: 1 / C(n + m, n). */
double rank_test_least(int n, int m);

/* How many seeds a side decide at level `alpha` (one-sided) with probability 0.8, when the
 * probability of improvement is `improvement`: Noether's approximation, but no fewer than
 * can reach alpha at all. 0 when no number of seeds would do (improvement at most 1/2).
 * Source: G. E. Noether, Journal of the American Statistical Association 82 (1987). */
int rank_test_seeds(double improvement, double alpha);

#endif
