/* Checks the promises of task.h for every task in the registry. A new task needs no change
 * here; tests/data/task_goldens/NAME.txt may hold the fingerprints of its samples. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "contract.h"
#include "task.h"
#include "task_samples.h"

#define GOLDENS TEST_DATA "/task_goldens/%s.txt"

enum { SAMPLES = 2000, GOLDEN_SAMPLES = 100 };

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

static void is_found_by_its_file_name(void **state)
{
    const struct subject *s = *state;
    assert_string_equal(s->task->name, s->stem);
    assert_ptr_equal(task_find(s->stem), s->task);
}

static void keeps_the_contract(void **state)
{
    const struct task *t = ((const struct subject *)*state)->task;
    for (const struct contract_clause *c = contract_clauses; c->name; c++) {
        struct err e = {.msg = ""};
        if (c->check(t, &e) != ST_OK)
            fail_msg("%s: %s", c->name, e.msg);
    }
}

/* Prints measured figures to the test's log. */
static void figures_are_reported(void **state)
{
    const struct task *t = ((const struct subject *)*state)->task;
    for (const struct task_split *s = t->splits; s->name; s++) {
        const struct option_values o = law(t, s);
        struct contract_law law = {0};
        struct contract_overlap met = {0};
        struct err e = {.msg = ""};
        if (contract_measure(t, &o, SAMPLES, &law, &e) || contract_overlap(t, s, &met, &e))
            fail_msg("%s", e.msg);
        print_message("%s/%s: %.1f answers a sample, chance %.3f, majority %.3f, ceiling "
                      "%.3f; %.2f %% also in training, by chance %.2f %%\n",
                      t->name, s->name, law.scored, law.chance, law.majority, law.ceiling,
                      100 * met.split, 100 * met.chance);
        assert_true(law.majority >= 1.0 / t->answers(&o) - 0.05 && law.ceiling <= 1);
    }
}

static uint64_t split_fingerprint(const struct task *t, const struct task_split *split)
{
    const struct option_values o = law(t, split);
    struct sample s = sample_room(t->max_length(&o));
    uint64_t hash = CONTRACT_HASH;
    for (uint64_t i = 0; i < GOLDEN_SAMPLES; i++) {
        struct rng r = task_split_stream(t, split->name, 0, i);
        t->generate(&o, &r, &s);
        hash = contract_add_sample(hash, &s);
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

/* A task that writes other samples fails: it must raise its version, and its lines in the
 * goldens are replaced by those printed here. */
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

/* The 28-bit hashes that distinguish the streams of all tasks differ. */
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
#define TASK(stem)                         \
    CHECK(stem, is_found_by_its_file_name) \
    CHECK(stem, keeps_the_contract)        \
    CHECK(stem, figures_are_reported)      \
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
