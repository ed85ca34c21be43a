/* Reverse: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task_bed.h"

extern const struct task task_reverse;

/* Last known good texts, to be read backwards. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_reverse, "length=6 symbols=5", 0,
                        "c d a e e d | d e e a d -> d e e a d c");
    assert_drawn_sample(&task_reverse, "length=6 symbols=5", 1,
                        "c b e b | b e b -> b e b c");
}

static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_reverse, "symbols=3", "a b c | c b", ". . . c b a");
    assert_solved(&task_reverse, "symbols=3", "b |", ". b");
    /* The given answers are ignored: the solver reverses the string. */
    assert_solved(&task_reverse, "symbols=3", "a b c | a a", ". . . c b a");
}

static void strings_are_uniform(void **state)
{
    const struct option_values o =
        bed_options(&task_reverse, "length=2 shortest=1 symbols=4");
    int64_t strings[16] = {0};
    struct sample s = sample_room(4);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_reverse, &o, i, &s);
        strings[4 * s.token[0] + s.token[1]]++;
    }
    assert_even(strings, 16);
    sample_free(&s);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_reverse, 3, 40, 2);
    assert_lengths(&task_reverse, "", 4, 40, 2);
    assert_split(&task_reverse, "ood_longer", "length=40 shortest=0.51");
    assert_split(&task_reverse, "ood_far", "length=80 shortest=0.51");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_reverse, "length=4 shortest=1", 0, "distance", "1 3 5 7");
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
    return cmocka_run_group_tests_name("task_reverse", tests, NULL, NULL);
}
