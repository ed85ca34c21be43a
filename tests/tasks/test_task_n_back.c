/* N-back: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task_bed.h"

extern const struct task task_n_back;

/* Last known good texts: the second last value of each key that has two. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_n_back, "pairs=6 active=2 keys=4", 0,
                        "k1 5 k1 3 k1 9 k1 9 k0 14 k0 14 | k1 k0 -> 9 14");
    assert_drawn_sample(&task_n_back, "pairs=6 active=2 keys=4 n=3", 1,
                        "k0 3 k2 14 k0 6 k0 7 k2 0 k2 3 | k2 k0 -> 14 3");
}

/* k1: 7 9 3, k2: 5. With n = 2 k1 has 9 and k2 none; with n = 1 3 and 5; with n = 3 7. */
static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_n_back, "", "k1 7 k2 5 k1 9 k1 3 | k1 k2", ". . . . . . . . . 9 .");
    assert_solved(&task_n_back, "n=1", "k1 7 k2 5 k1 9 k1 3 | k1 k2",
                  ". . . . . . . . . 3 5");
    assert_solved(&task_n_back, "n=3", "k1 7 k2 5 k1 9 k1 3 | k1", ". . . . . . . . . 7");
}

/* The keys in use are drawn from all keys, and each pair's key from those in use. */
static void keys_and_values_are_uniform(void **state)
{
    const struct option_values o =
        bed_options(&task_n_back, "pairs=4 active=2 keys=4 values=3");
    int64_t key[4] = {0}, value[3] = {0}, same[2] = {0};
    struct sample s = sample_room(16);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_n_back, &o, i, &s);
        key[s.token[0]]++;
        value[s.token[1] - 4]++;
        same[s.token[0] == s.token[2]]++;
    }
    assert_even(key, 4);
    assert_even(value, 3);
    assert_even(same, 2);
    sample_free(&s);
}

/* A key with fewer than n pairs is not asked for; every other one is. */
static void exactly_the_keys_with_n_pairs_are_asked(void **state)
{
    const struct option_values o = bed_options(&task_n_back, "pairs=9 active=4 n=3");
    struct sample s = sample_room(64);
    (void)state;
    for (uint64_t i = 0; i < 500; i++) {
        int times[16] = {0}, want = 0;
        bed_draw(&task_n_back, &o, i, &s);
        for (int t = 0; t < 18; t += 2)
            times[s.token[t]]++;
        for (int k = 0; k < 16; k++)
            want += times[k] >= 3;
        assert_int_equal(s.length, 19 + want);
        for (int t = 19; t < s.length; t++)
            assert_true(times[s.token[t]] >= 3);
    }
    sample_free(&s);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_n_back, 33, 53, 16);
    assert_split(&task_n_back, "ood_longer", "pairs=48");
    assert_split(&task_n_back, "ood_sparse", "pairs=48 active=8");
    assert_refused(&task_n_back, "active", 17, "17 keys in use, but there are only 16");
    assert_refused(&task_n_back, "n", 8, "use at least 29");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_n_back, "pairs=6 active=2 keys=4", 0, "pairs", "3 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(keys_and_values_are_uniform),
        cmocka_unit_test(exactly_the_keys_with_n_pairs_are_asked),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_n_back", tests, NULL, NULL);
}
