/* looks.h -- how series look: colour, mark and dash, and no two alike in one picture. */
#ifndef LOOKS_H
#define LOOKS_H

#include "plot.h"

/* `mark` is one of gnuplot's, or beyond them a letter: see looks_point. */
struct look {
    char colour[8];
    int mark, dash;
};

/* The look of series `name`, safe for the colour-blind: a colour of Okabe and Ito's palette, a
 * mark and a dash, all three by the name alone. Options in brackets leave the colour and change
 * mark and dash. */
struct look look_of(const char *name);

/* Looks of all series of one picture, no two alike in colour and mark, in text in the letter:
 * of names with one look the first without options, else the first, keeps it; the others get the
 * next mark that is free, of their own colour where there is one. The names stay the data's.
 * NULL: no memory. */
struct looks *looks_new(const struct plot_data *d, bool text);
/* Of a series of that picture; with NULL the name's own look. */
struct look looks_find(const struct looks *all, const char *name);
void looks_free(struct looks *all);

/* What stands behind `pt`. */
void looks_point(FILE *out, int mark);

#endif
