/* Regular: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "approx.h"
#include "task_bed.h"

extern const struct task task_regular;

/* Last known good texts, whose automata can be followed. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_regular, "length=8", 0,
                        "b b b a a b b a -> q1 q0 q1 q2 q3 q1 q0 q0");
    assert_drawn_sample(&task_regular, "length=8 dfa=parity", 1,
                        "b a a b b a b b -> q1 q1 q1 q0 q1 q1 q0 q1");
    assert_drawn_sample(&task_regular, "length=6 dfa=012.120.201", 1,
                        "b a a c c b -> q1 q1 q1 q0 q2 q0");
}

static void words_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_regular, "dfa=parity", "a b b b", "q0 q1 q0 q1");
    assert_solved(&task_regular, "dfa=even_pairs", "a b b a", "q1 q2 q2 q1");
    assert_solved(&task_regular, "dfa=cycle_5", "b b c a c c", "q1 q2 q1 q1 q0 q4");
    assert_solved(&task_regular, "dfa=tomita_3", "b a a a", "q1 q2 q3 q2");
    assert_solved(&task_regular, "dfa=ends", "a b d c b", "q1 q1 q2 q2 q2");
    assert_solved(&task_regular, "dfa=01.10", "b a", "q1 q1"); /* as parity */
}

/* A rule of its own decides for each named automaton which words are accepted. */
static bool is_even(const char *w, char letter)
{
    int n = 0;
    for (; *w; w++)
        n += *w == letter;
    return n % 2 == 0;
}

static bool tomita_4(const char *w)
{
    return !strstr(w, "aaa");
}

static bool tomita_5(const char *w)
{
    return is_even(w, 'a') && is_even(w, 'b');
}

static bool tomita_6(const char *w)
{
    int n = 0;
    for (; *w; w++)
        n += *w == 'a' ? 1 : 2;
    return n % 3 == 0;
}

static bool tomita_7(const char *w)
{
    w += strspn(w, "a");
    w += strspn(w, "b");
    w += strspn(w, "a");
    return !w[strspn(w, "b")];
}

static bool d_2(const char *w)
{
    int depth = 0;
    for (; *w && depth >= 0 && depth <= 2; w++)
        depth += *w == 'a' ? 1 : -1;
    return depth == 0;
}

static bool even_pairs(const char *w)
{
    return !*w || *w == w[strlen(w) - 1];
}

static bool tomita_1(const char *w)
{
    return !strchr(w, 'a');
}

static bool tomita_2(const char *w)
{
    for (; *w == 'b' && w[1] == 'a'; w += 2)
        ;
    return !*w;
}

static bool tomita_3(const char *w)
{
    bool odd_before = false;
    while (*w) {
        const char letter = *w;
        size_t run = 0;
        while (w[run] == letter)
            run++;
        if (letter == 'a' && odd_before && run % 2)
            return false;
        odd_before = letter == 'b' && run % 2;
        w += run;
    }
    return true;
}

/* A word of up to 8 letters ends in an accepting state exactly when the rule accepts it.
 * accept: the states, as digits. */
static void named_automata_are_the_languages_of_their_names(void **state)
{
    static const struct {
        const char *options, *accept;
        bool (*rule)(const char *word);
    } languages[] = {
        {"dfa=tomita_1 sinks=true", "0", tomita_1},
        {"dfa=tomita_2 sinks=true", "0", tomita_2},
        {"dfa=tomita_3", "013", tomita_3},
        {"dfa=tomita_4", "012", tomita_4},
        {"dfa=tomita_5", "0", tomita_5},
        {"dfa=tomita_6", "0", tomita_6},
        {"dfa=tomita_7", "0123", tomita_7},
        {"dfa=d_2", "0", d_2},
        {"dfa=even_pairs", "013", even_pairs},
    };
    (void)state;
    for (size_t k = 0; k < sizeof languages / sizeof *languages; k++) {
        const struct option_values o = bed_options(&task_regular, languages[k].options);
        for (unsigned word = 2; word < 512; word++) {
            char text[16] = "", last[TASK_TOKEN_TEXT];
            int32_t token[8], answer[8];
            int n = 0;
            for (unsigned rest = word; rest > 1; rest /= 2, n++) {
                token[n] = (int32_t)(rest % 2);
                text[n] = "ab"[rest % 2];
            }
            task_regular.solve(&o, token, n, answer);
            task_regular.token_text(&o, answer[n - 1], last);
            if ((strchr(languages[k].accept, last[1]) != NULL) != languages[k].rule(text))
                fail_msg("%s: %s ends in %s", languages[k].options, text, last);
        }
    }
}

/* The solver agrees with the generator for every automaton, with and without sinks. */
static void all_named_automata_are_solved(void **state)
{
    const struct option *dfa = &task_regular.options[0];
    struct sample s = sample_room(64);
    int32_t answer[64];
    (void)state;
    for (int k = 0; dfa->choices[k]; k++)
        for (int sinks = 0; sinks < 2; sinks++) {
            struct option_values o = bed_options(&task_regular, "length=64");
            o.v[0] = k;
            o.v[2] = sinks;
            if (task_regular.check(&o, NULL) != ST_OK)
                continue;
            for (uint64_t i = 0; i < 50; i++) {
                bed_draw(&task_regular, &o, i, &s);
                task_regular.solve(&o, s.token, s.length, answer);
                assert_memory_equal(answer, s.target, sizeof answer);
            }
        }
    sample_free(&s);
}

/* Letters are uniform over those that do not lead to a sink; with sinks, over all. */
static void letters_are_uniform_and_keep_out_of_sinks(void **state)
{
    const struct option_values out = bed_options(&task_regular, "dfa=ends length=40");
    const struct option_values in = bed_options(&task_regular, "dfa=ends sinks=true");
    int64_t second[2] = {0}, first[4] = {0};
    struct sample s = sample_room(64);
    (void)state;
    for (uint64_t i = 0; i < 8000; i++) {
        bed_draw(&task_regular, &out, i, &s);
        assert_int_equal(s.token[0], 0);
        second[s.token[1] == 3]++;
        for (int t = 0; t < s.length; t++)
            assert_in_range(s.target[t], 5, 6);
        bed_draw(&task_regular, &in, i, &s);
        first[s.token[0]]++;
    }
    assert_even(second, 2);
    assert_even(first, 4);
    assert_int_equal(task_regular.answers(&out), 2);
    assert_int_equal(task_regular.answers(&in), 3);
    sample_free(&s);
}

static void bad_automata_are_refused_with_a_remedy(void **state)
{
    static const struct {
        const char *dfa, *words;
    } bad[] = {
        {"01.10.21", "dfa: no word leads to state 2; leave it out"},
        {"01.1", "dfa: state 1 has 1 transitions, but state 0 has 2"},
        {"01.", "dfa: state 1 has no transitions"},
        {"01..10", "dfa: state 1 has no transitions"},
        {"01.12",
         "dfa: state 1 goes to state 2 on letter b, but there are only the states 0 "
         "to 1"},
        {"tomita3", "dfa: no automaton \"tomita3\"; did you mean \"tomita_3\"?"},
        {"01.1X", "dfa: \"1X\" is no name, and as transitions 'X' is no state"},
        {"0000", "\"0000\" is no name, and has no full stop"},
        {"1.0", "there is only one word"},
        {"tomita_1", "leads to one state"},
        {"tomita_2", "dfa: there is only one word without sinks; try sinks: true"},
        {"00.11", "no word leads to state 1"},
        {"000000000000000000000000000.1", "state 0 has 27 transitions; use at most 26"},
    };
    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        struct option_values o;
        struct err e = {.msg = ""};
        option_defaults(task_regular.options, &o);
        assert_int_equal(option_parse(&task_regular.options[0], bad[k].dfa, &o.v[0], &e),
                         ST_OK);
        if (task_regular.check(&o, &e) != ST_RANGE || !strstr(e.msg, bad[k].words))
            fail_msg("%s: \"%s\" does not say \"%s\"", bad[k].dfa, e.msg, bad[k].words);
    }
}

/* The two states of parity are equally likely; tomita_6 with one letter starts in state 1. */
static void majority_is_known_where_it_is_easy(void **state)
{
    const struct option_values parity = bed_options(&task_regular, "dfa=parity");
    const struct option_values d_2 = bed_options(&task_regular, "dfa=d_2 length=1");
    const struct option_values all = bed_options(&task_regular, "");
    (void)state;
    assert_near(task_regular.majority(&parity), 0.5, 1e-6);
    assert_near(task_regular.majority(&d_2), 1, 1e-6);
    assert_near(task_regular.majority(&all), 0.28, 0.005);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_regular, 7, 32, 4);
    assert_split(&task_regular, "ood_longer", "length=64");
    assert_split(&task_regular, "ood_far", "length=128");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_regular, "length=8 dfa=parity", 1, "since", "0 1 2 0 0 1 0 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(words_written_by_hand_are_solved),
        cmocka_unit_test(named_automata_are_the_languages_of_their_names),
        cmocka_unit_test(all_named_automata_are_solved),
        cmocka_unit_test(letters_are_uniform_and_keep_out_of_sinks),
        cmocka_unit_test(bad_automata_are_refused_with_a_remedy),
        cmocka_unit_test(majority_is_known_where_it_is_easy),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_regular", tests, NULL, NULL);
}
