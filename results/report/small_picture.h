/* small_picture.h -- draws a square of numbers as a picture within the page, without gnuplot. */
#ifndef SMALL_PICTURE_H
#define SMALL_PICTURE_H

#include <stdio.h>

/* Returns the shade of a number in [0, 1], from 0, white, to SHADES - 1. */
enum { SHADES = 16, PICTURE_MAX = 256 };
int shade_of(double value); /* NaN: 0 */

/* The colour of a shade, "#rrggbb" (shade_colour), and of text on it, "#000000" or "#ffffff". */
const char *shade_ink(int shade);
void shade_colour(int shade, char text[8]);

/* Writes "data:image/png;base64,..." of n by n pixels, n <= PICTURE_MAX, value[n, n] in [0, 1]. */
void small_picture(FILE *out, const float *value, int n);

#endif
