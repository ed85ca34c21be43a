#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "store_internal.h"

struct rows {
    enum print_format format;
    FILE *out;
    struct grid grid;
    int n;
};

static void add_cell(struct rows *r, sqlite3_stmt *q, int i)
{
    char text[REAL_TEXT];
    switch (sqlite3_column_type(q, i)) {
    case SQLITE_NULL:
        grid_add(&r->grid, "");
        break;
    case SQLITE_FLOAT:
        if (r->format == PRINT_TEXT || r->format == PRINT_MD)
            snprintf(text, sizeof text, "%.6g", sqlite3_column_double(q, i));
        else
            store_real_text(sqlite3_column_double(q, i), text);
        grid_add(&r->grid, text);
        break;
    case SQLITE_BLOB:
        grid_addf(&r->grid, "(%d bytes)", sqlite3_column_bytes(q, i));
        break;
    default:
        grid_add(&r->grid, (const char *)sqlite3_column_text(q, i));
    }
}

static enum status add_header(void *context, sqlite3_stmt *q, struct err *e)
{
    struct rows *r = context;
    (void)e;
    grid_init(&r->grid, sqlite3_column_count(q), 0);
    for (int i = 0; i < sqlite3_column_count(q); i++)
        grid_add(&r->grid, sqlite3_column_name(q, i));
    return ST_OK;
}

/* Columns of numbers stand to the right; the first row decides which they are. */
static unsigned number_columns(sqlite3_stmt *q)
{
    unsigned right = 0;
    for (int i = 0; i < sqlite3_column_count(q) && i < 32; i++) {
        const int type = sqlite3_column_type(q, i);
        right |= (unsigned)(type == SQLITE_INTEGER || type == SQLITE_FLOAT) << i;
    }
    return right;
}

static void print_hex(FILE *out, const unsigned char *bytes, int n)
{
    fputc('"', out);
    for (int i = 0; i < n; i++)
        fprintf(out, "%02x", bytes[i]);
    fputc('"', out);
}

static void print_json_cell(FILE *out, sqlite3_stmt *q, int i)
{
    switch (sqlite3_column_type(q, i)) {
    case SQLITE_NULL:
        escape_json(out, NULL);
        break;
    case SQLITE_INTEGER:
        fprintf(out, "%lld", (long long)sqlite3_column_int64(q, i));
        break;
    case SQLITE_FLOAT:
        escape_json_real(out, sqlite3_column_double(q, i));
        break;
    case SQLITE_BLOB:
        print_hex(out, sqlite3_column_blob(q, i), sqlite3_column_bytes(q, i));
        break;
    default:
        escape_json(out, (const char *)sqlite3_column_text(q, i));
    }
}

static void print_json_row(struct rows *r, sqlite3_stmt *q)
{
    fputs(r->n ? ",\n {" : "[\n {", r->out);
    for (int i = 0; i < sqlite3_column_count(q); i++) {
        fputs(i ? ", " : "", r->out);
        escape_json(r->out, sqlite3_column_name(q, i));
        fputs(": ", r->out);
        print_json_cell(r->out, q, i);
    }
    fputc('}', r->out);
}

static enum status one_row(void *context, sqlite3_stmt *q, struct err *e)
{
    struct rows *r = context;
    if (r->format == PRINT_JSON) {
        print_json_row(r, q);
    } else {
        if (r->n == 0)
            r->grid.right = number_columns(q);
        for (int i = 0; i < sqlite3_column_count(q); i++)
            add_cell(r, q, i);
    }
    r->n++;
    return r->grid.failed
               ? err_set(e, ST_NOMEM, "no memory for %d rows; ask for fewer", r->n)
               : ST_OK;
}

enum status rows_print(struct store *s, const char *sql, const char *const *params,
                       int n_params, enum print_format f, FILE *out, int *rows,
                       struct err *e)
{
    struct rows r = {.format = f, .out = out};
    enum status st = store_each(s, sql, params, n_params, add_header, one_row, &r, e);
    if (st == ST_OK && f == PRINT_JSON)
        fputs(r.n ? "\n]\n" : "[]\n", out);
    else if (st == ST_OK)
        st = grid_print(&r.grid, f, out, e);
    grid_free(&r.grid);
    if (rows)
        *rows = r.n;
    return st;
}
