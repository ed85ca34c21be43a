#include "rows.h"

#include <ctype.h>
#include <stdlib.h>

#include "prose.h"
#include "queries.h"
#include "store_internal.h"

struct answer {
    struct text_table *table;
    int rows;
};

static enum status add_names(void *context, sqlite3_stmt *q, struct err *e)
{
    struct answer *a = context;
    for (int i = 0; i < sqlite3_column_count(q); i++) {
        const char *name = sqlite3_column_name(q, i);
        if (!name)
            return err_set(e, ST_NOMEM, "no memory for the names of columns");
        text_table_column(a->table, name, false);
    }
    return ST_OK;
}

/* Adds a blob: in hex in JSON, elsewhere only its size. */
static void add_bytes(struct text_table *t, const unsigned char *bytes, int n)
{
    char *hex = t->format == PRINT_JSON ? malloc(2 * (size_t)n + 1) : NULL;
    if (t->format != PRINT_JSON) {
        text_table_format(t, "(%d bytes)", n);
        return;
    }
    for (int i = 0; hex && i < n; i++)
        snprintf(hex + (size_t)2 * i, 3, "%02x", bytes[i]);
    if (hex)
        text_table_bytes(t, hex, (size_t)2 * n);
    t->failed |= !hex;
    free(hex);
}

static void add_cell(struct text_table *t, sqlite3_stmt *q, int i)
{
    switch (sqlite3_column_type(q, i)) {
    case SQLITE_NULL:
        text_table_none(t);
        break;
    case SQLITE_INTEGER:
        text_table_integer(t, sqlite3_column_int64(q, i));
        break;
    case SQLITE_FLOAT:
        text_table_real(t, sqlite3_column_double(q, i));
        break;
    case SQLITE_BLOB:
        add_bytes(t, sqlite3_column_blob(q, i), sqlite3_column_bytes(q, i));
        break;
    default: {
        const char *text = (const char *)sqlite3_column_text(q, i);
        if (text)
            text_table_bytes(t, text, (size_t)sqlite3_column_bytes(q, i));
        t->failed |= !text;
    }
    }
}

static enum status add_row(void *context, sqlite3_stmt *q, struct err *e)
{
    struct answer *a = context;
    for (int i = 0; i < a->table->columns; i++)
        add_cell(a->table, q, i);
    a->rows++;
    return a->table->failed
               ? err_set(e, ST_NOMEM, "no memory for %d rows; ask for fewer", a->rows)
               : ST_OK;
}

/* Prints the answer to `sql` or, when that is NULL, to the user's statement `typed`. */
static enum status print(struct store *s, const char *sql, const char *typed,
                         const char *const *params, int n_params, struct answer *a,
                         struct err *e)
{
    text_table_stream(a->table);
    enum status st = sql ? store_each(s, sql, params, n_params, add_names, add_row, a, e)
                         : store_each_typed(s, typed, add_names, add_row, a, e);
    if (st == ST_OK)
        st = text_table_end(a->table, e);
    text_table_drop(a->table);
    return st;
}

enum status rows_print(struct store *s, const char *sql, const char *const *params,
                       int n_params, enum print_format f, FILE *out, int *rows,
                       struct err *e)
{
    struct text_table t;
    struct answer a = {.table = &t};
    text_table_init(&t, f, out);
    const enum status st = print(s, sql, NULL, params, n_params, &a, e);
    if (rows)
        *rows = a.rows;
    return st;
}

enum status rows_print_named(struct store *s, int query, enum print_format f, FILE *out,
                             struct err *e)
{
    struct text_table t;
    struct answer a = {.table = &t};
    text_table_init(&t, f, out);
    text_table_caption(&t, query_description(query));
    text_table_label(&t, "query-%s", query_name(query));
    return print(s, query_sql(query), NULL, NULL, 0, &a, e);
}

/* Makes the statement, on one line, the caption of the table. */
static void say_statement(struct text_table *t, const char *sql)
{
    struct prose said = {.used = 0};
    prose_say(&said, "Answer to `");
    for (const char *c = sql; *c; c++)
        if (!isspace((unsigned char)*c))
            prose_say(&said, "%s%c", c > sql && isspace((unsigned char)c[-1]) ? " " : "",
                      *c);
    prose_say(&said, "`");
    text_table_caption(t, said.text);
    text_table_label(t, "query");
}

enum status rows_print_typed(struct store *s, const char *sql, enum print_format f,
                             FILE *out, struct err *e)
{
    struct text_table t;
    struct answer a = {.table = &t};
    text_table_init(&t, f, out);
    say_statement(&t, sql);
    return print(s, NULL, sql, NULL, 0, &a, e);
}
