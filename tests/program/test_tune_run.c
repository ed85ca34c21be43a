/* A run that tunes: trials, the choice, the other seeds; and how it continues after a stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"
#include "small_matrix.h"

static const char yaml[] =
    "version: 1\n"
    "defaults: {seeds: [1, 2, 3], model: {layers: 1, heads: 2, dim: 16},\n"
    "           train: {steps: 30, warmup: 3, batch: 4},\n"
    "           tune: {train.lr: [1e-6, 1e-2], seeds: [1]}}\n"
    "experiments:\n"
    "  flip:\n"
    "    task: {name: flip_flop, length: 16}\n"
    "    splits: {valid: {count: 20}, id: {count: 20}}\n"
    "    encoders: [none, rope]\n"
    "claims:\n"
    "  - {id: c, text: t, experiment: flip, split: id, metric: token_error,\n"
    "     less: rope, than: none}\n";

struct bed {
    char folder[SCRATCH_TEXT];
    struct program p;
};

static int setup(void **state)
{
    static struct bed b;
    char path[SCRATCH_TEXT + 16];
    b = (struct bed){0};
    scratch_make(b.folder);
    snprintf(path, sizeof path, "%s/x.yaml", b.folder);
    write_text(path, yaml);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    struct bed *b = *state;
    program_free(&b->p);
    scratch_remove(b->folder);
    return 0;
}

static void says(struct bed *b, const char *arguments, int code)
{
    program_free(&b->p);
    b->p = (struct program){0};
    RUN(&b->p, "%s -C '%s'", arguments, b->folder);
    if (b->p.code != code)
        fail_msg("%s: exit code %d: %s", arguments, b->p.code, b->p.err);
}

static void expect(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in\n%s", part, text);
}

static void refuse(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in\n%s", part, text);
}

static void trials_are_run_then_the_chosen_value_with_the_other_seeds(void **state)
{
    struct bed *b = *state;
    says(b, "plan x.yaml --db x.db", 0);
    expect(b->p.out, "8 runs: 0 done, 0 failed, 4 to run, 4 after tuning");
    says(b, "run x.yaml --db x.db --jobs 1", 0);
    expect(b->p.err, "8 runs in x.db: 4 new, 4 after tuning");
    expect(b->p.err, "8 runs done, 0 skipped as done before, 0 failed");
    says(b,
         "query \"SELECT profile, cell, count(*), count(DISTINCT json_extract(config, "
         "'$.train.lr')) FROM v_run GROUP BY profile, cell\" -o csv --db x.db",
         0);
    expect(b->p.out, "default,,6,1\n"
                     "default.tune,train.lr=0.01,2,1\n"
                     "default.tune,train.lr=1e-06,2,1\n");
    says(b, "query trials -o csv --db x.db", 0);
    expect(b->p.out, "flip,default,none,train.lr=1e-06,,1,1,");
    expect(b->p.out, "flip,default,none,train.lr=0.01,chosen,1,1,");
    expect(b->p.out, "flip,default,rope,train.lr=0.01,chosen,1,1,");
    says(b, "run x.yaml --db x.db --jobs 1", 0);
    expect(b->p.err, "0 runs done, 8 skipped");
}

/* Two calls with --only stand for a call that is interrupted between them. */
static void runs_that_wait_go_on_when_the_trials_are_there(void **state)
{
    struct bed *b = *state;
    says(b, "run x.yaml --db x.db --jobs 1 --only seed=2", 1);
    expect(b->p.err, "2 wait for tuning");
    says(b, "run x.yaml --db x.db --jobs 1 --only seed=1", 0);
    expect(b->p.err, "4 runs done");
    says(b, "run x.yaml --db x.db --jobs 1 --only seed=2", 0);
    expect(b->p.err, "2 runs done");
    says(b, "plan x.yaml --db x.db", 0);
    expect(b->p.out, "8 runs: 6 done, 0 failed, 2 to run");
}

static void all_again_is_all_once(void **state)
{
    struct bed *b = *state;
    says(b, "run x.yaml --db x.db --jobs 1", 0);
    says(b, "run x.yaml --db x.db --jobs 1 --rerun all", 0);
    expect(b->p.err, "8 runs done");
    says(b, "query \"SELECT min(attempts), max(attempts) FROM run\" -o csv --db x.db", 0);
    expect(b->p.out, "2,2\n");
}

/* The largest value, 1e-2, has the smallest loss: see trials_are_run_then... */
static void what_was_chosen_stands_below_the_table(void **state)
{
    struct bed *b = *state;
    says(b, "run x.yaml --db x.db --jobs 1", 0);
    says(b, "table --db x.db --metric loss", 0);
    expect(b->p.out, "flip, profile default: loss");
    refuse(b->p.out, "default.tune");
    expect(b->p.out,
           "Chosen by the mean loss on valid with seed 1, in brackets of each value "
           "that was\ntried: none train.lr=0.01 at the edge (1e-06 ");
    expect(b->p.out, "Parameters: none 3392, rope 3392.");
    says(b, "claims --db x.db", 0);
    expect(b->p.out, "\ntried: none train.lr=0.01 at the edge (1e-06 ");
    expect(b->p.out, "; rope\ntrain.lr=0.01 at the edge (1e-06 ");
    says(b, "table --db x.db --metric loss --profile default.tune", 0);
    expect(b->p.out, "train.lr=1e-06");
    refuse(b->p.out, "Chosen by");
    says(b, "plot seeds --db x.db -o -", 0);
    expect(b->p.out, "flip, id");
    refuse(b->p.out, "train.lr=1e-06");
    says(b, "report --db x.db -o page.html --no-models", 0);
    says(b, "report --db x.db -o - --no-models", 0);
    expect(b->p.out, "train.lr=0.01 at the edge");
    refuse(b->p.out, "default.tune");
}

/* The database also has runs of the same names, made when nothing was tuned. */
static void the_file_speaks_of_the_chosen_value_alone(void **state)
{
    struct bed *b = *state;
    says(b, "run x.yaml --db x.db --jobs 1", 0);
    says(b, "run x.yaml --db x.db --jobs 1 --set train.lr=0.5", 0);
    says(b, "table --db x.db", 0);
    expect(b->p.out, "{train.lr=0.01}");
    says(b, "table --db x.db --file x.yaml", 0);
    expect(b->p.out, "over 3 seeds");
    refuse(b->p.out, "{train.lr");
    refuse(b->p.out, "default.tune");
}

/* Checks the learning rates of the database's runs that are no trials. */
static void chose(struct bed *b, const char *db, const char *want)
{
    char line[256];
    snprintf(line, sizeof line,
             "query \"SELECT json_extract(config, '$.train.lr') AS rate, count(*) AS runs "
             "FROM v_run WHERE profile = 'default' GROUP BY rate\" -o csv --db %s",
             db);
    says(b, line, 0);
    assert_string_equal(b->p.out, want);
}

/* The largest value has the smallest loss; each shard has the trials of one encoder. */
static void shards_choose_for_themselves(void **state)
{
    struct bed *b = *state;
    says(b, "run x.yaml --db a.db --jobs 1 --shard 1/2", 0);
    expect(b->p.err, "4 runs done");
    chose(b, "a.db", "rate,runs\n0.01,3\n");
    says(b, "run x.yaml --db b.db --jobs 1 --shard 2/2", 0);
    expect(b->p.err, "4 runs done");
    chose(b, "b.db", "rate,runs\n0.01,3\n");
    says(b, "merge --db all.db a.db b.db", 0);
    says(b, "plan x.yaml --db all.db", 0);
    expect(b->p.out, "8 runs: 8 done, 0 failed, 0 to run");
    chose(b, "all.db", "rate,runs\n0.01,6\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(trials_are_run_then_the_chosen_value_with_the_other_seeds),
        TEST(runs_that_wait_go_on_when_the_trials_are_there),
        TEST(all_again_is_all_once),
        TEST(what_was_chosen_stands_below_the_table),
        TEST(the_file_speaks_of_the_chosen_value_alone),
        TEST(shards_choose_for_themselves),
    };
    return cmocka_run_group_tests_name("tune_run", tests, NULL, NULL);
}
