/* store_matrix.c -- gives one connection a matrix of its own.
 *
 * A temporary table `membership` is filled by identity, and temporary copies of the views
 * hide those of the file: SQLite looks for a name among temporary objects first. A view of the
 * file sees only the file's tables, so that all views must be copied. That they are posbench's
 * own was checked when the file was opened (store_guard.c). */
#include "store_matrix.h"

#include "identities.h"
#include "store_internal.h"

static const char doing[] = "choosing the runs of a file";

static enum status add_member(struct store *s, sqlite3_stmt *q, const struct member_row *m,
                              struct err *e)
{
    const char *const text[] = {m->identity, m->experiment, m->profile, m->cell};
    int code = SQLITE_OK;
    for (int i = 0; i < 4 && code == SQLITE_OK; i++)
        code = sqlite3_bind_text(q, i + 1, text[i], -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(q);
    const enum status st = code == SQLITE_DONE ? ST_OK : store_failed(s, doing, e);
    sqlite3_reset(q);
    return st;
}

static enum status fill(struct store *s, const struct member_row *m, int n, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = ST_OK;
    if (sqlite3_prepare_v2(
            s->db,
            "INSERT INTO temp.membership SELECT id, ?2, ?3, ?4 FROM main.run "
            "WHERE identity = ?1",
            -1, &q, NULL) != SQLITE_OK)
        return store_failed(s, doing, e);
    for (int i = 0; i < n && st == ST_OK; i++)
        st = add_member(s, q, &m[i], e);
    sqlite3_finalize(q);
    return st;
}

/* `sql` begins with "CREATE VIEW", as SQLite stores it. */
static enum status copy_view(struct store *s, const char *sql, struct err *e)
{
    char *copy = sqlite3_mprintf("CREATE TEMP %s", sql + sizeof "CREATE");
    const enum status st =
        copy ? store_exec(s, copy, doing, e)
             : err_set(e, ST_NOMEM, "%s: no memory to choose runs", s->path);
    sqlite3_free(copy);
    return st;
}

static enum status copy_views(struct store *s, struct err *e)
{
    sqlite3_stmt *view = NULL;
    int code = SQLITE_DONE;
    enum status st = ST_OK;
    if (sqlite3_prepare_v2(s->db,
                           "SELECT sql FROM main.sqlite_schema WHERE type = 'view' "
                           "AND name GLOB 'v_*'",
                           -1, &view, NULL) != SQLITE_OK)
        return store_failed(s, doing, e);
    while (st == ST_OK && (code = sqlite3_step(view)) == SQLITE_ROW)
        st = copy_view(s, (const char *)sqlite3_column_text(view, 0), e);
    if (st == ST_OK && code != SQLITE_DONE)
        st = store_failed(s, doing, e);
    sqlite3_finalize(view);
    return st;
}

/* The views show only the runs that are put into this table. */
static const char begin_sql[] =
    "BEGIN; CREATE TEMP TABLE membership (run_id INTEGER NOT NULL, experiment TEXT NOT NULL, "
    "profile TEXT NOT NULL, cell TEXT NOT NULL, UNIQUE (run_id, experiment, profile));";

static enum status end_views(struct store *s, enum status st, struct err *e)
{
    if (st == ST_OK)
        st = copy_views(s, e);
    return st ? st : store_exec(s, "COMMIT", doing, e);
}

enum status store_speak_of(struct store *s, const struct member_row *m, int n,
                           struct err *e)
{
    enum status st = store_exec(s, begin_sql, doing, e);
    if (st == ST_OK)
        st = fill(s, m, n, e);
    return end_views(s, st, e);
}

static enum status take_any(void *context, int columns, const char *const *names,
                            const char *const *cells, struct err *e)
{
    (void)columns;
    (void)names;
    (void)cells;
    (void)e;
    *(bool *)context = true;
    return ST_OK;
}

enum status store_without_trials(struct store *s, struct err *e)
{
    bool any = false;
    enum status st = store_query(s,
                                 "SELECT 1 FROM membership WHERE profile GLOB "
                                 "'*" TUNING_PROFILE "' LIMIT 1",
                                 NULL, 0, take_any, &any, e);
    if (st || !any)
        return st;
    st = store_exec(s, begin_sql, doing, e);
    if (st == ST_OK)
        st = store_exec(s,
                        "INSERT INTO temp.membership SELECT run_id, experiment, profile, "
                        "cell FROM main.membership WHERE profile NOT GLOB "
                        "'*" TUNING_PROFILE "'",
                        doing, e);
    return end_views(s, st, e);
}
