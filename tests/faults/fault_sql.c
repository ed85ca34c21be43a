/* Statements that fail as SQLite's own do: the connection has the error until its next call,
 * and an error of disk or memory ends the transaction. */
#include "fault.h"

#include <stddef.h>

#include <sqlite3.h>

#include "next.h"

static const int codes[FAULTS] = {[FAULT_FULL] = SQLITE_FULL,
                                  [FAULT_IOERR] = SQLITE_IOERR,
                                  [FAULT_NOMEM] = SQLITE_NOMEM,
                                  [FAULT_BUSY] = SQLITE_BUSY};

static sqlite3 *failed; /* connection whose last call was made to fail */
static int failed_with;
static int depth; /* calls that SQLite makes itself do not count */

static int (*real_exec)(sqlite3 *, const char *, int (*)(void *, int, char **, char **),
                        void *, char **);

static void find_exec(void)
{
    REAL(sqlite3_exec);
    real_exec = real;
}

/* Returns the code to fail with; 0: the call succeeds. */
static int failure(sqlite3 *db, const char *call)
{
    if (depth)
        return 0;
    failed = NULL;
    for (int f = FAULT_FULL; f <= FAULT_BUSY; f++)
        if (fault_here((enum fault)f, call)) {
            failed = db;
            failed_with = codes[f];
            return codes[f];
        }
    return 0;
}

static int fail_within(sqlite3 *db, int code)
{
    find_exec();
    depth++;
    if (code != SQLITE_BUSY && !sqlite3_get_autocommit(db))
        real_exec(db, "ROLLBACK", NULL, NULL, NULL);
    depth--;
    return code;
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): SQLite has its own */

int sqlite3_open_v2(const char *name, sqlite3 **db, int flags, const char *vfs)
{
    REAL(sqlite3_open_v2);
    const int code = failure(NULL, __func__);
    depth++;
    const int got = real(name, db, flags, vfs);
    depth--;
    if (code == 0)
        return got;
    failed = *db;
    return code;
}

int sqlite3_open(const char *name, sqlite3 **db)
{
    return sqlite3_open_v2(name, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
}

int sqlite3_prepare_v2(sqlite3 *db, const char *sql, int bytes, sqlite3_stmt **out,
                       const char **tail)
{
    REAL(sqlite3_prepare_v2);
    const int code = failure(db, __func__);
    if (code) {
        *out = NULL;
        return code;
    }
    depth++;
    const int got = real(db, sql, bytes, out, tail);
    depth--;
    return got;
}

int sqlite3_step(sqlite3_stmt *q)
{
    REAL(sqlite3_step);
    sqlite3 *const db = sqlite3_db_handle(q);
    const int code = failure(db, __func__);
    if (code) {
        sqlite3_reset(q);
        return fail_within(db, code);
    }
    depth++;
    const int got = real(q);
    depth--;
    return got;
}

int sqlite3_exec(sqlite3 *db, const char *sql, int (*row)(void *, int, char **, char **),
                 void *context, char **message)
{
    find_exec();
    const int code = failure(db, __func__);
    if (code)
        return fail_within(db, code);
    depth++;
    const int got = real_exec(db, sql, row, context, message);
    depth--;
    return got;
}

sqlite3_backup *sqlite3_backup_init(sqlite3 *to, const char *to_name, sqlite3 *from,
                                    const char *from_name)
{
    REAL(sqlite3_backup_init);
    return failure(to, __func__) ? NULL : real(to, to_name, from, from_name);
}

int sqlite3_backup_step(sqlite3_backup *b, int pages)
{
    REAL(sqlite3_backup_step);
    const int code = failure(NULL, __func__);
    return code ? code : real(b, pages);
}

int sqlite3_errcode(sqlite3 *db)
{
    REAL(sqlite3_errcode);
    return db && db == failed && !depth ? failed_with : real(db);
}

const char *sqlite3_errmsg(sqlite3 *db)
{
    REAL(sqlite3_errmsg);
    return db && db == failed && !depth ? sqlite3_errstr(failed_with) : real(db);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
