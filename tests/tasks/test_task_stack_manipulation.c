/* Stack Manipulation: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task_bed.h"

extern const struct task task_stack_manipulation;

/* Last known good texts. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_stack_manipulation, "length=7", 0, "0 +1 | 1 0 -> 1 0 .");
    assert_drawn_sample(&task_stack_manipulation, "length=7", 1,
                        "0 1 - +1 +0 +0 | 0 0 1 0 -> 0 0 1 0 .");
}

/* The source's two examples, and pops from an empty stack before a push. */
static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_stack_manipulation, "", "0 1 1 0 +1 - - | 1 1 0",
                  ". . . . . . . 1 1 0 .");
    assert_solved(&task_stack_manipulation, "", "1 1 0 - - - |", ". . . . . . .");
    assert_solved(&task_stack_manipulation, "", "1 - - - +0 | 0", ". . . . . 0 .");
}

/* The size s is uniform over 1..n-1; actions and bits are uniform. */
static void stacks_and_actions_are_uniform(void **state)
{
    const struct option_values o =
        bed_options(&task_stack_manipulation, "length=5 shortest=1");
    int64_t bits[4] = {0}, last[3] = {0}, first[2] = {0};
    struct sample s = sample_room(11);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        int n = 0;
        bed_draw(&task_stack_manipulation, &o, i, &s);
        while (s.token[n] < 2)
            n++;
        bits[n - 1]++;
        last[s.token[4] - 2]++;
        first[s.token[0]]++;
    }
    assert_even(bits, 4);
    assert_even(last, 3);
    assert_even(first, 2);
    sample_free(&s);
}

/* The share of the more frequent bit among the answers, for which there is no formula. */
static void majority_is_the_one_said(void **state)
{
    const struct option_values o = bed_options(&task_stack_manipulation, "");
    double n = 0, ones = 0;
    struct sample s = sample_room(41);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_stack_manipulation, &o, i, &s);
        for (int t = 0; t < s.length; t++) {
            n += s.scored[t];
            ones += s.scored[t] && s.target[t] == 1;
        }
    }
    assert_drawn(ones / n, 0.44, 0.001, 0.005);
    sample_free(&s);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_stack_manipulation, 7, 41, 3);
    assert_split(&task_stack_manipulation, "ood_longer", "length=40 shortest=0.51");
    assert_split(&task_stack_manipulation, "ood_far", "length=80 shortest=0.51");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_stack_manipulation, "length=7", 0, "pops", "0 0 0");
    assert_strata(&task_stack_manipulation, "length=7", 1, "pops", "1 1 1 1 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(stacks_and_actions_are_uniform),
        cmocka_unit_test(majority_is_the_one_said),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_stack_manipulation", tests, NULL, NULL);
}
