/* Last X: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task_bed.h"

extern const struct task task_last_x;

/* Last known good texts. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_last_x, "segments=2 gap=4", 0,
                        "x7 y6 y3 y4 x6 y5 y1 -> x7 x6");
    assert_drawn_sample(&task_last_x, "segments=2 gap=4", 1, "x5 y3 x3 y7 y1 -> x5 x3");
}

/* As the source's y y x y y ... y: nothing before the first x, then the latest x at every y. */
static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_last_x, "", "y1 y2 x3 y4 y3 x5 y3", ". . . x3 x3 . x5");
}

/* Gaps, and the symbols of x's and y's, are uniform. */
static void gaps_and_symbols_are_uniform(void **state)
{
    const struct option_values o =
        bed_options(&task_last_x, "segments=1 gap=6 shortest=0.5 symbols=4");
    int64_t gap[4] = {0}, pair[16] = {0};
    struct sample s = sample_room(8);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_last_x, &o, i, &s);
        gap[s.length - 4]++;
        pair[4 * s.token[0] + s.token[s.length - 1] - 4]++;
    }
    assert_even(gap, 4);
    assert_even(pair, 16);
    sample_free(&s);
}

/* Each segment has one answer, exactly at the gap's distance, in every split. */
static void answers_stand_at_the_gap(void **state)
{
    const struct option_values o = bed_options(&task_last_x, "gap=32 shortest=0.51");
    struct sample s = sample_room(4 * 33);
    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        int scored = 0;
        bed_draw(&task_last_x, &o, i, &s);
        for (int t = 0, x = 0; t < s.length; t++) {
            x = s.token[t] < 8 ? t : x;
            if (!s.scored[t])
                continue;
            scored++;
            assert_in_range(t - x, 17, 32);
            assert_int_equal(s.target[t], s.token[x]);
        }
        assert_int_equal(scored, 4);
    }
    sample_free(&s);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_last_x, 16, 68, 8);
    assert_split(&task_last_x, "ood_longer", "gap=32 shortest=0.51");
    assert_split(&task_last_x, "ood_far", "gap=64 shortest=0.51");
    assert_split(&task_last_x, "ood_more", "segments=16");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_last_x, "segments=2 gap=4", 0, "gap", "3 2");
    assert_strata(&task_last_x, "segments=2 gap=4", 1, "gap", "1 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(gaps_and_symbols_are_uniform),
        cmocka_unit_test(answers_stand_at_the_gap),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_last_x", tests, NULL, NULL);
}
