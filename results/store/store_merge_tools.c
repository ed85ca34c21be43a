/* Statements, notes and comparisons of all parts of a merge. */
#include <stdio.h>
#include <string.h>

#include "real_text.h"
#include "store_merge_internal.h"

/* --- statements --- */

enum status merge_prepare(struct store *s, const char *sql, sqlite3_stmt **q, struct err *e)
{
    return sqlite3_prepare_v2(s->db, sql, -1, q, NULL) == SQLITE_OK
               ? ST_OK
               : store_failed(s, "merging", e);
}

enum status merge_next(struct store *s, sqlite3_stmt *q, bool *row, struct err *e)
{
    const int code = sqlite3_step(q);
    *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? ST_OK
                                                     : store_failed(s, "merging", e);
}

enum status merge_bind_row(struct store *s, sqlite3_stmt *q, int at, sqlite3_stmt *row,
                           int first, int n, struct err *e)
{
    for (int i = 0; i < n; i++)
        if (sqlite3_bind_value(q, at + i, sqlite3_column_value(row, first + i)) !=
            SQLITE_OK)
            return store_failed(s, "merging", e);
    return ST_OK;
}

enum status merge_step_once(struct store *s, sqlite3_stmt *q, struct err *e)
{
    bool row;
    const enum status st = merge_next(s, q, &row, e);
    sqlite3_reset(q);
    return st;
}

enum status merge_with_id(struct store *s, const char *sql, int64_t id, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = merge_prepare(s, sql, &q, e);
    if (st == ST_OK && sqlite3_bind_int64(q, 1, id) != SQLITE_OK)
        st = store_failed(s, "merging", e);
    if (st == ST_OK)
        st = merge_step_once(s, q, e);
    sqlite3_finalize(q);
    return st;
}

/* --- what came from a part --- */

enum status merge_begin_notes(const struct merge *m, struct err *e)
{
    return store_exec(
        m->to,
        "CREATE TEMP TABLE IF NOT EXISTS merged (what TEXT PRIMARY KEY) WITHOUT ROWID",
        "merging", e);
}

enum status merge_note(const struct merge *m, const char *what, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st =
        merge_prepare(m->to, "INSERT OR IGNORE INTO temp.merged VALUES (?1)", &q, e);
    if (st == ST_OK && sqlite3_bind_text(q, 1, what, -1, SQLITE_STATIC) != SQLITE_OK)
        st = store_failed(m->to, "merging", e);
    if (st == ST_OK)
        st = merge_step_once(m->to, q, e);
    sqlite3_finalize(q);
    return st;
}

enum status merge_noted(const struct merge *m, const char *what, bool *out, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st =
        merge_prepare(m->to, "SELECT 1 FROM temp.merged WHERE what = ?1", &q, e);
    if (st == ST_OK && sqlite3_bind_text(q, 1, what, -1, SQLITE_STATIC) != SQLITE_OK)
        st = store_failed(m->to, "merging", e);
    if (st == ST_OK)
        st = merge_next(m->to, q, out, e);
    sqlite3_finalize(q);
    return st;
}

/* --- comparing --- */

static int real_order(double x, double y)
{
    uint64_t p, q; /* bit for bit: 0 is not -0 */
    memcpy(&p, &x, sizeof p);
    memcpy(&q, &y, sizeof q);
    return x == y ? (p > q) - (p < q) : x > y ? 1 : -1;
}

/* 0: the same; else an order of no other meaning than being the same for everybody. */
static int value_order(sqlite3_stmt *a, sqlite3_stmt *b, int i)
{
    const int type = sqlite3_column_type(a, i), other = sqlite3_column_type(b, i);
    if (type != other)
        return type - other;
    if (type == SQLITE_NULL)
        return 0;
    if (type == SQLITE_FLOAT)
        return real_order(sqlite3_column_double(a, i), sqlite3_column_double(b, i));
    if (type == SQLITE_INTEGER) {
        const int64_t x = sqlite3_column_int64(a, i), y = sqlite3_column_int64(b, i);
        return (x > y) - (x < y);
    }
    const void *x = sqlite3_column_blob(a, i), *y = sqlite3_column_blob(b, i);
    const int n = sqlite3_column_bytes(a, i), m = sqlite3_column_bytes(b, i);
    const int shorter = n < m ? n : m;
    const int order = shorter ? memcmp(x, y, (size_t)shorter) : 0;
    return order ? order : n - m;
}

/* "0.25", "nothing", "(2500 bytes)" */
static void value_text(sqlite3_stmt *row, int i, char *text, size_t room)
{
    char real[REAL_TEXT];
    switch (sqlite3_column_type(row, i)) {
    case SQLITE_NULL:
        snprintf(text, room, "nothing");
        break;
    case SQLITE_FLOAT:
        real_text(sqlite3_column_double(row, i), real);
        snprintf(text, room, "%s", real);
        break;
    case SQLITE_BLOB:
        snprintf(text, room, "other bits");
        break;
    default:
        snprintf(text, room, "%.80s", (const char *)sqlite3_column_text(row, i));
    }
}

void merge_key_text(const struct row_names *names, sqlite3_stmt *row, char text[KEY_TEXT])
{
    size_t used = (size_t)snprintf(text, KEY_TEXT, "%s", names->what);
    for (int i = 0; i < names->keys && used < KEY_TEXT; i++)
        used += (size_t)snprintf(text + used, KEY_TEXT - used, " %.80s",
                                 (const char *)sqlite3_column_text(row, i));
}

int merge_row_order(const struct merge *m, const struct row_names *names, sqlite3_stmt *a,
                    sqlite3_stmt *b, char text[DIFFERENCE_TEXT])
{
    char key[KEY_TEXT], x[96], y[96];
    for (int i = 0; i < sqlite3_column_count(b); i++) {
        const int order = value_order(a, b, i);
        if (order == 0)
            continue;
        merge_key_text(names, a, key);
        value_text(a, i, x, sizeof x);
        value_text(b, i, y, sizeof y);
        if (i < names->keys)
            snprintf(text, DIFFERENCE_TEXT, "%s is only in one of the two", key);
        else
            snprintf(text, DIFFERENCE_TEXT, "%s: %s is %s in %s and %s in %s", key,
                     sqlite3_column_name(a, i), x, m->to->path, y, m->from->path);
        return order;
    }
    return 0;
}
