/* Flip-Flop: the law of its strings. What every task must satisfy is in
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

extern const struct task task_flip_flop;

enum { LENGTH, P_IGNORE, CLEAN, QUIET };
enum { W, R, I, ZERO, ONE }; /* ids of the public data set */
enum { T = 512, STRINGS = 4000 };

static struct option_values options(double length, double p_ignore, double clean)
{
    return (struct option_values){
        .v = {[LENGTH] = length, [P_IGNORE] = p_ignore, [CLEAN] = clean}};
}

static void draw(const struct option_values *o, uint64_t index, struct sample *s)
{
    struct rng r = rng_stream(0, RNG_TEST, "flip_flop", index);
    task_flip_flop.generate(o, &r, s);
}

/* Last known good texts, which can be checked by eye: each bit after r is the one after the
 * nearest w on its left. */
static void known_streams_write_known_strings(void **state)
{
    const struct option_values o = options(20, 0.5, 1);
    struct sample s = sample_room(T);
    (void)state;
    draw(&o, 0, &s);
    assert_string_equal(sample_text(&task_flip_flop, &o, &s),
                        "w 0 w 0 i 1 i 0 i 1 w 1 i 0 i 0 i 0 r -> 1");
    draw(&o, 1, &s);
    assert_string_equal(sample_text(&task_flip_flop, &o, &s),
                        "w 0 w 0 i 1 w 0 i 1 r 0 w 1 i 0 r 1 r -> 0 1 1");
    sample_free(&s);
}

/* For the two strings above: ignores since the latest w, and whether all w wrote the same bit. */
static void strata_are_those_counted_by_hand(void **state)
{
    const struct option_values o = options(20, 0.5, 1);
    struct sample s = sample_room(T);
    (void)state;
    draw(&o, 0, &s);
    assert_string_equal(strata_text(&task_flip_flop, &o, &s, "ignores"), "3");
    assert_string_equal(strata_text(&task_flip_flop, &o, &s, "agree"), "0");
    draw(&o, 1, &s);
    assert_string_equal(strata_text(&task_flip_flop, &o, &s, "ignores"), "1 1 1");
    assert_string_equal(strata_text(&task_flip_flop, &o, &s, "agree"), "1 0 0");
    sample_free(&s);
}

static void strings_written_by_hand_are_solved(void **state)
{
    static const int32_t token[] = {W, ONE, I, ZERO, R, ONE, W, ZERO, I, ONE, R};
    static const int32_t want[] = {-1, -1, -1, -1, ONE, -1, -1, -1, -1, -1, ZERO};
    enum { N = sizeof token / sizeof *token };
    const struct option_values o = options(N + 1, 0.8, 1);
    int32_t answer[N];
    (void)state;
    task_flip_flop.solve(&o, token, N, answer);
    assert_memory_equal(answer, want, sizeof want);
}

static void strings_obey_the_law(void **state)
{
    const struct option_values o = options(T, 0.8, 1);
    struct sample s = sample_room(T);
    (void)state;
    for (uint64_t i = 0; i < 500; i++) {
        draw(&o, i, &s);
        assert_int_equal(s.length, T - 1);
        assert_int_equal(s.token[0], W);
        assert_int_equal(s.token[T - 2], R);
        int32_t memory = 0;
        for (int t = 0; t < T; t += 2) {
            const int32_t bit = t < T - 2 ? s.token[t + 1] : s.target[t];
            assert_in_range(s.token[t], W, I);
            assert_in_range(bit, ZERO, ONE);
            if (s.token[t] == W)
                memory = bit;
            assert_int_equal(s.scored[t], s.token[t] == R);
            assert_int_equal(s.target[t], s.token[t] == R ? memory : TARGET_NONE);
            if (s.token[t] == R)
                assert_int_equal(bit, memory);
            if (t < T - 2) {
                assert_int_equal(s.scored[t + 1], 0);
                assert_int_equal(s.target[t + 1], TARGET_NONE);
            }
        }
    }
    sample_free(&s);
}

/* Strings have 1 + Binomial(254, (1 - p)/2) reads: 26.4, 3.54 and 115.3 on average. */
static void reads_per_string_are_the_published_ones(void **state)
{
    static const struct {
        double p_ignore, reads;
    } laws[] = {{0.8, 26.4}, {0.98, 3.54}, {0.1, 115.3}};
    struct sample s = sample_room(T);
    (void)state;
    for (size_t k = 0; k < sizeof laws / sizeof *laws; k++) {
        const struct option_values o = options(T, laws[k].p_ignore, 1);
        const double p_read = (1 - laws[k].p_ignore) / 2, inner = (double)T / 2 - 2;
        double reads = 0;
        assert_near(1 + inner * p_read, laws[k].reads, 1e-12);
        for (uint64_t i = 0; i < STRINGS; i++) {
            draw(&o, i, &s);
            reads += s.determined;
        }
        assert_drawn(reads / STRINGS, laws[k].reads,
                     inner * share_error(p_read, inner * STRINGS), 0);
    }
    sample_free(&s);
}

/* Inner instructions are i with p_ignore, else w or r with equal odds, and do not depend on
 * the one before. Bits after w and i are even and do not depend on the instruction. */
static void instructions_and_bits_have_their_shares(void **state)
{
    const struct option_values o = options(T, 0.5, 1);
    const double inner = (double)STRINGS * (T / 2.0 - 2);
    int64_t count[3] = {0}, bits[3][2] = {{0}}, repeats[2] = {0};
    double ignored_twice = 0;
    struct sample s = sample_room(T);
    (void)state;
    for (uint64_t i = 0; i < STRINGS; i++) {
        draw(&o, i, &s);
        for (int t = 2; t < T - 2; t += 2) {
            count[s.token[t]]++;
            bits[s.token[t]][s.token[t + 1] - ZERO]++;
            ignored_twice += s.token[t] == I && s.token[t - 2] == I;
            if (s.token[t] != R)
                repeats[s.token[t + 1] == s.token[t - 1]]++;
        }
    }
    assert_drawn((double)count[W] / inner, 0.25, share_error(0.25, inner), 0);
    assert_drawn((double)count[R] / inner, 0.25, share_error(0.25, inner), 0);
    assert_even(bits[W], 2);
    assert_even(bits[I], 2);
    assert_even(repeats, 2);
    /* Neighbouring pairs share a place, so the variance of their count is 5/3 of a binomial's:
     * (3/16 + 2 (1/8 - 1/16)) / (3/16). */
    const double pairs = inner - STRINGS;
    assert_drawn(ignored_twice / pairs, 0.25, 1.3 * share_error(0.25, pairs), 0);
    sample_free(&s);
}

static void first_bits_are_even(void **state)
{
    const struct option_values o = options(4, 0.8, 1);
    int64_t counts[2] = {0};
    struct sample s = sample_room(4);
    (void)state;
    for (uint64_t i = 0; i < STRINGS; i++) {
        draw(&o, i, &s);
        counts[s.token[1] - ZERO]++;
        assert_int_equal(s.target[2], s.token[1]);
    }
    assert_even(counts, 2);
    sample_free(&s);
}

static void noisy_mode_targets_every_next_token(void **state)
{
    const struct option_values clean = options(T, 0.8, 1), noisy = options(T, 0.8, 0);
    struct sample a = sample_room(T), b = sample_room(T);
    (void)state;
    for (uint64_t i = 0; i < 50; i++) {
        draw(&clean, i, &a);
        draw(&noisy, i, &b);
        assert_memory_equal(a.token, b.token, (T - 1) * sizeof *a.token);
        assert_memory_equal(a.scored, b.scored, T - 1);
        assert_int_equal(a.target[T - 2], b.target[T - 2]);
        for (int t = 0; t < T - 2; t++)
            assert_int_equal(b.target[t], b.token[t + 1]);
    }
    sample_free(&a);
    sample_free(&b);
}

static void certain_probabilities_are_certain(void **state)
{
    const struct option_values all = options(T, 1, 1), none = options(T, 0, 1);
    struct sample s = sample_room(T);
    (void)state;
    for (uint64_t i = 0; i < 20; i++) {
        draw(&all, i, &s);
        assert_int_equal(s.determined, 1);
        draw(&none, i, &s);
        for (int t = 0; t < T - 1; t += 2)
            assert_int_not_equal(s.token[t], I);
    }
    sample_free(&s);
}

/* With quiet 0.5, of 254 inner instructions the first 64 (k < 63.5) may write, the next 127
 * ignore, and the last 63, from k = 190.5 on, may read, each with 1 - p_ignore: 13.6 reads. */
static void drift_has_three_phases(void **state)
{
    struct option_values o = options(T, 0.8, 1);
    double writes = 0, reads = 0;
    struct sample s = sample_room(T);
    (void)state;
    o.v[QUIET] = 0.5;
    for (uint64_t i = 0; i < STRINGS; i++) {
        draw(&o, i, &s);
        for (int k = 0; k < 254; k++) {
            const int32_t token = s.token[2 * k + 2];
            writes += token == W;
            reads += token == R;
            assert_true(token == I || token == (k < 64 ? W : k < 191 ? I : R));
        }
        assert_int_equal(s.token[T - 2], R);
    }
    assert_drawn(writes / (64.0 * STRINGS), 0.2, share_error(0.2, 64.0 * STRINGS), 0);
    assert_drawn(reads / (63.0 * STRINGS), 0.2, share_error(0.2, 63.0 * STRINGS), 0);
    sample_free(&s);
}

static void odd_lengths_are_refused_with_a_remedy(void **state)
{
    const struct option_values odd = options(511, 0.8, 1), even = options(4, 0.8, 1);
    struct err e;
    (void)state;
    assert_int_equal(task_flip_flop.check(&even, &e), ST_OK);
    assert_int_equal(task_flip_flop.check(&odd, &e), ST_RANGE);
    assert_non_null(strstr(e.msg, "length: 511 is odd"));
    assert_non_null(strstr(e.msg, "use 510 or 512"));
}

static void splits_have_the_published_laws_and_sizes(void **state)
{
    static const struct {
        const char *name;
        int count;
        double p_ignore;
    } want[] = {{"id", 1000, 0.8}, {"ood_sparse", 100000, 0.98}, {"ood_dense", 3000, 0.1}};
    struct option_values base, o;
    (void)state;
    option_defaults(task_flip_flop.options, &base);
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        const struct task_split *s = task_split_find(&task_flip_flop, want[k].name);
        assert_non_null(s);
        task_split_options(&task_flip_flop, s, &base, &o);
        assert_int_equal(s->count, want[k].count);
        assert_true(o.v[LENGTH] == T && o.v[P_IGNORE] == want[k].p_ignore && o.v[CLEAN]);
    }
    assert_int_equal(task_flip_flop.vocabulary(&base), 5);
    assert_int_equal(task_flip_flop.answers(&base), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_strings),
        cmocka_unit_test(strata_are_those_counted_by_hand),
        cmocka_unit_test(strings_written_by_hand_are_solved),
        cmocka_unit_test(strings_obey_the_law),
        cmocka_unit_test(reads_per_string_are_the_published_ones),
        cmocka_unit_test(instructions_and_bits_have_their_shares),
        cmocka_unit_test(first_bits_are_even),
        cmocka_unit_test(noisy_mode_targets_every_next_token),
        cmocka_unit_test(certain_probabilities_are_certain),
        cmocka_unit_test(drift_has_three_phases),
        cmocka_unit_test(odd_lengths_are_refused_with_a_remedy),
        cmocka_unit_test(splits_have_the_published_laws_and_sizes),
    };
    return cmocka_run_group_tests_name("task_flip_flop", tests, NULL, NULL);
}
