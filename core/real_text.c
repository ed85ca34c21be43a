#include "real_text.h"

#include <stdio.h>
#include <stdlib.h>

char *real_text(double value, char text[REAL_TEXT])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, REAL_TEXT, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return text;
}
