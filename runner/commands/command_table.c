/* command_table.c -- encoder x split, mean and spread over seeds, chance beside
 * it. */
#include "cli.h"
#include "file_runs.h"
#include "listing.h"
#include "table.h"

static enum status run(const struct invocation *v, struct err *e)
{
    struct table_request q = {
        .experiment = argument_count(v) ? argument_at(v, 0) : NULL,
        .profile = flag_text(v, "profile", NULL),
        .metrics = flag_text(v, "metric", NULL),
        .rows = flag_text(v, "rows", NULL),
        .cols = flag_text(v, "cols", NULL),
        .published = flag_given(v, "published"),
    };
    bool chosen;
    struct store *db = NULL;
    q.n_filters = flag_list(v, "only", &q.filters);
    enum status st = listing_format(v, &q.format, e);
    q.bold = cli_colour(v, stdout);
    if (!st)
        st = file_runs_open(v, &db, &chosen, e);
    if (!st)
        st = table_print(db, &q, stdout, e);
    store_close(db);
    return st;
}

static const struct flag flags[] = {
    {"metric", 0, "METRIC", false,
     "token_error, sequence_error, accuracy, perplexity, loss, ... or several "
     "with commas "
     "(default token_error, and sequence_error where it differs)"},
    {"published", 0, NULL, false, "the paper's numbers and the difference below each row"},
    {"rows", 0, "KEY", false,
     "experiment, profile, task, cell, encoder, split or seed (default "
     "encoder)"},
    {"cols", 0, "KEY", false, "the same (default split)"},
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
                "posbench table counting -o latex",
    .flags = flags,
    .run = run,
};
