/* Parity: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "approx.h"
#include "task_bed.h"

extern const struct task task_parity;

/* Last known good texts, in which the ones can be counted. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_parity, "length=8", 0, "1 1 0 ? -> 0");
    assert_drawn_sample(&task_parity, "length=8", 1, "0 0 0 1 1 ? -> 0");
}

static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_parity, "", "0 1 1 0 1 ?", ". . . . . 1");
    assert_solved(&task_parity, "", "1 1 ?", ". . 0");
    assert_solved(&task_parity, "", "0 ?", ". 0");
}

/* All strings of three bits are equally likely, and half of them are odd. */
static void bits_are_uniform(void **state)
{
    const struct option_values o = bed_options(&task_parity, "length=3 shortest=1");
    int64_t strings[8] = {0};
    struct sample s = sample_room(8);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_parity, &o, i, &s);
        strings[4 * s.token[0] + 2 * s.token[1] + s.token[2]]++;
        assert_int_equal(s.target[3], s.token[0] ^ s.token[1] ^ s.token[2]);
    }
    assert_even(strings, 8);
    sample_free(&s);
}

static void ones_come_as_often_as_said(void **state)
{
    const struct option_values o = bed_options(&task_parity, "shortest=1 p_one=0.9");
    double ones = 0;
    struct sample s = sample_room(64);
    (void)state;
    for (uint64_t i = 0; i < 2000; i++) {
        bed_draw(&task_parity, &o, i, &s);
        for (int t = 0; t < 40; t++)
            ones += s.token[t] == 1;
    }
    assert_drawn(ones / 80000, 0.9, share_error(0.9, 80000), 0);
    sample_free(&s);
}

/* One bit is 1 with 0.9; two bits are even with 0.82; with both lengths equally likely, 0.46
 * of the strings are even. */
static void majority_is_known_for_short_strings(void **state)
{
    const struct option_values one = bed_options(&task_parity, "length=1 p_one=0.9");
    const struct option_values both = bed_options(&task_parity, "length=2 p_one=0.9");
    (void)state;
    assert_near(task_parity.majority(&one), 0.9, 1e-6);
    assert_near(task_parity.majority(&both), 0.54, 1e-6);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_parity, 3, 41, 2);
    assert_lengths(&task_parity, "", 2, 41, 1);
    assert_split(&task_parity, "id", "");
    assert_split(&task_parity, "ood_longer", "length=80 shortest=0.51");
    assert_split(&task_parity, "ood_far", "length=160 shortest=0.51");
    assert_split(&task_parity, "ood_dense", "shortest=0.51 p_one=0.9");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_parity, "length=8", 0, "ones", "2");
    assert_strata(&task_parity, "length=8", 1, "ones", "2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(bits_are_uniform),
        cmocka_unit_test(ones_come_as_often_as_said),
        cmocka_unit_test(majority_is_known_for_short_strings),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_parity", tests, NULL, NULL);
}
