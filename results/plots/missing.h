/* missing.h -- why a picture has nothing to draw. */
#ifndef MISSING_H
#define MISSING_H

#include "plot.h"

/* ST_NOTFOUND when no run asked for is done, and, with what there is in its place, for the first
 * of experiment, profile, cell, encoder, split and metric (NULL: any) that no run has which is
 * done and fits those before it; ST_OK when each has some. */
enum status plot_missing(struct store *s, const struct plot_request *q, const char *metric,
                         struct err *e);
/* The same, and ST_NOTFOUND in any case. */
enum status plot_nothing(struct store *s, const struct plot_request *q, const char *metric,
                         struct err *e);

#endif
