/* Missing Duplicate: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sample_write.h"
#include "task_bed.h"

extern const struct task task_missing_duplicate;

/* Last known good texts. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_missing_duplicate, "length=4 symbols=3", 0,
                        "c c c c c c _ c ? -> c");
    assert_drawn_sample(&task_missing_duplicate, "length=4 symbols=3", 1,
                        "a _ a a b a ? -> b");
}

/* The first is the source's 01100210 -> 1; the other has its gap in the first copy. */
static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_missing_duplicate, "", "a b b a a _ b a ?", ". . . . . . . . b");
    assert_solved(&task_missing_duplicate, "", "_ b a a b a ?", ". . . . . . a");
}

/* The gap is at each of four places equally often, and the missing symbol is either one. */
static void gaps_and_symbols_are_uniform(void **state)
{
    const struct option_values o =
        bed_options(&task_missing_duplicate, "length=2 shortest=1");
    int64_t cells[8] = {0};
    struct sample s = sample_room(5);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_missing_duplicate, &o, i, &s);
        const int at = find_token(s.token, 0, 4, 2);
        assert_int_equal(s.target[4], s.token[(at + 2) % 4]);
        cells[2 * at + s.target[4]]++;
        assert_string_equal(strata_text(&task_missing_duplicate, &o, &s, "second"),
                            at < 2 ? "0" : "1");
    }
    assert_even(cells, 8);
    sample_free(&s);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_missing_duplicate, 4, 41, 2);
    assert_lengths(&task_missing_duplicate, "", 5, 41, 2);
    assert_split(&task_missing_duplicate, "ood_longer", "length=40 shortest=0.51");
    assert_split(&task_missing_duplicate, "ood_far", "length=80 shortest=0.51");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_missing_duplicate, "length=4 symbols=3", 0, "distance", "4");
    assert_strata(&task_missing_duplicate, "length=4 symbols=3", 0, "second", "1");
    assert_strata(&task_missing_duplicate, "length=4 symbols=3", 1, "distance", "3");
    assert_strata(&task_missing_duplicate, "length=4 symbols=3", 1, "second", "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(gaps_and_symbols_are_uniform),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_missing_duplicate", tests, NULL, NULL);
}
