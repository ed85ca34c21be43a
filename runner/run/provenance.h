/* provenance.h -- tells what a number was made with: program, libraries, machine, file. */
#ifndef PROVENANCE_H
#define PROVENANCE_H

#include <stdint.h>

#include "store.h"

/* Returns the provenance. The strings are static and valid until the next call. `file_hash` is
 * that of the experiment file (config.h); NULL: there is none. */
struct provenance provenance_here(const uint64_t file_hash[2]);

/* Writes which program this is: "0.1.0 4f8b418", with "+" appended when it was built from changed
 * files. */
enum { PROVENANCE_PROGRAM = 96 };
void provenance_program(char text[PROVENANCE_PROGRAM]);

/* Returns the CPU's name as the system reports it, such as "AMD EPYC 9R45"; static. */
const char *provenance_cpu(void);

#endif
