/* chance.h -- compares drawn numbers with what their law predicts.
 *
 * Streams are values, so a test that passes once always passes; the bounds say how far a
 * correct generator with other streams could have been off. */
#ifndef CHANCE_H
#define CHANCE_H

#include <stddef.h>
#include <stdint.h>

/* Fails the running test when `observed` is not finite, or further from `expected` than
 * four standard errors (as 6 in 100,000 correct generators would be) plus `rounding`, half
 * a unit in the last place of a published figure. */
#define assert_drawn(observed, expected, standard_error, rounding)                     \
    assert_drawn_at(observed, expected, standard_error, rounding, #observed, __FILE__, \
                    __LINE__)

/* Fails when the n counts of equally likely outcomes are uneven: a chi-square beyond its
 * mean n - 1 by more than five of its standard deviations sqrt(2 (n - 1)). */
#define assert_even(counts, n) assert_even_at(counts, n, #counts, __FILE__, __LINE__)

/* Standard error of the observed share of an event of probability p in `trials` trials. */
double share_error(double p, double trials);

void assert_drawn_at(double observed, double expected, double standard_error,
                     double rounding, const char *what, const char *file, int line);
void assert_even_at(const int64_t *counts, size_t n, const char *what, const char *file,
                    int line);

#endif
