/* gnuplot.h -- runs gnuplot on a script. */
#ifndef GNUPLOT_H
#define GNUPLOT_H

#include <stdio.h>

#include "status.h"

/* Runs the whole of `script` and writes the picture to `out`. Neither the user's settings nor
 * the time of day enter the picture: the same script gives the same bytes. ST_IO when gnuplot
 * is not installed or finds a fault; the message quotes it. */
enum status gnuplot_draw(FILE *script, FILE *out, struct err *e);

#endif
