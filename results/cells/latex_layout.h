/* latex_layout.h -- chooses the layout of a table in a paper of two columns: in one column or
 * across both, the letter size, which cells are broken into lines, and how many panels stand
 * below each other. */
#ifndef LATEX_LAYOUT_H
#define LATEX_LAYOUT_H

#include "text_table.h"

struct latex_layout {
    bool across;  /* table* */
    double scale; /* letter size relative to 10 pt */
    int keys;     /* columns that each panel begins with */
    int panels;
    int *first;    /* [panels + 1] panel p: keys and columns first[p] to first[p + 1] - 1 */
    double *wrap;  /* [columns] pt at which cells are broken; 0: they are not */
    double *stack; /* [columns] pt at which the heading is broken; 0: it is not */
};

/* Lays out the rows that are kept; the columns' `point` must be known. false: no memory. */
bool latex_layout_init(const struct text_table *t, struct latex_layout *out);
void latex_layout_free(struct latex_layout *l);

/* Returns the table's column that is the i-th of a panel; -1: the panel has fewer. */
int latex_layout_column(const struct latex_layout *l, int panel, int i);

/* Returns the pt of a line in one column or, with `across`, on the page: the least that papers
 * have. */
double latex_layout_room(bool across);

/* Returns the bytes of the integer part at the start of a text, "-12" of "-12.3"; 0: none. */
size_t latex_whole_part(const char *text);

#endif
