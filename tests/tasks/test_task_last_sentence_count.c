/* Last Sentence Count: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task_bed.h"

extern const struct task task_last_sentence_count;

/* Last known good texts. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_last_sentence_count, "length=6 words=3", 0,
                        "a c a a a b . b a a c a . ? a -> 3");
    assert_drawn_sample(&task_last_sentence_count, "length=6 words=3", 1,
                        "a c a c a c . ? a -> 3");
}

static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_last_sentence_count, "", "a a b a a . b a b . ? a",
                  ". . . . . . . . . . . 1");
    assert_solved(&task_last_sentence_count, "", "a b b . ? b", ". . . . . 2");
    assert_solved(&task_last_sentence_count, "", "b b . a c . ? b", ". . . . . . . 0");
}

/* Counts, lengths of sentences and the word are uniform. */
static void counts_and_words_are_uniform(void **state)
{
    const struct option_values o =
        bed_options(&task_last_sentence_count, "sentences=1 length=6 most=3 words=4");
    int64_t count[4] = {0}, length[4] = {0}, word[4] = {0}, place[3] = {0};
    struct sample s = sample_room(16);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_last_sentence_count, &o, i, &s);
        const int n = s.length - 3, times = s.target[s.length - 1] - 6;
        count[times]++;
        length[n - 3]++;
        word[s.token[s.length - 1]]++;
        for (int k = 0; k < 3; k++)
            place[k] += n == 3 && times == 1 && s.token[k] == s.token[s.length - 1];
    }
    assert_even(count, 4);
    assert_even(length, 4);
    assert_even(word, 4);
    assert_even(place, 3);
    sample_free(&s);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_last_sentence_count, 16, 54, 6);
    assert_split(&task_last_sentence_count, "ood_longer", "length=24 shortest=0.51");
    assert_split(&task_last_sentence_count, "ood_more", "sentences=12 fewest=0.34");
    assert_refused(&task_last_sentence_count, "most", 13, "cannot occur 13 times");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_last_sentence_count, "length=6 words=3", 0, "words", "5");
    assert_strata(&task_last_sentence_count, "length=6 words=3", 0, "before", "4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(counts_and_words_are_uniform),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_last_sentence_count", tests, NULL, NULL);
}
