/* rows.h -- prints what a reading SQL statement returns. */
#ifndef ROWS_H
#define ROWS_H

#include "store.h"
#include "text_table.h"

/* Rows are printed as they come (text_table_stream). Formats for people print reals with six
 * digits, CSV and JSON with all of them. JSON is an array of objects, a row a line, with
 * numbers as numbers, NULL as null and bytes in hex. *rows (may be NULL) receives how many
 * there were. Errors as store_query. */
enum status rows_print(struct store *s, const char *sql, const char *const *params,
                       int n_params, enum print_format f, FILE *out, int *rows,
                       struct err *e);

/* A stored query. In LaTeX what it answers is the caption. */
enum status rows_print_named(struct store *s, int query, enum print_format f, FILE *out,
                             struct err *e);

/* A statement that the user typed: what is wrong with it is ST_USAGE. */
enum status rows_print_typed(struct store *s, const char *sql, enum print_format f,
                             FILE *out, struct err *e);

#endif
