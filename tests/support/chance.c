#include "chance.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

double share_error(double p, double trials)
{
    return sqrt(p * (1 - p) / trials);
}

void assert_drawn_at(double observed, double expected, double standard_error,
                     double rounding, const char *what, const char *file, int line)
{
    const double gap = fabs(observed - expected);
    if (isfinite(observed) && gap <= 4 * standard_error + rounding)
        return;
    print_error("%s is %.6g, expected %.6g: %.1f standard errors away\n", what, observed,
                expected, gap / standard_error);
    _fail(file, line);
}

void assert_even_at(const int64_t *counts, size_t n, const char *what, const char *file,
                    int line)
{
    double total = 0, chi_square = 0;
    for (size_t i = 0; i < n; i++)
        total += (double)counts[i];
    const double expected = total / (double)n, freedom = (double)n - 1;
    for (size_t i = 0; i < n; i++)
        chi_square += pow((double)counts[i] - expected, 2) / expected;
    if (isfinite(chi_square) && chi_square <= freedom + 5 * sqrt(2 * freedom))
        return;
    print_error("%s: chi-square %.1f with %.0f degrees of freedom\n", what, chi_square,
                freedom);
    _fail(file, line);
}
