/* stream.h -- how reading line by line ended. */
#ifndef STREAM_H
#define STREAM_H

#include <stdio.h>

#include "status.h"

/* Right after getline gave -1, before errno changes: ST_OK at the end of the file, ST_NOMEM
 * when there was no memory for a line, ST_IO when reading failed. The stream knows nothing
 * of missing memory: ferror alone takes what was read until then for the whole file. `name`
 * is what messages call the file. */
enum status stream_end(FILE *f, const char *name, struct err *e);

#endif
