#include "prose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void prose_say(struct prose *p, const char *fmt, ...)
{
    static const char cut[] = "...";
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(p->text + p->used, PROSE_TEXT - p->used, fmt, args);
    va_end(args);
    if (n <= 0)
        return;
    if ((size_t)n < PROSE_TEXT - p->used) {
        p->used += (size_t)n;
        return;
    }
    memcpy(p->text + PROSE_TEXT - sizeof cut, cut, sizeof cut);
    p->used = PROSE_TEXT - 1;
}
