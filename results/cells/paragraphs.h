/* paragraphs.h -- prints sentences around tables, in every format for people. */
#ifndef PARAGRAPHS_H
#define PARAGRAPHS_H

#include <stdio.h>

#include "text_table.h"

/* All three end the line. */
void paragraph_title(enum print_format f, const char *text, FILE *out);
void paragraph_item(enum print_format f, const char *text, FILE *out); /* of a list */
void paragraph_plain(enum print_format f, const char *text, FILE *out);

#endif
