/* rank_test.h against counts worked by hand and an independent implementation, which
 * enumerates every choice of the pooled values in Python (itertools.combinations over
 * scipy.stats.rankdata, SciPy 1.17), and against SciPy's mannwhitneyu where there are no ties. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "approx.h"
#include "rank_test.h"

enum { MOST = 8 };

struct example {
    double a[MOST], b[MOST];
    int n, m;
    double p;
};

static struct values of(const double *x, int n)
{
    return (struct values){x, n};
}

static void exact_values_are_those_of_the_reference(void **state)
{
    static const struct example list[] = {
        {{1, 2, 3}, {4, 5, 6}, 3, 3, 0.05}, /* one choice of 20 */
        {{0, 0, 0, 0.1, 0.2}, {0.05, 0.3, 0.3, 0.4, 0.5}, 5, 5, 0.011904761904761904},
        {{0, 0, 0, 0, 0}, {0, 0.1, 0.2, 0, 0.3}, 5, 5, 0.08333333333333333},
        {{3.1, 0.2, 7.5, 1.1, 0.9, 2.2},
         {2.9, 4.4, 8.8, 1.5, 6.1},
         6,
         5,
         0.08874458874458875},
        {{0.1, 0.4}, {0.2, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9}, 2, 7, 0.1111111111111111},
        {{5, 5, 5}, {5, 5, 5}, 3, 3, 1.0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        assert_near(rank_test_below(of(list[i].a, list[i].n), of(list[i].b, list[i].m)),
                    list[i].p, 1e-12);
}

/* With R_a the rank sum of a, the p-value of a below b is P(R_a <= r), and that of b below a is
 * P(R_a >= r). The rank sum r that was seen is counted in both, so the two add up to
 * 1 + P(R_a = r). Here r = 1 + 2 + 3 + 4 is one of C(8, 4) = 70 choices: 1/70 and 1. */
static void the_rank_sum_seen_counts_in_both_directions(void **state)
{
    const double a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8};
    (void)state;
    assert_near(rank_test_below(of(a, 4), of(b, 4)), 1.0 / 70, 1e-14);
    assert_near(rank_test_below(of(b, 4), of(a, 4)), 1.0, 1e-14);
    assert_near(rank_test_least(4, 4), 1.0 / 70, 1e-14);
}

static void infinite_values_are_the_largest(void **state)
{
    const double a[] = {1, 2, 3}, b[] = {(double)INFINITY, (double)INFINITY, 1e300};
    (void)state;
    assert_near(rank_test_below(of(a, 3), of(b, 3)), 0.05, 1e-14);
    assert_near(rank_test_improvement(of(a, 3), of(b, 3)), 1.0, 0);
}

static void an_empty_side_decides_nothing(void **state)
{
    const double a[] = {1};
    (void)state;
    assert_near(rank_test_below(of(a, 1), of(a, 0)), 1.0, 0);
    assert_near(rank_test_below(of(a, 0), of(a, 1)), 1.0, 0);
    assert_true(isnan(rank_test_improvement(of(a, 1), of(a, 0))));
}

/* Of the four pairs (a, b), (1, 2) and (1, 3) count whole, (3, 3) half and (3, 2) not: 2.5 /
 * 4. */
static void improvement_is_the_share_of_pairs(void **state)
{
    const double a[] = {1, 3}, b[] = {2, 3};
    (void)state;
    assert_near(rank_test_improvement(of(a, 2), of(b, 2)), 0.625, 0);
}

/* 25 values against 25 are more than RANK_TEST_EXACT: the normal approximation of SciPy 1.17,
 * mannwhitneyu(method="asymptotic"), gives 0.12615260608234174 (the exact p-value is 0.1274).
 * 12 against 14 are counted exactly, as with method="exact". */
static void many_values_are_counted_as_the_reference_does(void **state)
{
    double a[25], b[25];
    (void)state;
    for (int i = 0; i < 25; i++) {
        a[i] = 2.0 * i;
        b[i] = 2.0 * i + 5.0;
    }
    assert_near(rank_test_below(of(a, 25), of(b, 25)), 0.12615260608234174, 1e-12);
    assert_near(rank_test_below(of(a, 12), of(b, 14)), 0.02317694689211717, 1e-12);
    for (int i = 0; i < 25; i++)
        a[i] = b[i] = 1.0;
    assert_near(rank_test_below(of(a, 25), of(b, 25)), 1.0, 0);
}

/* 1 / C(2n, n): 3 seeds reach 0.05, 4 reach 1/70, 5 reach 1/252, 6 reach 1/924. Noether at
 * 0.75, one-sided 0.025 and power 0.8: (1.95996 + 0.84162)^2 / (6 / 16) = 20.93. */
static void seeds_that_would_decide(void **state)
{
    (void)state;
    assert_int_equal(rank_test_seeds(1.0, 0.05), 3);
    assert_int_equal(rank_test_seeds(1.0, 0.049), 4);
    assert_int_equal(rank_test_seeds(1.0, 0.025 / 6), 5);
    assert_int_equal(rank_test_seeds(1.0, 0.025 / 7), 6);
    assert_int_equal(rank_test_seeds(0.75, 0.025), 21);
    assert_int_equal(rank_test_seeds(0.5, 0.025), 0);
    assert_int_equal(rank_test_seeds((double)NAN, 0.025), 0);
    assert_int_equal(rank_test_seeds(0.5001, 0.025), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact_values_are_those_of_the_reference),
        cmocka_unit_test(the_rank_sum_seen_counts_in_both_directions),
        cmocka_unit_test(infinite_values_are_the_largest),
        cmocka_unit_test(an_empty_side_decides_nothing),
        cmocka_unit_test(improvement_is_the_share_of_pairs),
        cmocka_unit_test(many_values_are_counted_as_the_reference_does),
        cmocka_unit_test(seeds_that_would_decide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
