/* command_eval.c -- asks a saved model the questions of a split again, or of another law.
 *
 * Prints and stores nothing: the database holds what runs found. */
#include "command.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "safetensors.h"
#include "clean.h"
#include "evaluation.h"
#include "no_match.h"
#include "targets.h"
#include "progress.h"
#include "run_spec.h"
#include "lock.h"
#include "stored_run.h"
#include "stored_runs.h"
#include "text_table.h"
#include "training.h"

enum { NAMES_MAX = 64 };

/* --- which questions --- */

static enum status no_split(const struct run_spec *r, const char *typed, struct err *e)
{
    const char *names[NAMES_MAX];
    int n = 0;
    for (int i = 0; i < r->splits && n < NAMES_MAX; i++)
        names[n++] = r->split[i].name;
    for (const struct task_split *s = r->task->splits; s->name && n < NAMES_MAX; s++) {
        int i = 0;
        while (i < r->splits && strcmp(names[i], s->name) != 0)
            i++;
        if (i == r->splits)
            names[n++] = s->name;
    }
    return err_set(e, ST_NOTFOUND, "no split \"%s\"%s", typed,
                   suggest_among(typed, names, n));
}

static const struct split_spec *own_split(const struct run_spec *r, const char *name)
{
    for (int i = 0; i < r->splits; i++)
        if (strcmp(r->split[i].name, name) == 0)
            return &r->split[i];
    return NULL;
}

/* The run's own split of that name, else the task's, with the run's training law under
 * it. */
static enum status find_split(const struct run_spec *r, const char *name,
                              struct split_spec *out, struct err *e)
{
    const struct split_spec *own = own_split(r, name);
    if (own) {
        *out = *own;
        return ST_OK;
    }
    const struct task_split *s = task_split_find(r->task, name);
    if (!s)
        return no_split(r, name, e);
    snprintf(out->name, sizeof out->name, "%s", s->name);
    out->count = s->count;
    task_split_options(r->task, s, &r->task_options, &out->options);
    return ST_OK;
}

/* The task's split must be beyond what this run was trained on. */
static enum status check_beyond(const struct run_spec *r, const struct split_spec *s,
                                struct err *e)
{
    char why[TASK_BEYOND_WHY];
    if (task_split_beyond(r->task, task_split_find(r->task, s->name), &r->task_options,
                          &s->options, why))
        return ST_OK;
    return err_set(e, ST_USAGE, "split %s of this run: %s; choose it with --set", s->name,
                   why);
}

/* "p_ignore=0.9", an option of the task, or "count=500". */
static enum status change(const struct task *t, const char *text, struct split_spec *s,
                          struct err *e)
{
    static const struct option count = {
        .name = "count", .type = OPTION_INT, .lo = 1, .hi = SPLIT_COUNT_MAX};
    const char *names[OPTIONS_MAX + 1] = {count.name};
    const char *equals = strchr(text, '=');
    char name[OPTION_TEXT];
    const int n = option_count(t->options);
    double value;
    if (!equals || equals == text || equals - text >= (int)sizeof name)
        return err_set(e, ST_USAGE, "--set wants OPTION=VALUE, not \"%s\"", text);
    snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
    if (strcmp(name, count.name) == 0) {
        const enum status st = option_parse(&count, equals + 1, &value, e);
        s->count = st ? s->count : (int)value;
        return st;
    }
    const int i = option_find(t->options, name);
    if (i >= 0)
        return option_parse(&t->options[i], equals + 1, &s->options.v[i], e);
    for (int k = 0; k < n; k++)
        names[k + 1] = t->options[k].name;
    return err_set(e, ST_USAGE, "%s has no option \"%s\"%s", t->name, name,
                   suggest_among(name, names, n + 1));
}

static enum status choose_split(const struct invocation *v, const struct run_spec *r,
                                struct split_spec *out, struct err *e)
{
    const char *const *set;
    char why[TOKENS_WHY];
    const int n = flag_list(v, "set", &set);
    *out = (struct split_spec){0};
    enum status st = find_split(r, flag_text(v, "split", "id"), out, e);
    for (int i = 0; i < n && st == ST_OK; i++)
        st = change(r->task, set[i], out, e);
    if (st == ST_OK && r->task->check)
        st = r->task->check(&out->options, e);
    if (st == ST_OK && !own_split(r, out->name))
        st = check_beyond(r, out, e);
    if (st == ST_OK && !run_spec_same_tokens(r->task, &r->task_options, &out->options, why))
        st = err_set(e, ST_USAGE, "with these options the split %s", why);
    return st;
}

/* The run as it would be with other options at test, its variant's name included. */
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
    return n ? run_spec_encoders(r, e) : ST_OK;
}

/* --- answers --- */

/* The run with this split alone, and a model long enough for it. */
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
    const struct run_spec one = run_for(r, split);
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

static enum status print_text(const struct stored_run *f, const struct split_spec *split,
                              const struct metric_row *m, int n, struct err *e)
{
    struct text_table t;
    char caveat[CAVEAT_TEXT];
    clean_line(stdout, "run %s: %s %s seed %llu, split %s", f->id, f->run.experiment,
               f->run.variant, (unsigned long long)f->run.seed, split->name);
    putchar('\n');
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

/* What the questions were: the options of the split, so that lines of a sweep can be told
 * apart. */
static json_t *options_json(const struct run_spec *r, const struct split_spec *split)
{
    json_t *all = json_object();
    for (int i = 0; i < option_count(r->task->options); i++) {
        const struct option *o = &r->task->options[i];
        const double value = split->options.v[i];
        char text[OPTION_TEXT];
        json_t *one = o->type == OPTION_BOOL   ? json_boolean(value != 0)
                      : o->type == OPTION_INT  ? json_integer((json_int_t)value)
                      : o->type == OPTION_REAL ? json_real(value)
                                               : json_string(option_format(o, value, text));
        if (json_object_set_new(all, o->name, one) != 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
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
                            split->count, "options", options_json(r, split));
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

/* One run, by the name that stored_run_find knows. */
static enum status ask(const struct invocation *v, const char *db, const char *name,
                       int threads, struct err *e)
{
    struct stored_run f = {0};
    struct split_spec split;
    struct evaluation result;
    struct metric_row rows[EVALUATION_METRICS];
    struct stored_weights weights;
    enum status st = stored_run_open(db, name, &f, e);
    if (st == ST_OK)
        st = choose_split(v, &f.run, &split, e);
    if (st == ST_OK)
        st = stored_weights_find(db, &f, &weights, e);
    if (st == ST_OK)
        st = change_encoder(v, &f.run, e);
    if (st == ST_OK)
        st = answer(&f.run, &split, &weights, threads, &result, e);
    if (st == ST_OK) {
        const int n = evaluation_metrics(&result, split.name, 0, rows);
        st = flag_given(v, "json") ? answer_json(&f, &split, rows, n, e)
                                   : print_text(&f, &split, rows, n, e);
    }
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

/* Those that are done: no others have a model. What one run cannot answer is told and does
 * not keep the others from answering. */
static enum status ask_all(const struct invocation *v, const char *path, int threads,
                           struct err *e)
{
    struct found_run *runs = NULL;
    struct progress *progress = NULL;
    int n = 0, done = 0, failed = 0;
    enum status st = find_runs(v, path, &runs, &n, e);
    if (st == ST_OK)
        st = progress_open(1, flag_given(v, "quiet"), &progress, e);
    for (int i = 0; i < n && st == ST_OK; i++) {
        struct err why = {.msg = ""};
        char id[STORED_ID_TEXT];
        if (strcmp(runs[i].state, "done") != 0)
            continue;
        done++;
        snprintf(id, sizeof id, "%lld", (long long)runs[i].id);
        if (ask(v, path, id, threads, &why) == ST_OK) {
            if (!flag_given(v, "json"))
                putchar('\n');
            continue;
        }
        failed++;
        progress_warning(progress, "run %s, %s: %s", id, runs[i].name, why.msg);
    }
    if (st == ST_OK && done == 0)
        st = nothing(v, path, e);
    if (st == ST_OK && failed)
        st = err_set(e, ST_FAILED, "%d of %d runs could not be asked", failed, done);
    progress_close(progress);
    free(runs);
    return st;
}

static enum status run(const struct invocation *v, struct err *e)
{
    const bool several = flag_given(v, "only");
    char db[PATH_MAX];
    long threads;
    target_database(v, "", db);
    if (several == (argument_count(v) == 1))
        return err_set(e, ST_USAGE, "name one RUN, or choose several with --only KEY=GLOB");
    const enum status st = flag_integer(v, "threads", 1, 256, 1, &threads, e);
    if (st)
        return st;
    return several ? ask_all(v, db, (int)threads, e)
                   : ask(v, db, argument_at(v, 0), (int)threads, e);
}

static const struct flag flags[] = {
    {"split", 0, "SPLIT", false, "split of the run or of its task (default id)"},
    {"set", 0, "OPTION=VALUE", true,
     "change the split: an option of the task, or count=N sequences (repeatable)"},
    {"encoder", 0, "OPTION=VALUE", true,
     "change an option that is for tests of trained weights, as scaling of rope "
     "(repeatable)"},
    {"threads", 0, "N", false, "threads; the numbers do not depend on it (default 1)"},
    FLAG_ONLY,
    {"json", 0, NULL, false, "a JSON object for each run instead of a table"},
    FLAG_DB,
    {0},
};

const struct command command_eval = {
    .name = "eval",
    .group = GROUP_LOOK,
    .summary = "ask the saved models of runs a split again, or a changed one",
    .arguments = "[RUN]",
    .min_args = 0,
    .max_args = 1,
    .examples =
        "posbench eval 12 --split ood_sparse\n"
        "posbench eval 3fa9 --split id --set p_ignore=0.95 --set count=5000\n"
        "posbench eval 12 --set length=512 --encoder scaling=yarn --encoder factor=4\n"
        "posbench eval --only experiment=flip_flop --only encoder=cope* --json",
    .flags = flags,
    .run = run,
};
