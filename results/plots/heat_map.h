/* heat_map.h -- draws boxes of coloured cells, for plots whose rows are (x, y, value). */
#ifndef HEAT_MAP_H
#define HEAT_MAP_H

#include "plot.h"

enum { HEAT_X, HEAT_Y, HEAT_VALUE };

struct heat_style {
    const char *x, *y; /* names of the axes; NULL: the series names both, "x, y" */
    const char *bar;   /* what the colour means */
    bool tokens;  /* x and y are places of tokens: the series of a row is the token at x,
                          and y grows downwards */
    double scale; /* factor of the values */
    double most;  /* top of the colours, scaled; 0: the largest value */
};

/* Note of maps of queries and keys: their cells without a number are white, as 0 is. */
#define HEAT_FUTURE_NOTE "keys after the query are not drawn"

/* Draws the whole picture, boxes in rows of d->columns (0: up to three). */
void heat_map_draw(const struct plot_data *d, const struct heat_style *s,
                   const struct plot_request *q, FILE *out);
/* The same for a terminal, without gnuplot: maps of tokens as shades, others as numbers. */
void heat_map_print(const struct plot_data *d, const struct heat_style *s,
                    const struct plot_request *q, FILE *out);

#endif
