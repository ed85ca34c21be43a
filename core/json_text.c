#include "json_text.h"

#include <assert.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_ROOM = 256 };

/* A reading under way, with what it has allocated and not freed. Leaving Jansson by a long
 * jump is the one way not to return NULL to it. */
struct reading {
    bool under_way;
    jmp_buf out;
    void **block; /* [room] */
    size_t used, room;
};

static _Thread_local struct reading now;
static _Thread_local bool starved;

static bool has_room(struct reading *r)
{
    if (r->used < r->room)
        return true;
    const size_t room = r->room ? 2 * r->room : FIRST_ROOM;
    void **block = realloc(r->block, room * sizeof *block);
    if (!block)
        return false;
    r->block = block;
    r->room = room;
    return true;
}

static void *take(size_t n)
{
    void *p = !now.under_way || has_room(&now) ? malloc(n) : NULL;
    starved = starved || !p;
    if (now.under_way && !p)
        longjmp(now.out, 1);
    if (now.under_way)
        now.block[now.used++] = p;
    return p;
}

/* What is freed while reading was mostly taken a moment ago. */
static void give(void *p)
{
    for (size_t i = now.under_way && p ? now.used : 0; i-- > 0;)
        if (now.block[i] == p) {
            now.block[i] = now.block[--now.used];
            break;
        }
    free(p);
}

static void drop_blocks(void)
{
    while (now.used > 0)
        free(now.block[--now.used]);
}

static json_t *read_or_jump(const char *text, size_t length, size_t flags,
                            json_error_t *why)
{
    /* NOLINTNEXTLINE(cert-err52-cpp): no C++, and nothing of ours lies in between */
    if (setjmp(now.out) == 0)
        return json_loadb(text, length, flags, why);
    drop_blocks();
    return NULL;
}

enum status json_read(const char *text, size_t length, size_t flags, json_t **out,
                      json_error_t *why)
{
    json_error_t unread;
    json_error_t *const told = why ? why : &unread;
    assert(!now.under_way);
    json_set_alloc_funcs(take, give);
    starved = false;
    now.under_way = true;
    *out = read_or_jump(text, length, flags, told);
    free(now.block);
    now = (struct reading){.under_way = false};
    if (starved)
        snprintf(told->text, sizeof told->text, "out of memory");
    return *out ? ST_OK : starved ? ST_NOMEM : ST_IO;
}

char *json_write(const json_t *value, size_t flags)
{
    json_set_alloc_funcs(take, give);
    starved = false;
    char *text = json_dumps(value, flags);
    if (!starved)
        return text;
    free(text);
    return NULL;
}

bool json_starved(void)
{
    return starved;
}
