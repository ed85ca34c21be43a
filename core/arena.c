#include "arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LARGE_PAGE ((size_t)1 << 21)

size_t arena_bytes(size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX - (ARENA_ALIGN - 1))
        return SIZE_MAX;
    return (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

/* Asks the system for huge pages: with pages of 4 KiB the page faults of a large arena cost
 * more time at the start of a run than its first steps. */
static void wish_large_pages(char *at, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    madvise(at, bytes, MADV_HUGEPAGE); /* only a hint; small pages work too */
#else
    (void)at;
    (void)bytes;
#endif
}

enum status arena_init(struct arena *a, size_t bytes, struct err *e)
{
    const size_t cap = arena_bytes(bytes, 1);
    const size_t align = cap < 2 * LARGE_PAGE ? ARENA_ALIGN : LARGE_PAGE;
    *a = (struct arena){0};
    /* calloc does not touch fresh memory, which is zero already. */
    if (cap < SIZE_MAX - align)
        a->memory = calloc(1, cap + align);
    if (!a->memory)
        return err_set(e, ST_NOMEM,
                       "no memory for %.1f MiB; lower the model's size, the batch or the "
                       "number of jobs",
                       (double)bytes / (1024.0 * 1024.0));
    a->base = (char *)a->memory + (align - (uintptr_t)a->memory % align) % align;
    a->cap = cap;
    if (align == LARGE_PAGE)
        wish_large_pages(a->base, cap);
    return ST_OK;
}

void *arena_take(struct arena *a, size_t n, size_t size)
{
    const size_t bytes = arena_bytes(n, size);
    char *p = a->base + a->used;
    assert(a->base && bytes <= a->cap - a->used);
    a->used += bytes;
    return p;
}

void arena_free(struct arena *a)
{
    free(a->memory);
    *a = (struct arena){0};
}
