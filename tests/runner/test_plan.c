/* Plans: which runs will run and why, and what they cost. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "approx.h"
#include "plan.h"
#include "provenance.h"
#include "run_filter.h"
#include "small_matrix.h"

/* Each law of Selective Copy has one length and one number of answers, so FLOPs are known
 * without estimates: 6 + 6 + 1 + 5 = 18 tokens, 6 of them scored; 24 in the longer split. */
static const char yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  seeds: [1, 2]\n"
    "  model: {layers: 1, heads: 2, dim: 16}\n"
    "experiments:\n"
    "  copy:\n"
    "    task: {name: selective_copy, symbols: 4, tokens: 6, blanks: 6}\n"
    "    train: {steps: 10, warmup: 1, batch: 3, eval_every: 4, eval_count: 5}\n"
    "    splits: {valid: {count: 2}, id: {count: 7}, ood_sparse: {count: 8, blanks: 12}}\n"
    "    encoders: [rope, {name: absolute, beyond: undefined}]\n"
    "  small_set:\n"
    "    task: {name: selective_copy, symbols: 4, tokens: 6, blanks: 6}\n"
    "    train: {steps: 10, warmup: 1, batch: 4, samples: 10, eval_every: 0}\n"
    "    splits: {valid: {count: 2}, id: {count: 7}}\n"
    "    encoders: [rope]\n";

enum { ROPE_1, ROPE_2, ABSOLUTE_1, ABSOLUTE_2, SET_1, SET_2, RUNS };

struct bed {
    char folder[SCRATCH_TEXT];
    struct config *config;
    struct store *store;
    int64_t provenance;
    struct plan *plan;
    struct err e;
};

static int setup(void **state)
{
    static struct bed bed;
    struct bed *b = &bed;
    char path[PATH_MAX];
    *b = (struct bed){0};
    scratch_make(b->folder);
    snprintf(path, sizeof path, "%.63s/results.db", b->folder);
    b->config = small_matrix(yaml);
    const struct provenance here = provenance_here(b->config->file_hash);
    *state = b;
    return b->config->runs != RUNS ||
           store_open(path, STORE_WRITE, &b->store, &b->e) != ST_OK ||
           store_provenance(b->store, &here, &b->provenance, &b->e) != ST_OK;
}

static int teardown(void **state)
{
    struct bed *b = *state;
    plan_close(b->plan);
    store_close(b->store);
    config_free(b->config);
    scratch_remove(b->folder);
    return 0;
}

static enum status make(struct bed *b, enum plan_rerun rerun, const char *only)
{
    const struct plan_request q = {
        .config = b->config, .only = &only, .n_only = only != NULL, .rerun = rerun};
    plan_close(b->plan);
    b->plan = NULL;
    return plan_open(&q, b->store, &b->plan, &b->e);
}

/* Brings a run into a state; NULL leaves it running. A done run took `flops` and `seconds`. */
static void bring_cost(struct bed *b, int run, const char *state, const char *reason,
                       double flops, double seconds)
{
    const struct run_spec *r = &b->config->run[run];
    const struct run_row row = {
        r->identity, r->experiment, r->profile, r->cell, r->task->name,
        r->encoder,  r->variant,    r->config,  1,       (int64_t)r->seed};
    const struct run_cost cost = {.steps = 10, .flops = flops, .wall_s = seconds};
    int64_t id;
    assert_int_equal(store_run(b->store, &row, &id, NULL, NULL), ST_OK);
    assert_int_equal(store_begin(b->store, id, b->provenance, NULL), ST_OK);
    if (state && strcmp(state, "done") == 0)
        assert_int_equal(store_done(b->store, id, &cost, NULL), ST_OK);
    else if (state)
        assert_int_equal(store_stopped(b->store, id, state, reason, NULL), ST_OK);
}

static void bring(struct bed *b, int run, const char *state, const char *reason)
{
    bring_cost(b, run, state, reason, 6e6, 2.0);
}

static void expect(const struct bed *b, int i, const char *state, bool runs,
                   const char *reason)
{
    const struct plan_item *item = &b->plan->item[i];
    assert_string_equal(item->state, state);
    assert_int_equal(item->runs, runs);
    assert_string_equal(item->reason, reason);
    assert_non_null(item->cause);
}

static void without_a_database_everything_is_new(void **state)
{
    struct bed *b = *state;
    const struct plan_request q = {.config = b->config};
    assert_int_equal(plan_open(&q, NULL, &b->plan, &b->e), ST_OK);
    assert_int_equal(b->plan->n, RUNS);
    for (int i = 0; i < RUNS; i++)
        expect(b, i, "new", true, "not run yet");
}

static void every_state_has_its_reason(void **state)
{
    struct bed *b = *state;
    bring(b, ROPE_1, "done", NULL);
    bring(b, ROPE_2, "failed", "out of luck\nsecond line");
    bring(b, ABSOLUTE_1, "interrupted", "");
    bring(b, ABSOLUTE_2, NULL, NULL);
    assert_int_equal(make(b, RERUN_NONE, NULL), ST_OK);
    expect(b, ROPE_1, "done", false, "done");
    expect(b, ROPE_2, "failed", false, "stays failed without --rerun failed: out of luck");
    expect(b, ABSOLUTE_1, "interrupted", true, "was interrupted");
    expect(b, ABSOLUTE_2, "running", true, "was begun and did not end");
    expect(b, SET_1, "new", true, "not run yet");
    assert_int_equal(make(b, RERUN_FAILED, NULL), ST_OK);
    expect(b, ROPE_1, "done", false, "done");
    expect(b, ROPE_2, "failed", true, "failed, again as asked: out of luck");
    assert_int_equal(make(b, RERUN_ALL, NULL), ST_OK);
    expect(b, ROPE_1, "done", true, "done; again as asked");
    expect(b, ROPE_2, "failed", true, "failed, again as asked: out of luck");
}

/* Stores an older form of the run: its configuration with the first `now` after `key` replaced
 * by `then`. */
static void bring_older(struct bed *b, int run, const char *key, const char *now,
                        const char *then)
{
    static int made;
    const struct run_spec *r = &b->config->run[run];
    char config[8192], identity[IDENTITY_TEXT];
    const char *at = strstr(r->config, key);
    assert_non_null(at);
    at = strstr(at, now);
    assert_non_null(at);
    snprintf(config, sizeof config, "%.*s%s%s", (int)(at - r->config), r->config, then,
             at + strlen(now));
    snprintf(identity, sizeof identity, "%032d", ++made);
    const struct run_row row = {
        identity,   r->experiment, r->profile, r->cell, r->task->name,
        r->encoder, r->variant,    config,     1,       (int64_t)r->seed};
    const struct run_cost cost = {.steps = 10};
    int64_t id;
    assert_int_equal(store_run(b->store, &row, &id, NULL, &b->e), ST_OK);
    assert_int_equal(store_begin(b->store, id, b->provenance, &b->e), ST_OK);
    assert_int_equal(store_done(b->store, id, &cost, &b->e), ST_OK);
}

static void expect_cause(const struct bed *b, int i, const char *cause, const char *reason)
{
    expect(b, i, strcmp(cause, "done") == 0 ? "done" : "new", strcmp(cause, "done") != 0,
           reason);
    assert_string_equal(b->plan->item[i].cause, cause);
}

static void what_changed_since_a_run_is_said(void **state)
{
    struct bed *b = *state;
    bring_older(b, ROPE_1, "\"task\":", "\"version\":1", "\"version\":7");
    bring_older(b, ROPE_2, "\"encoder\":", "\"version\":1", "\"version\":8");
    bring_older(b, ABSOLUTE_1, "\"train\":", "\"steps\":10", "\"steps\":20");
    bring_older(b, ABSOLUTE_2, "\"encoder\":", "\"undefined\"", "\"clamp\"");
    /* An older run does not matter when the present one is done, or when a later one differs
     * in something else. */
    bring_older(b, SET_1, "\"task\":", "\"version\":1", "\"version\":7");
    bring(b, SET_1, "done", NULL);
    bring_older(b, SET_2, "\"task\":", "\"version\":1", "\"version\":7");
    bring_older(b, SET_2, "\"model\":", "\"dim\":16", "\"dim\":32");
    assert_int_equal(make(b, RERUN_NONE, NULL), ST_OK);
    expect_cause(b, ROPE_1, "task version",
                 "task selective_copy has version 1 now; it was run with version 7");
    expect_cause(b, ROPE_2, "encoder version",
                 "encoder rope has version 1 now; it was run with version 8");
    expect_cause(b, ABSOLUTE_1, "settings", "train.steps is 10 now; it was run with 20");
    expect_cause(b, ABSOLUTE_2, "settings",
                 "encoder.absolute.options.beyond is \"undefined\" now; it was run with "
                 "\"clamp\"");
    expect_cause(b, SET_1, "done", "done");
    expect_cause(b, SET_2, "settings", "model.dim is 16 now; it was run with 32");
}

static void what_was_removed_is_no_reason(void **state)
{
    struct bed *b = *state;
    const int64_t id = 1;
    bring_older(b, ROPE_1, "\"task\":", "\"version\":1", "\"version\":7");
    assert_int_equal(store_remove(b->store, &id, 1, true, &b->e), ST_OK);
    assert_int_equal(make(b, RERUN_NONE, NULL), ST_OK);
    expect_cause(b, ROPE_1, "new", "not run yet");
}

static void filters_select_by_run_and_by_state(void **state)
{
    struct bed *b = *state;
    bring(b, ROPE_2, "failed", "out of luck");
    assert_int_equal(make(b, RERUN_NONE, "state=failed"), ST_OK);
    assert_int_equal(b->plan->n, 1);
    assert_ptr_equal(b->plan->item[0].run, &b->config->run[ROPE_2]);
    assert_int_equal(make(b, RERUN_NONE, "state=n*"), ST_OK);
    assert_int_equal(b->plan->n, RUNS - 1);
    assert_int_equal(make(b, RERUN_NONE, "experiment=small_*"), ST_OK);
    assert_int_equal(b->plan->n, 2);
    assert_int_equal(make(b, RERUN_NONE, "encoder=cope"), ST_NOTFOUND);
    assert_int_equal(run_filter_check("state=done", &b->e), ST_OK);
    assert_int_equal(run_filter_check("state=dome", &b->e), ST_USAGE);
    assert_non_null(strstr(b->e.msg, "did you mean \"done\"?"));
    assert_int_equal(run_filter_check("encoder=rope", &b->e), ST_OK);
    assert_int_equal(run_filter_check("encodr=rope", &b->e), ST_USAGE);
}

static void filters_select_by_settings(void **state)
{
    struct bed *b = *state;
    assert_int_equal(make(b, RERUN_NONE, "train.steps=10.0"), ST_OK);
    assert_int_equal(b->plan->n, RUNS);
    assert_int_equal(make(b, RERUN_NONE, "train.steps=11"), ST_NOTFOUND);
    assert_non_null(strstr(b->e.msg, "none has train.steps=11"));
    assert_int_equal(run_filter_check("encoder.p_max=5", &b->e), ST_OK);
    assert_int_equal(run_filter_check("task.length=3", &b->e), ST_OK);
    assert_int_equal(run_filter_check("train.stpes=10", &b->e), ST_USAGE);
    assert_non_null(strstr(b->e.msg, "did you mean \"train.steps\"?"));
    assert_int_equal(run_filter_check("encoder.p_mx=5", &b->e), ST_USAGE);
    assert_non_null(strstr(b->e.msg, "did you mean \"encoder.p_max\"?"));
}

/* 10 steps of 3 sequences, 2 points of the curve (steps 4 and 8) with 2 + 5 + 5 sequences, and
 * at the end 2 + 7 + 8, forward only. */
static void flops_are_those_of_training_and_evaluation(void **state)
{
    struct bed *b = *state;
    const struct model_config *m = &b->config->run[ROPE_1].model;
    const double train = model_train_flops(m, 18, 6), longer = model_train_flops(m, 24, 6);
    assert_int_equal(make(b, RERUN_NONE, NULL), ST_OK);
    assert_near(b->plan->item[ROPE_1].flops,
                30 * train + (2 * 7 + 9) * train / 3 + (2 * 5 + 8) * longer / 3, 1e-12);
    /* An undefined split costs nothing, and neither does an encoder without work of its own. */
    const double bare = model_train_flops(&b->config->run[ABSOLUTE_1].model, 18, 6);
    assert_true(bare < train);
    assert_near(b->plan->item[ABSOLUTE_1].flops, 30 * bare + (2 * 7 + 9) * bare / 3, 1e-12);
    /* 10 samples in batches of 4: epochs of 4 + 4 + 2; 3 epochs and one step of 4. */
    assert_near(b->plan->item[SET_1].flops, 34 * train + 9 * train / 3, 1e-12);
}

static void time_comes_from_runs_that_are_done(void **state)
{
    struct bed *b = *state;
    /* 6e6 FLOPs in 2 s are 3e6 a second. */
    bring(b, ROPE_1, "done", NULL);
    assert_int_equal(make(b, RERUN_NONE, "encoder=rope"), ST_OK);
    assert_int_equal(plan_time(b->plan, b->store, 1, 0.0, &b->e), ST_OK);
    assert_near(b->plan->item[1].seconds, b->plan->item[1].flops / 3e6, 1e-12);
    assert_true(isnan(b->plan->item[0].seconds));
    /* The other experiment has the same shapes. */
    assert_near(b->plan->item[2].seconds, b->plan->item[2].flops / 3e6, 1e-12);
}

static void time_is_tried_out_when_nothing_is_known(void **state)
{
    struct bed *b = *state;
    assert_int_equal(make(b, RERUN_NONE, NULL), ST_OK);
    assert_int_equal(plan_time(b->plan, b->store, 1, 1.0, &b->e), ST_OK);
    for (int i = 0; i < RUNS; i++) {
        assert_true(b->plan->item[i].seconds > 0.0);
        assert_true(b->plan->item[i].seconds < 60.0);
    }
}

/* Counting with 1, 3 or 5 variables has equal work. Steps are timed at different moments of a
 * busy machine, and the fastest counts for all. */
static void shapes_of_equal_sizes_are_as_fast_as_each_other(void **state)
{
    struct err e = {.msg = ""};
    struct plan *plan = NULL;
    (void)state;
    struct config *c =
        small_matrix("version: 1\n"
                     "defaults: {seeds: [1], model: {layers: 1, heads: 2, dim: 16}}\n"
                     "experiments:\n"
                     "  count:\n"
                     "    task: {name: counting, max_operations: 12, window: 40}\n"
                     "    encoders: [absolute]\n"
                     "    grid: {task.variables: [1, 3, 5]}\n");
    const struct plan_request q = {.config = c};
    assert_int_equal(plan_open(&q, NULL, &plan, &e), ST_OK);
    assert_int_equal(plan->n, 3);
    assert_int_equal(plan_time(plan, NULL, 1, 4.0, &e), ST_OK);
    const double rate = plan->item[0].flops / plan->item[0].seconds;
    for (int i = 0; i < 3; i++) {
        const struct plan_item *item = &plan->item[i];
        assert_near(item->flops / item->seconds / rate, 1.0, 1e-9);
        assert_true(item->slow_seconds >= item->seconds);
    }
    plan_close(plan);
    config_free(c);
}

static void a_busy_machine_is_told_with_both_times(void **state)
{
    char text[PLAN_TIME];
    const struct plan_totals quiet = {.seconds = 600, .slow_seconds = 660};
    const struct plan_totals busy = {.seconds = 600, .slow_seconds = 1500};
    (void)state;
    assert_string_equal(plan_time_text(&quiet, text), "10 min");
    assert_string_equal(plan_time_text(&busy, text),
                        "10 min, or 25 min if the machine stays as busy as it is,");
}

/* More jobs than cores do not shorten the time. */
static void time_is_shared_among_the_cores_there_are(void **state)
{
    struct bed *b = *state;
    assert_int_equal(make(b, RERUN_NONE, NULL), ST_OK);
    for (int i = 0; i < RUNS; i++)
        b->plan->item[i].seconds = b->plan->item[i].slow_seconds = 10.0;
    b->plan->at_once = 2;
    assert_near(plan_sum(b->plan, 16).seconds, plan_sum(b->plan, 2).seconds, 1e-12);
    assert_near(plan_sum(b->plan, 1).slow_seconds, 10.0 * RUNS, 1e-12);
}

/* Returns the time of ROPE_2, which has the shape of ROPE_1, after ROPE_1 was done with these
 * costs. */
static double time_after(struct bed *b, double flops, double seconds, double budget_s)
{
    bring_cost(b, ROPE_1, "done", NULL, flops, seconds);
    assert_int_equal(make(b, RERUN_NONE, "experiment=copy"), ST_OK);
    assert_int_equal(plan_time(b->plan, b->store, 1, budget_s, &b->e), ST_OK);
    return b->plan->item[ROPE_2].seconds;
}

static double flops_of(struct bed *b, int run)
{
    assert_int_equal(make(b, RERUN_NONE, NULL), ST_OK);
    return b->plan->item[run].flops;
}

static void a_brief_run_tells_the_time_of_its_like(void **state)
{
    struct bed *b = *state;
    const double flops = flops_of(b, ROPE_2);
    assert_near(time_after(b, flops, 0.25, 0.0), 0.25, 1e-12);
}

/* At the brief run's FLOP/s the larger one would take 250 s; in fact it takes milliseconds
 * more. */
static void a_brief_run_says_nothing_of_much_larger_ones(void **state)
{
    struct bed *b = *state;
    const double flops = flops_of(b, ROPE_2);
    assert_in_range(lround(time_after(b, flops / 1000, 0.25, 2.0) * 1000), 250, 20000);
}

static void without_a_trial_the_time_of_much_larger_runs_is_not_known(void **state)
{
    struct bed *b = *state;
    const double flops = flops_of(b, ROPE_2);
    assert_true(isnan(time_after(b, flops / 1000, 0.25, 0.0)));
}

/* A run makes 1e8 FLOP/s once it has begun, and takes a quarter of a second to begin. */
static void a_brief_run_beside_a_long_one_tells_the_start(void **state)
{
    struct bed *b = *state;
    const double flops = flops_of(b, ROPE_2);
    bring_cost(b, SET_1, "done", NULL, 4e9, 40.0);
    assert_near(time_after(b, flops / 10, 0.25 + flops / 1e9, 0.0), 0.25 + flops / 1e8,
                1e-9);
}

static void totals_count_what_is_done_failed_and_to_run(void **state)
{
    struct bed *b = *state;
    bring(b, ROPE_1, "done", NULL);
    bring(b, ROPE_2, "failed", "x");
    assert_int_equal(make(b, RERUN_NONE, NULL), ST_OK);
    for (int i = 0; i < RUNS; i++) {
        b->plan->item[i].flops = 10.0;
        b->plan->item[i].seconds = i == ABSOLUTE_1 ? 7.0 : 1.0;
    }
    const struct plan_totals one = plan_sum(b->plan, 1), four = plan_sum(b->plan, 4);
    assert_int_equal(one.done, 1);
    assert_int_equal(one.failed, 1);
    assert_int_equal(one.runs, 4);
    assert_near(one.flops, 40.0, 0);
    assert_near(one.seconds, 10.0, 1e-12);
    /* No number of workers makes one run shorter. */
    assert_near(four.seconds, 7.0, 1e-12);
}

static void json_holds_every_run(void **state)
{
    struct bed *b = *state;
    char *text = NULL;
    size_t bytes;
    FILE *f = open_memstream(&text, &bytes);
    bring(b, ROPE_1, "done", NULL);
    assert_int_equal(make(b, RERUN_NONE, NULL), ST_OK);
    assert_int_equal(plan_print_json(b->plan, 2, f, &b->e), ST_OK);
    fclose(f);
    json_t *j = json_loads(text, 0, NULL);
    assert_non_null(j);
    assert_int_equal(json_integer_value(json_object_get(j, "schema")), 1);
    assert_int_equal(json_integer_value(json_object_get(j, "to_run")), RUNS - 1);
    json_t *runs = json_object_get(j, "runs");
    assert_int_equal(json_array_size(runs), RUNS);
    for (int i = 0; i < RUNS; i++) {
        json_t *one = json_array_get(runs, (size_t)i);
        assert_string_equal(json_string_value(json_object_get(one, "identity")),
                            b->config->run[i].identity);
        assert_int_equal(json_is_true(json_object_get(one, "runs")), i != ROPE_1);
        assert_string_equal(json_string_value(json_object_get(one, "cause")),
                            i == ROPE_1 ? "done" : "new");
    }
    json_decref(j);
    free(text);
}

static void the_table_puts_seeds_together_while_they_agree(void **state)
{
    struct bed *b = *state;
    char *text = NULL;
    size_t bytes;
    FILE *f = open_memstream(&text, &bytes);
    bring(b, ROPE_1, "done", NULL);
    assert_int_equal(make(b, RERUN_NONE, NULL), ST_OK);
    assert_int_equal(plan_print(b->plan, b->config, 2, "x.db", f, &b->e), ST_OK);
    fclose(f);
    int lines = 0;
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    /* header and rule, rope 1, rope 2, absolute 1,2, set 1,2, a blank line, two totals */
    assert_int_equal(lines, 9);
    assert_non_null(strstr(text, "1,2"));
    assert_non_null(strstr(text, "6 runs: 1 done, 0 failed, 5 to run"));
    assert_non_null(strstr(text, "database x.db"));
    free(text);
}

/* Table 1 has one of two encoders in one of two cells, Figure 2 all of one experiment; no
 * table has anything of `third`. */
static void each_table_of_a_paper_has_its_cost(void **state)
{
    static const char printed[] =
        "version: 1\n"
        "defaults:\n"
        "  seeds: [1, 2]\n"
        "  model: {layers: 1, heads: 2, dim: 16}\n"
        "  train: {steps: 10, warmup: 1, batch: 3, eval_every: 0}\n"
        "experiments:\n"
        "  first: {task: {name: flip_flop, length: 16}, encoders: [rope, absolute],\n"
        "          splits: &s {valid: {count: 2}, id: {count: 7}},\n"
        "          grid: {model.dim: [16, 32], train.steps: [10, 100]}}\n"
        "  second: {task: {name: flip_flop, length: 16}, encoders: [none], splits: *s}\n"
        "  third: {task: {name: flip_flop, length: 20}, encoders: [none], splits: *s}\n"
        "published:\n"
        "  - {paper: P, source: Table 1, experiment: first, cell: {model.dim: 32,\n"
        "     train.steps: 10}, metric: token_error, values: {rope: {id: 1}}}\n"
        "  - {paper: P, source: Figure 2, experiment: second, metric: token_error,\n"
        "     values: {none: {id: 1, valid: 2}}}\n";
    struct err e;
    struct plan *plan = NULL;
    char *text = NULL;
    size_t bytes;
    struct config *c = small_matrix(printed);
    const struct plan_request q = {.config = c};
    FILE *f = open_memstream(&text, &bytes);
    (void)state;
    assert_int_equal(plan_open(&q, NULL, &plan, &e), ST_OK);
    for (int i = 0; i < plan->n; i++)
        plan->item[i].seconds = 60.0;
    assert_int_equal(plan_print(plan, c, 1, "x.db", f, &e), ST_OK);
    fclose(f);
    const char *one = strstr(text, "P, Table 1    first          2       2");
    const char *two = strstr(text, "P, Figure 2   second         2       2");
    assert_non_null(strstr(text, "20 runs: 0 done"));
    assert_true(one && two && one < two);
    assert_int_equal(strcspn(one, "\n"), strcspn(two, "\n"));
    assert_memory_equal(strchr(one, '\n') - 5, "2 min", 5);
    assert_null(strstr(two, "third  "));
    free(text);
    plan_close(plan);
    config_free(c);
}

static enum status make_shard(struct bed *b, int shard, int shards, const char *only)
{
    const struct plan_request q = {.config = b->config,
                                   .only = &only,
                                   .n_only = only != NULL,
                                   .shard = shard,
                                   .shards = shards};
    plan_close(b->plan);
    b->plan = NULL;
    return plan_open(&q, b->store, &b->plan, &b->e);
}

/* Writes the shard of each run; fails when a run is in none or in two. */
static void deal(struct bed *b, int shards, int of[RUNS])
{
    for (int i = 0; i < RUNS; i++)
        of[i] = -1;
    for (int s = 1; s <= shards; s++) {
        assert_int_equal(make_shard(b, s, shards, NULL), ST_OK);
        assert_int_equal(b->plan->n_matrix, RUNS);
        for (int i = 0; i < b->plan->n; i++) {
            const int run = (int)(b->plan->item[i].run - b->config->run);
            assert_int_equal(of[run], -1);
            of[run] = s;
        }
    }
    for (int i = 0; i < RUNS; i++)
        assert_in_range(of[i], 1, shards);
}

static void every_run_falls_to_one_shard(void **state)
{
    struct bed *b = *state;
    int of[RUNS];
    for (int shards = 1; shards <= RUNS + 2; shards++)
        deal(b, shards, of);
}

static void shards_do_not_depend_on_what_is_done(void **state)
{
    struct bed *b = *state;
    int before[RUNS], after[RUNS];
    deal(b, 2, before);
    bring(b, ROPE_1, "done", NULL);
    bring(b, SET_2, "failed", "x");
    deal(b, 2, after);
    assert_memory_equal(before, after, sizeof before);
    /* The shard does not depend on filters by state, either. */
    assert_int_equal(make_shard(b, before[ROPE_1], 2, "state=done"), ST_OK);
    assert_int_equal(b->plan->n, 1);
    assert_int_equal(make_shard(b, 3 - before[ROPE_1], 2, "state=done"), ST_OK);
    assert_int_equal(b->plan->n, 0);
}

/* Each run that `only` leaves is in the same shard as without it, and no other run is in any. */
static void shards_do_not_depend_on_filters(void **state)
{
    static const char *const filters[] = {"encoder=absolute", "experiment=small_set",
                                          "seed=2"};
    struct bed *b = *state;
    int before[RUNS];
    deal(b, 3, before);
    for (size_t k = 0; k < sizeof filters / sizeof *filters; k++) {
        int seen = 0;
        assert_int_equal(make(b, RERUN_NONE, filters[k]), ST_OK);
        const int matching = b->plan->n;
        for (int s = 1; s <= 3; s++) {
            assert_int_equal(make_shard(b, s, 3, filters[k]), ST_OK);
            assert_int_equal(b->plan->n_matrix, matching);
            seen += b->plan->n;
            for (int i = 0; i < b->plan->n; i++)
                assert_int_equal(before[b->plan->item[i].run - b->config->run], s);
        }
        assert_int_equal(seen, matching);
    }
    assert_int_equal(make_shard(b, 1, 3, "encoder=cope"), ST_NOTFOUND);
}

static void shards_cost_about_the_same(void **state)
{
    struct bed *b = *state;
    double cost[2], largest = 0.0;
    for (int s = 1; s <= 2; s++) {
        assert_int_equal(make_shard(b, s, 2, NULL), ST_OK);
        cost[s - 1] = plan_sum(b->plan, 1).flops;
        for (int i = 0; i < b->plan->n; i++)
            largest = fmax(largest, b->plan->item[i].flops);
    }
    assert_true(fabs(cost[0] - cost[1]) <= largest);
}

static void a_removed_run_is_new_again(void **state)
{
    struct bed *b = *state;
    bring(b, ROPE_1, "done", NULL);
    const int64_t id = 1;
    assert_int_equal(store_remove(b->store, &id, 1, true, &b->e), ST_OK);
    assert_int_equal(make(b, RERUN_NONE, NULL), ST_OK);
    expect(b, ROPE_1, "new", true, "was removed");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_database_everything_is_new),
        TEST(every_state_has_its_reason),
        TEST(what_changed_since_a_run_is_said),
        TEST(what_was_removed_is_no_reason),
        TEST(filters_select_by_run_and_by_state),
        TEST(filters_select_by_settings),
        TEST(flops_are_those_of_training_and_evaluation),
        TEST(time_comes_from_runs_that_are_done),
        TEST(time_is_tried_out_when_nothing_is_known),
        TEST(shapes_of_equal_sizes_are_as_fast_as_each_other),
        TEST(a_busy_machine_is_told_with_both_times),
        TEST(time_is_shared_among_the_cores_there_are),
        TEST(a_brief_run_tells_the_time_of_its_like),
        TEST(a_brief_run_says_nothing_of_much_larger_ones),
        TEST(without_a_trial_the_time_of_much_larger_runs_is_not_known),
        TEST(a_brief_run_beside_a_long_one_tells_the_start),
        TEST(totals_count_what_is_done_failed_and_to_run),
        TEST(json_holds_every_run),
        TEST(the_table_puts_seeds_together_while_they_agree),
        TEST(each_table_of_a_paper_has_its_cost),
        TEST(every_run_falls_to_one_shard),
        TEST(shards_do_not_depend_on_what_is_done),
        TEST(shards_do_not_depend_on_filters),
        TEST(shards_cost_about_the_same),
        TEST(a_removed_run_is_new_again),
    };
    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
