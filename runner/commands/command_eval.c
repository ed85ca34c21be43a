/* command_eval.c -- evaluates saved models again on a split, or on other laws.
 *
 * The stored results of runs do not change. --store keeps the answers beside them (table
 * evaluation). */
#include "command.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "run_state.h"
#include "safetensors.h"
#include "clean.h"
#include "eval_grid.h"
#include "eval_split.h"
#include "eval_store.h"
#include "evaluation.h"
#include "json_text.h"
#include "no_match.h"
#include "targets.h"
#include "progress.h"
#include "run_spec.h"
#include "lock.h"
#include "stored_run.h"
#include "stored_runs.h"
#include "text_table.h"
#include "training.h"

/* Gives the run other options of its encoders at test, and the variant's name that goes with
 * them. They replace the options that its splits set. */
static enum status change_encoder(const struct invocation *v, struct run_spec *r,
                                  struct err *e)
{
    const char *const *set;
    const int n = flag_list(v, "encoder", &set);
    for (int i = 0; i < n; i++) {
        const char *equals = strchr(set[i], '=');
        char name[ENCODER_NAME];
        if (!equals || equals == set[i] || equals - set[i] >= (int)sizeof name)
            return err_set(e, ST_USAGE, "--encoder wants OPTION=VALUE, not \"%s\"", set[i]);
        snprintf(name, sizeof name, "%.*s", (int)(equals - set[i]), set[i]);
        const enum status st =
            encoder_stack_set_at_test(&r->model.encoders, name, equals + 1, e);
        if (st)
            return st == ST_CONFIG || st == ST_RANGE ? err_set(e, ST_USAGE, "%s", e->msg)
                                                     : st;
    }
    for (int i = 0; n && i < r->splits; i++)
        r->split[i].encoder[0] = '\0';
    return n ? run_spec_encoders(r, e) : ST_OK;
}

/* --- answers --- */

/* Returns the run with this split alone, and with a model long enough for it. */
static struct run_spec run_for(const struct run_spec *r, struct split_spec *split)
{
    struct run_spec one = *r;
    const int longest = r->task->max_length(&split->options);
    one.splits = 1;
    one.split = split;
    one.train.batch = 1;
    if (one.model.longest < longest)
        one.model.longest = longest;
    return one;
}

static enum status load(const struct run_spec *one, int longest_before,
                        const struct stored_weights *w, struct trainer *t, struct err *e)
{
    struct err why;
    const enum status st = stored_weights_load(w, trainer_model(t), &why);
    if (st == ST_OK)
        return ST_OK;
    if (st != ST_NOTFOUND && one->model.longest > longest_before)
        return err_set(e, ST_RANGE,
                       "the split has up to %d tokens and %s has learned positions up to "
                       "%d; give the experiment such a split and train again",
                       one->model.longest, one->encoder, longest_before);
    return err_set(e, st, "%s", why.msg);
}

static enum status answer(const struct run_spec *r, struct split_spec *split,
                          const struct stored_weights *weights, int threads,
                          struct evaluation *out, struct err *e)
{
    const struct run_spec own = run_for(r, split);
    struct run_spec one;
    const enum status tested = run_spec_at_test(&own, split, &one, e);
    if (tested)
        return tested;
    const struct questions q = {.run = &one, .split = split, .count = split->count};
    struct sampler *s = NULL;
    struct trainer *t = NULL;
    enum status st = sampler_open(&one, &s, e);
    if (st == ST_OK) {
        const struct trainer_config config = training_trainer(&one, s, threads);
        st = trainer_open(&config, &t, e);
    }
    if (st == ST_OK)
        st = load(&one, r->model.longest, weights, t, e);
    if (st == ST_OK)
        st = evaluation_split(t, s, &q, out, e);
    trainer_close(t);
    sampler_close(s);
    return st;
}

/* --- printing --- */

static void print_run(const struct stored_run *f, const char *split)
{
    clean_line(stdout, "run %s: %s %s seed %llu, split %s", f->id, f->run.experiment,
               f->run.variant, (unsigned long long)f->run.seed, split);
    putchar('\n');
}

static enum status print_text(const struct stored_run *f, const struct split_spec *split,
                              const struct metric_row *m, int n, struct err *e)
{
    struct text_table t;
    char caveat[CAVEAT_TEXT];
    print_run(f, split->name);
    text_table_init(&t, PRINT_TEXT, stdout);
    text_table_column(&t, "metric", false);
    text_table_column(&t, "value", true);
    text_table_column(&t, "count", true);
    text_table_column(&t, "of", true);
    for (int i = 0; i < n; i++) {
        text_table_text(&t, m[i].name);
        text_table_real(&t, m[i].value);
        text_table_whole(&t, m[i].count);
        text_table_whole(&t, m[i].total);
    }
    const enum status st = text_table_end(&t, e);
    evaluation_caveat(&f->run, split, 0, 0, caveat);
    if (caveat[0])
        printf("\n%s\n", caveat);
    return st;
}

static enum status answer_json(const struct stored_run *f, const struct split_spec *split,
                               const struct metric_row *m, int n, struct err *e)
{
    const struct run_spec *r = &f->run;
    json_t *all = json_pack("{si sI ss ss ss ss ss ss sI ss si so}", "schema", 1, "run",
                            (json_int_t)strtoll(f->id, NULL, 10), "identity", r->identity,
                            "experiment", r->experiment, "profile", r->profile, "cell",
                            r->cell, "encoder", r->encoder, "variant", r->variant, "seed",
                            (json_int_t)r->seed, "split", split->name, "sequences",
                            split->count, "options", eval_split_options(r, split));
    int failed = !all;
    for (int i = 0; i < n; i++)
        failed |= json_object_set_new(all, m[i].name,
                                      isfinite(m[i].value) ? json_real(m[i].value)
                                                           : json_null()) != 0;
    if (failed) {
        json_decref(all);
        all = NULL;
    }
    return print_json(all, 0, stdout, e);
}

/* --- a grid of questions --- */

/* What one call of `eval` was asked for, and its state. */
struct course {
    const struct invocation *v;
    const char *db;
    int threads;
    struct eval_grid grid;
    struct progress *progress;
    struct text_table table; /* of a grid: a row for each point */
};

enum { CHANGES_MAX = 64 }; /* --set and options of the grid together; chosen */
static const char *const grid_metrics[] = {"token_error", "sequence_error", "loss"};
enum { GRID_METRICS = sizeof grid_metrics / sizeof *grid_metrics };

static void begin_table(struct course *c, const struct stored_run *f)
{
    print_run(f, flag_text(c->v, "split", "id"));
    text_table_init(&c->table, PRINT_TEXT, stdout);
    for (int i = 0; i < c->grid.axes; i++)
        text_table_column(&c->table, c->grid.axis[i].name, true);
    for (int i = 0; i < GRID_METRICS; i++)
        text_table_column(&c->table, grid_metrics[i], true);
}

static void add_point(struct course *c, char change[][GRID_CHANGE],
                      const struct metric_row *m, int n)
{
    for (int i = 0; i < c->grid.axes; i++)
        text_table_text(&c->table, strchr(change[i], '=') + 1);
    for (int k = 0; k < GRID_METRICS; k++)
        for (int i = 0; i < n; i++)
            if (strcmp(m[i].name, grid_metrics[k]) == 0)
                text_table_real(&c->table, m[i].value);
}

/* Sets *out to the split with the changes of --set, followed by those of the grid's point. */
static enum status choose_split(const struct course *c, const struct run_spec *r,
                                char change[][GRID_CHANGE], struct split_spec *out,
                                struct err *e)
{
    const char *const *set;
    const char *all[CHANGES_MAX];
    const int n = flag_list(c->v, "set", &set);
    int used = 0;
    if (n + c->grid.axes > CHANGES_MAX)
        return err_set(e, ST_USAGE, "at most %d changes of a split", CHANGES_MAX);
    for (int i = 0; i < n; i++)
        all[used++] = set[i];
    for (int i = 0; i < c->grid.axes; i++)
        all[used++] = change[i];
    return eval_split_choose(r, flag_text(c->v, "split", "id"), all, used, out, e);
}

/* Evaluates one point of the grid, or the only question. */
static enum status ask_point(struct course *c, struct stored_run *f,
                             const struct stored_weights *weights, int k, struct err *e)
{
    struct split_spec split;
    struct evaluation result;
    struct metric_row rows[EVALUATION_METRICS_MOST];
    char change[GRID_AXES][GRID_CHANGE];
    eval_grid_point(&c->grid, k, change);
    enum status st = choose_split(c, &f->run, change, &split, e);
    if (st == ST_OK)
        st = answer(&f->run, &split, weights, c->threads, &result, e);
    if (st)
        return st;
    const int n = evaluation_metrics(&result, split.name, 0, rows);
    if (flag_given(c->v, "store"))
        st = eval_store(c->db, f, &split, split.count, rows, n, e);
    if (st)
        return st;
    if (flag_given(c->v, "json"))
        return answer_json(f, &split, rows, n, e);
    if (c->grid.axes == 0)
        return print_text(f, &split, rows, n, e);
    add_point(c, change, rows, n);
    return ST_OK;
}

/* Evaluates all points. A point that fails is reported and does not stop the others. */
static enum status ask_points(struct course *c, struct stored_run *f,
                              const struct stored_weights *weights, struct err *e)
{
    int failed = 0;
    if (c->grid.axes == 0)
        return ask_point(c, f, weights, 0, e);
    if (!flag_given(c->v, "json"))
        begin_table(c, f);
    for (int k = 0; k < c->grid.points; k++) {
        char change[GRID_AXES][GRID_CHANGE];
        struct err why = {.msg = ""};
        if (ask_point(c, f, weights, k, &why) == ST_OK)
            continue;
        failed++;
        eval_grid_point(&c->grid, k, change);
        progress_warning(c->progress, "run %s, %s%s%s: %s", f->id, change[0],
                         c->grid.axes > 1 ? " " : "", c->grid.axes > 1 ? change[1] : "",
                         why.msg);
    }
    enum status st = ST_OK;
    if (!flag_given(c->v, "json"))
        st = text_table_end(&c->table, e);
    if (st == ST_OK && failed)
        st = err_set(e, ST_FAILED, "%d of %d points could not be asked", failed,
                     c->grid.points);
    return st;
}

/* Evaluates one run; `name` is any name that stored_run_find accepts. */
static enum status ask(struct course *c, const char *name, struct err *e)
{
    struct stored_run f = {0};
    struct split_spec split;
    struct stored_weights weights;
    char change[GRID_AXES][GRID_CHANGE];
    enum status st = stored_run_open(c->db, name, &f, e);
    /* A question that makes no sense is reported before the first one is evaluated. */
    for (int k = 0; k < c->grid.points && st == ST_OK; k++) {
        eval_grid_point(&c->grid, k, change);
        st = choose_split(c, &f.run, change, &split, e);
    }
    if (st == ST_OK)
        st = stored_weights_find(c->db, &f, &weights, e);
    if (st == ST_OK)
        st = change_encoder(c->v, &f.run, e);
    if (st == ST_OK)
        st = ask_points(c, &f, &weights, e);
    stored_run_free(&f);
    return st;
}

/* --- several runs --- */

static enum status find_runs(const struct invocation *v, const char *path,
                             struct found_run **runs, int *n, struct err *e)
{
    const char *const *only;
    struct store *db = NULL;
    const int filters = flag_list(v, "only", &only);
    enum status st = store_open(path, STORE_READ, &db, e);
    if (st == ST_OK)
        st = stored_runs_find(db, only, filters, false, runs, n, e);
    store_close(db);
    return st;
}

static enum status nothing(const struct invocation *v, const char *path, struct err *e)
{
    const char *const *only;
    char advice[FILTER_ADVICE] = "";
    struct store *db = NULL;
    const int n = flag_list(v, "only", &only);
    if (store_open(path, STORE_READ, &db, NULL) == ST_OK)
        no_match_advice(db, only, n, advice);
    store_close(db);
    return err_set(e, ST_NOTFOUND, "%s: no run that is done matches --only%s", path,
                   advice);
}

/* Evaluates one run of several; a failure is reported and does not stop the others. */
static bool asked(struct course *c, const char *name, const char *called)
{
    struct err why = {.msg = ""};
    if (ask(c, name, &why) == ST_OK) {
        if (!flag_given(c->v, "json"))
            putchar('\n');
        return true;
    }
    progress_warning(c->progress, "run %s%s: %s", name, called, why.msg);
    return false;
}

static enum status ask_named(struct course *c, struct err *e)
{
    const int n = argument_count(c->v);
    int failed = 0;
    if (n == 1)
        return ask(c, argument_at(c->v, 0), e);
    for (int i = 0; i < n; i++)
        failed += !asked(c, argument_at(c->v, i), "");
    return failed ? err_set(e, ST_FAILED, "%d of %d runs could not be asked", failed, n)
                  : ST_OK;
}

/* Evaluates the chosen runs that are done; no others have a model. */
static enum status ask_chosen(struct course *c, struct err *e)
{
    struct found_run *runs = NULL;
    int n = 0, done = 0, failed = 0;
    enum status st = find_runs(c->v, c->db, &runs, &n, e);
    for (int i = 0; i < n && st == ST_OK; i++) {
        char id[STORED_ID_TEXT], called[STORED_NAME + 2];
        if (strcmp(runs[i].state, RUN_DONE) != 0)
            continue;
        done++;
        snprintf(id, sizeof id, "%lld", (long long)runs[i].id);
        snprintf(called, sizeof called, ", %s", runs[i].name);
        failed += !asked(c, id, called);
    }
    if (st == ST_OK && done == 0)
        st = nothing(c->v, c->db, e);
    if (st == ST_OK && failed)
        st = err_set(e, ST_FAILED, "%d of %d runs could not be asked", failed, done);
    free(runs);
    return st;
}

/* Refuses an option that has values from both --set and --grid. */
static enum status check_set(const struct course *c, struct err *e)
{
    const char *const *set;
    const int n = flag_list(c->v, "set", &set);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < c->grid.axes; k++) {
            const size_t length = strlen(c->grid.axis[k].name);
            if (strncmp(set[i], c->grid.axis[k].name, length) == 0 && set[i][length] == '=')
                return err_set(e, ST_USAGE,
                               "%s is given by --set %s and by --grid; leave one out",
                               c->grid.axis[k].name, set[i]);
        }
    return ST_OK;
}

static enum status run(const struct invocation *v, struct err *e)
{
    const bool several = flag_given(v, "only");
    const char *const *grid;
    char db[PATH_MAX];
    long threads;
    struct course c = {.v = v, .db = db};
    target_database(v, "", db);
    if (several == (argument_count(v) > 0))
        return err_set(e, ST_USAGE,
                       "name one RUN or more, or choose them with --only KEY=GLOB");
    enum status st = flag_integer(v, "threads", 1, 256, 1, &threads, e);
    const int n = flag_list(v, "grid", &grid);
    if (st == ST_OK)
        st = eval_grid_parse(grid, n, &c.grid, e);
    if (st == ST_OK)
        st = check_set(&c, e);
    if (st == ST_OK)
        st = progress_open(1, flag_given(v, "quiet"), &c.progress, e);
    if (st)
        return st;
    c.threads = (int)threads;
    st = several ? ask_chosen(&c, e) : ask_named(&c, e);
    progress_close(c.progress);
    return st;
}

static const struct flag flags[] = {
    {"split", 0, "SPLIT", false, "split of the run or of its task (default id)"},
    {"set", 0, "OPTION=VALUE", true,
     "change the split: an option of the task, or count=N sequences (repeatable)"},
    {"grid", 0, "OPTION=VALUE,...", true,
     "the same with several values: every combination is asked (repeatable)"},
    {"store", 0, NULL, false, "keep the numbers in the database (view v_evaluation)"},
    {"encoder", 0, "OPTION=VALUE", true,
     "change an option that is for tests of trained weights, as scaling of rope "
     "(repeatable)"},
    {"threads", 0, "N", false, "threads; the numbers do not depend on it (default 1)"},
    FLAG_ONLY,
    {"json", 0, NULL, false,
     "a JSON object for each run and point of a grid instead of tables"},
    FLAG_DB,
    {0},
};

const struct command command_eval = {
    .name = "eval",
    .group = GROUP_LOOK,
    .summary = "ask the saved models of runs a split again, or a changed one",
    .arguments = "[RUN]...",
    .min_args = 0,
    .max_args = -1,
    .examples =
        "posbench eval 12 --split ood_sparse\n"
        "posbench eval 3fa9 --split id --set p_ignore=0.95 --set count=5000\n"
        "posbench eval 12 --set length=512 --encoder scaling=yarn --encoder factor=4\n"
        "posbench eval 12 13 --grid length=64,128,256 --grid p_ignore=0.5,0.98 --store\n"
        "posbench eval --only experiment=flip_flop --only encoder=cope* --json",
    .flags = flags,
    .run = run,
};
