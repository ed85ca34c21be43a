/* provenance.h -- what a number was made with: program, libraries, machine, file. */
#ifndef PROVENANCE_H
#define PROVENANCE_H

#include <stdint.h>

#include "store.h"

/* The strings are static: good until the next call. `file_hash` is that of the experiment
 * file (config.h); NULL: there is none. */
struct provenance provenance_here(const uint64_t file_hash[2]);

/* "0.1.0 4f8b418", with "+" behind it when built from changed files: which program this is. */
enum { PROVENANCE_PROGRAM = 96 };
void provenance_program(char text[PROVENANCE_PROGRAM]);

/* The CPU's name as the system gives it, such as "AMD EPYC 9R45"; static. */
const char *provenance_cpu(void);

#endif
