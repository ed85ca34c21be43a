/* What task.h promises, for every task in the registry. A new task needs no edit here;
 * tests/data/task_goldens/NAME.txt may hold the fingerprints of its samples. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "task.h"
#include "task_samples.h"

#define GOLDENS TEST_DATA "/task_goldens/%s.txt"

enum { SAMPLES = 2000, GOLDEN_SAMPLES = 100, CANARIES = 64 };
enum { CANARY = -123456789, CANARY_BYTE = 0xA5 };

#define TASK(stem) extern const struct task task_##stem;
#include "task_list.inc"
#undef TASK

struct subject {
    const char *stem;
    const struct task *task;
};

static struct option_values defaults(const struct task *t)
{
    struct option_values o;
    option_defaults(t->options, &o);
    return o;
}

static struct option_values law(const struct task *t, const struct task_split *s)
{
    const struct option_values base = defaults(t);
    struct option_values o;
    task_split_options(t, s, &base, &o);
    return o;
}

/* Room for the longest sample with canaries behind it. */
static struct sample guarded_room(int n)
{
    struct sample s = sample_room(n + CANARIES);
    for (int i = 0; i < CANARIES; i++) {
        s.token[n + i] = s.target[n + i] = CANARY;
        s.scored[n + i] = CANARY_BYTE;
    }
    return s;
}

static void assert_canaries_live(const struct sample *s, int n)
{
    for (int i = 0; i < CANARIES; i++) {
        assert_int_equal(s->token[n + i], CANARY);
        assert_int_equal(s->target[n + i], CANARY);
        assert_int_equal(s->scored[n + i], CANARY_BYTE);
    }
}

static void assert_sound(const struct task *t, const struct option_values *o,
                         const struct sample *s)
{
    const int V = t->vocabulary(o);
    int n_scored = 0;
    assert_in_range(s->length, 1, t->max_length(o));
    for (int i = 0; i < s->length; i++) {
        assert_in_range(s->token[i], 0, V - 1);
        if (s->target[i] != TARGET_NONE)
            assert_in_range(s->target[i], 0, V - 1);
        assert_in_range(s->scored[i], 0, 1);
        assert_true(!s->scored[i] || s->target[i] != TARGET_NONE);
        n_scored += s->scored[i];
    }
    assert_true(n_scored > 0);
    assert_in_range(s->determined, 0, n_scored);
}

/* FNV-1a of 64 bits over the low bytes first, the same on any machine. */
static uint64_t add_number(uint64_t hash, int32_t number)
{
    for (int i = 0; i < 4; i++)
        hash = (hash ^ ((uint32_t)number >> 8 * i & 255)) * UINT64_C(1099511628211);
    return hash;
}

static uint64_t add_sample(uint64_t hash, const struct sample *s)
{
    hash = add_number(add_number(hash, s->length), s->determined);
    for (int i = 0; i < s->length; i++) {
        hash = add_number(hash, s->token[i]);
        hash = add_number(hash, s->target[i]);
        hash = add_number(hash, s->scored[i]);
    }
    return hash;
}

/* Of the sample that stream `r` writes into room that holds `dirt`. */
static uint64_t fingerprint(const struct task *t, struct rng r, uint8_t dirt)
{
    const struct option_values o = defaults(t);
    const size_t n = (size_t)t->max_length(&o);
    struct sample s = sample_room((int)n);
    memset(s.token, dirt, n * sizeof *s.token);
    memset(s.target, dirt, n * sizeof *s.target);
    memset(s.scored, dirt, n * sizeof *s.scored);
    t->generate(&o, &r, &s);
    const uint64_t hash = add_sample(UINT64_C(14695981039346656037), &s);
    sample_free(&s);
    return hash;
}

static void is_found_by_its_file_name(void **state)
{
    const struct subject *s = *state;
    assert_string_equal(s->task->name, s->stem);
    assert_ptr_equal(task_find(s->stem), s->task);
}

static void says_what_it_is(void **state)
{
    const struct task *t = ((const struct subject *)*state)->task;
    assert_true(t->version >= 1);
    assert_true(t->summary && *t->summary && !strchr(t->summary, '\n'));
    assert_true(t->source && *t->source);
    assert_true(t->vocabulary && t->max_length && t->answers);
    assert_true(t->generate && t->solve && t->token_text);
}

static void options_are_usable(void **state)
{
    const struct task *t = ((const struct subject *)*state)->task;
    const int n = option_count(t->options);
    for (int i = 0; i < n; i++) {
        const struct option *o = &t->options[i];
        char text[OPTION_TEXT];
        double back;
        struct err e;
        assert_int_equal(option_find(t->options, o->name), i); /* no name twice */
        assert_true(o->help && *o->help);
        option_format(o, o->dflt, text);
        assert_int_equal(option_parse(o, text, &back, &e), ST_OK); /* default in range */
    }
}

static void splits_are_laws_of_the_task(void **state)
{
    const struct task *t = ((const struct subject *)*state)->task;
    assert_non_null(task_split_find(t, "valid"));
    assert_non_null(task_split_find(t, "id"));
    assert_null(task_split_find(t, "no such split"));
    for (const struct task_split *s = t->splits; s->name; s++) {
        assert_ptr_equal(task_split_find(t, s->name), s); /* no name twice */
        assert_true(s->count > 0);
        assert_true(s->help && *s->help);
        for (int i = 0; i < TASK_SPLIT_CHANGES && s->change[i].option; i++)
            assert_true(option_find(t->options, s->change[i].option) >= 0);
        const struct option_values o = law(t, s);
        struct err e;
        for (int i = 0; i < option_count(t->options); i++) {
            char text[OPTION_TEXT];
            double back;
            option_format(&t->options[i], o.v[i], text);
            assert_int_equal(option_parse(&t->options[i], text, &back, &e), ST_OK);
        }
        assert_true(!t->check || t->check(&o, &e) == ST_OK);
    }
}

static void samples_are_sound_and_within_bounds(void **state)
{
    const struct task *t = ((const struct subject *)*state)->task;
    for (const struct task_split *split = t->splits; split->name; split++) {
        const struct option_values o = law(t, split);
        const int n = t->max_length(&o);
        struct sample s = guarded_room(n);
        for (uint64_t i = 0; i < SAMPLES; i++) {
            struct rng r = task_split_stream(t, split->name, 0, i);
            t->generate(&o, &r, &s);
            assert_sound(t, &o, &s);
        }
        assert_canaries_live(&s, n);
        sample_free(&s);
    }
}

/* One option at a time at either end of its range, the others at their defaults. */
static void extreme_options_make_sound_samples(void **state)
{
    const struct task *t = ((const struct subject *)*state)->task;
    for (int i = 0; i < 2 * option_count(t->options); i++) {
        const struct option *option = &t->options[i / 2];
        struct option_values o = defaults(t);
        if (option->type == OPTION_BOOL)
            o.v[i / 2] = i % 2;
        else if (option->type != OPTION_CHOICE)
            o.v[i / 2] = i % 2 ? option->hi : option->lo;
        if (t->check && t->check(&o, NULL) != ST_OK)
            continue;
        const int n = t->max_length(&o);
        struct sample s = guarded_room(n);
        for (uint64_t k = 0; k < 3; k++) {
            struct rng r = rng_stream(k, RNG_TEST, "extreme options", (uint64_t)i);
            t->generate(&o, &r, &s);
            assert_sound(t, &o, &s);
            assert_canaries_live(&s, n);
        }
        sample_free(&s);
    }
}

static void one_stream_gives_one_sample(void **state)
{
    const struct task *t = ((const struct subject *)*state)->task;
    for (uint64_t i = 0; i < 20; i++) {
        const struct rng r = task_split_stream(t, "id", 0, i);
        assert_true(fingerprint(t, r, 0) == fingerprint(t, r, 0xFF));
    }
}

static void another_stream_gives_another_sample(void **state)
{
    const struct task *t = ((const struct subject *)*state)->task;
    const uint64_t one = fingerprint(t, task_split_stream(t, "id", 0, 0), 0);
    const uint64_t train = fingerprint(t, task_train_stream(t, 0, 0), 0);
    assert_true(one != fingerprint(t, task_split_stream(t, "id", 0, 1), 0));
    assert_true(one != fingerprint(t, task_split_stream(t, "valid", 0, 0), 0));
    assert_true(one != fingerprint(t, task_split_stream(t, "id", 1, 0), 0));
    assert_true(one != train);
    assert_true(train != fingerprint(t, task_train_stream(t, 1, 0), 0));
    assert_true(train != fingerprint(t, task_train_stream(t, 0, 1), 0));
}

/* Where a target is scored, the solver says the target or, when the sample counts it as
 * undetermined, nothing. */
static void solver_agrees_with_the_targets(void **state)
{
    const struct task *t = ((const struct subject *)*state)->task;
    for (const struct task_split *split = t->splits; split->name; split++) {
        const struct option_values o = law(t, split);
        struct sample s = sample_room(t->max_length(&o));
        struct sample solved = sample_room(t->max_length(&o)); /* answers in .target */
        for (uint64_t i = 0; i < SAMPLES; i++) {
            struct rng r = task_split_stream(t, split->name, 0, i);
            int n_determined = 0;
            t->generate(&o, &r, &s);
            t->solve(&o, s.token, s.length, solved.target);
            for (int k = 0; k < s.length; k++) {
                if (!s.scored[k] || solved.target[k] == TARGET_NONE)
                    continue;
                assert_int_equal(solved.target[k], s.target[k]);
                n_determined++;
            }
            assert_int_equal(n_determined, s.determined);
        }
        sample_free(&s);
        sample_free(&solved);
    }
}

static void tokens_have_texts_of_their_own(void **state)
{
    const struct task *t = ((const struct subject *)*state)->task;
    const struct option_values o = defaults(t);
    assert_in_range(t->answers(&o), 2, t->vocabulary(&o));
    for (int32_t id = 0; id < t->vocabulary(&o); id++) {
        char text[TASK_TOKEN_TEXT];
        memset(text, CANARY_BYTE, sizeof text);
        t->token_text(&o, id, text);
        assert_non_null(memchr(text, 0, sizeof text));
        assert_true(*text && !strchr(text, ' '));
        assert_int_equal(token_id(t, &o, text), id); /* the first with this text */
    }
}

static uint64_t split_fingerprint(const struct task *t, const struct task_split *split)
{
    const struct option_values o = law(t, split);
    struct sample s = sample_room(t->max_length(&o));
    uint64_t hash = UINT64_C(14695981039346656037);
    for (uint64_t i = 0; i < GOLDEN_SAMPLES; i++) {
        struct rng r = task_split_stream(t, split->name, 0, i);
        t->generate(&o, &r, &s);
        hash = add_sample(hash, &s);
    }
    sample_free(&s);
    return hash;
}

/* True when the task's goldens hold `line`; *known tells whether it has goldens. */
static bool golden_has(const char *task, const char *line, bool *known)
{
    char row[256], path[512];
    bool found = false;
    snprintf(path, sizeof path, GOLDENS, task);
    FILE *f = fopen(path, "r");
    *known = f != NULL;
    while (f && fgets(row, sizeof row, f)) {
        row[strcspn(row, "\n")] = 0;
        found = found || strcmp(row, line) == 0;
    }
    if (f)
        (void)fclose(f);
    return found;
}

/* Drift fails: a task that writes other samples must raise its version, and its lines in
 * the goldens are replaced by those printed here. */
static void samples_are_those_of_its_version(void **state)
{
    const struct task *t = ((const struct subject *)*state)->task;
    bool known = false, same = true;
    for (const struct task_split *split = t->splits; split->name; split++) {
        char line[256];
        snprintf(line, sizeof line, "%s %d %s %016" PRIx64, t->name, t->version,
                 split->name, split_fingerprint(t, split));
        if (!golden_has(t->name, line, &known)) {
            print_message("not in task_goldens/%s.txt: %s\n", t->name, line);
            same = false;
        }
    }
    if (!known)
        skip(); /* a new task: the lines printed above are the ones to add */
    assert_true(same);
}

/* All tasks together: the 28-bit hashes that tell their streams apart are distinct. */
static void no_two_streams_share_a_name_hash(void **state)
{
    uint32_t hashes[512];
    int n = 0;
    (void)state;
    for (int i = 0; i < task_count(); i++) {
        const struct task *t = task_at(i);
        for (const struct task_split *s = t->splits; s->name; s++) {
            char name[256];
            snprintf(name, sizeof name, "%s/%s", t->name, s->name);
            assert_true(n < (int)(sizeof hashes / sizeof *hashes));
            hashes[n++] = rng_name_hash(name);
        }
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            assert_int_not_equal(hashes[i], hashes[j]);
}

static void streams_have_a_purpose_and_a_name(void **state)
{
    const struct task *t = task_at(0);
    char name[256];
    (void)state;
    snprintf(name, sizeof name, "%s/id", t->name);
    const struct rng split = task_split_stream(t, "id", 7, 9);
    const struct rng split_want = rng_stream(7, RNG_SPLIT, name, 9);
    const struct rng train = task_train_stream(t, 7, 9);
    const struct rng train_want = rng_stream(7, RNG_TRAIN, t->name, 9);
    assert_memory_equal(&split, &split_want, sizeof split);
    assert_memory_equal(&train, &train_want, sizeof train);
}

static void registry_is_in_name_order(void **state)
{
    (void)state;
    assert_true(task_count() > 0);
    for (int i = 1; i < task_count(); i++)
        assert_true(strcmp(task_at(i - 1)->name, task_at(i)->name) < 0);
    assert_null(task_find("no such task"));
}

#define CHECK(stem, fn) \
    {#stem "/" #fn, fn, NULL, NULL, &(struct subject){#stem, &task_##stem}},
#define TASK(stem)                                   \
    CHECK(stem, is_found_by_its_file_name)           \
    CHECK(stem, says_what_it_is)                     \
    CHECK(stem, options_are_usable)                  \
    CHECK(stem, splits_are_laws_of_the_task)         \
    CHECK(stem, samples_are_sound_and_within_bounds) \
    CHECK(stem, extreme_options_make_sound_samples)  \
    CHECK(stem, one_stream_gives_one_sample)         \
    CHECK(stem, another_stream_gives_another_sample) \
    CHECK(stem, solver_agrees_with_the_targets)      \
    CHECK(stem, tokens_have_texts_of_their_own)      \
    CHECK(stem, samples_are_those_of_its_version)

int main(void)
{
    const struct CMUnitTest tests[] = {
#include "task_list.inc"
        cmocka_unit_test(no_two_streams_share_a_name_hash),
        cmocka_unit_test(streams_have_a_purpose_and_a_name),
        cmocka_unit_test(registry_is_in_name_order),
    };
    return cmocka_run_group_tests_name("task_contract", tests, NULL, NULL);
}
