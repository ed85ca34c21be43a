/* table_export.h -- tables for programs: a line or an object for each cell, with
 * fractions as stored. */
#ifndef TABLE_EXPORT_H
#define TABLE_EXPORT_H

#include "table_section.h"

void table_export_csv_header(FILE *out);
void table_export_csv(const struct table_section *s, FILE *out);
/* One object of the array "tables". */
void table_export_json(const struct table_section *s, FILE *out);

#endif
