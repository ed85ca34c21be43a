/* Even Pairs: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "approx.h"
#include "task_bed.h"

extern const struct task task_even_pairs;

/* Last known good texts; both strings change four times. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_even_pairs, "length=8", 0, "b a b a b ? -> 0");
    assert_drawn_sample(&task_even_pairs, "length=8", 1, "a b a b b b a ? -> 0");
}

/* a b a has two changes, a b b one, ten b none. */
static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_even_pairs, "", "a b a ?", ". . . 0");
    assert_solved(&task_even_pairs, "", "a b b ?", ". . . 1");
    assert_solved(&task_even_pairs, "", "b b b b b b b b b b ?", ". . . . . . . . . . 0");
}

/* By default symbols are uniform, alone and in neighbouring pairs. */
static void symbols_are_uniform(void **state)
{
    const struct option_values o = bed_options(&task_even_pairs, "shortest=0.2");
    int64_t pairs[4] = {0}, first[2] = {0}, ends[4] = {0};
    struct sample s = sample_room(64);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_even_pairs, &o, i, &s);
        first[s.token[0]]++;
        pairs[2 * s.token[3] + s.token[4]]++;
        ends[2 * s.token[0] + s.token[s.length - 2]]++;
        assert_int_equal(s.target[s.length - 1] == token_id(&task_even_pairs, &o, "0"),
                         s.token[0] == s.token[s.length - 2]);
    }
    assert_even(first, 2);
    assert_even(pairs, 4);
    assert_even(ends, 4);
    sample_free(&s);
}

static void changes_come_as_often_as_said(void **state)
{
    const struct option_values o =
        bed_options(&task_even_pairs, "shortest=1 p_change=0.05");
    int changes = 0, n = 0;
    struct sample s = sample_room(64);
    (void)state;
    for (uint64_t i = 0; i < 2000; i++) {
        bed_draw(&task_even_pairs, &o, i, &s);
        for (int t = 1; t < s.length - 1; t++, n++)
            changes += s.token[t] != s.token[t - 1];
    }
    assert_drawn(1.0 * changes / n, 0.05, share_error(0.05, n), 0);
    sample_free(&s);
}

/* Two symbols differ with p_change; the ends of three symbols with 0.25 are equal with 10/16. */
static void majority_is_known_for_short_strings(void **state)
{
    const struct option_values two =
        bed_options(&task_even_pairs, "length=2 shortest=1 p_change=0.1");
    const struct option_values three =
        bed_options(&task_even_pairs, "length=3 shortest=1 p_change=0.25");
    const struct option_values both = bed_options(&task_even_pairs, "length=3 p_change=0");
    (void)state;
    assert_near(task_even_pairs.majority(&two), 0.9, 1e-6);
    assert_near(task_even_pairs.majority(&three), 0.625, 1e-6);
    assert_near(task_even_pairs.majority(&both), 1, 1e-6);
}

static void lengths_are_uniform(void **state)
{
    (void)state;
    assert_lengths(&task_even_pairs, "", 3, 41, 1);
    assert_lengths(&task_even_pairs, "length=10 shortest=1", 11, 11, 1);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_even_pairs, 5, 41, 2);
    assert_split(&task_even_pairs, "id", "");
    assert_split(&task_even_pairs, "ood_longer", "length=80 shortest=0.51");
    assert_split(&task_even_pairs, "ood_far", "length=160 shortest=0.51");
    assert_split(&task_even_pairs, "ood_sparse", "length=80 shortest=0.51 p_change=0.05");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_even_pairs, "length=7 shortest=1", 0, "length", "7");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(symbols_are_uniform),
        cmocka_unit_test(changes_come_as_often_as_said),
        cmocka_unit_test(majority_is_known_for_short_strings),
        cmocka_unit_test(lengths_are_uniform),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_even_pairs", tests, NULL, NULL);
}
