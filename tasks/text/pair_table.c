#include "pair_table.h"

#include <stdlib.h>

/* Uses the last mix of SplitMix64, since tokens are small numbers whose bits must be spread. */
static size_t place(const struct pair_table *t, uint64_t key)
{
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9U;
    key = (key ^ (key >> 27)) * 0x94d049bb133111ebU;
    return (size_t)(key ^ (key >> 31)) & (t->room - 1);
}

/* Returns the slot of the key, or the free one where it belongs. */
static size_t slot(const struct pair_table *t, uint64_t key)
{
    size_t i = place(t, key);
    while (t->key[i] && t->key[i] != key)
        i = (i + 1) & (t->room - 1);
    return i;
}

int32_t pair_table_find(const struct pair_table *t, struct bpe_pair p)
{
    if (!t->room)
        return -1;
    const size_t i = slot(t, pair_key(p));
    return t->key[i] ? t->value[i] : -1;
}

static bool grow(struct pair_table *t)
{
    struct pair_table next = {.room = t->room ? 2 * t->room : 1024, .used = t->used};
    next.key = calloc(next.room, sizeof *next.key);
    next.value = malloc(next.room * sizeof *next.value);
    if (!next.key || !next.value) {
        pair_table_free(&next);
        return false;
    }
    for (size_t i = 0; i < t->room; i++)
        if (t->key[i]) {
            const size_t k = slot(&next, t->key[i]);
            next.key[k] = t->key[i];
            next.value[k] = t->value[i];
        }
    free(t->key);
    free(t->value);
    t->key = next.key;
    t->value = next.value;
    t->room = next.room;
    return true;
}

bool pair_table_add(struct pair_table *t, struct bpe_pair p, int32_t value)
{
    if (2 * (t->used + 1) > t->room && !grow(t))
        return false;
    const size_t i = slot(t, pair_key(p));
    t->key[i] = pair_key(p);
    t->value[i] = value;
    t->used++;
    return true;
}

void pair_table_free(struct pair_table *t)
{
    free(t->key);
    free(t->value);
    *t = (struct pair_table){0};
}
