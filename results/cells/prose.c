#include "prose.h"

#include <stdarg.h>
#include <stdio.h>

void prose_say(struct prose *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(p->text + p->used, PROSE_TEXT - p->used, fmt, args);
    va_end(args);
    if (n > 0)
        p->used += (size_t)n < PROSE_TEXT - p->used ? (size_t)n : PROSE_TEXT - p->used - 1;
}
