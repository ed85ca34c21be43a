/* command_purge.c -- deletes for good what rm has marked. */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model_files.h"
#include "progress.h"
#include "removal.h"
#include "units.h"

/* Deletes the files before the rows: if it is interrupted, the marked rows still tell what is
 * left. */
static enum status files(const struct removal *r, bool really, int64_t *bytes,
                         struct err *e)
{
    enum status st = ST_OK;
    for (int i = 0; i < r->n && st == ST_OK; i++)
        st = model_files_remove(r->path, r->run[i].identity, really, bytes, e);
    return st;
}

static enum status confirm(const struct invocation *v, const struct removal *r,
                           int64_t bytes, struct err *e)
{
    char answer[16] = "";
    if (flag_given(v, "yes"))
        return ST_OK;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return err_set(e, ST_USAGE,
                       "deleting %d runs for good needs --yes where nobody can be asked",
                       r->n);
    printf("Delete %d run%s and %.1f MiB of models for good? [yes/no] ", r->n,
           units_plural(r->n), (double)bytes / (1 << 20));
    fflush(stdout);
    if (!fgets(answer, sizeof answer, stdin) || strcmp(answer, "yes\n") != 0)
        return err_set(e, ST_NOTFOUND, "nothing was deleted");
    return ST_OK;
}

static enum status purge(const struct invocation *v, const struct removal *r, struct err *e)
{
    struct progress *progress = NULL;
    int64_t bytes = 0;
    int64_t *id = removal_ids(r);
    enum status st = id ? ST_OK : err_set(e, ST_NOMEM, "no memory for %d runs", r->n);
    if (st == ST_OK)
        st = progress_open(1, flag_given(v, "quiet"), &progress, e);
    if (st == ST_OK)
        st = files(r, true, &bytes, e);
    if (st == ST_OK)
        st = store_purge(r->db, id, r->n, e);
    if (st == ST_OK)
        progress_event(progress, "%d run%s and %.1f MiB of models deleted from %s", r->n,
                       units_plural(r->n), (double)bytes / (1 << 20), r->path);
    progress_close(progress);
    free(id);
    return st;
}

static enum status run(const struct invocation *v, struct err *e)
{
    struct removal r;
    int64_t bytes = 0;
    const bool dry = flag_given(v, "dry-run");
    enum status st = removal_open(v, true, &r, e);
    if (st == ST_OK) {
        removal_print(&r);
        st = files(&r, false, &bytes, e);
    }
    if (st == ST_OK && !dry)
        st = confirm(v, &r, bytes, e);
    if (st == ST_OK && !dry)
        st = purge(v, &r, e);
    removal_close(&r);
    return st;
}

static const struct flag flags[] = {
    {"yes", 'y', NULL, false, "do not ask (needed where there is no terminal)"},
    {"dry-run", 'n', NULL, false, "name the runs and delete nothing"},
    FLAG_ONLY_TOO,
    FLAG_DB,
    {0},
};

const struct command command_purge = {
    .name = "purge",
    .group = GROUP_RUN,
    .summary = "delete runs that rm has marked, with their models, for good",
    .arguments = "[KEY=GLOB]...",
    .min_args = 0,
    .max_args = -1,
    .examples = "posbench purge --dry-run\n"
                "posbench purge --yes experiment=flip_flop",
    .flags = flags,
    .run = run,
};
