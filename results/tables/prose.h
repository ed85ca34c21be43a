/* prose.h -- sentences around tables, in every format for people. */
#ifndef PROSE_H
#define PROSE_H

#include <stdio.h>

#include "text_table.h"

/* All three end the line. */
void prose_title(enum print_format f, const char *text, FILE *out);
void prose_item(enum print_format f, const char *text, FILE *out); /* of a list */
void prose_paragraph(enum print_format f, const char *text, FILE *out);

#endif
