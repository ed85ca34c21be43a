#include "leftovers.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "model_files.h"
#include "schedule.h"
#include "spool.h"

enum { DIGITS = IDENTITY_TEXT - 1 };

static const char ending[] = ".jsonl";

/* --- the folder --- */

struct folder {
    char path[PATH_MAX]; /* FILE.spool */
    DIR *dir;            /* NULL: there is none */
};

static void folder_open(const char *db, struct folder *out)
{
    const int n = snprintf(out->path, sizeof out->path, "%s.spool", db);
    out->dir = n > 0 && n < PATH_MAX ? opendir(out->path) : NULL;
}

/* The path and the identity of the next spool; false: there is none. Other files are
 * passed over. */
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

/* NULL: it is not there, or does not say that the run is done. */
static struct spool *read_done(const char *path)
{
    struct spool *s = NULL;
    if (spool_read(path, &s, NULL) != ST_OK)
        return NULL;
    const char *state = spool_state(s);
    if (state && strcmp(state, "done") == 0)
        return s;
    spool_free(s);
    return NULL;
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

/* Only of a run that was begun and did not end: any other state was decided since. */
static enum status fold(struct store *db, const char *path, const char *spool_file,
                        const char *identity, struct leftovers *out, struct err *e)
{
    const char *const params[] = {identity};
    int64_t id = 0;
    struct spool *s = read_done(spool_file);
    if (!s)
        return ST_OK;
    enum status st =
        store_query(db, "SELECT id FROM run WHERE identity = ?1 AND state = 'running'",
                    params, 1, take_id, &id, e);
    if (st == ST_OK && id > 0)
        st = spool_fold(s, db, id, NULL, NULL, e);
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
    enum status st = ST_OK;
    folder_open(path, &f);
    while (st == ST_OK && folder_next(&f, file, identity)) {
        const bool busy = spool_busy(file);
        out->busy += busy;
        if (!busy)
            st = fold(db, path, file, identity, out, e);
    }
    folder_close(&f);
    return st;
}

/* Is there a spool that is worth a lock? */
static bool any(const char *path, struct leftovers *out)
{
    struct folder f;
    char file[PATH_MAX], identity[IDENTITY_TEXT];
    bool found = false;
    folder_open(path, &f);
    while (!found && folder_next(&f, file, identity)) {
        const bool busy = spool_busy(file);
        struct spool *s = busy ? NULL : read_done(file);
        out->busy += busy;
        found = s != NULL;
        spool_free(s);
    }
    folder_close(&f);
    return found;
}

enum status leftovers_settle(const char *path, struct leftovers *out, struct err *e)
{
    struct schedule_lock lock = {.file = -1};
    struct store *db = NULL;
    struct leftovers seen = {0};
    if (!any(path, &seen)) {
        out->busy += seen.busy;
        return ST_OK;
    }
    enum status st = schedule_lock(path, &lock, e);
    if (st == ST_OK)
        st = store_open(path, STORE_WRITE, &db, e);
    if (st == ST_OK)
        st = leftovers_fold(db, path, out, e);
    store_close(db);
    schedule_unlock(&lock);
    return st;
}
