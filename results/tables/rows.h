/* rows.h -- prints what a reading SQL statement returns. */
#ifndef ROWS_H
#define ROWS_H

#include "store.h"
#include "text_table.h"

/* Prints rows as they come (text_table_stream). Formats for people print reals with six digits,
 * CSV and JSON with all digits. JSON is an array of objects, one row per line, with numbers as
 * numbers, NULL as null and blobs in hex. *rows receives the number of rows (`rows` may be NULL).
 * Errors as in store_query. */
enum status rows_print(struct store *s, const char *sql, const char *const *params,
                       int n_params, enum print_format f, FILE *out, int *rows,
                       struct err *e);

/* Prints a stored query. In LaTeX its description is the caption. */
enum status rows_print_named(struct store *s, int query, enum print_format f, FILE *out,
                             struct err *e);

/* Prints a statement that the user typed; ST_USAGE when it is wrong. */
enum status rows_print_typed(struct store *s, const char *sql, enum print_format f,
                             FILE *out, struct err *e);

#endif
