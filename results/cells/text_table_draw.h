/* text_table_draw.h -- a text_table for people: terminal, Markdown, LaTeX. */
#ifndef TEXT_TABLE_DRAW_H
#define TEXT_TABLE_DRAW_H

#include "text_table.h"

/* COLUMNS in the environment, else the width of the terminal; 0: it is none. */
int terminal_columns(FILE *out);

/* The rows that are kept, below what was drawn before. */
void text_table_draw(struct text_table *t);
void text_table_draw_end(struct text_table *t);

/* The same as LaTeX (latex_float.c). */
void text_table_latex(struct text_table *t);
void text_table_latex_end(struct text_table *t);

/* The cell as text, without its marks; *head: the bytes before the tail. */
enum { FORM_TEXT = 64 };
const char *text_cell_form(const struct text_cell *c, char text[FORM_TEXT], size_t *head);
/* Of the rows that are kept. */
const struct text_cell *text_row(const struct text_table *t, int row);
/* Has any cell of the row a line above it? */
bool text_row_has_rule(const struct text_table *t, const struct text_cell *row);

#endif
