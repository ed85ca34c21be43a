/* schema_text.h -- the tables, views and columns of the database with what schema.sql says of
 * them: for people who write queries. */
#ifndef SCHEMA_TEXT_H
#define SCHEMA_TEXT_H

#include "status.h"

/* All is lent until the function returns. */
struct schema_line {
    const char *kind;   /* "table" or "view" */
    const char *object; /* its name */
    const char *column; /* NULL: the line is about the object */
    const char *type;   /* "TEXT", "" where a view computes it */
    const char *about;  /* in one line; "": nothing is said */
};

typedef enum status (*schema_fn)(void *context, const struct schema_line *line,
                                 struct err *e);

/* Each table and view in the order of schema.sql, itself and then its columns. A view's column
 * that is one of `run` has the comment it has there. */
enum status schema_each(schema_fn take, void *context, struct err *e);

#endif
