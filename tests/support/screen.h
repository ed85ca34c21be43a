/* screen.h -- the part of a terminal that progress.h uses: text, CR, LF, "up n lines" and
 * "clear to the end", with wrapping at the right edge and lines that scroll away at the
 * top. */
#ifndef SCREEN_H
#define SCREEN_H

#include <stdbool.h>
#include <stddef.h>

enum { SCREEN_ROWS = 64, SCREEN_COLUMNS = 160, SCREEN_HISTORY = 4096 };

struct screen {
    int rows, columns, row, column;
    char cell[SCREEN_ROWS][SCREEN_COLUMNS + 1];
    char history[SCREEN_HISTORY][SCREEN_COLUMNS + 1]; /* lines that scrolled away */
    int scrolled;
    int wraps;         /* lines that did not fit */
    char sequence[16]; /* the escape sequence so far */
    int sequence_used;
    bool escaped;  /* inside an escape sequence */
    bool confused; /* by a sequence that screen.c does not know */
};

void screen_open(struct screen *s, int rows, int columns);
void screen_feed(struct screen *s, const char *bytes, size_t n);

#endif
