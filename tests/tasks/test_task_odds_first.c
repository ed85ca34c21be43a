/* Odds First: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task_bed.h"

extern const struct task task_odds_first;

/* Last known good texts. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_odds_first, "length=6 symbols=5", 0, "a d e | a e -> a e d");
    assert_drawn_sample(&task_odds_first, "length=6 symbols=5", 1,
                        "d a e e b | d e b a -> d e b a e");
}

/* The source's example 00110101 -> 0100 0111, and one of odd length. */
static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_odds_first, "", "a a b b a b a b | a b a a a b b",
                  ". . . . . . . . a b a a a b b b");
    assert_solved(&task_odds_first, "symbols=5", "a b c d e | a c e b",
                  ". . . . . a c e b d");
}

static void strings_are_uniform(void **state)
{
    const struct option_values o =
        bed_options(&task_odds_first, "length=2 shortest=1 symbols=4");
    int64_t strings[16] = {0};
    struct sample s = sample_room(4);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_odds_first, &o, i, &s);
        strings[4 * s.token[0] + s.token[1]]++;
    }
    assert_even(strings, 16);
    sample_free(&s);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_odds_first, 3, 40, 2);
    assert_lengths(&task_odds_first, "", 4, 40, 2);
    assert_split(&task_odds_first, "ood_longer", "length=40 shortest=0.51");
    assert_split(&task_odds_first, "ood_far", "length=80 shortest=0.51");
}

/* Five symbols are at 0..4, the separator at 5: distances 5-0 6-2 7-4 8-1 9-3. */
static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_odds_first, "length=5 shortest=1", 0, "distance", "5 4 3 7 6");
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
    return cmocka_run_group_tests_name("task_odds_first", tests, NULL, NULL);
}
