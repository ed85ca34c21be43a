/* progress.h -- prints the progress of a matrix on standard error.
 *
 * On a terminal: a block of lines at the bottom, one for each worker and one for the matrix,
 * which is redrawn in place while events scroll away above it. The block takes at most half of
 * the window: workers beyond that are counted in one line. Elsewhere: events only, one plain
 * line each. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>

#include "status.h"

struct progress;

/* Opens a block of `lines` lines, the last of them for the whole matrix. `quiet`: only warnings
 * are printed. The caller frees *out. */
enum status progress_open(int lines, bool quiet, struct progress **out, struct err *e);
void progress_close(struct progress *p); /* accepts NULL; removes the block */

bool progress_live(const struct progress *p); /* true when there is a block */

void progress_event(struct progress *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void progress_warning(struct progress *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The text of a line: a name and facts after it. In a narrow window the middle of the name is
 * left out first, then facts from the end of the first `spare`, so that the others, such as
 * speed and time, are always shown. The next progress_draw shows it. */
enum { PROGRESS_FACTS = 5 };
struct progress_text {
    const char *name;                 /* borrowed, like the facts */
    const char *fact[PROGRESS_FACTS]; /* up to the first NULL */
    int spare;
};
void progress_line(struct progress *p, int line, const struct progress_text *text);
void progress_clear(struct progress *p, int line); /* removes the line */

/* Draws at most every tenth of a second. */
void progress_draw(struct progress *p);

#endif
