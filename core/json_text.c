/* json_text.c -- Jansson with an allocator that detects when memory ran out.
 *
 * Each call installs `take` and `give` as Jansson's allocator, which is one per process, and
 * clears this thread's `starved`. While a text is read, `take` keeps a list of its blocks; the
 * first failure jumps out of Jansson and frees them. While a text is written, a failure is
 * only noted, and the incomplete text is discarded. json_show rewrites reals and strings
 * piece by piece as Jansson passes them.
 * Pitfall: reads must not nest in a thread. The jump skips all functions in between, so none
 * of ours may be there. */
#include "json_text.h"

#include <assert.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "real_text.h"

enum { FIRST_ROOM = 256 }; /* blocks; doubled when full; chosen, not measured */

/* The state of one read: what it has allocated and not yet freed. When memory runs out, a
 * long jump leaves Jansson, because Jansson must never get NULL from its allocator. */
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

/* Searches from the newest block, since most blocks are freed soon after they were taken. */
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

/* --- for people --- */

struct showing {
    FILE *out;
    bool in_string;
};

/* Prints the fewest digits that read back to the same double; a real keeps its point. */
static void show_real(FILE *out, const char *digits, size_t n)
{
    char number[REAL_TEXT];
    snprintf(number, sizeof number, "%.*s", (int)n, digits);
    real_text(strtod(number, NULL), number);
    fprintf(out, "%s%s", number, strpbrk(number, ".e") ? "" : ".0");
}

static void show_string(FILE *out, const char *text, size_t n)
{
    static const unsigned high = 0xD800, low = 0xDC00;
    for (size_t i = 0, length; i < n; i += length) {
        char escape[CLEAN_ESCAPE];
        length = clean_next(text + i, n - i, escape);
        const unsigned code = escape[0] ? (unsigned)strtoul(escape + 2, NULL, 16) : 0;
        if (code > 0xFFFF)
            fprintf(out, "\\u%04x\\u%04x", high + ((code - 0x10000) >> 10),
                    low + (code & 0x3FF));
        else if (escape[0])
            fprintf(out, "\\u%04x", code);
        else
            fwrite(text + i, 1, length, out);
    }
}

/* Jansson calls this for each piece of its output. A quote is one piece, a string is one or
 * more pieces between two quotes, a real is one piece. The escapes that Jansson makes ("\\n",
 * "\\u0000") are pieces too and stay as they are. */
static int show_piece(const char *text, size_t n, void *context)
{
    struct showing *s = context;
    if (n == 1 && *text == '"')
        s->in_string = !s->in_string;
    if (s->in_string)
        show_string(s->out, text, n);
    else if (n > 15 && n < REAL_TEXT && strspn(text, "-+.e0123456789") >= n &&
             memchr(text, '.', n))
        show_real(s->out, text, n);
    else
        fwrite(text, 1, n, s->out);
    return ferror(s->out) ? -1 : 0;
}

char *json_show(const json_t *value, size_t flags)
{
    char *text = NULL;
    size_t bytes = 0;
    struct showing s = {.out = open_memstream(&text, &bytes)};
    if (!s.out)
        return NULL;
    json_set_alloc_funcs(take, give);
    starved = false;
    const int failed =
        json_dump_callback(value, show_piece, &s, flags | JSON_REAL_PRECISION(17));
    if (fclose(s.out) == 0 && !failed && !starved)
        return text;
    free(text);
    return NULL;
}

json_t *json_bytes(const char *text, size_t n)
{
    char *valid = clean_text(text, &n, NULL);
    json_t *string = valid ? json_stringn_nocheck(valid, n) : NULL;
    free(valid);
    return string;
}

bool json_starved(void)
{
    return starved;
}
