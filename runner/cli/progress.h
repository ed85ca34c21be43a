/* progress.h -- what happens, on standard error.
 *
 * On a terminal: a block of lines at the bottom, one a worker and one for the matrix,
 * drawn again in place, with events scrolling away above it. Elsewhere: events only, one
 * plain line each. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>

#include "status.h"

struct progress;

/* `lines` in the block; `quiet`: warnings only. *out is the caller's. */
enum status progress_open(int lines, bool quiet, struct progress **out, struct err *e);
void progress_close(struct progress *p); /* accepts NULL; takes the block away */

bool progress_live(const struct progress *p); /* is there a block? */

void progress_event(struct progress *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void progress_warning(struct progress *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Text of line `line`; "" makes it disappear. Shown by the next progress_draw. */
void progress_line(struct progress *p, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Draws at most every tenth of a second. */
void progress_draw(struct progress *p);

#endif
