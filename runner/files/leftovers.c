/* leftovers.c -- stores the spools that a killed scheduler left beside a database.
 *
 * A spool in the folder FILE.spool is read when its name is an identity and no worker holds it. A
 * run that is done is stored in one transaction with the hash of its weights; then the spool and
 * the run's checkpoint are removed. leftovers_settle takes the lock, but only when there is
 * something to store.
 * Pitfall: only a run that was begun and has no end is stored; any other state was decided
 * later. */
#include "leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identities.h"
#include "lock.h"
#include "model_files.h"
#include "spool.h"

enum { DIGITS = IDENTITY_TEXT - 1 };

static const char ending[] = ".jsonl";

/* --- the folder --- */

struct folder {
    char path[PATH_MAX]; /* FILE.spool */
    DIR *dir;            /* NULL: there is none */
};

/* The caller closes *out, also after an error. */
static enum status folder_open(const char *db, struct folder *out, struct err *e)
{
    const int n = snprintf(out->path, sizeof out->path, "%s.spool", db);
    out->dir = NULL;
    if (n < 0 || n >= PATH_MAX)
        return ST_OK; /* no run was ever begun */
    out->dir = opendir(out->path);
    if (out->dir || errno == ENOENT || errno == ENOTDIR)
        return ST_OK;
    return err_set(e, ST_IO, "%s: cannot be read: %s", out->path, strerror(errno));
}

/* Reads the path and the identity of the next spool; skips other files. False: there is none. */
static bool folder_next(struct folder *f, char path[PATH_MAX], char identity[IDENTITY_TEXT])
{
    for (const struct dirent *one; f->dir && (one = readdir(f->dir)) != NULL;) {
        const char *name = one->d_name;
        if (strspn(name, "0123456789abcdef") != DIGITS ||
            strcmp(name + DIGITS, ending) != 0)
            continue;
        snprintf(identity, IDENTITY_TEXT, "%.*s", DIGITS, name);
        const int n = snprintf(path, PATH_MAX, "%s/%s", f->path, name);
        if (n > 0 && n < PATH_MAX)
            return true;
    }
    return false;
}

static void folder_close(struct folder *f)
{
    if (f->dir)
        closedir(f->dir);
}

enum leftover leftovers_look(const char *path, const char *identity)
{
    char file[PATH_MAX];
    const int n = snprintf(file, sizeof file, "%s.spool/%s%s", path, identity, ending);
    if (n < 0 || n >= PATH_MAX || access(file, F_OK) != 0)
        return LEFT_NOTHING;
    if (spool_busy(file))
        return LEFT_BUSY;
    struct spool *s = NULL;
    spool_read_done(file, &s, NULL); /* the caller that runs it reports errors */
    spool_free(s);
    return s ? LEFT_DONE : LEFT_UNDONE;
}

/* --- storing --- */

static enum status take_id(void *context, int columns, const char *const *names,
                           const char *const *cells, struct err *e)
{
    int64_t *id = context;
    (void)columns;
    (void)names;
    (void)e;
    *id = cells[0] ? strtoll(cells[0], NULL, 10) : 0;
    return ST_OK;
}

enum status leftovers_store(struct store *db, const char *path, const char *identity,
                            int64_t run_id, struct spool *s, struct err *e)
{
    char hash[WEIGHTS_HASH];
    enum status st =
        model_files_take_trained(path, identity, spool_kept_weights(s), hash, e);
    if (st == ST_OK)
        st = store_together(db, e);
    if (st)
        return st;
    st = spool_fold(s, db, run_id, NULL, NULL, e);
    if (st == ST_OK)
        st = store_weights(db, run_id, hash[0] ? hash : NULL, e);
    return store_together_end(db, st, e);
}

/* Stores a spool whose run was begun and did not end; any other state was decided later. */
static enum status fold(struct store *db, const char *path, const char *spool_file,
                        const char *identity, struct leftovers *out, struct err *e)
{
    const char *const params[] = {identity};
    int64_t id = 0;
    struct spool *s = NULL;
    enum status st = spool_read_done(spool_file, &s, e);
    if (st || !s)
        return st;
    st = store_query(
        db,
        "SELECT id FROM run WHERE identity = ?1 AND (state = 'running' OR " STORE_BEGUN_AGAIN
        " IS NOT NULL)",
        params, 1, take_id, &id, e);
    if (st == ST_OK && id > 0)
        st = leftovers_store(db, path, identity, id, s, e);
    spool_free(s);
    if (st == ST_OK && id > 0) {
        out->stored++;
        unlink(spool_file);
        model_files_drop_checkpoint(path, identity);
    }
    return st;
}

enum status leftovers_fold(struct store *db, const char *path, struct leftovers *out,
                           struct err *e)
{
    struct folder f;
    char file[PATH_MAX], identity[IDENTITY_TEXT];
    enum status st = folder_open(path, &f, e);
    while (st == ST_OK && folder_next(&f, file, identity)) {
        const bool busy = spool_busy(file);
        out->busy += busy;
        if (!busy)
            st = fold(db, path, file, identity, out, e);
    }
    folder_close(&f);
    return st;
}

/* Looks for a spool that is worth taking the lock for. */
static enum status any(const char *path, struct leftovers *out, bool *found, struct err *e)
{
    struct folder f;
    char file[PATH_MAX], identity[IDENTITY_TEXT];
    *found = false;
    enum status st = folder_open(path, &f, e);
    while (st == ST_OK && !*found && folder_next(&f, file, identity)) {
        const bool busy = spool_busy(file);
        struct spool *s = NULL;
        if (!busy)
            st = spool_read_done(file, &s, e);
        out->busy += busy;
        *found = s != NULL;
        spool_free(s);
    }
    folder_close(&f);
    return st;
}

enum status leftovers_settle(const char *path, struct leftovers *out, struct err *e)
{
    struct database_lock lock = {.file = -1};
    struct store *db = NULL;
    struct leftovers seen = {0};
    bool found;
    enum status st = any(path, &seen, &found, e);
    if (st || !found) {
        out->busy += seen.busy;
        return st;
    }
    st = lock_take(path, &lock, e);
    if (st == ST_OK)
        st = store_open(path, STORE_WRITE, &db, e);
    if (st == ST_OK)
        st = leftovers_fold(db, path, out, e);
    store_close(db);
    lock_give_back(&lock);
    return st;
}
