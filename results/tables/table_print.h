/* table_print.h -- prints one table for people: terminal, Markdown, LaTeX or HTML. */
#ifndef TABLE_PRINT_H
#define TABLE_PRINT_H

#include "table_section.h"

/* Prints one section to `out`. *floats counts the LaTeX floats of all sections. */
enum status table_print_section(const struct table_section *s,
                                const struct table_request *q, FILE *out, int *floats,
                                struct err *e);

#endif
