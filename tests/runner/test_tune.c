/* Tuning in experiments: the runs that it stands for, and the value that is chosen. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "approx.h"
#include "choice.h"
#include "config_text.h"
#include "plan.h"
#include "provenance.h"
#include "trainer.h"

#define FILE_WITH(tune, more)                                               \
    "version: 1\n"                                                          \
    "defaults: {seeds: [1, 2, 3], model: {layers: 1, heads: 2, dim: 16},\n" \
    "           train: {steps: 10, warmup: 1, batch: 3}}\n"                 \
    "experiments:\n"                                                        \
    "  flip:\n"                                                             \
    "    task: {name: flip_flop, length: 16}\n"                             \
    "    splits: {valid: {count: 2}, id: {count: 7}}\n"                     \
    "    encoders: [none, rope]\n"                                          \
    "    " tune "\n" more

static const char yaml[] =
    FILE_WITH("tune: {train.lr: [1e-3, 3e-3, 1e-2], seeds: [1, 9]}", "");
/* Runs of one encoder: each value has trials with two seeds and candidates with three. */
enum { VALUES = 3, TRIED = 2, WANTED = 3, OF_ONE = VALUES * (TRIED + WANTED) };

struct bed {
    char folder[SCRATCH_TEXT];
    struct config *config;
    struct store *store;
    int64_t provenance;
    struct plan *plan;
    struct err e;
};

static struct config *read_text(const char *text, const char *set)
{
    struct config *c = NULL;
    struct err e = {0};
    if (config_text(text, NULL, &set, set != NULL, &c, &e))
        fail_msg("%s", e.msg);
    return c;
}

static int setup(void **state)
{
    static struct bed bed;
    struct bed *b = &bed;
    char path[PATH_MAX];
    *b = (struct bed){0};
    scratch_make(b->folder);
    snprintf(path, sizeof path, "%.63s/results.db", b->folder);
    b->config = read_text(yaml, NULL);
    const struct provenance here = provenance_here(b->config->file_hash);
    *state = b;
    return store_open(path, STORE_WRITE, &b->store, &b->e) != ST_OK ||
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

/* Returns the trial of a value with a seed, of the encoder whose runs begin at `first`. */
static const struct run_spec *trial(const struct bed *b, int first, int value,
                                    uint64_t seed)
{
    for (int i = first; i < first + OF_ONE; i++) {
        const struct run_spec *r = &b->config->run[i];
        if (r->tuned == TUNED_TRIAL && r->value == value && r->seed == seed)
            return r;
    }
    fail_msg("no trial of value %d with seed %d", value, (int)seed);
    return NULL;
}

/* Ends the run: done with a loss on valid, or failed for the reason `why`. */
static void end(struct bed *b, const struct run_spec *r, double loss, const char *why)
{
    const struct run_row row = {
        r->identity, r->experiment, r->profile, r->cell, r->task->name,
        r->encoder,  r->variant,    r->config,  1,       (int64_t)r->seed};
    const struct run_cost cost = {.steps = 10, .flops = 1e6, .wall_s = 1.0};
    const struct metric_row metric[] = {
        {"valid", "loss", 5, 0.0, -1, -1}, /* not the last step */
        {"valid", "loss", 10, loss, -1, -1},
        {"id", "loss", 10, -loss, -1, -1}}; /* the tests would choose otherwise */
    int64_t id;
    assert_int_equal(store_run(b->store, &row, &id, NULL, NULL), ST_OK);
    assert_int_equal(store_begin(b->store, id, b->provenance, NULL), ST_OK);
    if (why) {
        assert_int_equal(store_stopped(b->store, id, "failed", why, NULL), ST_OK);
        return;
    }
    assert_int_equal(store_metrics(b->store, id, metric, 3, NULL), ST_OK);
    assert_int_equal(store_done(b->store, id, &cost, NULL), ST_OK);
}

/* Ends both seeds of all values of the first encoder. */
static void end_all(struct bed *b, const double loss[VALUES])
{
    for (int v = 0; v < VALUES; v++) {
        end(b, trial(b, 0, v, 1), loss[v] - 0.1, NULL);
        end(b, trial(b, 0, v, 9), loss[v] + 0.1, NULL);
    }
}

static struct choice chosen(struct bed *b)
{
    struct choices all;
    assert_int_equal(choices_read(b->config, b->store, &all, &b->e), ST_OK);
    assert_int_equal(all.n, 2);
    const struct choice x = all.at[0];
    assert_int_equal(x.trials, VALUES * TRIED);
    choices_free(&all);
    return x;
}

static void each_value_is_tried_and_is_a_candidate_for_all_seeds(void **state)
{
    const struct bed *b = *state;
    int trials = 0, candidates = 0;
    assert_int_equal(b->config->runs, 2 * OF_ONE);
    for (int i = 0; i < OF_ONE; i++) {
        const struct run_spec *r = &b->config->run[i];
        assert_int_equal(r->choice, 1);
        assert_string_equal(r->profile,
                            r->tuned == TUNED_TRIAL ? "default.tune" : "default");
        trials += r->tuned == TUNED_TRIAL;
        candidates += r->tuned == TUNED_CANDIDATE;
        if (r->tuned == TUNED_CANDIDATE)
            assert_int_equal(r->is_trial, r->seed == 1);
    }
    assert_int_equal(trials, VALUES * TRIED);
    assert_int_equal(candidates, VALUES * WANTED);
    assert_int_equal(b->config->run[OF_ONE].choice, 2);
}

/* A trial can serve as a run, and a tuned run equals one without tuning. */
static void a_run_is_the_one_that_the_value_alone_would_give(void **state)
{
    const struct bed *b = *state;
    static const char *const rate[] = {"0.001", "0.003", "0.01"};
    for (int v = 0; v < VALUES; v++) {
        char set[32], cell[32];
        snprintf(set, sizeof set, "train.lr=%s", rate[v]);
        struct config *plain = read_text(FILE_WITH("seeds: [1, 2, 3]", ""), set);
        for (int i = 0; i < OF_ONE; i++) {
            const struct run_spec *r = &b->config->run[i];
            if (r->value != v || r->seed == 9)
                continue;
            snprintf(cell, sizeof cell, "%s", r->tuned == TUNED_TRIAL ? set : "");
            assert_string_equal(r->cell, cell);
            assert_string_equal(r->identity, plain->run[r->seed - 1].identity);
            assert_string_equal(r->variant, "none");
        }
        config_free(plain);
    }
}

static void a_setting_that_is_typed_is_not_tuned(void **state)
{
    struct config *c = read_text(yaml, "train.lr=0.5");
    (void)state;
    assert_int_equal(c->runs, 2 * WANTED);
    assert_int_equal(c->run[0].tuned, TUNED_NOT);
    assert_near(c->run[0].train.optimizer.lr, 0.5, 0.0);
    config_free(c);
    c = read_text(yaml, "tune.train.lr=[0.5, 0.25]");
    assert_int_equal(c->runs, 2 * 2 * (TRIED + WANTED));
    config_free(c);
    c = read_text(yaml, "tune=none");
    assert_int_equal(c->runs, 2 * WANTED);
    config_free(c);
}

static void the_first_seed_tries_unless_others_are_named(void **state)
{
    struct config *c =
        read_text(FILE_WITH("tune: {train.lr: [1e-3, 3e-3]}",
                            "    seeds: [5, 6]\n    grid: {model.dim: [8, 16]}\n"),
                  NULL);
    (void)state;
    assert_int_equal(c->runs, 2 * 2 * 2 * (1 + 2));
    assert_int_equal(c->run[0].tuned, TUNED_TRIAL);
    assert_int_equal(c->run[0].seed, 5);
    assert_string_equal(c->run[0].cell, "model.dim=8 train.lr=0.001");
    assert_string_equal(c->run[1].cell, "model.dim=8");
    config_free(c);
}

static void the_least_mean_loss_on_valid_is_chosen(void **state)
{
    struct bed *b = *state;
    end_all(b, (double[]){0.5, 0.25, 0.75});
    const struct choice x = chosen(b);
    assert_int_equal(x.open, 0);
    assert_int_equal(x.value, 1);
}

static void of_equal_values_the_first_is_chosen(void **state)
{
    struct bed *b = *state;
    end_all(b, (double[]){0.5, 0.25, 0.25});
    assert_int_equal(chosen(b).value, 1);
}

static void nothing_is_chosen_before_all_trials_have_ended(void **state)
{
    struct bed *b = *state;
    for (int v = 0; v < VALUES; v++)
        end(b, trial(b, 0, v, 1), 0.5, NULL);
    const struct choice x = chosen(b);
    assert_int_equal(x.open, VALUES);
    assert_int_equal(x.value, -1);
}

static void a_value_that_diverged_is_not_chosen(void **state)
{
    struct bed *b = *state;
    for (int v = 0; v < VALUES; v++) {
        end(b, trial(b, 0, v, 1), 0.75 - 0.25 * v, NULL);
        end(b, trial(b, 0, v, 9), 0.75 - 0.25 * v,
            v == 2 ? "step 7: the loss is nan; " TRAINER_DIVERGED : NULL);
    }
    assert_int_equal(chosen(b).value, 1);
}

static void a_failure_of_another_kind_leaves_the_choice_open(void **state)
{
    struct bed *b = *state;
    for (int v = 0; v < VALUES; v++) {
        end(b, trial(b, 0, v, 1), 0.5, NULL);
        end(b, trial(b, 0, v, 9), 0.5, v == 2 ? "no memory" : NULL);
    }
    const struct choice x = chosen(b);
    assert_int_equal(x.failed, 1);
    assert_int_equal(x.value, -1);
}

/* --- plans --------------------------------------------------------------- */

static void make(struct bed *b, enum plan_rerun rerun, const char *only, int shard)
{
    const struct plan_request q = {.config = b->config,
                                   .only = &only,
                                   .n_only = only != NULL,
                                   .rerun = rerun,
                                   .shard = shard,
                                   .shards = shard ? 2 : 0};
    plan_close(b->plan);
    b->plan = NULL;
    assert_int_equal(plan_open(&q, b->store, &b->plan, &b->e), ST_OK);
}

static const struct plan_item *item_of(const struct bed *b, const char *encoder,
                                       enum tuned tuned, uint64_t seed)
{
    for (int i = 0; i < b->plan->n; i++) {
        const struct run_spec *r = b->plan->item[i].run;
        if (strcmp(r->encoder, encoder) == 0 && r->tuned == tuned && r->seed == seed)
            return &b->plan->item[i];
    }
    return NULL;
}

static void seeds_wait_for_the_choice_and_are_counted_once(void **state)
{
    struct bed *b = *state;
    make(b, RERUN_NONE, NULL, 0);
    const struct plan_totals sum = plan_sum(b->plan, 1);
    assert_int_equal(sum.runs, 2 * VALUES * TRIED);
    assert_int_equal(sum.waits, 2 * (WANTED - 1)); /* seed 1 is a trial */
    const struct plan_item *item = item_of(b, "none", TUNED_CANDIDATE, 2);
    assert_true(item->waits);
    assert_false(item->runs);
    assert_string_equal(item->reason, "after tuning");
    assert_null(item_of(b, "none", TUNED_CANDIDATE, 1));
    for (int i = 0; i < b->plan->n_matrix; i++)
        assert_int_equal(b->plan->matrix[i]->tuned, TUNED_TRIAL);
}

static void the_chosen_value_runs_with_the_other_seeds(void **state)
{
    struct bed *b = *state;
    end_all(b, (double[]){0.5, 0.25, 0.75});
    make(b, RERUN_NONE, NULL, 0);
    const struct plan_item *item = item_of(b, "none", TUNED_CANDIDATE, 2);
    assert_true(item->runs);
    assert_int_equal(item->run->value, 1);
    item = item_of(b, "none", TUNED_CANDIDATE, 1);
    assert_false(item->runs);
    assert_string_equal(item->state, "done");
    assert_true(item_of(b, "rope", TUNED_CANDIDATE, 2)->waits);
    /* When all is repeated, the trials come first again. */
    make(b, RERUN_ALL, NULL, 0);
    assert_true(item_of(b, "none", TUNED_TRIAL, 1)->runs);
    assert_true(item_of(b, "none", TUNED_CANDIDATE, 2)->waits);
}

static void a_plan_without_the_trials_says_what_is_missing(void **state)
{
    struct bed *b = *state;
    make(b, RERUN_NONE, "seed=2", 0);
    assert_int_equal(plan_sum(b->plan, 1).runs, 0);
    assert_string_equal(item_of(b, "rope", TUNED_CANDIDATE, 2)->reason,
                        "after tuning, some of whose runs --only leaves out");
}

/* Whether or not the choice is known, one shard has all runs of an encoder. */
static void a_choice_goes_to_one_shard(void **state)
{
    struct bed *b = *state;
    for (int known = 0; known < 2; known++) {
        int runs = 0, all = known ? 2 * VALUES * TRIED + WANTED + WANTED - 1
                                  : 2 * (VALUES * TRIED + WANTED - 1);
        for (int shard = 1; shard <= 2; shard++) {
            make(b, RERUN_NONE, NULL, shard);
            runs += b->plan->n;
            for (int i = 1; i < b->plan->n; i++)
                assert_int_equal(b->plan->item[i].run->choice,
                                 b->plan->item[0].run->choice);
        }
        assert_int_equal(runs, all);
        if (!known)
            end_all(b, (double[]){0.5, 0.25, 0.75});
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_value_is_tried_and_is_a_candidate_for_all_seeds),
        TEST(a_run_is_the_one_that_the_value_alone_would_give),
        TEST(a_setting_that_is_typed_is_not_tuned),
        TEST(the_first_seed_tries_unless_others_are_named),
        TEST(the_least_mean_loss_on_valid_is_chosen),
        TEST(of_equal_values_the_first_is_chosen),
        TEST(nothing_is_chosen_before_all_trials_have_ended),
        TEST(a_value_that_diverged_is_not_chosen),
        TEST(a_failure_of_another_kind_leaves_the_choice_open),
        TEST(seeds_wait_for_the_choice_and_are_counted_once),
        TEST(the_chosen_value_runs_with_the_other_seeds),
        TEST(a_plan_without_the_trials_says_what_is_missing),
        TEST(a_choice_goes_to_one_shard),
    };
    return cmocka_run_group_tests_name("tune", tests, NULL, NULL);
}
