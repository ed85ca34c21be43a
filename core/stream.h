/* stream.h -- tells how reading line by line ended. */
#ifndef STREAM_H
#define STREAM_H

#include <stdio.h>

#include "status.h"

/* Tells why getline returned -1. Call it right after getline, before errno changes. ST_OK: the
 * file has ended; ST_NOMEM: no memory for the line; ST_IO: reading failed. ferror alone does
 * not report missing memory, so a file that was read in part would pass for a whole one.
 * `name` is the name of the file in messages. */
enum status stream_end(FILE *f, const char *name, struct err *e);

#endif
