/* Makes, changes and reads the databases that tests merge.
 *
 * Include it after filled_store.h. */
#ifndef MERGE_PARTS_H
#define MERGE_PARTS_H

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 1 << 18 };

/* A database with its path. The fixture's own database receives the others. */
struct part {
    char path[160];
    struct store *store;
};

static inline struct part open_part(const struct fixture *f, const char *name)
{
    struct part p;
    snprintf(p.path, sizeof p.path, "%s/%s.db", f->folder, name);
    assert_ok(store_open(p.path, STORE_WRITE, &p.store, &err));
    return p;
}

static inline void execute(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static inline enum status add_row(void *context, int columns, const char *const *names,
                                  const char *const *cells, struct err *e)
{
    char *text = context;
    size_t used = strlen(text);
    (void)names;
    (void)e;
    for (int i = 0; i < columns; i++)
        used +=
            (size_t)snprintf(text + used, TEXT - used, "%s|", cells[i] ? cells[i] : "-");
    snprintf(text + used, TEXT - used, "\n");
    assert_true(used < TEXT - 1);
    return ST_OK;
}

static inline char *rows_of(struct store *s, const char *sql)
{
    char *text = calloc(1, TEXT);
    assert_non_null(text);
    assert_ok(store_query(s, sql, NULL, 0, add_row, text, &err));
    return text;
}

static inline void assert_rows(struct store *s, const char *sql, const char *want)
{
    char *got = rows_of(s, sql);
    assert_string_equal(got, want);
    free(got);
}

#endif
