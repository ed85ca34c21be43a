/* latex_tabular.h -- prints some rows of one panel of a table as a LaTeX tabular, and tells their
 * height. */
#ifndef LATEX_TABULAR_H
#define LATEX_TABULAR_H

#include "latex_layout.h"

/* Prints the kept rows from `from` to before `to`, below the panel's headings. */
void latex_tabular(struct text_table *t, const struct latex_layout *l, int panel, int from,
                   int to);

/* Heights in pt; that of the headings includes all rules. */
double latex_head_height(const struct text_table *t, const struct latex_layout *l,
                         int panel);
double latex_row_height(const struct text_table *t, const struct latex_layout *l, int panel,
                        int row);

#endif
