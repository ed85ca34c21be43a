/* small_picture.h -- a square of numbers as a picture within the page, without gnuplot. */
#ifndef SMALL_PICTURE_H
#define SMALL_PICTURE_H

#include <stdio.h>

/* A number in [0, 1] becomes one of so many colours; 0 is white. */
enum { SHADES = 16, PICTURE_MAX = 256 };
int shade_of(double value); /* NaN: 0 */

/* "#rrggbb", and "#000000" or "#ffffff" for text on it. */
const char *shade_ink(int shade);
void shade_colour(int shade, char text[8]);

/* "data:image/png;base64,...": n by n pixels, n <= PICTURE_MAX, value[i][j] in [0, 1]. */
void small_picture(FILE *out, const float *value, int n);

#endif
