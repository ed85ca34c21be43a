/* Indirect Indexing: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task_bed.h"

extern const struct task task_indirect_indexing;

/* Last known good texts. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_indirect_indexing, "length=10 queries=2 symbols=12", 0,
                        "k j b i d h c f e l | e - 0 1 j + 0 4 -> f h");
    assert_drawn_sample(&task_indirect_indexing,
                        "length=12 shortest=1 offset=11 smallest=0.9 queries=1", 1,
                        "K W v i t C V D j J T L | K + 1 1 -> L");
}

static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_indirect_indexing, "", "Q e H o x g q S | o - 0 3 Q + 0 1",
                  ". . . . . . . . . . . . Q . . . e");
    assert_solved(&task_indirect_indexing, "", "a b c d e f g h i j k l | a + 1 1 l - 1 0",
                  ". . . . . . . . . . . . . . . . l . . . b");
}

/* Signs, offsets, and the places that an offset permits are uniform. */
static void queries_are_uniform(void **state)
{
    const struct option_values o =
        bed_options(&task_indirect_indexing, "length=5 offset=4 queries=1");
    int64_t sign[2] = {0}, offset[4] = {0}, from[4] = {0}, letter[52] = {0};
    struct sample s = sample_room(16);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_indirect_indexing, &o, i, &s);
        const bool left = s.token[7] == token_id(&task_indirect_indexing, &o, "-");
        const int d = s.token[9] - token_id(&task_indirect_indexing, &o, "0");
        sign[left]++;
        offset[d - 1]++;
        letter[s.token[0]]++;
        for (int k = 0; k < 4; k++)
            from[k] += d == 1 && !left && s.token[6] == s.token[k];
    }
    assert_even(sign, 2);
    assert_even(offset, 4);
    assert_even(from, 4);
    assert_even(letter, 52);
    sample_free(&s);
}

static void letters_are_different(void **state)
{
    const struct option_values o = bed_options(&task_indirect_indexing, "");
    struct sample s = sample_room(64);
    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        bed_draw(&task_indirect_indexing, &o, i, &s);
        const int n = s.length - 17;
        for (int t = 0; t < n; t++)
            for (int k = 0; k < t; k++)
                assert_int_not_equal(s.token[t], s.token[k]);
    }
    sample_free(&s);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_indirect_indexing, 65, 37, 52);
    assert_lengths(&task_indirect_indexing, "", 27, 37, 1);
    assert_split(&task_indirect_indexing, "ood_longer", "length=40 shortest=0.51");
    assert_split(&task_indirect_indexing, "ood_deeper",
                 "length=40 shortest=0.51 offset=18 smallest=0.51");
    assert_refused(&task_indirect_indexing, "symbols", 19, "there are only 19");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_indirect_indexing, "length=10 queries=2 symbols=12", 0, "offset",
                  "1 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(queries_are_uniform),
        cmocka_unit_test(letters_are_different),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_indirect_indexing", tests, NULL, NULL);
}
