/* store_differ.c -- finds the differences between two runs.
 *
 * Two runs of one identity lie in two schemas of one connection. Their rows are joined by their
 * keys, and IS compares their values: NULL IS NULL is true, and equal reals are equal bit for
 * bit, because SQLite stores neither NaN nor -0. */
#include "store_differ.h"

#include <stdio.h>
#include <string.h>

#include "real_text.h"

enum { SHOWN_TEXT = 96 };

const struct store_table store_measured[MEASURED_TABLES] = {
    {"metric", "metric", "split, name, step", "value, count, total", "id", false, NULL},
    {"curve", "step", "step, split", STORE_CURVE_VALUES, "step, split", false, NULL},
    {"answer", "answers", "split", "count, bits", "id", false, NULL},
    {"place", "places", "split", "count, bits", "id", true, NULL},
    {"stratum", "stratum", "split, name, value", "wrong, places, nats",
     "split, name, value", true, "place"},
};

void store_for_each(sqlite3_str *out, const char *columns, const char *between,
                    const char *pattern)
{
    for (const char *c = columns; *c;) {
        const int n = (int)strcspn(c, ",");
        if (c != columns)
            sqlite3_str_appendall(out, between);
        for (const char *p = pattern; *p; p++)
            if (*p == '$')
                sqlite3_str_append(out, c, n);
            else
                sqlite3_str_appendchar(out, 1, *p);
        c += n;
        c += strspn(c, ", ");
    }
}

void store_differing_column(sqlite3_str *out, const char *columns,
                            const struct store_side *a, const struct store_side *b)
{
    char *pattern =
        sqlite3_mprintf("WHEN a.$ IS NOT b.$ THEN ': $ is ' || shown(a.$, b.$) "
                        "|| ' in ' || %Q || ' and ' || shown(b.$, a.$) || ' in ' || %Q ",
                        a->name, b->name);
    sqlite3_str_appendall(out, "CASE ");
    if (pattern)
        store_for_each(out, columns, "", pattern);
    sqlite3_str_appendall(out, "END");
    sqlite3_free(pattern);
}

/* Appends "(SELECT ...) AS <alias>": the rows of `side` that are compared. */
static void add_rows(sqlite3_str *out, const struct store_table *table,
                     const struct store_side *side, const struct store_side *other,
                     const char *alias)
{
    sqlite3_str_appendf(out, "(SELECT * FROM %s%s WHERE run_id = %s", side->tables,
                        table->name, side->id);
    if (table->with)
        sqlite3_str_appendf(out, " AND split IN (SELECT split FROM %s%s WHERE run_id = %s)",
                            other->tables, table->with, other->id);
    sqlite3_str_appendf(out, ") AS %s", alias);
}

void store_differing_rows(sqlite3_str *out, const struct store_table *table,
                          const struct store_side *a, const struct store_side *b)
{
    sqlite3_str_appendf(out, "SELECT '%s'", table->label);
    store_for_each(out, table->keys, "", " || ' ' || $");
    sqlite3_str_appendf(out,
                        " || CASE WHEN b.run_id IS NULL THEN ' is only in ' || %Q "
                        "WHEN a.run_id IS NULL THEN ' is only in ' || %Q ELSE ",
                        a->name, b->name);
    store_differing_column(out, table->values, a, b);
    sqlite3_str_appendall(out, " END FROM ");
    add_rows(out, table, a, b, "a");
    sqlite3_str_appendall(out, table->later && !table->with ? " JOIN " : " FULL JOIN ");
    add_rows(out, table, b, a, "b");
    sqlite3_str_appendf(out, " USING (%s) WHERE a.run_id IS NULL OR b.run_id IS NULL",
                        table->keys);
    store_for_each(out, table->values, "", " OR a.$ IS NOT b.$");
    sqlite3_str_appendf(out, " ORDER BY %s", table->keys);
}

void store_differing_run(sqlite3_str *out, const char *columns, const struct store_side *a,
                         const struct store_side *b)
{
    sqlite3_str_appendall(out, "(SELECT 'run' || ");
    store_differing_column(out, columns, a, b);
    sqlite3_str_appendf(out, " FROM %srun AS a, %srun AS b WHERE a.id = %s AND b.id = %s)",
                        a->tables, b->tables, a->id, b->id);
}

void store_first_difference(sqlite3_str *out, const struct store_side *a,
                            const struct store_side *b)
{
    sqlite3_str_appendall(out, "coalesce(");
    store_differing_run(out, STORE_RUN_SETTLED, a, b);
    for (int i = 0; i < MEASURED_TABLES; i++) {
        sqlite3_str_appendall(out, ", (");
        store_differing_rows(out, &store_measured[i], a, b);
        sqlite3_str_appendall(out, " LIMIT 1)");
    }
    sqlite3_str_appendall(out, ", '')");
}

/* --- for people --- */

/* Writes the first bit of a that b does not share, "1 at 17"; "9 bytes" when b is no blob or of
 * another length. */
static void shown_bytes(char text[SHOWN_TEXT], sqlite3_value *a, sqlite3_value *b)
{
    const int n = sqlite3_value_bytes(a);
    const unsigned char *x = sqlite3_value_blob(a), *y = sqlite3_value_blob(b);
    const bool alike = sqlite3_value_type(b) == SQLITE_BLOB && sqlite3_value_bytes(b) == n;
    int i = 0;
    while (alike && i < n && x[i] == y[i])
        i++;
    snprintf(text, SHOWN_TEXT, "%d bytes", n);
    for (int bit = 0; alike && i < n && bit < 8; bit++)
        if ((x[i] ^ y[i]) >> bit & 1) {
            snprintf(text, SHOWN_TEXT, "%d at %lld", x[i] >> bit & 1, 8LL * i + bit);
            return;
        }
}

static void shown(sqlite3_context *context, int n, sqlite3_value **value)
{
    char text[SHOWN_TEXT];
    (void)n;
    switch (sqlite3_value_type(value[0])) {
    case SQLITE_NULL:
        snprintf(text, sizeof text, "nothing");
        break;
    case SQLITE_FLOAT:
        real_text(sqlite3_value_double(value[0]), text);
        break;
    case SQLITE_BLOB:
        shown_bytes(text, value[0], value[1]);
        break;
    default:
        snprintf(text, sizeof text, "%.80s", (const char *)sqlite3_value_text(value[0]));
    }
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

enum status store_add_shown(struct store *s, struct err *e)
{
    return sqlite3_create_function(s->db, "shown", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                   NULL, shown, NULL, NULL) == SQLITE_OK
               ? ST_OK
               : store_failed(s, "opening", e);
}

enum status store_exec_built(struct store *s, sqlite3_str *sql, const char *doing,
                             struct err *e)
{
    char *text = sqlite3_str_finish(sql);
    const enum status st = text ? store_exec(s, text, doing, e)
                                : err_set(e, ST_NOMEM, "%s: no memory", s->path);
    sqlite3_free(text);
    return st;
}
