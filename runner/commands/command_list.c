/* command_list.c -- lists tasks, encoders, experiments, runs, claims, plots or commands.
 *
 * The first word chooses the list; flags that do not fit it are refused. Tasks, encoders and
 * commands come from their tables, experiments and claims from the experiment file, runs from the
 * database by a statement with a condition for each filter. All are printed as cells of a
 * text_table, except the pages (--markdown, --man).
 * Pitfall: on a terminal some columns are left out; programs should ask for a format. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "config.h"
#include "filter.h"
#include "listing.h"
#include "manual.h"
#include "no_match.h"
#include "option.h"
#include "plot.h"
#include "run_filter.h"
#include "targets.h"
#include "reference.h"
#include "rows.h"

/* Chosen: a filter takes about 30 letters of the statement, so that all of them fit. */
enum { SQL_TEXT = 4096, LINE_TEXT = 1024, FILTERS_MAX = 32 };

/* ---- tasks, encoders, commands ---- */

static void splits_text(const struct task *t, char text[LINE_TEXT])
{
    size_t used = 0;
    text[0] = 0;
    for (const struct task_split *s = t->splits; s->name && used < LINE_TEXT; s++)
        used += (size_t)snprintf(text + used, LINE_TEXT - used, "%s%s", used ? " " : "",
                                 s->name);
}

/* Prints name and summary on a terminal; the other formats have all columns. */
static enum status list_tasks(enum print_format f, struct err *e)
{
    static const char *const names[] = {"task", "summary", "version", "splits", "source"};
    const bool all = f != PRINT_TEXT;
    char splits[LINE_TEXT];
    struct text_table t;
    text_table_init(&t, f, stdout);
    text_table_columns(&t, names, all ? 5 : 2);
    for (int i = 0; i < task_count(); i++) {
        const struct task *task = task_at(i);
        text_table_text(&t, task->name);
        text_table_text(&t, task->summary);
        if (!all)
            continue;
        splits_text(task, splits);
        text_table_integer(&t, task->version);
        text_table_text(&t, splits);
        text_table_text(&t, task->source);
    }
    return text_table_end(&t, e);
}

static enum status list_encoders(enum print_format f, struct err *e)
{
    static const char *const names[] = {"encoder", "summary", "version", "source"};
    const bool all = f != PRINT_TEXT;
    struct text_table t;
    text_table_init(&t, f, stdout);
    text_table_columns(&t, names, all ? 4 : 2);
    for (int i = 0; i < encoder_count(); i++) {
        const struct encoder *c = encoder_at(i);
        text_table_text(&t, c->name);
        text_table_text(&t, c->summary);
        if (!all)
            continue;
        text_table_integer(&t, c->version);
        text_table_text(&t, c->source);
    }
    return text_table_end(&t, e);
}

static enum status list_plots(enum print_format f, struct err *e)
{
    static const char *const names[] = {"plot", "summary"};
    struct text_table t;
    text_table_init(&t, f, stdout);
    text_table_columns(&t, names, 2);
    for (int i = 0; i < plot_count(); i++) {
        text_table_text(&t, plot_at(i)->name);
        text_table_text(&t, plot_at(i)->summary);
    }
    return text_table_end(&t, e);
}

static enum status list_commands(enum print_format f, struct err *e)
{
    static const char *const names[] = {"command", "summary"};
    struct text_table t;
    text_table_init(&t, f, stdout);
    text_table_columns(&t, names, 2);
    for (int i = 0; i < command_count(); i++) {
        if (command_at(i)->group == GROUP_INTERNAL)
            continue;
        text_table_text(&t, command_at(i)->name);
        text_table_text(&t, command_at(i)->summary);
    }
    return text_table_end(&t, e);
}

/* ---- the experiment file ---- */

/* Returns true when run i is the first of its experiment with this value of `what`. */
static bool is_new(const struct config *c, int first, int i, const char *what)
{
    for (int k = first; k < i; k++) {
        const struct run_spec *a = &c->run[k], *b = &c->run[i];
        const bool same = strcmp(what, "seed") == 0   ? a->seed == b->seed
                          : strcmp(what, "cell") == 0 ? strcmp(a->cell, b->cell) == 0
                                                      : strcmp(a->variant, b->variant) == 0;
        if (same)
            return false;
    }
    return true;
}

/* Adds the row of one experiment, whose runs are first .. end-1. */
static void experiment_row(struct text_table *t, const struct config *c, int first, int end)
{
    const struct run_spec *r = &c->run[first];
    char encoders[LINE_TEXT] = "";
    size_t used = 0;
    long cells = 0, seeds = 0;
    for (int i = first; i < end; i++) {
        cells += is_new(c, first, i, "cell");
        seeds += is_new(c, first, i, "seed");
        if (is_new(c, first, i, "variant") && used < sizeof encoders)
            used += (size_t)snprintf(encoders + used, sizeof encoders - used, "%s%s",
                                     used ? " " : "", c->run[i].variant);
    }
    text_table_text(t, r->experiment);
    text_table_text(t, r->task->name);
    text_table_integer(t, cells);
    text_table_integer(t, seeds);
    text_table_integer(t, end - first);
    text_table_text(t, encoders);
}

static enum status list_experiments(const struct config *c, enum print_format f,
                                    struct err *e)
{
    static const char *const names[] = {"experiment", "task", "cells",
                                        "seeds",      "runs", "encoders"};
    struct text_table t;
    text_table_init(&t, f, stdout);
    text_table_columns(&t, names, 6);
    for (int first = 0, end; first < c->runs; first = end) {
        for (end = first + 1; end < c->runs; end++)
            if (strcmp(c->run[end].experiment, c->run[first].experiment) != 0)
                break;
        experiment_row(&t, c, first, end);
    }
    return text_table_end(&t, e);
}

static enum status list_claims(const struct config *c, enum print_format f, struct err *e)
{
    static const char *const names[] = {"claim", "text",   "experiment", "cell",
                                        "split", "metric", "less",       "than"};
    const bool all = f != PRINT_TEXT;
    struct text_table t;
    text_table_init(&t, f, stdout);
    text_table_columns(&t, names, all ? 8 : 2);
    for (int i = 0; i < c->claims; i++) {
        const struct claim_spec *s = &c->claim[i];
        text_table_text(&t, s->id);
        text_table_text(&t, s->text);
        if (!all)
            continue;
        text_table_text(&t, s->experiment);
        text_table_text(&t, s->cell);
        text_table_text(&t, s->split);
        text_table_text(&t, s->metric);
        text_table_text(&t, s->less);
        text_table_text(&t, s->than);
    }
    return text_table_end(&t, e);
}

static enum status list_from_file(const struct invocation *v, bool claims,
                                  enum print_format f, struct err *e)
{
    struct config *c = NULL;
    const enum status st = config_read(target_experiments(v, 1),
                                       flag_text(v, "profile", "quick"), NULL, 0, &c, e);
    if (st)
        return st;
    const enum status printed = claims ? list_claims(c, f, e) : list_experiments(c, f, e);
    config_free(c);
    return printed;
}

/* ---- the database ---- */

__attribute__((format(printf, 2, 3))) static void append(char sql[SQL_TEXT],
                                                         const char *fmt, ...)
{
    const size_t used = strlen(sql);
    va_list args;
    va_start(args, fmt);
    vsnprintf(sql + used, SQL_TEXT - used, fmt, args);
    va_end(args);
}

/* Appends "AND fits(?n, column)" for each filter; the keys of filters are names of columns. */
static enum status where_filters(const char *const *only, int n, char sql[SQL_TEXT],
                                 const char *params[FILTERS_MAX], struct err *e)
{
    if (n >= FILTERS_MAX) /* one place is reserved for the profile */
        return err_set(e, ST_USAGE, "more than %d filters", FILTERS_MAX - 1);
    for (int i = 0; i < n; i++) {
        struct filter f;
        const enum status st = run_filter_check(only[i], e);
        if (st || filter_parse(only[i], &f, e))
            return st;
        append(sql, " AND fits(?%d, %s)", i + 1, filter_key_name(f.key));
        params[i] = only[i];
    }
    return ST_OK;
}

/* Refuses a FILE that does not exist: it only tells where the database is, so it was mistyped. */
static enum status check_file(const struct invocation *v, struct err *e)
{
    if (argument_count(v) < 2 || access(argument_at(v, 1), F_OK) == 0)
        return ST_OK;
    return err_set(e, ST_USAGE, "%s: there is no such experiment file; name one",
                   argument_at(v, 1));
}

static enum status list_runs(const struct invocation *v, enum print_format f, struct err *e)
{
    char sql[SQL_TEXT], path[PATH_MAX];
    const char *params[FILTERS_MAX];
    const char *const *only;
    const char *profile = flag_text(v, "profile", NULL);
    int n = flag_list(v, "only", &only), rows = 0;
    struct store *db = NULL;
    snprintf(sql, sizeof sql,
             "SELECT run_id AS run, %s AS identity, experiment, profile, cell, variant, "
             "seed, state, steps, round(wall_s, 1) AS wall_s, ended FROM v_run WHERE true",
             f == PRINT_TEXT ? "substr(identity, 1, 8)" : "identity");
    enum status st = check_file(v, e);
    if (!st)
        st = where_filters(only, n, sql, params, e);
    if (st)
        return st;
    if (profile) {
        append(sql, " AND profile = ?%d", n + 1);
        params[n++] = profile;
    }
    append(sql, " ORDER BY run_id");
    st = store_open(target_database(v, target_experiments(v, 1), path), STORE_READ, &db, e);
    if (!st)
        st = rows_print(db, sql, params, n, f, stdout, &rows, e);
    if (!st && rows == 0) {
        char advice[FILTER_ADVICE];
        no_match_request(db, NULL, profile, only, flag_list(v, "only", &only), advice);
        st = err_set(e, ST_NOTFOUND, "%s: no run matches%s", path, advice);
    }
    store_close(db);
    return st;
}

/* ---- which list ---- */

enum what { TASKS, ENCODERS, EXPERIMENTS, RUNS, CLAIMS, PLOTS, COMMANDS, WHATS };

static const char *const what_names[WHATS] = {"tasks",  "encoders", "experiments", "runs",
                                              "claims", "plots",    "commands"};

static enum status find_what(const char *text, enum what *out, struct err *e)
{
    for (int i = 0; i < WHATS; i++)
        if (strcmp(what_names[i], text) == 0) {
            *out = (enum what)i;
            return ST_OK;
        }
    return err_set(e, ST_USAGE, "no list of \"%s\"%s", text,
                   suggest_among(text, what_names, WHATS));
}

static enum status print_markdown(enum what what, struct err *e)
{
    switch (what) {
    case TASKS:
        reference_tasks(stdout);
        return ST_OK;
    case ENCODERS:
        reference_encoders(stdout);
        return ST_OK;
    case COMMANDS:
        reference_commands(stdout);
        return ST_OK;
    default:
        return err_set(e, ST_USAGE,
                       "--markdown is for tasks, encoders and commands; use -o md");
    }
}

/* Formats of pages that are made from the tables. */
static const char *const made[] = {"markdown", "man"};
enum { MADE = sizeof made / sizeof *made };

/* Returns the one that is asked for; NULL: none. */
static const char *which_made(const struct invocation *v)
{
    for (int i = 0; i < MADE; i++)
        if (flag_given(v, made[i]))
            return made[i];
    return NULL;
}

static enum status print_made(const struct invocation *v, enum what what, struct err *e)
{
    if (flag_given(v, "markdown"))
        return print_markdown(what, e);
    manual_print(stdout);
    return ST_OK;
}

/* Refuses a flag or file that would have no effect. */
static enum status check_fit(const struct invocation *v, enum what what, struct err *e)
{
    static const struct {
        const char *flag;
        bool fits[WHATS];
    } table[] = {
        {"profile", {[EXPERIMENTS] = true, [RUNS] = true}},
        {"only", {[RUNS] = true}},
        {"db", {[RUNS] = true}},
        {"man", {[COMMANDS] = true}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (flag_given(v, table[i].flag) && !table[i].fits[what])
            return err_set(e, ST_USAGE, "--%s has no effect on the list of %s",
                           table[i].flag, what_names[what]);
    if (argument_count(v) > 1 && what != EXPERIMENTS && what != CLAIMS && what != RUNS)
        return err_set(e, ST_USAGE, "the list of %s is not in a file: leave out \"%s\"",
                       what_names[what], argument_at(v, 1));
    int wanted = flag_given(v, "json") || flag_given(v, "output");
    for (int i = 0; i < MADE; i++)
        wanted += flag_given(v, made[i]);
    if (which_made(v) && wanted > 1)
        return err_set(e, ST_USAGE, "--%s stands alone, without another format",
                       which_made(v));
    return ST_OK;
}

static enum status run(const struct invocation *v, struct err *e)
{
    enum what what = TASKS;
    enum print_format f = PRINT_TEXT;
    enum status st = find_what(argument_at(v, 0), &what, e);
    if (!st)
        st = check_fit(v, what, e);
    if (!st)
        st = listing_format(v, &f, e);
    if (st)
        return st;
    if (which_made(v))
        return print_made(v, what, e);
    switch (what) {
    case TASKS:
        return list_tasks(f, e);
    case ENCODERS:
        return list_encoders(f, e);
    case PLOTS:
        return list_plots(f, e);
    case COMMANDS:
        return list_commands(f, e);
    case RUNS:
        return list_runs(v, f, e);
    default:
        return list_from_file(v, what == CLAIMS, f, e);
    }
}

static const struct flag flags[] = {
    LISTING_FLAGS,
    {"markdown", 0, NULL, false, "the reference page of tasks, encoders or commands"},
    {"man", 0, NULL, false, "the manual page, of commands"},
    {"profile", 0, "PROFILE", false,
     "experiments of this profile (default quick); only runs of this profile"},
    {"only", 0, "KEY=GLOB", true,
     "only runs that match, e.g. state=failed (repeatable: all must match)"},
    FLAG_DB,
    {0},
};

const struct command command_list = {
    .name = "list",
    .group = GROUP_LOOK,
    .summary = "name the tasks, encoders, experiments, runs, claims, plots or commands",
    .arguments = "tasks|encoders|experiments|runs|claims|plots|commands [FILE]",
    .min_args = 1,
    .max_args = 2,
    .examples = "posbench list tasks\n"
                "posbench list experiments --profile paper\n"
                "posbench list runs --only state=failed\n"
                "posbench list claims my_experiments.yaml -o md",
    .flags = flags,
    .run = run,
};
