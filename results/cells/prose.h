/* prose.h -- builds text piece by piece, such as the sentences above and below a table. */
#ifndef PROSE_H
#define PROSE_H

#include <stddef.h>

enum { PROSE_TEXT = 32768 };

/* A zeroed struct is empty. Text that does not fit is cut and ends in "...". */
struct prose {
    char text[PROSE_TEXT];
    size_t used;
};

void prose_say(struct prose *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
