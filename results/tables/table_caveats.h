/* table_caveats.h -- what keeps the numbers of a cell from meaning what its heading says. */
#ifndef TABLE_CAVEATS_H
#define TABLE_CAVEATS_H

#include "table_section.h"

enum { CAVEAT_TEXT = 512, CAVEATS_MAX = 16 }; /* further caveats of a cell are left out */

/* The caveats of the cell's runs, each once. Those that differ in their numbers alone, as the
 * longest training input of each seed does, are one with ranges: "up to 172 to 176 tokens".
 * Returns how many; *failed becomes true for want of memory. */
int table_caveats(const struct table_section *s, int row, int col,
                  char text[CAVEATS_MAX][CAVEAT_TEXT], bool *failed);

#endif
