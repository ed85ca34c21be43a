/* progress.h -- what happens, on standard error.
 *
 * On a terminal: a block of lines at the bottom, one a worker and one for the matrix,
 * drawn again in place, with events scrolling away above it. The block takes half of the
 * window at most: workers beyond that are counted in one line. Elsewhere: events only, one
 * plain line each. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>

#include "status.h"

struct progress;

/* `lines` in the block, the last one for the whole; `quiet`: warnings only. *out is the
 * caller's. */
enum status progress_open(int lines, bool quiet, struct progress **out, struct err *e);
void progress_close(struct progress *p); /* accepts NULL; takes the block away */

bool progress_live(const struct progress *p); /* is there a block? */

void progress_event(struct progress *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void progress_warning(struct progress *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* What line `line` says: a name and facts behind it. In a narrow window the name loses its
 * middle, and then of the first `spare` facts the last ones are left out, so that the
 * others, such as speed and time, are always seen. Shown by the next progress_draw. */
enum { PROGRESS_FACTS = 5 };
struct progress_text {
    const char *name;                 /* borrowed, as the facts */
    const char *fact[PROGRESS_FACTS]; /* up to the first NULL */
    int spare;
};
void progress_line(struct progress *p, int line, const struct progress_text *text);
void progress_clear(struct progress *p, int line); /* the line disappears */

/* Draws at most every tenth of a second. */
void progress_draw(struct progress *p);

#endif
