/* store_internal.h -- what the files of results/ share about an open database. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <sqlite3.h>

#include "store.h"

enum { SCHEMA_VERSION = 1, APPLICATION_ID = 0x706F7362 /* "posb" */ };

struct store {
    sqlite3 *db;
    char *path; /* owned */
    bool writable;
};

/* Turns the connection's last error into "PATH: DOING: what; the remedy". */
enum status store_failed(const struct store *s, const char *doing, struct err *e);

/* Calls `start` (may be NULL) with the statement before its first row, then `row` for each
 * row; see store_query. */
typedef enum status (*store_each_fn)(void *context, sqlite3_stmt *row, struct err *e);
enum status store_each(struct store *s, const char *sql, const char *const *params,
                       int n_params, store_each_fn start, store_each_fn row, void *context,
                       struct err *e);

/* A real number as the shortest decimal that reads back to the same double. */
enum { REAL_TEXT = 32 };
void store_real_text(double value, char text[REAL_TEXT]);

#endif
