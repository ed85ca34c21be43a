/* provenance.h -- what a number was made with: program, libraries, machine, file. */
#ifndef PROVENANCE_H
#define PROVENANCE_H

#include "config.h"
#include "store.h"

/* The strings are static: good until the next call. `c` may be NULL: no experiment file. */
struct provenance provenance_here(const struct config *c);

/* The CPU's name as the system gives it, such as "AMD EPYC 9R45"; static. */
const char *provenance_cpu(void);

#endif
