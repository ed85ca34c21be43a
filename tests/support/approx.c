#include "approx.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int differ(double a, double b, double tol)
{
    const double size = fmax(1.0, fmax(fabs(a), fabs(b)));
    return !isfinite(a) || !isfinite(b) || fabs(a - b) > tol * size;
}

static void complain(size_t i, double a, double b, const char *what, const char *file,
                     int line)
{
    print_error("%s: entry %zu: %.9g and %.9g, apart by %.3g\n", what, i, a, b, a - b);
    _fail(file, line);
}

void assert_close_at(const float *a, const float *b, size_t n, double tol, const char *what,
                     const char *file, int line)
{
    for (size_t i = 0; i < n; i++)
        if (differ((double)a[i], (double)b[i], tol))
            complain(i, (double)a[i], (double)b[i], what, file, line);
}

void assert_close_double_at(const double *a, const double *b, size_t n, double tol,
                            const char *what, const char *file, int line)
{
    for (size_t i = 0; i < n; i++)
        if (differ(a[i], b[i], tol))
            complain(i, a[i], b[i], what, file, line);
}

void assert_near_at(double a, double b, double tol, const char *what, const char *file,
                    int line)
{
    if (differ(a, b, tol))
        complain(0, a, b, what, file, line);
}
