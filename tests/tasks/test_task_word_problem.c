/* Word Problem: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task_bed.h"

extern const struct task task_word_problem;

/* Last known good texts. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_word_problem, "length=4", 0,
                        "123 231 132 132 -> 123 231 321 231");
    assert_drawn_sample(&task_word_problem, "length=3 group=a5", 1,
                        "12345 32415 12345 -> 12345 32415 32415");
}

/* 213 exchanges 1 and 2, 132 exchanges 2 and 3. First 213, then 132 takes 1 to 2 to 3, 2 to 1,
 * 3 to 2: 312; the other order gives 231. */
static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_word_problem, "", "213 132", "213 312");
    assert_solved(&task_word_problem, "", "132 213", "132 231");
    assert_solved(&task_word_problem, "", "231 231 231", "231 312 123");
    assert_solved(&task_word_problem, "group=a5", "23451 23451", "23451 34512");
}

/* All 6 and all 60 elements are equally frequent, as factors and as products. */
static void elements_and_products_are_uniform(void **state)
{
    static const struct {
        const char *options;
        int elements;
    } cases[] = {{"length=3", 6}, {"length=3 group=a5", 60}};
    struct sample s = sample_room(3);
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        const struct option_values o = bed_options(&task_word_problem, cases[k].options);
        int64_t factor[60] = {0}, product[60] = {0};
        assert_int_equal(task_word_problem.answers(&o), cases[k].elements);
        for (uint64_t i = 0; i < 20000; i++) {
            bed_draw(&task_word_problem, &o, i, &s);
            factor[s.token[2]]++;
            product[s.target[2]]++;
        }
        assert_even(factor, (size_t)cases[k].elements);
        assert_even(product, (size_t)cases[k].elements);
    }
    sample_free(&s);
}

/* Every permutation in a5 is even: it has an even number of inversions. */
static void elements_of_a5_are_even(void **state)
{
    const struct option_values o = bed_options(&task_word_problem, "group=a5");
    (void)state;
    for (int32_t id = 0; id < 60; id++) {
        char text[TASK_TOKEN_TEXT];
        int inversions = 0;
        task_word_problem.token_text(&o, id, text);
        for (int i = 0; i < 5; i++)
            for (int k = 0; k < i; k++)
                inversions += text[k] > text[i];
        assert_int_equal(inversions % 2, 0);
    }
}

/* The solver also agrees for a5, which no split has. */
static void both_groups_are_solved(void **state)
{
    const struct option_values o = bed_options(&task_word_problem, "group=a5");
    struct sample s = sample_room(20);
    int32_t answer[20];
    (void)state;
    for (uint64_t i = 0; i < 500; i++) {
        bed_draw(&task_word_problem, &o, i, &s);
        task_word_problem.solve(&o, s.token, 20, answer);
        assert_memory_equal(answer, s.target, sizeof answer);
    }
    sample_free(&s);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_word_problem, 6, 20, 6);
    assert_split(&task_word_problem, "ood_longer", "length=40");
    assert_split(&task_word_problem, "ood_far", "length=80");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_word_problem, "length=4", 0, "factors", "1 2 3 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(elements_and_products_are_uniform),
        cmocka_unit_test(elements_of_a5_are_even),
        cmocka_unit_test(both_groups_are_solved),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_word_problem", tests, NULL, NULL);
}
