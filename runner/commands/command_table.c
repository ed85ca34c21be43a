/* command_table.c -- encoder x split, mean and spread over seeds, chance beside
 * it. */
#include "cli.h"
#include "file_runs.h"
#include "listing.h"
#include "table.h"
#include "table_aggregate.h"
#include "table_extrapolation.h"

/* A flag that would have no effect is a mistake. */
static enum status check_alone(const struct invocation *v, const char *alone, struct err *e)
{
    static const char *const none[] = {"metric", "rows", "cols", "published"};
    for (int i = 0; flag_given(v, alone) && i < 4; i++)
        if (flag_given(v, none[i]))
            return err_set(e, ST_USAGE, "--%s has no effect on --%s", none[i], alone);
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

static enum status run(const struct invocation *v, struct err *e)
{
    struct table_request q = {
        .experiment = argument_count(v) ? argument_at(v, 0) : NULL,
        .profile = flag_text(v, "profile", NULL),
        .metrics = flag_text(v, "metric", NULL),
        .rows = flag_text(v, "rows", NULL),
        .cols = flag_text(v, "cols", NULL),
        .published = flag_given(v, "published"),
        .strata = flag_given(v, "strata"),
        .merge = flag_given(v, "merge-variants"),
    };
    bool chosen;
    struct store *db = NULL;
    q.n_filters = flag_list(v, "only", &q.filters);
    enum status st = check_alone(v, "extrapolation", e);
    if (!st)
        st = check_alone(v, "aggregate", e);
    if (!st && flag_given(v, "aggregate") && flag_given(v, "extrapolation"))
        st = err_set(e, ST_USAGE, "--aggregate and --extrapolation are two tables");
    if (!st)
        st = listing_format(v, &q.format, e);
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
     "(default token_error, and sequence_error where it differs)"},
    {"extrapolation", 0, NULL, false,
     "instead: the largest ratio to the sizes of training at which the lower 95 % bound of "
     "accuracy is at least 99 %, by task and encoder"},
    {"aggregate", 0, NULL, false,
     "instead: one number an encoder over all tests, the interquartile mean, and the "
     "performance profile, with intervals"},
    {"published", 0, NULL, false, "the paper's numbers and the difference below each row"},
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
     "only runs that match, e.g. encoder=cope*; split=valid shows the splits "
     "that choose "
     "settings (repeatable: all must match)"},
    FLAG_FILE,
    LISTING_FLAGS,
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
                "posbench table counting -o latex",
    .flags = flags,
    .run = run,
};
