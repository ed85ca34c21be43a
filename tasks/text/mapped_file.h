/* mapped_file.h -- the bytes of a file as memory that all processes share. */
#ifndef MAPPED_FILE_H
#define MAPPED_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "status.h"

struct mapped_file {
    const char *at; /* [size]; NULL when size is 0 */
    size_t size;
    void *map; /* what is to be given back; NULL: the bytes are not a file's */
};

/* Bytes that are no file's, and stay the caller's. */
static inline struct mapped_file mapped_file_memory(const char *at, size_t n)
{
    return (struct mapped_file){.at = at, .size = n};
}

/* ST_IO with the path, also for a folder. To be closed. */
enum status mapped_file_open(const char *path, struct mapped_file *out, struct err *e);
/* The same of a file that is open; `name` is what messages call it. */
enum status mapped_file_of(FILE *f, const char *name, struct mapped_file *out,
                           struct err *e);
void mapped_file_close(struct mapped_file *m); /* accepts a zeroed struct */

/* Tells the system how far a reader, who began at *from, has come. Pages of a file that lie
 * far enough behind are given back and *from is moved, so that one pass does not need as
 * much memory as the file is large. These pages may still be read. */
enum { MAPPED_PART = 1 << 22 };
void mapped_file_passed(const struct mapped_file *m, size_t *from, size_t to);

/* All pages are given back; they may still be read. */
void mapped_file_rest(const struct mapped_file *m);

/* 128 bits of the bytes. */
void mapped_file_hash(const struct mapped_file *m, uint64_t hash[2]);

#endif
