/* Sort: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task_bed.h"

extern const struct task task_sort;

/* Last known good texts. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_sort, "length=6", 0,
                        "b d c a d e | a b c d d -> a b c d d e");
    assert_drawn_sample(&task_sort, "length=6", 1, "e e b b | b b e -> b b e e");
}

static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_sort, "", "c a e a b | a a b c", ". . . . . a a b c e");
    assert_solved(&task_sort, "", "d |", ". d");
}

static void strings_are_uniform(void **state)
{
    const struct option_values o = bed_options(&task_sort, "length=2 shortest=1 symbols=4");
    int64_t strings[16] = {0};
    struct sample s = sample_room(4);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_sort, &o, i, &s);
        strings[4 * s.token[0] + s.token[1]]++;
        assert_true(s.target[2] <= s.target[3]);
    }
    assert_even(strings, 16);
    sample_free(&s);
}

/* The negative control: the same symbols in another order have the same answers. */
static void order_of_the_input_does_not_matter(void **state)
{
    (void)state;
    assert_solved(&task_sort, "", "e b a a c | a a b c", ". . . . . a a b c e");
    assert_solved(&task_sort, "", "a a b c e | a a b c", ". . . . . a a b c e");
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_sort, 6, 40, 5);
    assert_lengths(&task_sort, "", 4, 40, 2);
    assert_split(&task_sort, "ood_longer", "length=40 shortest=0.51");
    assert_split(&task_sort, "ood_far", "length=80 shortest=0.51");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_sort, "length=6", 0, "repeats", "0 0 0 0 1 0");
    assert_strata(&task_sort, "length=6", 1, "repeats", "0 1 0 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(strings_are_uniform),
        cmocka_unit_test(order_of_the_input_does_not_matter),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_sort", tests, NULL, NULL);
}
