/* real_text.h -- a number as text, by printf or, where that is the same, quicker. */
#ifndef REAL_TEXT_H
#define REAL_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REAL_TEXT = 32 }; /* "-1.2345678901234567e-308" takes 25 with its end */

/* As "%lld". Returns text. */
static inline char *integer_text(int64_t value, char text[REAL_TEXT])
{
    char digits[REAL_TEXT], *first = digits + sizeof digits - 1;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    *first = '\0';
    do
        *--first = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        *--first = '-';
    return memcpy(text, first, (size_t)(digits + sizeof digits - first));
}

/* As "%.*g" with `digits` digits, 6 to 15, where they are exact and no more than five stand
 * behind the point; false: value is no such number, text is as it was. n / 1e5 is rounded
 * correctly, as strtod rounds. */
static inline bool short_decimal(double value, int digits, char text[REAL_TEXT])
{
    if (!(value >= 1e-4 &&
          value < (digits < 15 ? 10 : 1e9))) /* below, %g has an exponent */
        return false;
    int64_t n = (int64_t)(value * 1e5 + 0.5);
    if ((double)n / 1e5 != value)
        return false;
    integer_text(n / 100000, text);
    n %= 100000;
    char *end = text + strlen(text);
    for (*end = '.'; n > 0; n = n * 10 % 100000)
        *++end = (char)('0' + n / 10000);
    end[*end != '.'] = '\0';
    return true;
}

/* The fewest of 15, 16 or 17 digits that read back to the same double. Returns text. */
static inline char *real_text(double value, char text[REAL_TEXT])
{
    if (short_decimal(value, 15, text))
        return text;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, REAL_TEXT, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return text;
}

#endif
