/* command_table.c -- prints encoder x split: mean and spread over seeds, with chance beside
 * them. */
#include <string.h>

#include "cli.h"
#include "file_runs.h"
#include "listing.h"
#include "option.h"
#include "run_filter.h"
#include "table.h"
#include "table_aggregate.h"
#include "table_extrapolation.h"

/* Reads the value of a flag as an index into `words`; `none` when the flag is not given. */
static enum status choice(const struct invocation *v, const char *flag,
                          const char *const *words, int n, int none, int *out,
                          struct err *e)
{
    const char *text = flag_text(v, flag, NULL);
    *out = none;
    if (!text || !*text)
        return ST_OK;
    for (int i = 0; i < n; i++)
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return ST_OK;
        }
    return err_set(e, ST_USAGE, "--%s \"%s\"%s", flag, text, suggest_among(text, words, n));
}

static enum status read_choices(const struct invocation *v, struct table_request *q,
                                struct err *e)
{
    static const char *const spreads[] = {
        [SPREAD_STD] = "std", [SPREAD_CI] = "ci", [SPREAD_RANGE] = "range"};
    static const char *const rules[] = {[BEST_INTERVAL] = "interval", [BEST_MEAN] = "mean"};
    static const char *const places[] = {"below", "beside"};
    int spread = SPREAD_STD, best = BEST_INTERVAL, place = 0;
    enum status st = choice(v, "spread", spreads, 3, SPREAD_STD, &spread, e);
    if (!st)
        st = choice(v, "best", rules, 2, BEST_INTERVAL, &best, e);
    if (!st)
        st = choice(v, "published", places, 2, 0, &place, e);
    q->spread = (enum spread)spread;
    q->best = (enum best_rule)best;
    if (flag_given(v, "published"))
        q->published = place ? PUBLISHED_BESIDE : PUBLISHED_BELOW;
    return st;
}

/* Refuses flags that have no effect on the table of the flag `alone`. */
static enum status check_alone(const struct invocation *v, const char *alone, struct err *e)
{
    static const char *const none[] = {"metric", "rows", "cols",    "published", "spread",
                                       "best",   "sort", "caption", "name",      "explain"};
    for (size_t i = 0; flag_given(v, alone) && i < sizeof none / sizeof *none; i++)
        if (flag_given(v, none[i]))
            return err_set(e, ST_USAGE, "--%s has no effect on --%s", none[i], alone);
    return ST_OK;
}

/* Refuses flags that have no effect on the chosen table or format. */
static enum status check_effect(const struct invocation *v, enum print_format format,
                                struct err *e)
{
    static const char *const people[] = {"spread", "best", "caption", "name", "explain"};
    enum status st = check_alone(v, "extrapolation", e);
    if (!st)
        st = check_alone(v, "aggregate", e);
    if (!st && flag_given(v, "aggregate") && flag_given(v, "extrapolation"))
        st = err_set(e, ST_USAGE, "--aggregate and --extrapolation are two tables");
    if (st)
        return st;
    for (size_t i = 0;
         !print_format_for_people(format) && i < sizeof people / sizeof *people; i++)
        if (flag_given(v, people[i]))
            return err_set(
                e, ST_USAGE,
                "--%s has no effect on -o %s, which has all numbers and names as "
                "they are stored",
                people[i], print_format_name(format));
    if (format == PRINT_LATEX && flag_given(v, "explain"))
        return err_set(e, ST_USAGE,
                       "--explain prints no LaTeX, whose tables end with the page; use -o "
                       "text, md or html");
    return ST_OK;
}

static enum status print(const struct invocation *v, struct store *db,
                         const struct table_request *q, struct err *e)
{
    if (flag_given(v, "extrapolation"))
        return table_extrapolation(db, q, stdout, e);
    if (flag_given(v, "aggregate"))
        return table_aggregate(db, q, stdout, e);
    return table_print(db, q, stdout, e);
}

/* Flags that have no effect on -o macros. */
static const char *const macro_less[] = {"json",      "extrapolation", "aggregate",
                                         "published", "best",          "sort",
                                         "caption",   "strata",        "explain"};
enum { MACRO_LESS = sizeof macro_less / sizeof *macro_less };

/* Reads the format. "macros" is a format of tables only. */
static enum status read_format(const struct invocation *v, struct table_request *q,
                               struct err *e)
{
    const char *const text = flag_text(v, "output", NULL);
    enum print_format ignored;
    q->macros = text && strcmp(text, "macros") == 0;
    q->format = PRINT_LATEX;
    if (text && !q->macros && print_format_parse(text, &ignored, e))
        return print_format_unknown(text, "macros", e);
    if (!q->macros)
        return listing_format(v, &q->format, e);
    for (int i = 0; i < MACRO_LESS; i++)
        if (flag_given(v, macro_less[i]))
            return err_set(e, ST_USAGE, "--%s has no effect on -o macros", macro_less[i]);
    return ST_OK;
}

static enum status run(const struct invocation *v, struct err *e)
{
    struct table_request q = {
        .experiment = argument_count(v) ? argument_at(v, 0) : NULL,
        .profile = flag_text(v, "profile", NULL),
        .metrics = flag_text(v, "metric", NULL),
        .rows = flag_text(v, "rows", NULL),
        .cols = flag_text(v, "cols", NULL),
        .sort = flag_text(v, "sort", NULL),
        .caption = flag_text(v, "caption", NULL),
        .strata = flag_given(v, "strata"),
        .merge = flag_given(v, "merge-variants"),
        .explain = flag_given(v, "explain"),
    };
    bool chosen;
    struct store *db = NULL;
    q.n_filters = flag_list(v, "only", &q.filters);
    q.n_names = flag_list(v, "name", &q.names);
    enum status st = read_format(v, &q, e);
    for (int i = 0; i < q.n_filters && !st; i++)
        st = run_filter_check_setting(q.filters[i], e);
    if (!st)
        st = check_effect(v, q.format, e);
    if (!st)
        st = read_choices(v, &q, e);
    q.bold = cli_colour(v, stdout);
    if (!st)
        st = file_runs_open(v, &db, &chosen, e);
    if (!st)
        st = print(v, db, &q, e);
    store_close(db);
    return st;
}

static const struct flag flags[] = {
    {"metric", 0, "METRIC", false,
     "token_error, sequence_error, accuracy, perplexity, loss, ... or several "
     "with commas "
     "(default token_error, and sequence_error where it differs; "
     "of texts perplexity and bits_per_byte)"},
    {"extrapolation", 0, NULL, false,
     "instead: the largest ratio to the sizes of training at which the lower 95 % bound of "
     "accuracy is at least 99 %, by task and encoder"},
    {"aggregate", 0, NULL, false,
     "instead: one number an encoder over all tests, the interquartile mean, and the "
     "performance profile, with intervals"},
    {"published", 0, "=below|beside", false,
     "the paper's numbers: below each row, with the difference, or in the same cell, "
     "ours (paper) (default below)"},
    {"spread", 0, "std|ci|range", false,
     "what stands behind a mean: standard deviation over the seeds, the mean's 95 % "
     "interval, or the least and the most (default std)"},
    {"best", 0, "interval|mean", false,
     "which means are bold or have a star: the best and all within its 95 % interval, or "
     "the best alone (default interval)"},
    {"sort", 0, "name|SPLIT", false,
     "order of the rows: by name, or by the means of this column, the best first (default "
     "as the runs came)"},
    {"name", 0, "OLD=NEW", true,
     "print the heading OLD, such as an encoder or a split, as NEW, e.g. cope=CoPE "
     "(repeatable)"},
    {"caption", 0, "TEXT", false, "LaTeX: the caption; else the title"},
    {"explain", 0, NULL, false,
     "below each table the runs behind each cell: id, seed, value, state; not in LaTeX"},
    {"strata", 0, NULL, false,
     "behind each token error, after |, that in the places where all encoders together "
     "err most"},
    {"rows", 0, "KEY", false,
     "experiment, profile, task, cell, encoder, split, seed, or test (experiment, cell and split) "
     "(default encoder)"},
    {"cols", 0, "KEY", false, "the same (default split)"},
    {"merge-variants", 0, NULL, false,
     "an encoder's name for its variant, where an experiment has one of it; below the table "
     "stands which"},
    {"profile", 0, "PROFILE", false,
     "only runs of this profile (default: all in the database)"},
    {"only", 0, "KEY=GLOB|split=GLOB", true,
     "only runs that match, e.g. encoder=cope*,rope or train.lr=0.001; split=valid shows the "
     "splits that choose settings (repeatable: all must match)"},
    FLAG_FILE,
    {"output", 'o', "FORMAT|macros", false,
     "text, md, latex, html, csv, json, or macros: a \\newcommand for each number, for use in "
     "text (default text)"},
    {"json", 0, NULL, false, "the same as -o json"},
    FLAG_DB,
    {0},
};

const struct command command_table = {
    .name = "table",
    .group = GROUP_LOOK,
    .summary = "encoder by split: mean and spread over seeds, chance beside it",
    .arguments = "[EXPERIMENT]",
    .min_args = 0,
    .max_args = 1,
    .examples = "posbench table --published\n"
                "posbench table flip_flop --metric perplexity\n"
                "posbench table \"flip_flop*\" --rows cell --cols encoder "
                "--only split=ood_*\n"
                "posbench table --extrapolation --profile quick-20\n"
                "posbench table --aggregate --merge-variants\n"
                "posbench table --cols test --merge-variants\n"
                "posbench table --spread ci --sort id --name cope=CoPE --published=beside\n"
                "posbench table flip_flop --explain --only encoder=rope,cope\n"
                "posbench table flip_flop -o macros\n"
                "posbench table counting -o latex --caption \"Counting\"",
    .flags = flags,
    .run = run,
};
