/* arena.h -- one allocation, carved into arrays.
 *
 * A run sums its sizes first, takes one arena and never allocates again. Taking
 * past the end is a mistake of ours and asserts, because the sizes were ours. */
#ifndef ARENA_H
#define ARENA_H

#include "status.h"

struct arena {
    void *memory;     /* what is freed */
    char *base;       /* its first aligned byte */
    size_t cap, used; /* bytes */
};

enum { ARENA_ALIGN = 64 }; /* a cache line, and the widest vector of the kernels */

/* Bytes that arena_take(n, size) will consume: n * size rounded up to ARENA_ALIGN.
 * Returns SIZE_MAX when that overflows. */
size_t arena_bytes(size_t n, size_t size);

enum status arena_init(struct arena *a, size_t bytes, struct err *e);
void *arena_take(struct arena *a, size_t n, size_t size); /* zeroed, 64-byte aligned */
void arena_free(struct arena *a);                         /* accepts a zeroed struct */

#endif
