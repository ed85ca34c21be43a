/* command_merge.c -- joins the databases of shards, or of machines, into one.
 *
 * Each part is opened once before anything is written. Then, under the target's lock, the command
 * stores what a killed scheduler left in the target, and takes the parts in order: the part's own
 * leftovers, its rows (store_merge.h, which calls back for files and conflicts), and the waiting
 * files, which take their final names. What could not be merged is reported, and the exit code is
 * 1.
 * Pitfall: files of a part are copied under waiting names and become the runs' own only after its
 * rows are stored; model_files_settle cleans up when the merge fails in between. */
#include "command.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "leftovers.h"
#include "model_files.h"
#include "targets.h"
#include "progress.h"
#include "checkpoint.h"
#include "lock.h"
#include "store_merge.h"

struct job {
    const char *into, *part;
    struct progress *progress;
    bool left_out;  /* true: not all of it could be merged */
    int weightless; /* done runs of the part that have no weights here */
};

static void on_conflict(void *context, const char *text)
{
    const struct job *j = context;
    progress_warning(j->progress, "conflict: %s", text);
}

static int on_steps(void *context, const char *identity, bool here)
{
    const struct job *j = context;
    return checkpoint_step_of(here ? j->into : j->part, identity);
}

/* Handles a file that could not be taken. A file that the part lacks is not reported. A file that
 * exists and cannot be used gives a warning: everything else is merged. */
static enum status pass_over(struct job *j, enum status st, const struct err *why,
                             struct err *e)
{
    if (st == ST_OK || st == ST_NOTFOUND)
        return ST_OK;
    if (st != ST_CONFIG)
        return err_set(e, st, "%s", why->msg);
    j->left_out = true;
    progress_warning(j->progress, "%s; put a good one there and merge again", why->msg);
    return ST_OK;
}

/* Keeps the receiver's own weights when they belong to these numbers; else copies those of the
 * part under a waiting name. Existing files are not changed before all rows are stored. */
static enum status offer_weights(struct job *j, const struct merge_run *run,
                                 char hash[MERGE_HASH], struct err *e)
{
    const bool own = run->same && run->here[0] && strcmp(run->here, WEIGHTS_NONE) != 0;
    const bool known = strcmp(run->there, WEIGHTS_NONE) != 0;
    const char *expected = own ? run->here : known ? run->there : "";
    struct err why = {.msg = ""};
    snprintf(hash, MERGE_HASH, "%s", expected);
    if ((run->same ? strcmp(run->here, WEIGHTS_NONE) != 0 : expected[0] != '\0') &&
        model_files_has_weights(j->into, run->identity, expected))
        return ST_OK;
    const enum status st =
        model_files_offer(j->part, j->into, run->identity, expected, hash, &why);
    if (st == ST_OK)
        return ST_OK;
    j->weightless++;
    snprintf(hash, MERGE_HASH, "%s",
             expected[0] ? expected
             : run->same ? run->here
                         : WEIGHTS_NONE);
    return pass_over(j, st, &why, e);
}

static enum status on_files(void *context, const struct merge_run *run,
                            char hash[MERGE_HASH], struct err *e)
{
    struct job *j = context;
    struct err why = {.msg = ""};
    if (run->done)
        return offer_weights(j, run, hash, e);
    if (on_steps(j, run->identity, false) <= on_steps(j, run->identity, true))
        return ST_OK;
    return pass_over(j, model_files_offer_checkpoint(j->part, j->into, run->identity, &why),
                     &why, e);
}

static bool same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

/* Returns true for an empty file, which a run leaves that was killed, or whose disk was full,
 * before it had stored anything. */
static bool is_empty(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) && about.st_size == 0;
}

/* Checks, before anything is written, that each part can be read and is not the target. */
static enum status check_parts(const struct invocation *v, const char *into, struct err *e)
{
    for (int i = 0; i < argument_count(v); i++) {
        struct store *part = NULL;
        char path[PATH_MAX];
        const char *name = path_file(argument_at(v, i), path);
        if (same_file(name, into))
            return err_set(e, ST_USAGE,
                           "%s: is merged into itself; --db names the database that "
                           "receives the others",
                           name);
        const enum status st = store_open(name, STORE_READ, &part, e);
        if (st == ST_NOTFOUND && !is_empty(name))
            return err_set(e, st, "%s: there is no such database; nothing was merged",
                           name);
        if (st && st != ST_NOTFOUND)
            return st;
        store_close(part);
    }
    return ST_OK;
}

static void tell_leftovers(const struct job *j, const char *path, struct leftovers found)
{
    if (found.stored)
        progress_event(j->progress,
                       "%s: %d runs that had ended were stored in it now; a scheduler was "
                       "killed or had to stop before it could",
                       path, found.stored);
    if (found.busy)
        progress_warning(
            j->progress,
            "%s: workers are still at %d of its runs; merge it again when they "
            "have ended",
            path, found.busy);
}

/* Stores in the part what a killed scheduler left beside it, as the next run would do. A part
 * that cannot be written is merged without it, with a warning. */
static void settle_part(struct job *j)
{
    struct leftovers found = {0};
    struct err why = {.msg = ""};
    const enum status st = leftovers_settle(j->part, &found, &why);
    tell_leftovers(j, j->part, found);
    if (st == ST_OK)
        return;
    j->left_out = true;
    progress_warning(
        j->progress,
        "%s: runs that have ended are in %s.spool and not yet in it: %s; merge it "
        "again when it can be written, or a copy of both",
        j->part, j->part, why.msg);
}

static enum status merge_part(struct store *db, struct job *j, struct merge_counts *all,
                              struct err *e)
{
    const struct merge_hooks hooks = {
        .context = j, .conflict = on_conflict, .steps = on_steps, .files = on_files};
    struct merge_counts c = {0};
    settle_part(j);
    enum status st = store_merge(db, j->part, &hooks, &c, e);
    if (st == ST_NOTFOUND && is_empty(j->part)) {
        progress_warning(j->progress,
                         "%s: is empty, since a run was killed before it stored anything; "
                         "it is passed over",
                         j->part);
        return ST_OK;
    }
    if (st == ST_OK)
        st = model_files_accept(db, j->into, e);
    else
        model_files_settle(db, j->into, NULL);
    if (st)
        return st;
    progress_event(j->progress,
                   "%s: %d runs added, %d replaced, %d as before, %d left out as removed, "
                   "%d conflicts",
                   j->part, c.added, c.replaced, c.same, c.removed, c.conflicts);
    if (j->weightless)
        progress_warning(j->progress,
                         "%s: the weights of %d done runs are not in %s.models, so that "
                         "eval, export and predict cannot use these runs; put the folder "
                         "there and merge again",
                         j->part, j->weightless, j->part);
    all->conflicts += c.conflicts;
    return ST_OK;
}

static enum status merge_all(const struct invocation *v, struct store *db, const char *into,
                             struct progress *progress, struct err *e)
{
    struct merge_counts all = {0};
    struct leftovers found = {0};
    struct job target = {.into = into, .progress = progress};
    int left_out = 0;
    enum status st = leftovers_fold(db, into, &found, e);
    if (st == ST_OK)
        st = model_files_settle(db, into, e);
    tell_leftovers(&target, into, found);
    for (int i = 0; i < argument_count(v) && st == ST_OK; i++) {
        char path[PATH_MAX];
        struct job j = {
            .into = into, .part = path_file(argument_at(v, i), path), .progress = progress};
        st = merge_part(db, &j, &all, e);
        left_out += j.left_out;
    }
    if (st == ST_OK && all.conflicts)
        st = err_set(
            e, ST_FAILED,
            "%d conflicts: %s keeps what it had, or else what ended first, and all else is "
            "merged; look at both, \"posbench rm identity=...\" where it is wrong, there "
            "\"posbench purge\", and merge again",
            all.conflicts, into);
    if (st == ST_OK && left_out)
        st = err_set(e, ST_FAILED, "of %d databases not everything could be merged",
                     left_out);
    return st;
}

static enum status run(const struct invocation *v, struct err *e)
{
    struct database_lock lock = {.file = -1};
    struct progress *progress = NULL;
    struct store *db = NULL;
    char into[PATH_MAX];
    target_database(v, "", into);
    enum status st = check_parts(v, into, e);
    if (st == ST_OK)
        st = progress_open(1, flag_given(v, "quiet"), &progress, e);
    if (st == ST_OK)
        st = lock_take(into, &lock, e);
    if (st == ST_OK)
        st = store_open(into, STORE_WRITE, &db, e);
    if (st == ST_OK)
        st = merge_all(v, db, into, progress, e);
    store_close(db);
    lock_give_back(&lock);
    progress_close(progress);
    return st;
}

static const struct flag flags[] = {
    {"db", 0, "DB", false,
     "database that receives the others; made when it is not there (default results.db)"},
    {0},
};

const struct command command_merge = {
    .name = "merge",
    .group = GROUP_RUN,
    .summary = "join databases, such as those of shards, into one, in any order and as "
               "often as you like",
    .arguments = "DB...",
    .min_args = 1,
    .max_args = -1,
    .examples = "posbench merge results-1-of-2.db results-2-of-2.db\n"
                "posbench merge --db all.db node*/results.db",
    .flags = flags,
    .run = run,
};
