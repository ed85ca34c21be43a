/* provenance.h -- what a number was made with: program, libraries, machine, file. */
#ifndef PROVENANCE_H
#define PROVENANCE_H

#include "config.h"
#include "store.h"

/* The strings are static: good until the next call. `c` may be NULL: no experiment file. */
struct provenance provenance_here(const struct config *c);

/* "0.1.0 4f8b418", with "+" behind it when built from changed files: which program this is. */
enum { PROVENANCE_PROGRAM = 96 };
void provenance_program(char text[PROVENANCE_PROGRAM]);

/* The CPU's name as the system gives it, such as "AMD EPYC 9R45"; static. */
const char *provenance_cpu(void);

#endif
