#include "token_list.h"

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

struct unit {
    size_t at, n; /* in `bytes` */
    int64_t count;
};

struct token_list {
    enum token_unit kind;
    char *bytes; /* all units, end to end */
    size_t bytes_n, bytes_room;
    struct unit *unit; /* [tokens] */
    size_t tokens, room;
    int32_t *slot; /* [slots] unit + 1; 0: free */
    size_t slots;  /* a power of two, at least twice the tokens */
};

static const char unknown[] = "<unk>";

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Moves *at to the next unit; returns its length, 0 at the end. */
static size_t cut(enum token_unit kind, const char *text, size_t n, size_t *at)
{
    size_t k = *at;
    if (kind == UNIT_WORD) {
        while (k < n && blank(text[k]) && text[k] != '\n')
            k++;
        *at = k;
        if (k < n && text[k] == '\n')
            return 1;
        while (k < n && !blank(text[k]))
            k++;
        return k - *at;
    }
    if (k < n)
        for (k++; k < n && ((unsigned char)text[k] & 0xc0) == 0x80;)
            k++;
    return k - *at;
}

/* Returns the slot of a unit, or the free one where it belongs. */
static int32_t *slot_of(const struct token_list *l, const char *text, size_t n)
{
    size_t i = XXH3_64bits(text, n) & (l->slots - 1);
    for (;; i = (i + 1) & (l->slots - 1)) {
        const struct unit *u = l->slot[i] ? &l->unit[l->slot[i] - 1] : NULL;
        if (!u || (u->n == n && memcmp(l->bytes + u->at, text, n) == 0))
            return &l->slot[i];
    }
}

static bool index_anew(struct token_list *l, size_t slots)
{
    int32_t *slot = calloc(slots, sizeof *slot);
    if (!slot)
        return false;
    free(l->slot);
    l->slot = slot;
    l->slots = slots;
    for (size_t i = 0; i < l->tokens; i++)
        *slot_of(l, l->bytes + l->unit[i].at, l->unit[i].n) = (int32_t)i + 1;
    return true;
}

static bool make_room(struct token_list *l, size_t n)
{
    if (l->bytes_n + n > l->bytes_room) {
        const size_t room = 2 * (l->bytes_n + n) + 4096;
        char *bytes = realloc(l->bytes, room);
        if (!bytes)
            return false;
        l->bytes = bytes;
        l->bytes_room = room;
    }
    if (l->tokens == l->room) {
        const size_t room = 2 * l->room + 256;
        struct unit *unit = realloc(l->unit, room * sizeof *unit);
        if (!unit)
            return false;
        l->unit = unit;
        l->room = room;
    }
    return 2 * (l->tokens + 1) <= l->slots || index_anew(l, l->slots ? 2 * l->slots : 512);
}

/* Adds `times` to the count of a unit; adds the unit if it is new. False: no memory. */
static bool count(struct token_list *l, const char *text, size_t n, int64_t times)
{
    if (!make_room(l, n))
        return false;
    int32_t *slot = slot_of(l, text, n);
    if (!*slot) {
        memcpy(l->bytes + l->bytes_n, text, n);
        l->unit[l->tokens++] = (struct unit){l->bytes_n, n, 0};
        l->bytes_n += n;
        *slot = (int32_t)l->tokens;
    }
    l->unit[*slot - 1].count += times;
    return true;
}

static int commonest_first(const void *a, const void *b, void *bytes)
{
    const struct unit *x = a, *y = b;
    const size_t n = x->n < y->n ? x->n : y->n;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    const int order = memcmp((const char *)bytes + x->at, (const char *)bytes + y->at, n);
    return order ? order : (x->n > y->n) - (x->n < y->n);
}

/* A merge sort, since qsort_r is not in POSIX 2008. */
static void sort(struct unit *unit, struct unit *spare, size_t n, void *bytes)
{
    if (n < 2)
        return;
    const size_t half = n / 2;
    sort(unit, spare, half, bytes);
    sort(unit + half, spare, n - half, bytes);
    memcpy(spare, unit, half * sizeof *unit);
    for (size_t i = 0, k = half, out = 0; i < half; out++)
        unit[out] = k < n && commonest_first(&unit[k], &spare[i], bytes) < 0 ? unit[k++]
                                                                             : spare[i++];
}

static bool order(struct token_list *l, size_t most)
{
    struct unit *spare = malloc((l->tokens + 1) * sizeof *spare);
    if (!spare)
        return false;
    sort(l->unit, spare, l->tokens, l->bytes);
    free(spare);
    if (l->tokens > most)
        l->tokens = most;
    return index_anew(l, l->slots);
}

enum status token_list_learn(enum token_unit unit, int most, const struct mapped_file *text,
                             struct token_list **out, struct err *e)
{
    struct token_list *l = calloc(1, sizeof *l);
    size_t at = 0, length, passed = 0;
    bool room = l != NULL;
    if (room) {
        l->kind = unit;
        room = count(l, unknown, sizeof unknown - 1, INT64_MAX / 2); /* to be first */
    }
    while (room && (length = cut(unit, text->at, text->size, &at)) > 0) {
        room = count(l, text->at + at, length, 1);
        at += length;
        mapped_file_passed(text, &passed, at);
    }
    if (!room || !order(l, (size_t)most)) {
        token_list_close(l);
        return err_set(e, ST_NOMEM, "no memory for a list of tokens");
    }
    *out = l;
    return ST_OK;
}

void token_list_close(struct token_list *l)
{
    if (!l)
        return;
    free(l->bytes);
    free(l->unit);
    free(l->slot);
    free(l);
}

enum token_unit token_list_unit(const struct token_list *l)
{
    return l->kind;
}

int token_list_tokens(const struct token_list *l)
{
    return (int)l->tokens;
}

const char *token_list_text(const struct token_list *l, int32_t id, size_t *n)
{
    *n = l->unit[id].n;
    return l->bytes + l->unit[id].at;
}

int32_t token_list_next(const struct token_list *l, const char *text, size_t n, size_t *at)
{
    const size_t length = cut(l->kind, text, n, at);
    if (length == 0)
        return -1;
    const int32_t slot = *slot_of(l, text + *at, length);
    *at += length;
    return slot ? slot - 1 : 0;
}
