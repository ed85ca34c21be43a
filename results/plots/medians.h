/* medians.h -- draws lines of values over a number: each seed thin, the median of the seeds
 * thick. */
#ifndef MEDIANS_H
#define MEDIANS_H

#include "plot.h"

/* Draws rows with the values x, value, seed, sorted by seed and x; values times `scale`. The
 * caller sets the labels of the axes before. */
void medians_draw(const struct plot_data *d, const struct plot_request *q, double scale,
                  FILE *out);

/* Member `key` of these plots. */
void medians_key(const struct plot_data *d, const struct plot_request *q, FILE *out);

#endif
