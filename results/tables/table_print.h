/* table_print.h -- one table for people: terminal, Markdown or LaTeX. */
#ifndef TABLE_PRINT_H
#define TABLE_PRINT_H

#include "table_section.h"

/* *floats counts those of LaTeX in all sections. */
enum status table_print_section(const struct table_section *s,
                                const struct table_request *q, FILE *out, int *floats,
                                struct err *e);

#endif
