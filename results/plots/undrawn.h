/* undrawn.h -- the text of a picture on seeds that have no place on its scale. */
#ifndef UNDRAWN_H
#define UNDRAWN_H

#include "plot.h"

/* Returns the request's title, the plot's note and key, and a line for each series that p->undrawn
 * describes, in lines of at most `letters`. The caller frees it; NULL: there is nothing to say, or
 * no memory. */
char *undrawn_note(const struct plot *p, const struct plot_data *d,
                   const struct plot_request *q, int letters);

/* Serves p->undrawn of plots of lines, whose rows hold x, y and, at `seed`, the seed, one seed
 * after the other: writes how many seeds and points have no finite y. */
void undrawn_points(const struct plot_data *d, int first, int end, int seed, FILE *out);

/* Returns " seed" or " seeds". */
const char *undrawn_seeds(int n);

#endif
