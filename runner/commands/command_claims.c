/* command_claims.c -- tests the comparisons of the papers on our runs. */
#include "command.h"
#include "file_runs.h"
#include "listing.h"
#include "verdicts.h"

static enum status run(const struct invocation *v, struct err *e)
{
    struct verdicts_request q = {
        .profile = flag_text(v, "profile", NULL),
        .name = argument_count(v) ? argument_at(v, 0) : NULL,
    };
    struct store *db = NULL;
    enum status st = listing_format(v, &q.format, e);
    if (!st)
        st = file_runs_open(v, &db, &q.chosen, e);
    if (!st)
        st = verdicts_print(db, &q, stdout, NULL, e);
    store_close(db);
    return st;
}

static const struct flag flags[] = {
    {"profile", 0, "PROFILE", false,
     "only runs of this profile (default: each that has runs)"},
    FLAG_FILE,
    LISTING_FLAGS,
    FLAG_DB,
    {0},
};

const struct command command_claims = {
    .name = "claims",
    .group = GROUP_LOOK,
    .summary = "the papers' claims: reproduced, contradicted, undecided, too few seeds",
    .arguments = "[CLAIM]",
    .min_args = 0,
    .max_args = 1,
    .examples = "posbench claims\n"
                "posbench claims --profile paper\n"
                "posbench claims \"T4-*\" -o md",
    .flags = flags,
    .run = run,
};
