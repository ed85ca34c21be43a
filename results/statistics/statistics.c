/* statistics.c -- means, intervals and corrections: pure functions of numbers.
 *
 * The file has mean and spread of seeds, Student's tail by the incomplete beta function and its
 * quantile by Newton's method, intervals of means, rates and differences, bounds of rates, and
 * Holm's correction, each with its formula or source.
 * Pitfall: NaN means that there is no answer (no value, one seed), and callers must check for it.
 * Sums run in the order of the values; another order may change the last bits. */
#include "statistics.h"

#include <assert.h>
#include <math.h>

double statistics_mean(const double *x, int n)
{
    double sum = 0.0;
    for (int i = 0; i < n; i++)
        sum += x[i];
    return n > 0 ? sum / n : (double)NAN;
}

double statistics_std(const double *x, int n)
{
    const double mean = statistics_mean(x, n);
    double sum = 0.0;
    for (int i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return n > 1 ? sqrt(sum / (n - 1)) : (double)NAN;
}

/* Returns the continued fraction of I_x(a, b) by Lentz's method as modified by Thompson and
 * Barnett. It converges in about sqrt(max(a, b)) rounds for x < (a + 1) / (a + b + 2).
 * Source: NIST Digital Library of Mathematical Functions, 8.17.22. */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double f = 1.0, c = 1.0, d = 0.0;
    for (int i = 0; i < 100000; i++) {
        const int half = i / 2;
        const double m = half;
        double term = 1.0;
        if (i > 0 && i % 2 == 0)
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        else if (i > 0)
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1.0 + term * d;
        d = 1.0 / (fabs(d) < tiny ? tiny : d);
        c = 1.0 + term / c;
        c = fabs(c) < tiny ? tiny : c;
        f *= c * d;
        if (fabs(1.0 - c * d) < 1e-15)
            break;
    }
    return f - 1.0;
}

double statistics_incomplete_beta(double a, double b, double x)
{
    assert(a > 0 && b > 0 && x >= 0 && x <= 1);
    if (x <= 0.0 || x >= 1.0)
        return x <= 0.0 ? 0.0 : 1.0;
    if (x > (a + 1) / (a + b + 2))
        return 1.0 - statistics_incomplete_beta(b, a, 1.0 - x);
    const double log_front =
        lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x);
    return exp(log_front) / a * beta_fraction(a, b, x);
}

double statistics_student_tail(double t, double df)
{
    assert(df > 0);
    if (isinf(t))
        return t > 0 ? 0.0 : 1.0;
    /* P(|T| > t) = I_x(df / 2, 1 / 2) at x = df / (df + t^2). */
    const double half = 0.5 * statistics_incomplete_beta(df / 2, 0.5, df / (df + t * t));
    return t >= 0 ? half : 1.0 - half;
}

/* Newton's method from t = 0. The tail is convex for t > 0, so that steps never overshoot. */
double statistics_student_quantile(double p, double df)
{
    assert(p > 0 && p < 1 && df > 0);
    if (p < 0.5)
        return -statistics_student_quantile(1.0 - p, df);
    const double log_scale =
        lgamma((df + 1) / 2) - lgamma(df / 2) - 0.5 * log(df * acos(-1.0));
    double t = 0.0;
    for (int i = 0; i < 100; i++) {
        const double density = exp(log_scale - (df + 1) / 2 * log1p(t * t / df));
        const double step = (statistics_student_tail(t, df) - (1.0 - p)) / density;
        t += step;
        if (fabs(step) <= 1e-15 * t)
            break;
    }
    return t;
}

struct interval statistics_mean_interval(double mean, double std, int n)
{
    if (n < 2)
        return (struct interval){.low = (double)NAN, .high = (double)NAN};
    const double half = statistics_student_quantile(0.975, n - 1) * std / sqrt(n);
    return (struct interval){.low = mean - half, .high = mean + half};
}

static const double normal_quantile = 1.959963984540054; /* P(|Z| > z) = 5 % */

struct interval statistics_rate_interval(double mean, double std, int n, int64_t count,
                                         int64_t total)
{
    assert(total > 0);
    if (n < 1 || isnan(mean))
        return (struct interval){.low = (double)NAN, .high = (double)NAN};
    if (count == 0)
        return (struct interval){.low = 0.0, .high = statistics_zero_bound(total)};
    if (count == total)
        return (struct interval){.low = 1.0 - statistics_zero_bound(total), .high = 1.0};
    const double t = n > 1 ? statistics_student_quantile(0.975, n - 1) : normal_quantile;
    const double product = mean * (1.0 - mean);
    const double by_spread = n > 1 && product > 0 ? std * std / (n * product) : 0.0;
    /* k = t^2 / number of independent tries */
    const double k = t * t * fmax(1.0 / (double)total, by_spread);
    const double half = sqrt(k * product + k * k / 4);
    return (struct interval){
        .low = fmax(0.0, (mean + k / 2 - half) / (1.0 + k)),
        .high = fmin(1.0, (mean + k / 2 + half) / (1.0 + k)),
    };
}

struct interval statistics_difference_interval(double a, struct interval of_a, double b,
                                               struct interval of_b)
{
    return (struct interval){
        .low = b - a - hypot(b - of_b.low, of_a.high - a),
        .high = b - a + hypot(of_b.high - b, a - of_a.low),
    };
}

int64_t statistics_add_count(int64_t sum, int64_t count)
{
    int64_t more;
    if (count < 0)
        return sum;
    return __builtin_add_overflow(count, sum < 0 ? 0 : sum, &more) ? INT64_MAX : more;
}

double statistics_zero_bound(int64_t total)
{
    assert(total > 0);
    return -expm1(log(0.05) / (double)total);
}

/* (p + z^2/2n - z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n), z = 1.6448536 */
double statistics_wilson_low(int64_t count, int64_t total)
{
    const double n = (double)total, p = (double)count / n;
    const double z = 1.6448536269514722, half = z * z / (2 * n);
    const double low =
        (p + half - z * sqrt(p * (1 - p) / n + half / (2 * n))) / (1 + 2 * half);
    return low < 0 ? 0 : low;
}

/* Returns the rank of p[i] among the sorted p, from 0; ties are in order of index. */
static int rank_of(const double *p, int n, int i)
{
    int rank = 0;
    for (int j = 0; j < n; j++)
        rank += p[j] < p[i] || (p[j] == p[i] && j < i);
    return rank;
}

/* Returns the adjusted p[i]: the k-th smallest of m, k from 0, times m - k, made increasing and cut
 * at 1. Each call is quadratic in n, which is some dozens of claims.
 * Source: S. Holm, Scandinavian Journal of Statistics 6 (1979). */
static double holm_at(const double *p, int n, int m, int i)
{
    double most = 0.0;
    for (int j = 0; j < n; j++)
        if (p[j] < p[i] || (p[j] == p[i] && j <= i)) {
            const double scaled = p[j] * (m - rank_of(p, n, j));
            most = scaled > most ? scaled : most;
        }
    return most < 1.0 ? most : 1.0;
}

void statistics_holm(const double *p, int n, double *adjusted)
{
    int m = 0;
    for (int i = 0; i < n; i++)
        m += !isnan(p[i]);
    for (int i = 0; i < n; i++)
        adjusted[i] = isnan(p[i]) ? p[i] : holm_at(p, n, m, i);
}
