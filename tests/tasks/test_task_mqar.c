/* MQAR: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task_bed.h"

extern const struct task task_mqar;

/* Last known good texts: each answer is the latest value of its key. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_mqar, "pairs=4 queries=2 keys=8", 0,
                        "k4 26 k2 1 k6 3 k2 17 | k2 k6 -> 17 3");
    assert_drawn_sample(&task_mqar, "pairs=4 queries=8 keys=3 p_forget=0.5", 1,
                        "k2 31 k1 15 k1 6 k1 6 | k1 k2 -> 6 31");
}

/* k1 gets 7, k2 5, then k1 9: k1 has 9, k2 has 5, and k3 never occurred. */
static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_mqar, "", "k1 7 k2 5 k1 9 | k1 k2 k3", ". . . . . . . 9 5 .");
}

/* Keys repeat with p_forget where they can; without it all differ. */
static void keys_come_again_as_often_as_said(void **state)
{
    const struct option_values o = bed_options(&task_mqar, "pairs=2 p_forget=0.25");
    const struct option_values plain = bed_options(&task_mqar, "p_forget=0");
    double again = 0;
    struct sample s = sample_room(64);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_mqar, &o, i, &s);
        again += s.token[0] == s.token[2];
    }
    assert_drawn(again / 20000, 0.25, share_error(0.25, 20000), 0);
    for (uint64_t i = 0; i < 200; i++) {
        bed_draw(&task_mqar, &plain, i, &s);
        assert_int_equal(s.length, 2 * 16 + 1 + 8);
        for (int t = 0; t < 32; t += 2)
            for (int k = 0; k < t; k += 2)
                assert_int_not_equal(s.token[t], s.token[k]);
    }
    sample_free(&s);
}

static void keys_values_and_queries_are_uniform(void **state)
{
    const struct option_values o =
        bed_options(&task_mqar, "pairs=4 queries=1 keys=4 values=4 p_forget=0");
    int64_t first[4] = {0}, second[16] = {0}, value[4] = {0}, asked[4] = {0};
    struct sample s = sample_room(16);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_mqar, &o, i, &s);
        first[s.token[0]]++;
        second[4 * s.token[0] + s.token[2]]++;
        value[s.token[3] - 4]++;
        for (size_t k = 0; k < 4; k++)
            asked[k] += s.token[9] == s.token[2 * k];
    }
    assert_even(first, 4);
    assert_even(value, 4);
    assert_even(asked, 4);
    int64_t different[12];
    int n = 0;
    for (int k = 0; k < 16; k++)
        if (k % 5)
            different[n++] = second[k];
    assert_even(different, 12);
    sample_free(&s);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_mqar, 97, 41, 32);
    assert_split(&task_mqar, "ood_longer", "pairs=32");
    assert_split(&task_mqar, "ood_far", "pairs=64");
    assert_split(&task_mqar, "ood_forget", "pairs=32 p_forget=0.75");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_mqar, "pairs=4 queries=8 keys=3 p_forget=0.5", 1, "pairs", "0 3");
    assert_strata(&task_mqar, "pairs=4 queries=8 keys=3 p_forget=0.5", 1, "forgotten",
                  "2 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(keys_come_again_as_often_as_said),
        cmocka_unit_test(keys_values_and_queries_are_uniform),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_mqar", tests, NULL, NULL);
}
