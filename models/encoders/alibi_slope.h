/* alibi_slope.h -- ALiBi's slopes, for encoders whose logits fall by them. */
#ifndef ALIBI_SLOPE_H
#define ALIBI_SLOPE_H

#include <math.h>

/* Returns the slope of head h (from 0) of H heads; encoder_alibi.c has the formula. */
static inline double alibi_slope(int h, int H)
{
    int P = 1;
    while (2 * P <= H)
        P *= 2;
    return h < P ? pow(2, -8.0 * (h + 1) / P) : pow(2, -8.0 * (2 * (h - P) + 1) / (2 * P));
}

#endif
