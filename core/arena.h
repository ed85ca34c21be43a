/* arena.h -- one allocation, divided into arrays.
 *
 * A run sums its sizes first, takes one arena and never allocates again. Taking past the end
 * asserts, because wrong sizes are a mistake of the program. */
#ifndef ARENA_H
#define ARENA_H

#include "status.h"

struct arena {
    void *memory;     /* to be freed */
    char *base;       /* its first aligned byte */
    size_t cap, used; /* bytes */
};

enum { ARENA_ALIGN = 64 }; /* a cache line, and the widest vector of the kernels */

/* Returns the bytes that arena_take(n, size) will consume: n * size rounded up to ARENA_ALIGN;
 * SIZE_MAX when that overflows. */
size_t arena_bytes(size_t n, size_t size);

enum status arena_init(struct arena *a, size_t bytes, struct err *e);
void *arena_take(struct arena *a, size_t n, size_t size); /* zeroed, 64-byte aligned */
void arena_free(struct arena *a);                         /* accepts a zeroed struct */

#endif
