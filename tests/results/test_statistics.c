/* statistics.h against values worked by hand or printed in tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "approx.h"
#include "statistics.h"

static void mean_and_spread_as_worked_by_hand(void **state)
{
    const double x[] = {2, 4, 4, 4, 5, 5, 7, 9};
    (void)state;
    assert_near(statistics_mean(x, 8), 5.0, 1e-15);
    assert_near(statistics_std(x, 8), sqrt(32.0 / 7.0), 1e-15); /* squares sum to 32 */
}

static void one_value_has_no_spread_and_none_has_no_mean(void **state)
{
    const double x[] = {3};
    (void)state;
    assert_near(statistics_mean(x, 1), 3.0, 0);
    assert_true(isnan(statistics_std(x, 1)));
    assert_true(isnan(statistics_mean(x, 0)));
    assert_true(isnan(statistics_mean_interval(3, 1, 1).low));
}

/* The spread is 1 around a mean of a billion; sums of squares would lose it. */
static void spread_survives_a_large_mean(void **state)
{
    const double x[] = {1e9 - 1, 1e9, 1e9 + 1};
    (void)state;
    assert_near(statistics_std(x, 3), 1.0, 1e-12);
}

/* I_x(1, b) = 1 - (1 - x)^b; I_x(a, 1) = x^a; I_x(2, 2) = 3x^2 - 2x^3;
 * I_x(2, 3) = 1 - (1 - x)^4 - 4x(1 - x)^3. */
static void incomplete_beta_equals_its_closed_forms(void **state)
{
    (void)state;
    for (int i = 0; i <= 16; i++) {
        const double x = i / 16.0, y = 1 - x;
        assert_near(statistics_incomplete_beta(1, 7, x), 1 - pow(y, 7), 1e-13);
        assert_near(statistics_incomplete_beta(2.5, 1, x), pow(x, 2.5), 1e-13);
        assert_near(statistics_incomplete_beta(2, 2, x), 3 * x * x - 2 * x * x * x, 1e-13);
        assert_near(statistics_incomplete_beta(2, 3, x),
                    1 - y * y * y * y - 4 * x * y * y * y, 1e-13);
        assert_near(statistics_incomplete_beta(0.5, 0.5, x), 2 / acos(-1) * asin(sqrt(x)),
                    1e-13);
    }
}

/* df 1: 1/2 - atan(t)/pi. df 2: 1/2 - t / (2 sqrt(2 + t^2)). */
static void student_tail_equals_its_closed_forms(void **state)
{
    (void)state;
    for (int i = -3; i <= 30; i++) {
        const double t = 1.5 * i;
        assert_near(statistics_student_tail(t, 1), 0.5 - atan(t) / acos(-1), 1e-13);
        assert_near(statistics_student_tail(t, 2), 0.5 - t / (2 * sqrt(2 + t * t)), 1e-13);
    }
    assert_near(statistics_student_tail((double)INFINITY, 3), 0.0, 0);
    assert_near(statistics_student_tail(-(double)INFINITY, 3), 1.0, 0);
}

/* Printed tables of Student's t. */
static void student_quantiles_are_those_of_the_tables(void **state)
{
    (void)state;
    assert_near(statistics_student_quantile(0.975, 1), 12.7062, 1e-5);
    assert_near(statistics_student_quantile(0.975, 2), 4.30265, 1e-5);
    assert_near(statistics_student_quantile(0.95, 10), 1.81246, 1e-5);
    assert_near(statistics_student_quantile(0.975, 120), 1.97993, 1e-5);
    assert_near(statistics_student_quantile(0.025, 2), -4.30265, 1e-5);
}

/* {1, 2, 3}: mean 2, spread 1, half-width 4.302653 / sqrt(3). */
static void mean_interval_of_three_seeds(void **state)
{
    const struct interval i = statistics_mean_interval(2, 1, 3);
    (void)state;
    assert_near(i.low, 2 - 2.484138, 1e-5);
    assert_near(i.high, 2 + 2.484138, 1e-5);
}

static void quantiles_are_inverse_to_tails(void **state)
{
    static const double p[] = {0.5, 0.6, 0.9, 0.975, 0.9999};
    (void)state;
    for (int df = 1; df < 200; df += 7)
        for (size_t i = 0; i < sizeof p / sizeof *p; i++)
            assert_near(statistics_student_tail(statistics_student_quantile(p[i], df), df),
                        1 - p[i], 1e-13);
}

/* Wilson's intervals that R. G. Newcombe prints, Statistics in Medicine 17 (1998) 857,
 * table I, method 3. */
static void one_run_has_wilsons_interval(void **state)
{
    static const struct {
        int count, total;
        double low, high;
    } printed[] = {
        {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {1, 29, 0.0061, 0.1718}};
    (void)state;
    for (size_t i = 0; i < sizeof printed / sizeof *printed; i++) {
        const struct interval got =
            statistics_rate_interval((double)printed[i].count / printed[i].total,
                                     (double)NAN, 1, printed[i].count, printed[i].total);
        assert_near(got.low, printed[i].low, 5e-5);
        assert_near(got.high, printed[i].high, 5e-5);
    }
}

/* 0, 0 and 0.09 have mean 0.03 and s^2 = 0.0027, which is as much as 0.03 * 0.97 * 3 / 0.0027
 * = 97 / 3 tries; seeds of the same mean without spread count as all 300. The limits are the
 * roots of (m - x)^2 = k x (1 - x). */
static void seeds_that_differ_are_worth_fewer_tries(void **state)
{
    static const double std[] = {0.051961524227066319, 0.0}, tries[] = {97.0 / 3, 300};
    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct interval got = statistics_rate_interval(0.03, std[i], 3, 9, 300);
        const double k = 4.3026527297 * 4.3026527297 / tries[i];
        assert_near((0.03 - got.low) * (0.03 - got.low), k * got.low * (1 - got.low), 1e-9);
        assert_near((0.03 - got.high) * (0.03 - got.high), k * got.high * (1 - got.high),
                    1e-9);
        assert_true(0 < got.low && got.low < 0.03 && 0.03 < got.high && got.high < 1);
    }
}

/* Tries every mean and every spread that three seeds in [0, 1] can have. */
static void intervals_of_rates_stay_between_0_and_1(void **state)
{
    (void)state;
    for (int a = 0; a <= 20; a++)
        for (int b = 0; b <= 20; b++)
            for (int c = 0; c <= 20; c++) {
                const double x[] = {a / 20.0, b / 20.0, c / 20.0};
                const struct interval got = statistics_rate_interval(
                    statistics_mean(x, 3), statistics_std(x, 3), 3, a + b + c, 60);
                assert_true(0 <= got.low && got.low <= statistics_mean(x, 3) + 1e-12);
                assert_true(statistics_mean(x, 3) <= got.high + 1e-12 && got.high <= 1);
                assert_true(got.low < got.high);
            }
    assert_true(isnan(statistics_rate_interval((double)NAN, (double)NAN, 0, 0, 5).low));
}

/* Newcombe's method 10 for 56 / 70 against 48 / 80 and 9 / 10 against 3 / 10, Statistics in
 * Medicine 17 (1998) 873, table II; the interval of 0 / 10 against 10 / 10 ends at 1. */
static void differences_of_rates_have_newcombes_interval(void **state)
{
    static const struct {
        int a, of_a, b, of_b;
        double low, high;
    } printed[] = {{48, 80, 56, 70, 0.0524, 0.3339}, {3, 10, 9, 10, 0.1705, 0.8090}};
    (void)state;
    for (size_t i = 0; i < sizeof printed / sizeof *printed; i++) {
        const double a = (double)printed[i].a / printed[i].of_a;
        const double b = (double)printed[i].b / printed[i].of_b;
        const struct interval got = statistics_difference_interval(
            a, statistics_rate_interval(a, (double)NAN, 1, printed[i].a, printed[i].of_a),
            b, statistics_rate_interval(b, (double)NAN, 1, printed[i].b, printed[i].of_b));
        assert_near(got.low, printed[i].low, 5e-5);
        assert_near(got.high, printed[i].high, 5e-5);
    }
    const struct interval none = statistics_rate_interval(0, 0, 5, 0, 50),
                          all = statistics_rate_interval(1, 0, 5, 50, 50),
                          most = statistics_difference_interval(0, none, 1, all);
    assert_near(most.high, 1, 1e-15);
    assert_near(most.low, 1 - sqrt(2) * statistics_zero_bound(50), 1e-12);
}

static void no_error_in_n_bounds_the_rate_by_three_in_n(void **state)
{
    (void)state;
    assert_near(statistics_zero_bound(1), 0.95, 1e-14);
    assert_near(pow(1 - statistics_zero_bound(59), 59), 0.05, 1e-12);
    assert_near(statistics_zero_bound(1000000) * 1e6, 2.995728, 1e-5);
}

/* The sorted values 0.01, 0.02, 0.03, 0.04 times 4, 3, 2, 1 give 0.04, 0.06, 0.06, 0.06. */
static void holm_multiplies_and_keeps_the_order(void **state)
{
    const double p[] = {0.04, 0.01, (double)NAN, 0.03, 0.02};
    const double want[] = {0.06, 0.04, 0, 0.06, 0.06};
    double got[5];
    (void)state;
    statistics_holm(p, 5, got);
    assert_true(isnan(got[2]));
    got[2] = 0;
    assert_close_double(got, want, 5, 1e-15);
}

static void holm_cuts_at_one_and_counts_ties(void **state)
{
    const double p[] = {0.4, 0.4, 0.9}, want[] = {1, 1, 1};
    const double q[] = {0.01, 0.01}, want_q[] = {0.02, 0.02};
    double got[3];
    (void)state;
    statistics_holm(p, 3, got);
    assert_close_double(got, want, 3, 0);
    statistics_holm(q, 2, got);
    assert_close_double(got, want_q, 2, 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_and_spread_as_worked_by_hand),
        cmocka_unit_test(one_value_has_no_spread_and_none_has_no_mean),
        cmocka_unit_test(spread_survives_a_large_mean),
        cmocka_unit_test(incomplete_beta_equals_its_closed_forms),
        cmocka_unit_test(student_tail_equals_its_closed_forms),
        cmocka_unit_test(student_quantiles_are_those_of_the_tables),
        cmocka_unit_test(mean_interval_of_three_seeds),
        cmocka_unit_test(quantiles_are_inverse_to_tails),
        cmocka_unit_test(one_run_has_wilsons_interval),
        cmocka_unit_test(seeds_that_differ_are_worth_fewer_tries),
        cmocka_unit_test(intervals_of_rates_stay_between_0_and_1),
        cmocka_unit_test(differences_of_rates_have_newcombes_interval),
        cmocka_unit_test(no_error_in_n_bounds_the_rate_by_three_in_n),
        cmocka_unit_test(holm_multiplies_and_keeps_the_order),
        cmocka_unit_test(holm_cuts_at_one_and_counts_ties),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
