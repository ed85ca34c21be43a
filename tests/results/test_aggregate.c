/* aggregate.h against NumPy 2, SciPy 1.17 (trim_mean) and values worked by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "aggregate.h"
#include "approx.h"

static const double first[] = {0.1, 0.9, 0.95, 1.0, 0.2};
static const double second[] = {0.5, 0.55, 0.6};
static const double third[] = {1, 1, 0.98, 0.0};
static const struct values tasks[] = {{first, 5}, {second, 3}, {third, 4}};

static void middle_half_is_that_of_scipy(void **state)
{
    double room[12];
    (void)state;
    assert_near(aggregate_iqm(tasks, 3, room), 0.7466666666666667, 1e-14);
    assert_near(aggregate_iqm(tasks + 1, 1, room), 0.55, 1e-14); /* 3 / 4 = 0 cut off */
    assert_true(isnan(aggregate_iqm(tasks, 0, room)));
}

static void profile_counts_what_is_above(void **state)
{
    (void)state;
    assert_near(aggregate_share_above(tasks, 3, 0.5), 8.0 / 12, 1e-14); /* 0.5 is not */
    assert_near(aggregate_share_above(tasks, 3, 1.0), 0.0, 0);
    assert_true(isnan(aggregate_share_above(tasks, 0, 0.5)));
}

/* a wins 2 of 2 pairs in the first task and half of the pairs in the second; the third has no
 * b. */
static void improvement_is_a_mean_over_tasks(void **state)
{
    const double low[] = {1}, high[] = {2, 3};
    const struct values a[] = {{low, 1}, {low, 1}, {low, 1}};
    const struct values b[] = {{high, 2}, {low, 1}, {high, 0}};
    (void)state;
    assert_near(aggregate_improvement(a, b, 3), 0.75, 0);
    assert_true(isnan(aggregate_improvement(a, b + 2, 1)));
}

static double mean_of_first(const struct values *stratum, int strata, void *context)
{
    (void)context;
    return strata > 0 ? statistics_mean(stratum[0].at, stratum[0].n) : (double)NAN;
}

/* Three ones and two zeros drawn again: the number of ones is binomial(5, 0.6). P(0) is
 * 0.010 and P(0 or 1) is 0.087, P(5) is 0.078: the 2.5 % quantile is 1 / 5, the 97.5 %
 * one 5 / 5. */
static void interval_is_that_of_the_binomial_law(void **state)
{
    const double x[] = {1, 1, 1, 0, 0};
    const struct values one = {x, 5};
    struct interval i, again;
    struct err e;
    (void)state;
    assert_int_equal(aggregate_interval(&one, 1, 7, mean_of_first, NULL, &i, &e), ST_OK);
    assert_near(i.low, 0.2, 1e-12);
    assert_near(i.high, 1.0, 1e-12);
    assert_int_equal(aggregate_interval(&one, 1, 7, mean_of_first, NULL, &again, &e),
                     ST_OK);
    assert_near(again.low, i.low, 0);
    assert_near(again.high, i.high, 0);
}

/* The second stratum is constant: if strata were mixed, the first one's mean would change. */
static void strata_are_not_mixed(void **state)
{
    const double x[] = {0.25, 0.25}, y[] = {9, 9, 9};
    const struct values two[] = {{x, 2}, {y, 3}};
    struct interval i;
    struct err e;
    (void)state;
    assert_int_equal(aggregate_interval(two, 2, 1, mean_of_first, NULL, &i, &e), ST_OK);
    assert_near(i.low, 0.25, 0);
    assert_near(i.high, 0.25, 0);
}

static void nothing_gives_no_interval(void **state)
{
    struct interval i;
    struct err e;
    (void)state;
    assert_int_equal(aggregate_interval(tasks, 0, 1, mean_of_first, NULL, &i, &e), ST_OK);
    assert_true(isnan(i.low) && isnan(i.high));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(middle_half_is_that_of_scipy),
        cmocka_unit_test(profile_counts_what_is_above),
        cmocka_unit_test(improvement_is_a_mean_over_tasks),
        cmocka_unit_test(interval_is_that_of_the_binomial_law),
        cmocka_unit_test(strata_are_not_mixed),
        cmocka_unit_test(nothing_gives_no_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
