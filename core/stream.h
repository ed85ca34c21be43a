/* stream.h -- how reading line by line ended. */
#ifndef STREAM_H
#define STREAM_H

#include <stdio.h>

#include "status.h"

/* Says why getline returned -1; to be called right after it, before errno changes. ST_OK:
 * the file has ended; ST_NOMEM: no memory for the line; ST_IO: reading failed. ferror alone
 * is not enough: it does not report missing memory, and a file that was read in part would
 * pass for a whole one. `name` is what messages call the file. */
enum status stream_end(FILE *f, const char *name, struct err *e);

#endif
