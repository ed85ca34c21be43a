/* real_text.h -- writes a number as text, like printf but faster in common cases. */
#ifndef REAL_TEXT_H
#define REAL_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REAL_TEXT = 32 }; /* "-1.2345678901234567e-308" takes 25 with '\0' */

/* Writes the number like "%lld". Returns text. */
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

/* Writes the value like "%.*g" with `digits` (6 to 15) if it has at most five decimals and all
 * its digits are exact. False: it is no such number, and text is unchanged. n / 1e5 is
 * correctly rounded, like the result of strtod. */
static inline bool short_decimal(double value, int digits, char text[REAL_TEXT])
{
    if (!(value >= 1e-4 &&
          value < (digits < 15 ? 10 : 1e9))) /* below 1e-4, %g has an exponent */
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

/* Writes the fewest of 15, 16 or 17 digits that read back to the same double. Returns text. */
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
