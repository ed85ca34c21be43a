/* Selective Copy: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "approx.h"
#include "chance.h"
#include "task_samples.h"

extern const struct task task_selective_copy;

enum { SYMBOLS, TOKENS, BLANKS };
enum { ROOM = 2048, SAMPLES = 20000 };

static struct option_values options(int symbols, int tokens, int blanks)
{
    return (struct option_values){
        .v = {[SYMBOLS] = symbols, [TOKENS] = tokens, [BLANKS] = blanks}};
}

static void draw(const struct option_values *o, uint64_t index, struct sample *s)
{
    struct rng r = rng_stream(0, RNG_TEST, "selective_copy", index);
    task_selective_copy.generate(o, &r, s);
}

/* Last known good texts, which can be checked against the law by eye. */
static void known_streams_write_known_samples(void **state)
{
    const struct option_values o = options(5, 4, 6);
    struct sample s = sample_room(ROOM);
    (void)state;
    draw(&o, 0, &s);
    assert_string_equal(sample_text(&task_selective_copy, &o, &s),
                        "_ _ _ d _ e _ a _ b | d e a -> d e a b");
    draw(&o, 1, &s);
    assert_string_equal(sample_text(&task_selective_copy, &o, &s),
                        "e b e d _ _ _ _ _ _ | e b e -> e b e d");
    sample_free(&s);
}

/* The number of blanks before d, e, a, b of the first sample above, and of the second. */
static void strata_are_those_counted_by_hand(void **state)
{
    const struct option_values o = options(5, 4, 6);
    struct sample s = sample_room(ROOM);
    (void)state;
    draw(&o, 0, &s);
    assert_string_equal(strata_text(&task_selective_copy, &o, &s, "blanks"), "3 4 5 6");
    draw(&o, 1, &s);
    assert_string_equal(strata_text(&task_selective_copy, &o, &s, "blanks"), "0 0 0 0");
    sample_free(&s);
}

static void samples_written_by_hand_are_solved(void **state)
{
    const struct option_values o = options(5, 3, 4);
    int32_t token[16], answer[16];
    const int n = read_tokens(&task_selective_copy, &o, "_ c _ a _ _ b | c a", token, 16);
    static const int32_t want[] = {-1, -1, -1, -1, -1, -1, -1, 2, 0, 1};
    (void)state;
    assert_int_equal(n, 10);
    task_selective_copy.solve(&o, token, n, answer);
    assert_memory_equal(answer, want, sizeof want);
}

static void samples_obey_the_law(void **state)
{
    static const int blanks[] = {0, 1, 128, 256, 512};
    struct sample s = sample_room(ROOM);
    (void)state;
    for (size_t k = 0; k < sizeof blanks / sizeof *blanks; k++) {
        const struct option_values o = options(15, 256, blanks[k]);
        const int at = 256 + blanks[k];
        for (uint64_t i = 0; i < 200; i++) {
            int said = 0;
            draw(&o, i, &s);
            assert_int_equal(s.length, at + 256);
            assert_int_equal(s.determined, 256);
            assert_int_equal(s.token[at], 16);
            for (int t = 0; t < at; t++) {
                assert_int_equal(s.target[t], TARGET_NONE);
                assert_int_equal(s.scored[t], 0);
                assert_in_range(s.token[t], 0, 15);
                if (s.token[t] == 15)
                    continue;
                assert_int_equal(s.target[at + said], s.token[t]);
                assert_int_equal(s.scored[at + said], 1);
                if (++said < 256)
                    assert_int_equal(s.token[at + said], s.token[t]);
            }
            assert_int_equal(said, 256);
        }
    }
    sample_free(&s);
}

/* Two symbols among three blanks have ten arrangements, all equally likely. */
static void arrangements_are_equally_likely(void **state)
{
    const struct option_values o = options(2, 2, 3);
    int64_t counts[32] = {0}, arrangements[10];
    int n = 0;
    struct sample s = sample_room(ROOM);
    (void)state;
    for (uint64_t i = 0; i < SAMPLES; i++) {
        unsigned pattern = 0;
        draw(&o, i, &s);
        for (int t = 0; t < 5; t++)
            pattern = pattern << 1 | (s.token[t] != 2);
        counts[pattern]++;
    }
    for (int i = 0; i < 32; i++)
        if (counts[i]) {
            assert_true(n < 10);
            arrangements[n++] = counts[i];
        }
    assert_int_equal(n, 10);
    assert_even(arrangements, 10);
    sample_free(&s);
}

/* Symbols are uniform at each place and in pairs. */
static void symbols_are_equally_likely(void **state)
{
    const struct option_values o = options(5, 3, 2);
    int64_t counts[3][5] = {{0}}, pairs[25] = {0};
    struct sample s = sample_room(ROOM);
    (void)state;
    for (uint64_t i = 0; i < SAMPLES; i++) {
        draw(&o, i, &s);
        for (int k = 0; k < 3; k++)
            counts[k][s.target[5 + k]]++;
        pairs[s.target[5] * 5 + s.target[6]]++;
    }
    for (int k = 0; k < 3; k++)
        assert_even(counts[k], 5);
    assert_even(pairs, 25);
    sample_free(&s);
}

static void sizes_are_the_papers(void **state)
{
    static const struct {
        const char *split;
        int length;
    } want[] = {{"valid", 768}, {"id", 768}, {"ood_dense", 640}, {"ood_sparse", 1024}};
    struct option_values base, o;
    (void)state;
    option_defaults(task_selective_copy.options, &base);
    assert_int_equal(task_selective_copy.vocabulary(&base), 17); /* 16 and a separator */
    assert_int_equal(task_selective_copy.answers(&base), 15);
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        const struct task_split *s = task_split_find(&task_selective_copy, want[k].split);
        assert_non_null(s);
        task_split_options(&task_selective_copy, s, &base, &o);
        assert_int_equal(task_selective_copy.max_length(&o), want[k].length);
    }
}

/* A small training set-up has splits that are as much denser and sparser than itself as the
 * paper's are. */
static void splits_are_in_proportion_to_training(void **state)
{
    static const struct {
        const char *split;
        int trained, blanks;
    } want[] = {{"id", 16, 16},         {"ood_dense", 16, 8},
                {"ood_sparse", 16, 32}, {"ood_dense", 1, 0},
                {"ood_sparse", 1, 2},   {"ood_dense", 512, 256},
                {"ood_sparse", 9, 18},  {"ood_sparse", 1048576, 1048576}};
    (void)state;
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        const struct task_split *s = task_split_find(&task_selective_copy, want[k].split);
        const struct option_values base = options(15, 16, want[k].trained);
        struct option_values o;
        task_split_options(&task_selective_copy, s, &base, &o);
        assert_near(o.v[2], want[k].blanks, 0);
    }
}

static void splits_lie_where_their_names_say(void **state)
{
    static const struct {
        const char *split;
        int trained, asked;
        const char *why; /* NULL: beyond */
    } want[] = {
        {"id", 16, 99, NULL},
        {"ood_dense", 16, 15, NULL},
        {"ood_dense", 16, 16, "blanks is 16, but must be below the 16 of training"},
        {"ood_dense", 16, 128, "blanks is 128, but must be below the 16 of training"},
        {"ood_sparse", 16, 17, NULL},
        {"ood_sparse", 16, 15, "blanks is 15, but must be above the 16 of training"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        const struct task_split *s = task_split_find(&task_selective_copy, want[k].split);
        const struct option_values trained = options(15, 16, want[k].trained);
        const struct option_values asked = options(15, 16, want[k].asked);
        char why[TASK_BEYOND_WHY];
        assert_int_equal(task_split_beyond(&task_selective_copy, s, &trained, &asked, why),
                         want[k].why == NULL);
        if (want[k].why)
            assert_string_equal(why, want[k].why);
    }
}

static void large_alphabets_are_written_as_numbers(void **state)
{
    const struct option_values o = options(128, 4, 4);
    char text[TASK_TOKEN_TEXT];
    (void)state;
    task_selective_copy.token_text(&o, 127, text);
    assert_string_equal(text, "127");
    task_selective_copy.token_text(&o, 128, text);
    assert_string_equal(text, "_");
    task_selective_copy.token_text(&o, 129, text);
    assert_string_equal(text, "|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(strata_are_those_counted_by_hand),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(samples_obey_the_law),
        cmocka_unit_test(arrangements_are_equally_likely),
        cmocka_unit_test(symbols_are_equally_likely),
        cmocka_unit_test(sizes_are_the_papers),
        cmocka_unit_test(splits_are_in_proportion_to_training),
        cmocka_unit_test(splits_lie_where_their_names_say),
        cmocka_unit_test(large_alphabets_are_written_as_numbers),
    };
    return cmocka_run_group_tests_name("task_selective_copy", tests, NULL, NULL);
}
