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

/* The continued fraction of I_x(a, b) by Lentz's method as modified by Thompson and
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

double statistics_student_quantile(double p, double df)
{
    assert(p > 0 && p < 1);
    double low = -1e9, high = 1e9;
    for (int i = 0; i < 200 && low < high; i++) {
        const double middle = low + (high - low) / 2;
        if (statistics_student_tail(middle, df) > 1.0 - p)
            low = middle;
        else
            high = middle;
    }
    return high;
}

struct interval statistics_mean_interval(double mean, double std, int n)
{
    if (n < 2)
        return (struct interval){.low = (double)NAN, .high = (double)NAN};
    const double half = statistics_student_quantile(0.975, n - 1) * std / sqrt(n);
    return (struct interval){.low = mean - half, .high = mean + half};
}

struct interval statistics_rate_interval(struct interval of_mean, int64_t count,
                                         int64_t total)
{
    if (isnan(of_mean.low) || isnan(of_mean.high))
        return of_mean;
    const double bound = statistics_zero_bound(total);
    return (struct interval){
        .low = count == total ? 1 - bound : fmax(0.0, of_mean.low),
        .high = count == 0 ? bound : fmin(1.0, of_mean.high),
    };
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

/* The place of p[i] among the sorted p, ties in order of index. */
static int rank_of(const double *p, int n, int i)
{
    int rank = 0;
    for (int j = 0; j < n; j++)
        rank += p[j] < p[i] || (p[j] == p[i] && j < i);
    return rank;
}

/* S. Holm, Scandinavian Journal of Statistics 6 (1979): the k-th smallest of m, k from 0,
 * times m - k, made increasing and cut at 1. Quadratic; claims are dozens. */
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
