#include "rank_test.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

double rank_test_improvement(struct values a, struct values b)
{
    double wins = 0.0;
    for (int i = 0; i < a.n; i++)
        for (int j = 0; j < b.n; j++)
            wins += a.at[i] < b.at[j] ? 1.0 : a.at[i] > b.at[j] ? 0.0 : 0.5;
    return wins / ((double)a.n * b.n);
}

static double pooled_at(struct values a, struct values b, int i)
{
    return i < a.n ? a.at[i] : b.at[i - a.n];
}

/* Returns twice the mid-rank of pooled value i, from 2 to 2N; doubled, because that is whole. */
static int double_rank(struct values a, struct values b, int i)
{
    const double x = pooled_at(a, b, i);
    int below = 0, same = 0;
    for (int j = 0; j < a.n + b.n; j++) {
        below += pooled_at(a, b, j) < x;
        same += pooled_at(a, b, j) == x;
    }
    return 2 * below + same + 1;
}

enum { MOST_SUM = RANK_TEST_EXACT * (RANK_TEST_EXACT + 1) };

/* Returns the share of all choices of a.n among the N pooled values whose doubled rank sum is at
 * most `sum`. share[k][s] is, after i values, the probability that a random choice took k of them
 * with sum s. Value i is taken with probability (a.n - k) / (N - i), as in drawing without
 * replacement, so that nothing overflows however many choices there are. */
static double share_at_most(struct values a, struct values b, int sum)
{
    double share[RANK_TEST_EXACT + 1][MOST_SUM + 1]; /* half a megabyte */
    const int N = a.n + b.n;
    int reached = 0;
    for (int k = 0; k <= a.n; k++)
        memset(share[k], 0, sizeof share[k]);
    share[0][0] = 1.0;
    for (int i = 0; i < N; i++) {
        const int rank = double_rank(a, b, i);
        reached += rank;
        for (int k = i < a.n ? i : a.n; k >= 0; k--) {
            const double take = (double)(a.n - k) / (N - i);
            for (int s = reached - rank; s >= 0; s--) {
                const double p = share[k][s];
                if (p > 0.0 && k < a.n)
                    share[k + 1][s + rank] += p * take;
                share[k][s] = p * (1.0 - take);
            }
        }
    }
    double total = 0.0;
    for (int s = 0; s <= sum && s <= MOST_SUM; s++)
        total += share[a.n][s];
    return total;
}

/* Returns the same share by the normal approximation, with a continuity correction, and with mean
 * and variance of the doubled rank sum from the ranks, ties included. */
static double normal_at_most(struct values a, struct values b, int sum)
{
    const int N = a.n + b.n;
    double mean = 0.0, squares = 0.0;
    for (int i = 0; i < N; i++)
        mean += (double)double_rank(a, b, i) / N;
    for (int i = 0; i < N; i++)
        squares += pow(double_rank(a, b, i) - mean, 2.0);
    const double variance = (double)a.n * b.n / N * squares / (N - 1.0);
    if (variance <= 0.0)
        return 1.0;
    return 0.5 * erfc((a.n * mean - sum - 1.0) / sqrt(2.0 * variance));
}

double rank_test_below(struct values a, struct values b)
{
    int sum = 0;
    if (a.n == 0 || b.n == 0)
        return 1.0;
    for (int i = 0; i < a.n; i++) {
        assert(!isnan(a.at[i]));
        sum += double_rank(a, b, i);
    }
    const double p =
        a.n + b.n <= RANK_TEST_EXACT ? share_at_most(a, b, sum) : normal_at_most(a, b, sum);
    return p < 1.0 ? p : 1.0;
}

double rank_test_least(int n, int m)
{
    assert(n >= 0 && m >= 0);
    return exp(lgamma(n + 1.0) + lgamma(m + 1.0) - lgamma(n + m + 1.0));
}

/* Returns z with P(Z > z) = p for a standard normal Z, by bisection, because C has no inverse of
 * erfc. */
static double normal_quantile_above(double p)
{
    double low = -40.0, high = 40.0;
    for (int i = 0; i < 200; i++) {
        const double z = low + (high - low) / 2;
        if (0.5 * erfc(z / sqrt(2.0)) > p)
            low = z;
        else
            high = z;
    }
    return high;
}

int rank_test_seeds(double improvement, double alpha)
{
    assert(alpha > 0 && alpha < 1);
    if (!(improvement > 0.5))
        return 0;
    const double z = normal_quantile_above(alpha) + normal_quantile_above(0.2);
    const double gap = improvement - 0.5;
    /* If all pairs agree, the fewest seeds that can reach alpha suffice. */
    double n = improvement < 1.0 ? ceil(z * z / (6.0 * gap * gap)) : 1.0;
    if (n > 1e6)
        return 0;
    while (rank_test_least((int)n, (int)n) > alpha)
        n += 1.0;
    return (int)n;
}
