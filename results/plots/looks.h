/* looks.h -- chooses colour, mark and dash of series, no two alike in one picture. */
#ifndef LOOKS_H
#define LOOKS_H

#include "plot.h"

/* `mark` is one of gnuplot's or, beyond them, a letter: see looks_point. */
struct look {
    char colour[8];
    int mark, dash;
};

/* Returns the look of series `name`, safe for the colour-blind: a colour of Okabe and Ito's
 * palette, a mark and a dash, all three determined by the name. Options in brackets change mark
 * and dash but not the colour. */
struct look look_of(const char *name);

/* Returns looks of all series of one picture, no two alike in colour and mark (in text: in the
 * letter). Of names with the same look, the first without options, else the first, keeps it; the
 * others get the next free mark, in their own colour where there is one. Borrows the names of the
 * data. NULL: no memory. */
struct looks *looks_new(const struct plot_data *d, bool text);
/* Returns the look of a series of that picture; with `all` NULL, the name's own look. */
struct look looks_find(const struct looks *all, const char *name);
void looks_free(struct looks *all);

/* Writes the argument of gnuplot's `pt`. */
void looks_point(FILE *out, int mark);

#endif
