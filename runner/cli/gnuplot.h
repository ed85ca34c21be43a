/* gnuplot.h -- runs gnuplot on a script. */
#ifndef GNUPLOT_H
#define GNUPLOT_H

#include <stdio.h>

#include "status.h"

/* Draws what `script` holds from its start and writes the picture to `out`. Neither the
 * user's settings nor the time of day enter the picture: the same script gives the same
 * bytes. ST_IO when gnuplot is not installed or finds a fault, with what it said. */
enum status gnuplot_draw(FILE *script, FILE *out, struct err *e);

#endif
