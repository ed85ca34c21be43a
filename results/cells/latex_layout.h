/* latex_layout.h -- how the columns of a table stand in a paper of two columns: in one of them
 * or across both, in which size, with which cells broken into lines, and in how many panels
 * below each other. */
#ifndef LATEX_LAYOUT_H
#define LATEX_LAYOUT_H

#include "text_table.h"

struct latex_layout {
    bool across;  /* table* */
    double scale; /* of the letters to those of 10 pt */
    int keys;     /* columns that each panel begins with */
    int panels;
    int *first;    /* [panels + 1] panel p has the keys, and first[p] to first[p + 1] - 1 */
    double *wrap;  /* [columns] pt of a column whose cells are broken; 0: none is */
    double *stack; /* [columns] pt within which a heading is broken; 0: it is not */
};

/* For the rows that are kept, whose `point` is known. false: no memory. */
bool latex_layout_init(const struct text_table *t, struct latex_layout *out);
void latex_layout_free(struct latex_layout *l);

/* The table's column that is the i-th of a panel; -1: the panel has fewer. */
int latex_layout_column(const struct latex_layout *l, int panel, int i);

/* pt of a line of a column or, across, of the page; what the paper has at least. */
double latex_layout_room(bool across);

/* Bytes of the whole part that a text begins with, "-12" of "-12.3"; 0: it is no number. */
size_t latex_whole_part(const char *text);

#endif
