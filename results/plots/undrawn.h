/* undrawn.h -- what a picture says of seeds whose number has no place on its scale. */
#ifndef UNDRAWN_H
#define UNDRAWN_H

#include "plot.h"

/* The request's title, the plot's note and key, and below them a line for each series that
 * p->undrawn has words for, broken after at most `letters`. The caller frees it; NULL: nothing to
 * say, or no memory. */
char *undrawn_note(const struct plot *p, const struct plot_data *d,
                   const struct plot_request *q, int letters);

/* p->undrawn of plots of lines, whose rows hold x, y and, at `seed`, the seed, and go from seed
 * to seed: of how many of the seeds some y is no finite number. */
void undrawn_points(const struct plot_data *d, int first, int end, int seed, FILE *out);

/* " seed" or " seeds". */
const char *undrawn_seeds(int n);

#endif
