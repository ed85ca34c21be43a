/* by_stratum.h -- what the pictures of the table `stratum` share. */
#ifndef BY_STRATUM_H
#define BY_STRATUM_H

#include "plot.h"

/* Values: of the stratum; mean, sum and number of places there; seed. `number` is
 * the column of the table that is summed: "wrong" or "nats". */
enum status by_stratum_read(struct store *s, const struct plot_request *q,
                            const char *number, struct plot_data *out, struct err *e);

/* The boxes, means times `scale`. */
void by_stratum_draw(const struct plot_data *d, const struct plot_request *q, double scale,
                     FILE *out);

#endif
