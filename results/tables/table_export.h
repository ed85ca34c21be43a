/* table_export.h -- exports tables for programs: a row per cell, with fractions as stored. */
#ifndef TABLE_EXPORT_H
#define TABLE_EXPORT_H

#include "table_section.h"

/* Add the columns, and the cells of one table. `strata`: with the errors in the hard places
 * (table_strata.h). */
void table_export_columns(struct text_table *t, bool strata);
void table_export_cells(const struct table_section *s, struct text_table *t, bool strata);
/* Returns one object of the array "tables"; owns `cells`, the rows of the table's cells. NULL: no
 * memory. */
json_t *table_export_json(const struct table_section *s, json_t *cells);

/* Prints a \newcommand for each mean, "\pbFlipFlopQuickTokenErrorRopeId", and one with "Spread"
 * after the name for its spread. Names consist of experiment, profile, metric and headings
 * (table_names.h), with digits in words. New names are added to `known`, those so far. ST_USAGE:
 * two numbers would have the same name. */
enum status table_export_macros(const struct table_section *s,
                                const struct table_request *q, FILE *out,
                                struct words *known, struct err *e);

#endif
