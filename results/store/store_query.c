/* store_query.c -- reads with any SQL, ours or the user's.
 *
 * A statement and its parameters go in; rows come out, as SQLite has them (store_each) or as
 * text (store_query). Two guards allow only reading: an authorizer and sqlite3_stmt_readonly;
 * readers also open the file read-only (store.c). One statement is prepared, a second is
 * refused, parameters are bound, and each row is passed on.
 * Pitfall: cells and names are valid only until the next row. An error in a typed statement is
 * the user's; in one of ours it is the database's. */
#include "store.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option.h"
#include "real_text.h"
#include "store_internal.h"

enum { NAMES_MAX = 64, NAME_TEXT = 64 }; /* most names to suggest from; ours are 21 */

/* Does the pragma only read? Those of the first group may have an argument, those of the second
 * may not. */
static bool pragma_reads(const char *name, const char *argument)
{
    static const char *const about[] = {"table_info",      "table_xinfo", "table_list",
                                        "index_list",      "index_info",  "index_xinfo",
                                        "foreign_key_list"};
    static const char *const plain[] = {
        "user_version",      "application_id",  "schema_version",  "page_count",
        "page_size",         "foreign_keys",    "encoding",        "quick_check",
        "foreign_key_check", "integrity_check", "compile_options", "database_list"};
    for (size_t i = 0; i < sizeof about / sizeof *about; i++)
        if (sqlite3_stricmp(name, about[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof plain / sizeof *plain && !argument; i++)
        if (sqlite3_stricmp(name, plain[i]) == 0)
            return true;
    return false;
}

static int only_reading(void *context, int action, const char *a, const char *b,
                        const char *database, const char *trigger)
{
    (void)context;
    (void)database;
    (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_UPDATE: /* asked for when a table-valued function such as json_each is first
                           used; a true UPDATE of the schema is refused by SQLite itself */
        return strcmp(a, "sqlite_master") == 0 ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION:
        return sqlite3_stricmp(b, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    case SQLITE_PRAGMA:
        return pragma_reads(a, b) ? SQLITE_OK : SQLITE_DENY;
    default:
        return SQLITE_DENY;
    }
}

static const char no_table[] = "no such table: ";

/* Reports an unknown table. `name` belongs to SQLite and is lost with the next statement. */
static enum status unknown_table(const struct store *s, const char *name, struct err *e)
{
    char typed[NAME_TEXT], known[NAMES_MAX][NAME_TEXT];
    const char *names[NAMES_MAX];
    sqlite3_stmt *q = NULL;
    int n = 0;
    snprintf(typed, sizeof typed, "%s", name);
    sqlite3_prepare_v2(s->db,
                       "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') "
                       "AND name NOT LIKE 'sqlite%' ORDER BY type DESC, name",
                       -1, &q, NULL);
    for (; q && n < NAMES_MAX && sqlite3_step(q) == SQLITE_ROW; n++) {
        const char *text = (const char *)sqlite3_column_text(q, 0);
        snprintf(known[n], NAME_TEXT, "%s", text ? text : "");
        names[n] = known[n];
    }
    sqlite3_finalize(q);
    return err_set(e, ST_USAGE, "SQL: no such table: %s%s", typed,
                   suggest_among(typed, names, n));
}

/* Reports a failed statement: as ST_USAGE when the user typed it and it is wrong; for one of ours
 * the database is at fault. */
static enum status statement_failed(const struct store *s, bool typed, struct err *e)
{
    const int code = sqlite3_errcode(s->db) & 0xff;
    if (code == SQLITE_AUTH)
        return err_set(e, ST_USAGE,
                       "the statement would change the database or reach beyond it; only "
                       "reading (SELECT, WITH, VALUES, EXPLAIN) is allowed");
    if (!typed)
        return store_failed(s, "reading", e);
    if (code == SQLITE_ERROR &&
        strncmp(sqlite3_errmsg(s->db), no_table, strlen(no_table)) == 0)
        return unknown_table(s, sqlite3_errmsg(s->db) + strlen(no_table), e);
    if (code == SQLITE_ERROR || code == SQLITE_MISMATCH || code == SQLITE_TOOBIG ||
        code == SQLITE_RANGE)
        return err_set(e, ST_USAGE, "SQL: %s", sqlite3_errmsg(s->db));
    return store_failed(s, "reading", e);
}

static enum status prepare_reading(struct store *s, const char *sql, int n_params,
                                   bool typed, sqlite3_stmt **out, struct err *e)
{
    const char *rest = NULL;
    sqlite3_stmt *more = NULL;
    int code = sqlite3_prepare_v2(s->db, sql, -1, out, &rest);
    enum status st = code == SQLITE_OK ? ST_OK : statement_failed(s, typed, e);
    if (st == ST_OK && !*out)
        st = err_set(e, ST_USAGE,
                     "SQL: there is no statement; write one, such as "
                     "\"SELECT * FROM v_result\"");
    if (st == ST_OK && !sqlite3_stmt_readonly(*out))
        st = err_set(e, ST_USAGE,
                     "the statement would change the database; only reading is "
                     "allowed");
    if (st == ST_OK) {
        code = sqlite3_prepare_v2(s->db, rest, -1, &more, NULL);
        if (more || code == SQLITE_ERROR || code == SQLITE_AUTH)
            st = err_set(e, ST_USAGE,
                         "SQL: one statement at a time; this begins a second: %.40s",
                         rest + strspn(rest, " \t\r\n"));
        else if (code != SQLITE_OK)
            st = statement_failed(s, typed, e);
    }
    sqlite3_finalize(more);
    if (st == ST_OK && sqlite3_bind_parameter_count(*out) > n_params)
        st = err_set(e, ST_USAGE, "SQL: %d parameters (?) but %d values",
                     sqlite3_bind_parameter_count(*out), n_params);
    return st;
}

/* A statement, its parameters and whether the user typed it. */
struct question {
    const char *sql;
    const char *const *params;
    int n_params;
    bool typed;
};

static enum status ask_each(struct store *s, const struct question *asked,
                            store_each_fn start, store_each_fn row, void *context,
                            struct err *e)
{
    sqlite3_stmt *q = NULL;
    int code = SQLITE_DONE;
    const bool typed = asked->typed;
    sqlite3_set_authorizer(s->db, only_reading, NULL);
    enum status st = prepare_reading(s, asked->sql, asked->n_params, typed, &q, e);
    for (int i = 0; i < asked->n_params && st == ST_OK; i++)
        if (i < sqlite3_bind_parameter_count(q) &&
            sqlite3_bind_text(q, i + 1, asked->params[i], -1, SQLITE_STATIC) != SQLITE_OK)
            st = store_failed(s, "reading", e);
    if (st == ST_OK && start)
        st = start(context, q, e);
    while (st == ST_OK && (code = sqlite3_step(q)) == SQLITE_ROW)
        st = row(context, q, e);
    if (st == ST_OK && code != SQLITE_DONE)
        st = statement_failed(s, typed, e);
    sqlite3_finalize(q);
    sqlite3_set_authorizer(s->db, NULL, NULL);
    return st;
}

enum status store_each(struct store *s, const char *sql, const char *const *params,
                       int n_params, store_each_fn start, store_each_fn row, void *context,
                       struct err *e)
{
    return ask_each(s, &(struct question){sql, params, n_params, false}, start, row,
                    context, e);
}

enum status store_each_typed(struct store *s, const char *sql, store_each_fn start,
                             store_each_fn row, void *context, struct err *e)
{
    return ask_each(s, &(struct question){.sql = sql, .typed = true}, start, row, context,
                    e);
}

/* A row as text, in buffers that grow with the widest one. */
struct text_rows {
    store_row_fn row;
    void *context;
    int columns;
    const char **names, **cells; /* [columns] */
    char (*real)[REAL_TEXT];     /* [columns] room for REAL and BLOB cells */
};

static enum status make_room(void *context, sqlite3_stmt *q, struct err *e)
{
    struct text_rows *t = context;
    const int n = sqlite3_column_count(q);
    t->names = calloc((size_t)n, sizeof *t->names);
    t->cells = calloc((size_t)n, sizeof *t->cells);
    t->real = calloc((size_t)n, sizeof *t->real);
    if (!t->names || !t->cells || !t->real)
        return err_set(e, ST_NOMEM, "no memory for a row of %d columns", n);
    t->columns = n;
    return ST_OK;
}

static enum status text_row(void *context, sqlite3_stmt *q, struct err *e)
{
    struct text_rows *t = context;
    for (int i = 0; i < t->columns; i++) {
        t->names[i] = sqlite3_column_name(q, i);
        switch (sqlite3_column_type(q, i)) {
        case SQLITE_NULL:
            t->cells[i] = NULL;
            break;
        case SQLITE_FLOAT:
            real_text(sqlite3_column_double(q, i), t->real[i]);
            t->cells[i] = t->real[i];
            break;
        case SQLITE_BLOB:
            snprintf(t->real[i], REAL_TEXT, "(%d bytes)", sqlite3_column_bytes(q, i));
            t->cells[i] = t->real[i];
            break;
        default:
            t->cells[i] = (const char *)sqlite3_column_text(q, i);
            if (!t->cells[i])
                return err_set(e, ST_NOMEM, "no memory for a row of %d columns",
                               t->columns);
        }
    }
    return t->row(t->context, t->columns, t->names, t->cells, e);
}

enum status store_query(struct store *s, const char *sql, const char *const *params,
                        int n_params, store_row_fn row, void *context, struct err *e)
{
    struct text_rows t = {.row = row, .context = context};
    const enum status st = store_each(s, sql, params, n_params, make_room, text_row, &t, e);
    free(t.names);
    free(t.cells);
    free(t.real);
    return st;
}
