/* approx.h -- compares numbers in tests; refuses NaN and infinity.
 *
 * cmocka 1.1.5's assert_float_equal(NAN, 1, eps) passes; these do not. */
#ifndef APPROX_H
#define APPROX_H

#include <stddef.h>

/* Fails the running test at the first i where a[i] or b[i] is not finite, or
 *     |a[i] - b[i]| > tol * max(1, |a[i]|, |b[i]|)
 * and prints i, both values and the gap. */
#define assert_close(a, b, n, tol) \
    assert_close_at(a, b, n, tol, #a " vs " #b, __FILE__, __LINE__)
#define assert_close_double(a, b, n, tol) \
    assert_close_double_at(a, b, n, tol, #a " vs " #b, __FILE__, __LINE__)
/* The same for two numbers. */
#define assert_near(a, b, tol) assert_near_at(a, b, tol, #a " vs " #b, __FILE__, __LINE__)

void assert_close_at(const float *a, const float *b, size_t n, double tol, const char *what,
                     const char *file, int line);
void assert_close_double_at(const double *a, const double *b, size_t n, double tol,
                            const char *what, const char *file, int line);
void assert_near_at(double a, double b, double tol, const char *what, const char *file,
                    int line);

#endif
