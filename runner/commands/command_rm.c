/* command_rm.c -- marks runs as removed: they leave every table until they are run again. */
#include "command.h"

#include <stdlib.h>

#include "progress.h"
#include "removal.h"
#include "units.h"

static enum status mark(const struct invocation *v, const struct removal *r, bool undo,
                        struct err *e)
{
    struct progress *progress = NULL;
    int64_t *id = removal_ids(r);
    enum status st = id ? progress_open(1, flag_given(v, "quiet"), &progress, e)
                        : err_set(e, ST_NOMEM, "no memory for %d runs", r->n);
    if (st == ST_OK)
        st = store_remove(r->db, id, r->n, !undo, e);
    if (st == ST_OK)
        progress_event(progress,
                       undo ? "%d run%s brought back in %s"
                            : "%d run%s marked as removed in %s; \"posbench rm --undo\" "
                              "takes the marks away, \"posbench purge\" deletes for good",
                       r->n, units_plural(r->n), r->path);
    progress_close(progress);
    free(id);
    return st;
}

static enum status run(const struct invocation *v, struct err *e)
{
    struct removal r;
    const bool undo = flag_given(v, "undo");
    if (argument_count(v) == 0 && !flag_given(v, "only"))
        return err_set(e, ST_USAGE,
                       "which runs? For example \"posbench rm state=failed\"; "
                       "\"experiment=*\" means all");
    enum status st = removal_open(v, undo, &r, e);
    if (st == ST_OK)
        removal_print(&r);
    if (st == ST_OK && !flag_given(v, "dry-run"))
        st = mark(v, &r, undo, e);
    removal_close(&r);
    return st;
}

static const struct flag flags[] = {
    {"undo", 0, NULL, false, "take the marks of such runs away again"},
    {"dry-run", 'n', NULL, false, "name the runs and change nothing"},
    FLAG_ONLY_TOO,
    FLAG_DB,
    {0},
};

const struct command command_rm = {
    .name = "rm",
    .group = GROUP_RUN,
    .summary = "mark runs as removed: no table shows them, and run does them again if "
               "asked for",
    .arguments = "[KEY=GLOB]...",
    .min_args = 0,
    .max_args = -1,
    .examples = "posbench rm experiment=flip_flop state=failed\n"
                "posbench rm \"identity=3fa9*\" --dry-run\n"
                "posbench rm --undo encoder=rope",
    .flags = flags,
    .run = run,
};
