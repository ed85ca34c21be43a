#include "screen.h"

#include <stdlib.h>
#include <string.h>

void screen_open(struct screen *s, int rows, int columns)
{
    memset(s, 0, sizeof *s);
    s->rows = rows;
    s->columns = columns;
}

static void line_feed(struct screen *s)
{
    if (s->row + 1 < s->rows) {
        s->row++;
        return;
    }
    if (s->scrolled < SCREEN_HISTORY)
        memcpy(s->history[s->scrolled], s->cell[0], sizeof s->cell[0]);
    s->scrolled++;
    memmove(s->cell[0], s->cell[1], (size_t)(s->rows - 1) * sizeof s->cell[0]);
    memset(s->cell[s->rows - 1], 0, sizeof s->cell[0]);
}

static void put(struct screen *s, char c)
{
    if (s->column == s->columns) {
        s->wraps++;
        s->column = 0;
        line_feed(s);
    }
    s->cell[s->row][s->column++] = c;
}

/* Obeys an escape sequence such as "[3A" or "[J". */
static void obey(struct screen *s)
{
    const char last = s->sequence[s->sequence_used - 1];
    const int n = (int)strtol(s->sequence + 1, NULL, 10);
    if (last == 'A') {
        s->row = s->row > n ? s->row - n : 0;
    } else if (last == 'J' && n == 0) {
        memset(s->cell[s->row] + s->column, 0, (size_t)(SCREEN_COLUMNS - s->column));
        for (int r = s->row + 1; r < s->rows; r++)
            memset(s->cell[r], 0, sizeof s->cell[r]);
    } else
        s->confused = true;
    s->escaped = false;
}

static void feed(struct screen *s, char c)
{
    if (c == '\033') {
        memset(s->sequence, 0, sizeof s->sequence);
        s->sequence_used = 0;
        s->escaped = true;
    } else if (s->escaped) {
        s->sequence[s->sequence_used++] = c;
        if ((c >= 'A' && c <= 'Z') || s->sequence_used == sizeof s->sequence - 1)
            obey(s);
    } else if (c == '\r')
        s->column = 0;
    else if (c == '\n')
        line_feed(s);
    else
        put(s, c);
}

void screen_feed(struct screen *s, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        feed(s, bytes[i]);
}
