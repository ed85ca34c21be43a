/* table_export.h -- tables for programs: a row for each cell, with fractions as stored. */
#ifndef TABLE_EXPORT_H
#define TABLE_EXPORT_H

#include "table_section.h"

/* `strata`: with the errors in the hard places (table_strata.h). */
void table_export_columns(struct text_table *t, bool strata);
void table_export_cells(const struct table_section *s, struct text_table *t, bool strata);
/* One object of the array "tables", of the rows of its cells, which it steals; NULL: no
 * memory. */
json_t *table_export_json(const struct table_section *s, json_t *cells);

/* A \newcommand for each mean, "\pbFlipFlopQuickTokenErrorRopeId", and with "Spread" behind its
 * name for what stands behind it, for use in text. The names are made of experiment, profile,
 * metric and headings (table_names.h), digits in words. `known` are those so far; new
 * ones join them. ST_USAGE: two numbers would have one name. */
enum status table_export_macros(const struct table_section *s,
                                const struct table_request *q, FILE *out,
                                struct words *known, struct err *e);

#endif
