/* mapped_file.h -- maps a file into memory that all processes share. */
#ifndef MAPPED_FILE_H
#define MAPPED_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "status.h"

struct mapped_file {
    const char *at; /* [size]; NULL when size is 0 */
    size_t size;
    void *map; /* the mapping to be unmapped; NULL: the bytes are not a file's */
};

/* Wraps bytes in memory, which stay the caller's. */
static inline struct mapped_file mapped_file_memory(const char *at, size_t n)
{
    return (struct mapped_file){.at = at, .size = n};
}

/* Maps a file; the caller closes it. ST_IO with the path, also for a folder. */
enum status mapped_file_open(const char *path, struct mapped_file *out, struct err *e);
/* Opens a file likewise; "-" is standard input, which is read to its end and copied to a temporary
 * file first. */
enum status mapped_file_or_input(const char *path, struct mapped_file *out, struct err *e);
/* Maps a file that is open; `name` is for messages. */
enum status mapped_file_of(FILE *f, const char *name, struct mapped_file *out,
                           struct err *e);
void mapped_file_close(struct mapped_file *m); /* accepts a zeroed struct */

/* Releases pages that a sequential reader has passed: if `to` is at least MAPPED_PART after
 * *from, releases the pages between and moves *from. So one pass needs less memory than the
 * size of the file. Released pages may still be read. */
enum { MAPPED_PART = 1 << 22 };
void mapped_file_passed(const struct mapped_file *m, size_t *from, size_t to);

/* Releases all pages; they may still be read. */
void mapped_file_rest(const struct mapped_file *m);

/* Computes a 128-bit hash of the bytes. */
void mapped_file_hash(const struct mapped_file *m, uint64_t hash[2]);

#endif
