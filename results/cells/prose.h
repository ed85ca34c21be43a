/* prose.h -- sentences that are made piece by piece, as above and below a table. */
#ifndef PROSE_H
#define PROSE_H

#include <stddef.h>

enum { PROSE_TEXT = 32768 };

/* Zeroed: empty. What does not fit is cut, and ends in "...". */
struct prose {
    char text[PROSE_TEXT];
    size_t used;
};

void prose_say(struct prose *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
