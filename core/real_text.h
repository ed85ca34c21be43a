/* real_text.h -- a real number as text. */
#ifndef REAL_TEXT_H
#define REAL_TEXT_H

#include <stdio.h>
#include <stdlib.h>

enum { REAL_TEXT = 32 }; /* "-1.2345678901234567e-308" takes 25 with its end */

/* The fewest of 15, 16 or 17 digits that read back to the same double. Returns text. */
static inline char *real_text(double value, char text[REAL_TEXT])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, REAL_TEXT, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return text;
}

#endif
