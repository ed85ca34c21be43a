/* latex_tabular.h -- some rows of one panel of a table as a LaTeX tabular, and their height. */
#ifndef LATEX_TABULAR_H
#define LATEX_TABULAR_H

#include "latex_layout.h"

/* Rows from `from` to before `to` of those that are kept, below the panel's headings. */
void latex_tabular(struct text_table *t, const struct latex_layout *l, int panel, int from,
                   int to);

/* In pt; the headings' with all rules. */
double latex_head_height(const struct text_table *t, const struct latex_layout *l,
                         int panel);
double latex_row_height(const struct text_table *t, const struct latex_layout *l, int panel,
                        int row);

#endif
