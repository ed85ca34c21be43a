/* text_table_draw.h -- a text_table for people: terminal, Markdown, LaTeX. */
#ifndef TEXT_TABLE_DRAW_H
#define TEXT_TABLE_DRAW_H

#include "text_table.h"

/* COLUMNS in the environment, else the width of the terminal; 0: it is none. */
int terminal_columns(FILE *out);

/* The rows that are kept, below what was drawn before. */
void text_table_draw(struct text_table *t);
void text_table_draw_end(struct text_table *t);

#endif
