/* missing.h -- explains why a picture has nothing to draw. */
#ifndef MISSING_H
#define MISSING_H

#include "plot.h"

/* Returns ST_NOTFOUND when no requested run is done, or when one of experiment, profile, cell,
 * encoder, split and metric (NULL: any) matches no done run that matches those before it; the
 * message names what there is instead. ST_OK when each matches some. */
enum status plot_missing(struct store *s, const struct plot_request *q, const char *metric,
                         struct err *e);
/* The same, but returns ST_NOTFOUND in any case. */
enum status plot_nothing(struct store *s, const struct plot_request *q, const char *metric,
                         struct err *e);

#endif
