/* mapped_file.h -- the bytes of a file as memory that all processes share. */
#ifndef MAPPED_FILE_H
#define MAPPED_FILE_H

#include <stddef.h>
#include <stdio.h>

#include "status.h"

struct mapped_file {
    const char *at; /* [size]; NULL when size is 0 */
    size_t size;
    void *map; /* what is to be given back; NULL: the bytes are not a file's */
};

/* ST_IO with the path, also for a folder. To be closed. */
enum status mapped_file_open(const char *path, struct mapped_file *out, struct err *e);
/* The same of a file that is open; `name` is what messages call it. */
enum status mapped_file_of(FILE *f, const char *name, struct mapped_file *out,
                           struct err *e);
void mapped_file_close(struct mapped_file *m); /* accepts a zeroed struct */

#endif
