/* schema_text.h -- lists the tables, views and columns of the database with their comments in
 * schema.sql, for people who write queries. */
#ifndef SCHEMA_TEXT_H
#define SCHEMA_TEXT_H

#include "status.h"

/* The strings are valid only during the call. */
struct schema_line {
    const char *kind;   /* "table" or "view" */
    const char *object; /* its name */
    const char *column; /* NULL: the line is about the object */
    const char *type;   /* "TEXT"; "" when a view computes it */
    const char *about;  /* the comment in one line; "": none */
};

typedef enum status (*schema_fn)(void *context, const struct schema_line *line,
                                 struct err *e);

/* Calls `take` for each table and view in the order of schema.sql, and then for its columns. A
 * column that a view takes from `run` without a comment has the comment of `run`. */
enum status schema_each(schema_fn take, void *context, struct err *e);

#endif
