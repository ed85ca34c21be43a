/* Addition: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "approx.h"
#include "task_bed.h"

extern const struct task task_addition;

/* Last known good texts. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_addition, "digits=4", 0, "2 + 7 = 9 -> 9 0");
    assert_drawn_sample(&task_addition, "digits=4 reversed=false", 1,
                        "6 0 8 4 + 4 0 0 1 = 1 0 0 8 -> 1 0 0 8 5");
}

/* 47 + 85 = 132 in both orders; 999 + 001 = 1000. */
static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_addition, "", "7 4 + 5 8 = 2 3", ". . . . . 2 3 1");
    assert_solved(&task_addition, "reversed=false", "4 7 + 8 5 = 1 3", ". . . . . 1 3 2");
    assert_solved(&task_addition, "", "9 9 9 + 1 0 0 = 0 0 0", ". . . . . . . 0 0 0 1");
    assert_solved(&task_addition, "", "4 + 5 = 9", ". . . 9 0");
}

static int64_t number(const int32_t *digit, int n, bool reversed)
{
    int64_t sum = 0;
    for (int i = 0; i < n; i++)
        sum = 10 * sum + digit[reversed ? n - 1 - i : i];
    return sum;
}

/* The samples are read as numbers, in either order. */
static void sums_are_right(void **state)
{
    static const char *const orders[] = {"digits=15 reversed=false", "digits=15"};
    struct sample s = sample_room(64);
    (void)state;
    for (int reversed = 0; reversed < 2; reversed++) {
        const struct option_values o = bed_options(&task_addition, orders[reversed]);
        for (uint64_t i = 0; i < 1000; i++) {
            bed_draw(&task_addition, &o, i, &s);
            const int n = (s.length - 2) / 3, end = 2 * n + 1;
            assert_int_equal(number(s.token, n, reversed) +
                                 number(s.token + n + 1, n, reversed),
                             number(s.target + end, n + 1, reversed));
        }
    }
    sample_free(&s);
}

static void digits_are_uniform_and_nines_as_said(void **state)
{
    const struct option_values o = bed_options(&task_addition, "digits=1");
    const struct option_values nines = bed_options(&task_addition, "digits=1 p_nine=0.5");
    int64_t pairs[100] = {0};
    double nine = 0;
    struct sample s = sample_room(8);
    (void)state;
    for (uint64_t i = 0; i < 40000; i++) {
        bed_draw(&task_addition, &o, i, &s);
        pairs[10 * s.token[0] + s.token[2]]++;
        bed_draw(&task_addition, &nines, i, &s);
        nine += s.token[0] + s.token[2] == 9;
    }
    assert_even(pairs, 100);
    assert_drawn(nine / 40000, 0.55, share_error(0.55, 40000), 0);
    sample_free(&s);
}

/* With one digit 10 of 100 sums end in 0 and 55 begin with 0; with sums of nine only, the
 * digits are 9 and 0. With two digits and p_nine 0.1 the first gives a carry with 0.9 0.45 =
 * 0.405, the second with 0.1 0.405 + 0.9 (0.45 + 0.0405) = 0.48195; of the three digits 0.09 +
 * (0.09 + 0.1 0.405) + (1 - 0.48195) = 0.73855 are zeros. */
static void majority_is_the_one_said(void **state)
{
    const struct option_values one = bed_options(&task_addition, "digits=1");
    const struct option_values nine = bed_options(&task_addition, "digits=1 p_nine=1");
    const struct option_values two =
        bed_options(&task_addition, "digits=2 shortest=1 p_nine=0.1");
    const struct option_values all = bed_options(&task_addition, "");
    (void)state;
    assert_near(task_addition.majority(&two), 0.73855 / 3, 1e-6);
    assert_near(task_addition.majority(&one), 0.65 / 2, 1e-6);
    assert_near(task_addition.majority(&nine), 0.5, 1e-6);
    assert_near(task_addition.majority(&all), 0.16, 0.005);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_addition, 12, 32, 10);
    assert_lengths(&task_addition, "", 8, 32, 3);
    assert_split(&task_addition, "ood_longer", "digits=20 shortest=0.51");
    assert_split(&task_addition, "ood_far", "digits=40 shortest=0.51");
    assert_split(&task_addition, "ood_carry", "shortest=1 p_nine=0.8");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_addition, "digits=4", 0, "chain", "0 0");
    assert_strata(&task_addition, "digits=6 p_nine=0.8 shortest=1", 3, "chain",
                  "0 1 2 3 4 5 6");
    assert_drawn_sample(&task_addition, "digits=6 p_nine=0.8 shortest=1", 3,
                        "3 4 2 3 5 7 + 7 5 7 6 4 2 = 0 0 0 0 0 0 -> 0 0 0 0 0 0 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(sums_are_right),
        cmocka_unit_test(digits_are_uniform_and_nines_as_said),
        cmocka_unit_test(majority_is_the_one_said),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_addition", tests, NULL, NULL);
}
