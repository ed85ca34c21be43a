/* command_report.c -- writes everything that a database shows as one page that needs no
 * network. */
#include "command.h"

#include <stdio.h>
#include <string.h>

#include "clean.h"
#include "gnuplot.h"
#include "look_report.h"
#include "output.h"
#include "plot.h"
#include "report.h"
#include "store_matrix.h"
#include "targets.h"
#include "task.h"
#include "version.h"

#define DEFAULT_PAGE "report.html"

static bool task_words(const char *name, struct report_task *out)
{
    const struct task *t = task_find(name);
    if (t)
        *out = (struct report_task){.summary = t->summary, .options = t->options};
    return t != NULL;
}

static enum status write_page(const struct invocation *v, struct store *db,
                              const char *path, const struct report_looks *looks,
                              struct err *e)
{
    const char *name = flag_text(v, "output", DEFAULT_PAGE), *slash = strrchr(path, '/');
    const struct report_request q = {
        .experiment = argument_count(v) ? argument_at(v, 0) : NULL,
        .profile = flag_text(v, "profile", NULL),
        .database = slash ? slash + 1 : path, /* without the folder, which is private */
        .program = "posbench " POSBENCH_VERSION " (" POSBENCH_COMMIT ")",
        .draw = gnuplot_draw,
        .task = task_words,
        .looks = looks,
        .plots = flag_text(v, "plots", NULL),
        .stratum_help = task_stratum_help,
    };
    struct output *o = NULL;
    struct err undrawn = {.msg = ""};
    enum status st = output_open(name, true, &o, e);
    if (!st)
        st = report_write(db, &q, output_file(o), &undrawn, e);
    if (!st)
        st = output_commit(o, e);
    output_close(o);
    if (st == ST_OK && undrawn.msg[0])
        clean_line(stderr, "posbench: the report lacks pictures: %s", undrawn.msg);
    return st;
}

/* Checks that each word of --plots is a kind of picture. */
static enum status check_plots(const char *list, struct err *e)
{
    char name[64];
    while (list && *list) {
        const size_t n = strcspn(list, ",");
        snprintf(name, sizeof name, "%.*s", (int)n, list);
        if (!plot_find(name))
            return err_set(e, ST_USAGE, "--plots: no picture \"%s\"%s", name,
                           plot_suggest(name));
        list += n + (list[n] == ',');
    }
    return ST_OK;
}

/* Refuses names that end in another format: the page is always HTML. */
static enum status check_output(const char *path, struct err *e)
{
    const char *dot = strrchr(path, '.');
    if (strcmp(path, "-") == 0 ||
        (dot && (strcmp(dot, ".html") == 0 || strcmp(dot, ".htm") == 0)))
        return ST_OK;
    return err_set(
        e, ST_USAGE,
        "%s: a report is a page of HTML; name it .html or .htm, or - for standard "
        "output (a browser prints it to PDF)",
        path);
}

static enum status run(const struct invocation *v, struct err *e)
{
    char path[PATH_MAX];
    struct store *db = NULL;
    struct report_looks looks = {.n = 0};
    const bool models = !flag_given(v, "no-models");
    enum status st = check_output(flag_text(v, "output", DEFAULT_PAGE), e);
    if (!st)
        st = check_plots(flag_text(v, "plots", NULL), e);
    if (!st)
        st = store_open(target_database(v, "", path), STORE_READ, &db, e);
    if (!st && !flag_given(v, "profile"))
        st = store_without_trials(db, e);
    if (!st && models)
        st = look_report(db, path, flag_text(v, "profile", NULL),
                         argument_count(v) ? argument_at(v, 0) : NULL, &looks, e);
    if (!st)
        st = write_page(v, db, path, models ? &looks : NULL, e);
    report_looks_free(&looks);
    store_close(db);
    return st;
}

static const struct flag flags[] = {
    {"output", 'o', "FILE", false,
     "FILE.html or .htm, the page (default report.html); - is standard output"},
    {"profile", 0, "PROFILE", false, "only runs of this profile (default: all)"},
    {"plots", 0, "PLOT", false,
     "kinds of pictures for each experiment, with commas (default: all)"},
    {"no-models", 0, NULL, false,
     "do not look into the models beside the database, which takes seconds for each"},
    FLAG_DB,
    {0},
};

const struct command command_report = {
    .name = "report",
    .group = GROUP_LOOK,
    .summary = "one page with findings, claims, tables, pictures, runs and settings",
    .arguments = "[EXPERIMENT]",
    .min_args = 0,
    .max_args = 1,
    .examples = "posbench report\n"
                "posbench report flip_flop --profile quick -o flip_flop.html",
    .flags = flags,
    .run = run,
};
