/* manual.h -- the manual page posbench(1), from the tables that make the help. */
#ifndef MANUAL_H
#define MANUAL_H

#include <stdio.h>

void manual_print(FILE *out); /* roff, with the man macros */

#endif
