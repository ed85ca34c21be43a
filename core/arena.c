#include "arena.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LARGE_PAGE ((size_t)1 << 21)

size_t arena_bytes(size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX - (ARENA_ALIGN - 1))
        return SIZE_MAX;
    return (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

/* Memory for `bytes`. What is large comes in large pages where the system has them: a fault
 * for each 4 KiB costs more at the start of a run than its first steps. */
static char *memory(size_t bytes)
{
    if (bytes < 2 * LARGE_PAGE || bytes > SIZE_MAX - LARGE_PAGE)
        return aligned_alloc(ARENA_ALIGN, bytes);
    const size_t whole = (bytes + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    char *at = aligned_alloc(LARGE_PAGE, whole);
#ifdef MADV_HUGEPAGE
    if (at)
        madvise(at, whole, MADV_HUGEPAGE); /* a wish: small pages do as well */
#endif
    return at;
}

enum status arena_init(struct arena *a, size_t bytes, struct err *e)
{
    const size_t cap = arena_bytes(bytes, 1);
    *a = (struct arena){0};
    /* One line more than asked keeps an empty arena a valid pointer. */
    if (cap < SIZE_MAX - ARENA_ALIGN)
        a->base = memory(cap + ARENA_ALIGN);
    if (!a->base)
        return err_set(e, ST_NOMEM,
                       "no memory for %.1f MiB; lower the model's size, the batch or the "
                       "number of jobs",
                       (double)bytes / (1024.0 * 1024.0));
    a->cap = cap;
    return ST_OK;
}

void *arena_take(struct arena *a, size_t n, size_t size)
{
    const size_t bytes = arena_bytes(n, size);
    char *p = a->base + a->used;
    assert(a->base && bytes <= a->cap - a->used);
    a->used += bytes;
    return memset(p, 0, bytes);
}

void arena_reset(struct arena *a, size_t to)
{
    assert(to <= a->used && to % ARENA_ALIGN == 0);
    a->used = to;
}

void arena_free(struct arena *a)
{
    free(a->base);
    *a = (struct arena){0};
}
