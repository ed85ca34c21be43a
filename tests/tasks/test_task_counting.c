/* Counting: the law of its programs and its published statistics. What every task must
 * satisfy is in test_task_contract.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chance.h"
#include "task_samples.h"

extern const struct task task_counting;

enum { VARIABLES, MAX_OPERATIONS, W_SET, W_INCREMENT, W_PASS, WINDOW, CAP };
enum { ROOM = 4096, SAMPLES = 20000, UNCUT = 1048576, ANSWERS = 11 };

static struct option_values with(int option, double value)
{
    struct option_values o;
    option_defaults(task_counting.options, &o);
    o.v[option] = value;
    return o;
}

static void draw(const struct option_values *o, uint64_t index, struct sample *s)
{
    struct rng r = rng_stream(0, RNG_TEST, "counting", index);
    task_counting.generate(o, &r, s);
}

static int32_t id(const struct option_values *o, const char *word)
{
    const int32_t found = token_id(&task_counting, o, word);
    assert_true(found >= 0);
    return found;
}

/* Returns the solver's answer for a program, as text. */
static const char *solved(const struct option_values *o, const char *program)
{
    static char text[TASK_TOKEN_TEXT];
    int32_t token[64] = {0}, answer[64];
    const int n = read_tokens(&task_counting, o, program, token, 64);
    task_counting.solve(o, token, n, answer);
    for (int t = 0; t < n - 1; t++)
        assert_int_equal(answer[t], TARGET_NONE);
    if (answer[n - 1] == TARGET_NONE)
        return "none";
    task_counting.token_text(o, answer[n - 1], text);
    return text;
}

/* Returns the passes since the printed name changed; changes of other names do not count. */
static const char *passes_of(const struct option_values *o, const char *program)
{
    struct sample s = sample_room(64);
    s.length = read_tokens(&task_counting, o, program, s.token, 64);
    s.scored[s.length - 1] = 1;
    const char *text = strata_text(&task_counting, o, &s, "passes");
    sample_free(&s);
    return text;
}

static void passes_are_those_counted_by_hand(void **state)
{
    const struct option_values o = with(VARIABLES, 2);
    (void)state;
    assert_string_equal(passes_of(&o, "b = 0 ; pass; b ++; pass; pass; print b"), "2");
    assert_string_equal(passes_of(&o, "pass; a = 0 ; pass; b = 0 ; pass; print a"), "2");
    assert_string_equal(passes_of(&o, "; pass; b ++; print a"), "1"); /* a is cut off */
}

/* Last known good texts, which can be checked against the law by eye. */
static void known_streams_write_known_programs(void **state)
{
    struct option_values o = with(VARIABLES, 2);
    struct sample s = sample_room(ROOM);
    (void)state;
    o.v[MAX_OPERATIONS] = 12;
    o.v[W_PASS] = 3;
    draw(&o, 0, &s);
    assert_string_equal(
        sample_text(&task_counting, &o, &s),
        "b = 0 ; b ++; pass; pass; b ++; b ++; b ++; b ++; pass; b ++; print b -> 6");
    draw(&o, 1, &s);
    assert_string_equal(sample_text(&task_counting, &o, &s),
                        "pass; pass; a = 0 ; b = 0 ; print b -> 0");
    sample_free(&s);
}

static void programs_written_by_hand_are_solved(void **state)
{
    const struct option_values o = with(VARIABLES, 3);
    (void)state;
    assert_string_equal(solved(&o, "a = 0 ; a ++; pass; a ++; print a"), "2");
    assert_string_equal(solved(&o, "a = 0 ; a ++; a = 0 ; print a"), "0");
    assert_string_equal(solved(&o, "a = 0 ; b = 0 ; a ++; b ++; a ++; print b"), "1");
    assert_string_equal(solved(&o, "b = 0 ; a ++; pass; print a"), "none");
    assert_string_equal(solved(&o, "= 0 ; a ++; print a"), "none");
    assert_string_equal(solved(&o, "++; c = 0 ; c ++; print c"), "1");
}

/* The state of a third implementation of the rule, which runs a program. */
struct machine {
    int32_t pass, plus, assign, zero, end, print, first_name; /* ids */
    int variables, cap;
    int value[26];
    bool set[26];
    int operations;
};

static struct machine machine(const struct option_values *o)
{
    return (struct machine){.pass = id(o, "pass;"),
                            .plus = id(o, "++;"),
                            .assign = id(o, "="),
                            .zero = id(o, "0"),
                            .end = id(o, ";"),
                            .print = id(o, "print"),
                            .first_name = id(o, "a"),
                            .variables = (int)o->v[VARIABLES],
                            .cap = (int)o->v[CAP]};
}

/* Runs one statement, fails where it breaks a rule, and returns its length. */
static int run_statement(const int32_t *token, struct machine *m)
{
    const int32_t v = token[0] - m->first_name;
    m->operations++;
    if (token[0] == m->pass)
        return 1;
    assert_in_range(v, 0, m->variables - 1);
    if (token[1] == m->plus) {
        assert_true(m->set[v]);
        m->value[v]++;
        assert_in_range(m->value[v], 1, m->cap);
        return 2;
    }
    assert_int_equal(token[1], m->assign);
    assert_int_equal(token[2], m->zero);
    assert_int_equal(token[3], m->end);
    m->set[v] = true;
    m->value[v] = 0;
    return 4;
}

static void programs_obey_the_rules(void **state)
{
    static const int variables[] = {1, 3, 26};
    struct sample s = sample_room(ROOM);
    (void)state;
    for (size_t k = 0; k < sizeof variables / sizeof *variables; k++) {
        struct option_values o = with(VARIABLES, variables[k]);
        o.v[WINDOW] = UNCUT;
        o.v[W_PASS] = 10; /* values reach the cap often */
        for (uint64_t i = 0; i < 100; i++) {
            struct machine m = machine(&o);
            int t = 0;
            draw(&o, i, &s);
            while (s.token[t] != m.print)
                t += run_statement(s.token + t, &m);
            assert_int_equal(t + 2, s.length);
            const int32_t v = s.token[t + 1] - m.first_name;
            assert_in_range(v, 0, variables[k] - 1);
            assert_true(m.set[v]);
            assert_int_equal(s.target[t + 1], m.zero + m.value[v]);
            assert_in_range(m.operations, 3, 512);
            assert_int_equal(s.determined, 1);
            for (int j = 0; j < s.length; j++) {
                assert_int_equal(s.scored[j], j == t + 1);
                assert_true(j == t + 1 || s.target[j] == TARGET_NONE);
            }
        }
    }
    sample_free(&s);
}

/* The inputs are the last window - 1 tokens of the whole program. */
static void the_window_keeps_the_right_end(void **state)
{
    static const int windows[] = {8, 9, 64, 512};
    const struct option_values whole = with(WINDOW, UNCUT);
    struct sample a = sample_room(ROOM), b = sample_room(ROOM);
    (void)state;
    for (size_t k = 0; k < sizeof windows / sizeof *windows; k++) {
        const struct option_values o = with(WINDOW, windows[k]);
        for (uint64_t i = 0; i < 200; i++) {
            draw(&whole, i, &a);
            draw(&o, i, &b);
            const int want = a.length < windows[k] ? a.length : windows[k] - 1;
            const int32_t *end = a.token + a.length - want;
            assert_int_equal(b.length, want);
            assert_memory_equal(b.token, end, (size_t)want * sizeof *b.token);
            assert_int_equal(b.target[want - 1], a.target[a.length - 1]);
        }
    }
    sample_free(&a);
    sample_free(&b);
}

/* The last set of the printed name is visible or not, and `determined` says which. */
static void what_the_window_cuts_off_is_undetermined(void **state)
{
    static const int windows[] = {8, 16, 64};
    struct sample s = sample_room(ROOM);
    int32_t answer[64];
    (void)state;
    for (size_t k = 0; k < sizeof windows / sizeof *windows; k++) {
        struct option_values o = with(VARIABLES, 3);
        int count[2] = {0};
        o.v[WINDOW] = windows[k];
        o.v[W_PASS] = 3;
        for (uint64_t i = 0; i < 2000; i++) {
            draw(&o, i, &s);
            task_counting.solve(&o, s.token, s.length, answer);
            const int32_t said = answer[s.length - 1], right = s.target[s.length - 1];
            assert_int_equal(said, s.determined ? right : TARGET_NONE);
            count[s.determined]++;
        }
        assert_true(count[0] > 20 && count[1] > 20);
    }
    sample_free(&s);
}

static int by_size(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* The published figures and these both come from 20,000 samples, so they differ by sqrt(2)
 * times the standard error of one. Lengths have a spread of 147 tokens; near the median and
 * the 95 % point their density is about 1/600, so the errors of the two points are 0.5 and
 * 0.22 times 600/sqrt(20000). Lengths include the answer. */
static void lengths_are_the_published_ones(void **state)
{
    static int length[SAMPLES];
    struct option_values o = with(VARIABLES, 3);
    double sum = 0, n_longer = 0;
    struct sample s = sample_room(ROOM);
    (void)state;
    o.v[WINDOW] = UNCUT;
    for (uint64_t i = 0; i < SAMPLES; i++) {
        draw(&o, i, &s);
        length[i] = s.length + 1;
        sum += length[i];
        n_longer += length[i] > 512;
    }
    qsort(length, SAMPLES, sizeof *length, by_size);
    const double per_sample = sqrt(2.0 / SAMPLES);
    const int middle = length[SAMPLES / 2], high = length[SAMPLES * 95 / 100];
    assert_drawn(sum / SAMPLES, 320, 147 * per_sample, 0.5);
    assert_drawn(middle, 322, 0.5 * 600 * per_sample, 0.5);
    assert_drawn(high, 560, 0.22 * 600 * per_sample, 0.5);
    assert_drawn(n_longer / SAMPLES, 0.137, sqrt(2) * share_error(0.137, SAMPLES), 0.0005);
    sample_free(&s);
}

/* Percentages of the answers 0..10; always answering 10 is right 21 % of the time. */
static void answers_have_the_published_shares(void **state)
{
    static const double want[ANSWERS] = {14.2, 12.5, 10.2, 8.7, 7.7, 7.1,
                                         5.6,  4.8,  4.2,  3.8, 21.3};
    double share[ANSWERS] = {0};
    const struct option_values o = with(VARIABLES, 3);
    struct sample s = sample_room(ROOM);
    (void)state;
    const int32_t zero = id(&o, "0");
    for (uint64_t i = 0; i < SAMPLES; i++) {
        draw(&o, i, &s);
        share[s.target[s.length - 1] - zero] += 1.0 / SAMPLES;
    }
    for (int k = 0; k < ANSWERS; k++) {
        const double p = want[k] / 100;
        assert_drawn(share[k], p, sqrt(2) * share_error(p, SAMPLES), 0.0005);
    }
    assert_drawn(share[10], 0.21, share_error(0.21, SAMPLES), 0.005);
    sample_free(&s);
}

/* In 0.0, 0.1 and 0.4 % of the samples with 1, 3 and 5 variables, the set that decides the
 * answer is left of the window. */
static void the_published_share_is_beyond_the_window(void **state)
{
    static const struct {
        int variables;
        double lost;
    } want[] = {{1, 0.000}, {3, 0.001}, {5, 0.004}};
    struct sample s = sample_room(ROOM);
    (void)state;
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        const struct option_values o = with(VARIABLES, want[k].variables);
        double lost = 0;
        for (uint64_t i = 0; i < SAMPLES; i++) {
            draw(&o, i, &s);
            lost += 1 - s.determined;
        }
        assert_drawn(lost / SAMPLES, want[k].lost,
                     sqrt(2) * share_error(want[k].lost, SAMPLES), 0.0005);
    }
    sample_free(&s);
}

/* With one name and a cap out of reach nothing is redrawn after the first set, so the kinds
 * have the shares of their weights, 1 : 7 : 50. */
static void operations_have_the_shares_of_their_weights(void **state)
{
    struct option_values o = with(CAP, 10000);
    double n = 0, sets = 0, increments = 0;
    struct sample s = sample_room(ROOM);
    (void)state;
    o.v[WINDOW] = UNCUT;
    const int32_t pass = id(&o, "pass;"), assign = id(&o, "="), plus = id(&o, "++;");
    for (uint64_t i = 0; i < 2000; i++) {
        int t = 0;
        draw(&o, i, &s);
        while (s.token[t] != assign)
            t++;
        for (t += 3; t < s.length - 2; t++) {
            const bool is_set = s.token[t] == assign, is_plus = s.token[t] == plus;
            sets += is_set;
            increments += is_plus;
            n += is_set || is_plus || s.token[t] == pass;
        }
    }
    assert_drawn(sets / n, 1.0 / 58, share_error(1.0 / 58, n), 0);
    assert_drawn(increments / n, 7.0 / 58, share_error(7.0 / 58, n), 0);
    sample_free(&s);
}

/* Only sets are drawn, so the length shows n, and any name may be set and printed. */
static void numbers_of_operations_and_names_are_even(void **state)
{
    int64_t n_operations[6] = {0}, first_name[4] = {0}, printed[2] = {0};
    struct option_values o = with(MAX_OPERATIONS, 8);
    struct sample s = sample_room(ROOM);
    (void)state;
    o.v[W_INCREMENT] = o.v[W_PASS] = 0;
    o.v[VARIABLES] = 4;
    const int32_t a = id(&o, "a");
    for (uint64_t i = 0; i < SAMPLES; i++) {
        draw(&o, i, &s);
        n_operations[(s.length - 2) / 4 - 3]++;
        first_name[s.token[0] - a]++;
    }
    assert_even(n_operations, 6);
    assert_even(first_name, 4);
    o.v[VARIABLES] = 2;
    for (uint64_t i = 0; i < SAMPLES; i++) {
        bool both = false;
        draw(&o, i, &s);
        for (int t = 4; t < s.length - 2; t += 4)
            both = both || s.token[t] != s.token[0];
        if (both)
            printed[s.token[s.length - 1] != s.token[0]]++;
    }
    assert_even(printed, 2);
    sample_free(&s);
}

/* An increment picks among the names that are set, not among all. With a cap out of reach an
 * operation after the first set is a set with probability 1/8, however few are set. */
static void increments_pick_among_names_already_set(void **state)
{
    struct option_values o = with(VARIABLES, 26);
    double n = 0, sets = 0;
    struct sample s = sample_room(ROOM);
    (void)state;
    o.v[CAP] = 10000;
    o.v[W_PASS] = 0;
    o.v[MAX_OPERATIONS] = 3;
    const int32_t assign = id(&o, "=");
    for (uint64_t i = 0; i < SAMPLES; i++) {
        draw(&o, i, &s);
        assert_int_equal(s.token[1], assign);
        sets += s.token[5] == assign;
        n++;
    }
    assert_drawn(sets / n, 1.0 / 8, share_error(1.0 / 8, n), 0);
    sample_free(&s);
}

/* The vocabulary has 18 ids and the names; the padding and the start token are never used. */
static void vocabulary_is_that_of_the_released_code(void **state)
{
    static const int variables[] = {1, 3, 5};
    struct sample s = sample_room(ROOM);
    (void)state;
    for (size_t k = 0; k < sizeof variables / sizeof *variables; k++) {
        const struct option_values o = with(VARIABLES, variables[k]);
        bool used[64] = {false};
        assert_int_equal(task_counting.vocabulary(&o), 18 + variables[k]);
        assert_int_equal(task_counting.answers(&o), 11);
        assert_int_equal(task_counting.max_length(&o), 512);
        for (uint64_t i = 0; i < 500; i++) {
            draw(&o, i, &s);
            for (int t = 0; t < s.length; t++)
                used[s.token[t]] = true;
            used[s.target[s.length - 1]] = true;
        }
        for (int i = 0; i < 18 + variables[k]; i++)
            assert_int_equal(used[i], i != id(&o, "<pad>") && i != id(&o, "<start>"));
    }
    sample_free(&s);
}

static void splits_have_the_published_weights(void **state)
{
    static const struct {
        const char *name;
        double w_pass;
    } want[] = {{"valid", 50}, {"id", 50}, {"ood_longer", 100}, {"ood_shorter", 10}};
    struct option_values base, o;
    (void)state;
    option_defaults(task_counting.options, &base);
    assert_true(base.v[W_SET] == 1 && base.v[W_INCREMENT] == 7);
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        const struct task_split *s = task_split_find(&task_counting, want[k].name);
        assert_non_null(s);
        assert_int_equal(s->count, 1000);
        task_split_options(&task_counting, s, &base, &o);
        assert_true(o.v[W_PASS] == want[k].w_pass && o.v[MAX_OPERATIONS] == 512);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_programs),
        cmocka_unit_test(passes_are_those_counted_by_hand),
        cmocka_unit_test(programs_written_by_hand_are_solved),
        cmocka_unit_test(programs_obey_the_rules),
        cmocka_unit_test(the_window_keeps_the_right_end),
        cmocka_unit_test(what_the_window_cuts_off_is_undetermined),
        cmocka_unit_test(lengths_are_the_published_ones),
        cmocka_unit_test(answers_have_the_published_shares),
        cmocka_unit_test(the_published_share_is_beyond_the_window),
        cmocka_unit_test(operations_have_the_shares_of_their_weights),
        cmocka_unit_test(numbers_of_operations_and_names_are_even),
        cmocka_unit_test(increments_pick_among_names_already_set),
        cmocka_unit_test(vocabulary_is_that_of_the_released_code),
        cmocka_unit_test(splits_have_the_published_weights),
    };
    return cmocka_run_group_tests_name("task_counting", tests, NULL, NULL);
}
