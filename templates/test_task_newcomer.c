/* newcomer: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task_bed.h"

extern const struct task task_newcomer;

static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_newcomer, "", "b a d", ". . b");
    assert_solved(&task_newcomer, "", "a c", ". a");
}

/* Every first symbol is as likely as any other, and it is the answer. */
static void answers_are_uniform(void **state)
{
    const struct option_values o = bed_options(&task_newcomer, "symbols=3");
    struct sample s = sample_room(task_newcomer.max_length(&o));
    int64_t times[3] = {0};
    (void)state;
    for (uint64_t i = 0; i < 3000; i++) {
        bed_draw(&task_newcomer, &o, i, &s);
        assert_int_equal(s.target[s.length - 1], s.token[0]);
        times[s.target[s.length - 1]]++;
    }
    assert_even(times, 3);
    sample_free(&s);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_newcomer, 8, 20, 8);
    assert_lengths(&task_newcomer, "", 10, 20, 1);
    assert_split(&task_newcomer, "ood_longer", "length=40 shortest=0.51");
    assert_split(&task_newcomer, "ood_far", "length=80 shortest=0.51");
}

static void the_stratum_is_the_way_back(void **state)
{
    (void)state;
    assert_strata(&task_newcomer, "length=6 shortest=1", 0, "distance", "5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(answers_are_uniform),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(the_stratum_is_the_way_back),
    };
    return cmocka_run_group_tests_name("task_newcomer", tests, NULL, NULL);
}
