/* text_table_draw.h -- prints a text_table for people: terminal, Markdown, HTML, LaTeX. */
#ifndef TEXT_TABLE_DRAW_H
#define TEXT_TABLE_DRAW_H

#include "text_table.h"

/* Returns COLUMNS of the environment, else the width of the terminal; 0: `out` is no terminal. */
int terminal_columns(FILE *out);

/* Prints the kept rows, below those printed before. */
void text_table_draw(struct text_table *t);
void text_table_draw_end(struct text_table *t);

/* The same in LaTeX (latex_float.c). */
void text_table_latex(struct text_table *t);
void text_table_latex_end(struct text_table *t);

/* Returns the cell as text, without its marks; *head receives the bytes before the tail. */
enum { FORM_TEXT = 64 };
const char *text_cell_form(const struct text_cell *c, char text[FORM_TEXT], size_t *head);
/* Returns the cells of a kept row. */
const struct text_cell *text_row(const struct text_table *t, int row);
/* Does a rule stand above the row? */
bool text_row_has_rule(const struct text_table *t, const struct text_cell *row);

#endif
