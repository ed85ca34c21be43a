/* task_bed.h -- one-line assertions for tests of tasks, with options and samples as text. */
#ifndef TASK_BED_H
#define TASK_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "chance.h"
#include "task_samples.h"

/* Returns the defaults with the changes of "option=value option=value". */
static inline struct option_values bed_options(const struct task *t, const char *changes)
{
    struct option_values o;
    char text[256], *save = NULL;
    option_defaults(t->options, &o);
    snprintf(text, sizeof text, "%s", changes);
    for (char *one = strtok_r(text, " ", &save); one; one = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(one, '=');
        struct err e = {.msg = "no '='"};
        if (equals)
            *equals = 0;
        const int i = equals ? option_find(t->options, one) : -1;
        if (i < 0 || option_parse(&t->options[i], equals + 1, &o.v[i], &e))
            fail_msg("%s: %s", one, e.msg);
    }
    struct err e;
    if (t->check && t->check(&o, &e))
        fail_msg("%s: %s", changes, e.msg);
    return o;
}

/* Draws sample `index` of a stream of the test's own. */
static inline void bed_draw(const struct task *t, const struct option_values *o,
                            uint64_t index, struct sample *s)
{
    struct rng r = rng_stream(0, RNG_TEST, t->name, index);
    t->generate(o, &r, s);
}

/* Sample `index`, as sample_text writes it, reads "inputs -> answers". */
static inline void assert_drawn_sample(const struct task *t, const char *changes,
                                       uint64_t index, const char *want)
{
    const struct option_values o = bed_options(t, changes);
    struct sample s = sample_room(t->max_length(&o));
    bed_draw(t, &o, index, &s);
    assert_string_equal(sample_text(t, &o, &s), want);
    sample_free(&s);
}

/* The task solves inputs written by hand as `want` says: one word for each place, `.` for
 * none. */
static inline void assert_solved(const struct task *t, const char *changes,
                                 const char *inputs, const char *want)
{
    const struct option_values o = bed_options(t, changes);
    int32_t token[256], answer[256];
    char got[SAMPLE_TEXT] = "", word[TASK_TOKEN_TEXT];
    size_t used = 0;
    const int n = read_tokens(t, &o, inputs, token, 256);
    for (int i = 0; i < n; i++)
        if (token[i] < 0)
            fail_msg("%s: word %d is no token", inputs, i);
    t->solve(&o, token, n, answer);
    for (int i = 0; i < n && used < sizeof got; i++) {
        if (answer[i] == TARGET_NONE)
            snprintf(word, sizeof word, ".");
        else
            t->token_text(&o, answer[i], word);
        used += (size_t)snprintf(got + used, sizeof got - used, "%s%s", i ? " " : "", word);
    }
    assert_string_equal(got, want);
}

/* The values of `stratum` at the scored places of sample `index` are those of `want`. */
static inline void assert_strata(const struct task *t, const char *changes, uint64_t index,
                                 const char *stratum, const char *want)
{
    const struct option_values o = bed_options(t, changes);
    struct sample s = sample_room(t->max_length(&o));
    bed_draw(t, &o, index, &s);
    assert_string_equal(strata_text(t, &o, &s, stratum), want);
    sample_free(&s);
}

/* The lengths lo, lo + step, ..., hi are drawn equally often, and no others. */
static inline void assert_lengths(const struct task *t, const char *changes, int lo, int hi,
                                  int step)
{
    const struct option_values o = bed_options(t, changes);
    int64_t counts[512] = {0};
    struct sample s = sample_room(t->max_length(&o));
    assert_int_equal(t->max_length(&o), hi);
    for (uint64_t i = 100000; i < 120000; i++) {
        bed_draw(t, &o, i, &s);
        assert_in_range(s.length, lo, hi);
        assert_int_equal((s.length - lo) % step, 0);
        counts[(s.length - lo) / step]++;
    }
    assert_even(counts, (size_t)((hi - lo) / step + 1));
    sample_free(&s);
}

/* Checks the number of ids, the tokens of the longest sample and the number of answers
 * under the defaults. */
static inline void assert_sizes(const struct task *t, int vocabulary, int longest,
                                int answers)
{
    const struct option_values o = bed_options(t, "");
    assert_int_equal(t->vocabulary(&o), vocabulary);
    assert_int_equal(t->max_length(&o), longest);
    assert_int_equal(t->answers(&o), answers);
}

/* The law of `split` is the defaults with these changes. */
static inline void assert_split(const struct task *t, const char *split,
                                const char *changes)
{
    const struct option_values base = bed_options(t, ""), want = bed_options(t, changes);
    const struct task_split *s = task_split_find(t, split);
    struct option_values o;
    assert_non_null(s);
    task_split_options(t, s, &base, &o);
    for (int i = 0; i < option_count(t->options); i++)
        if (o.v[i] < want.v[i] || o.v[i] > want.v[i])
            fail_msg("split %s: %s is %g, not %g", split, t->options[i].name, o.v[i],
                     want.v[i]);
}

/* `check` refuses `value` of `option` with a message that contains `words`. */
static inline void assert_refused(const struct task *t, const char *option, double value,
                                  const char *words)
{
    struct option_values o = bed_options(t, "");
    struct err e = {.msg = ""};
    const int i = option_find(t->options, option);
    assert_true(i >= 0);
    o.v[i] = value;
    assert_int_equal(t->check(&o, &e), ST_RANGE);
    if (!strstr(e.msg, words))
        fail_msg("\"%s\" does not say \"%s\"", e.msg, words);
}

#endif
