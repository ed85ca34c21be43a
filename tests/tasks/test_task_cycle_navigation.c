/* Cycle Navigation: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "approx.h"
#include "task_bed.h"

extern const struct task task_cycle_navigation;

/* Last known good texts, whose walks can be followed. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_cycle_navigation, "length=8", 0, "+ + - + + + = ? -> 4");
    assert_drawn_sample(&task_cycle_navigation, "length=8", 1, "- - - + = - ? -> 2");
}

/* The walk 0 1 2 1 1, then one over the end in each direction. */
static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_cycle_navigation, "", "+ + - = ?", ". . . . 1");
    assert_solved(&task_cycle_navigation, "", "- - ?", ". . 3");
    assert_solved(&task_cycle_navigation, "states=3", "+ + + + ?", ". . . . 1");
}

/* "=" has the share w_stay of w_stay + 2, the other moves equal shares. */
static void moves_have_their_weights(void **state)
{
    const struct option_values plain = bed_options(&task_cycle_navigation, "shortest=1");
    const struct option_values sparse =
        bed_options(&task_cycle_navigation, "shortest=1 w_stay=18");
    int64_t moves[3] = {0};
    double stays = 0;
    struct sample s = sample_room(64);
    (void)state;
    for (uint64_t i = 0; i < 2000; i++) {
        bed_draw(&task_cycle_navigation, &plain, i, &s);
        for (int t = 0; t < 40; t++)
            moves[s.token[t]]++;
        bed_draw(&task_cycle_navigation, &sparse, i, &s);
        for (int t = 0; t < 40; t++)
            stays += s.token[t] == 0;
    }
    assert_even(moves, 3);
    assert_drawn(stays / 80000, 0.9, share_error(0.9, 80000), 0);
    sample_free(&s);
}

/* After one move of three, places 0, 1 and 4 have a third each; after many moves all places
 * are equally likely, as the stated majority says. */
static void majority_is_known_at_both_ends(void **state)
{
    const struct option_values one =
        bed_options(&task_cycle_navigation, "length=1 shortest=1");
    const struct option_values far =
        bed_options(&task_cycle_navigation, "length=200 shortest=1");
    (void)state;
    assert_near(task_cycle_navigation.majority(&one), 1.0 / 3, 1e-6);
    assert_near(task_cycle_navigation.majority(&far), 0.2, 1e-6);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_cycle_navigation, 9, 41, 5);
    assert_lengths(&task_cycle_navigation, "", 3, 41, 1);
    assert_split(&task_cycle_navigation, "ood_longer", "length=80 shortest=0.51");
    assert_split(&task_cycle_navigation, "ood_far", "length=160 shortest=0.51");
    assert_split(&task_cycle_navigation, "ood_sparse", "length=80 shortest=0.51 w_stay=18");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_cycle_navigation, "length=8", 0, "moves", "6");
    assert_strata(&task_cycle_navigation, "length=8", 1, "moves", "5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(moves_have_their_weights),
        cmocka_unit_test(majority_is_known_at_both_ends),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_cycle_navigation", tests, NULL, NULL);
}
