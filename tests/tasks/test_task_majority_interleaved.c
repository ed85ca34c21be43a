/* Majority Interleaved: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task_bed.h"

extern const struct task task_majority_interleaved;

/* Last known good texts. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_majority_interleaved, "length=5", 0,
                        "0 0 1 0 0 1 | 0 0 -> 0 0 1");
    assert_drawn_sample(&task_majority_interleaved, "length=5 strings=2", 1,
                        "1 0 1 0 1 0 | 1 -> 1 0");
}

/* The columns are 0 0 1, 1 1 1 and 1 0 1. */
static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_majority_interleaved, "", "0 1 1 0 1 0 1 1 1 | 0 1",
                  ". . . . . . . . . 0 1 1");
    assert_solved(&task_majority_interleaved, "strings=2", "1 0 | 1", ". . 1 0");
}

/* Strings of four bits have 0, 1, 3 or 4 zeros, equally often, and the place of a single zero
 * is uniform. */
static void zeros_are_uniform_without_ties(void **state)
{
    const struct option_values o =
        bed_options(&task_majority_interleaved, "length=4 shortest=1");
    int64_t zeros[5] = {0}, place[4] = {0};
    struct sample s = sample_room(16);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        int n = 0, at = 0;
        bed_draw(&task_majority_interleaved, &o, i, &s);
        for (int k = 0; k < 4; k++)
            if (s.token[3 * k + 1] == 0) {
                n++;
                at = k;
            }
        zeros[n]++;
        place[at] += n == 1;
    }
    assert_int_equal(zeros[2], 0);
    zeros[2] = zeros[4];
    assert_even(zeros, 4);
    assert_even(place, 4);
    sample_free(&s);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_majority_interleaved, 3, 51, 2);
    assert_lengths(&task_majority_interleaved, "", 6, 51, 3);
    assert_split(&task_majority_interleaved, "ood_longer", "length=32 shortest=0.51");
    assert_split(&task_majority_interleaved, "ood_far", "length=48 shortest=0.67");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_majority_interleaved, "length=5", 0, "margin", "2 2 2");
    assert_strata(&task_majority_interleaved, "length=5 strings=2", 1, "margin", "3 3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(zeros_are_uniform_without_ties),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_majority_interleaved", tests, NULL, NULL);
}
