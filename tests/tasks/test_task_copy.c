/* Copy: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task_bed.h"

extern const struct task task_copy;

/* Last known good texts. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_copy, "length=6 symbols=8", 0,
                        "a c h f d | a c h f -> a c h f d");
    assert_drawn_sample(&task_copy, "length=6 symbols=2 unique=false", 1,
                        "b a b b | b a b -> b a b b");
}

static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_copy, "symbols=20", "c a d | c a", ". . . c a d");
    assert_solved(&task_copy, "symbols=20", "c c d | c c", ". . . c c d");
    /* The given answers are ignored: the solver copies the string. */
    assert_solved(&task_copy, "symbols=20", "c a d | d d", ". . . c a d");
}

/* With four symbols each of the 12 ordered pairs of different ones is equally likely; with
 * repeats each of the 16 pairs. */
static void strings_are_uniform(void **state)
{
    const struct option_values unique =
        bed_options(&task_copy, "length=2 shortest=1 symbols=4");
    const struct option_values repeats =
        bed_options(&task_copy, "length=2 shortest=1 symbols=4 unique=false");
    int64_t pairs[16] = {0}, different[12], all[16] = {0};
    int n = 0;
    struct sample s = sample_room(4);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_copy, &unique, i, &s);
        pairs[4 * s.token[0] + s.token[1]]++;
        bed_draw(&task_copy, &repeats, i, &s);
        all[4 * s.token[0] + s.token[1]]++;
    }
    for (int k = 0; k < 16; k++)
        if (k % 5 == 0)
            assert_int_equal(pairs[k], 0);
        else
            different[n++] = pairs[k];
    assert_even(different, 12);
    assert_even(all, 16);
    sample_free(&s);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_copy, 81, 40, 80);
    assert_lengths(&task_copy, "", 4, 40, 2);
    assert_split(&task_copy, "ood_longer", "length=40 shortest=0.51");
    assert_split(&task_copy, "ood_far", "length=80 shortest=0.51");
    assert_refused(&task_copy, "symbols", 19, "19 are too few for 20 different ones");
}

/* The second string is b a b b: none was said at |, a b has two rivals, the a none. */
static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_copy, "length=6 symbols=8", 0, "distance", "5 5 5 5 5");
    assert_strata(&task_copy, "length=6 symbols=2 unique=false", 1, "rivals", "0 2 0 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(strings_are_uniform),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_copy", tests, NULL, NULL);
}
