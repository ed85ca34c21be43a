/* by_stratum.h -- functions that the pictures of the table `stratum` share. */
#ifndef BY_STRATUM_H
#define BY_STRATUM_H

#include "plot.h"

/* Reads rows with five values: value of the stratum; mean, sum and number of places there; seed.
 * `number` is the column of the table that is summed, "wrong" or "nats". */
enum status by_stratum_read(struct store *s, const struct plot_request *q,
                            const char *number, struct plot_data *out, struct err *e);

/* Members `key` and `undrawn` of these plots. */
void by_stratum_key(const struct plot_data *d, const struct plot_request *q, FILE *out);
void by_stratum_undrawn(const struct plot_data *d, int first, int end, FILE *out);

/* Returns what the stratum counts when the request knows it, else its name. */
plot_axis_fn by_stratum_axis;
/* Draws the boxes, with means times `scale`; `axis` as in plot_lines. */
void by_stratum_draw(const struct plot_data *d, const struct plot_request *q, double scale,
                     plot_axis_fn *axis, FILE *out);

#endif
