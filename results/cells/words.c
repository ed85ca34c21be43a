#include "words.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 64 };

/* FNV-1a. */
static uint64_t hash(const char *text)
{
    uint64_t h = 0xcbf29ce484222325U;
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 0x100000001b3U;
    return h;
}

/* Returns the slot of the text, or the free slot where it belongs. */
static size_t find(const struct words *w, const char *text)
{
    size_t i = hash(text) & (w->slots - 1);
    while (w->slot[i] && strcmp(w->text[w->slot[i] - 1], text) != 0)
        i = (i + 1) & (w->slots - 1);
    return i;
}

/* Doubles the slots, and makes room for as many words as may fill half of them. */
static bool grow(struct words *w)
{
    const size_t slots = w->slots ? 2 * w->slots : SLOTS_FIRST;
    char **text = realloc(w->text, slots / 2 * sizeof *text);
    int *slot = text ? calloc(slots, sizeof *slot) : NULL;
    w->text = text ? text : w->text;
    if (!slot)
        return false;
    free(w->slot);
    w->slot = slot;
    w->slots = slots;
    for (int i = 0; i < w->n; i++)
        w->slot[find(w, w->text[i])] = i + 1;
    return true;
}

int words_place(struct words *w, const char *text)
{
    if (2 * (size_t)w->n == w->slots && !grow(w))
        return -1;
    const size_t i = find(w, text);
    if (w->slot[i])
        return w->slot[i] - 1;
    w->text[w->n] = strdup(text);
    if (!w->text[w->n])
        return -1;
    w->slot[i] = ++w->n;
    return w->n - 1;
}

void words_free(struct words *w)
{
    for (int i = 0; i < w->n; i++)
        free(w->text[i]);
    free(w->text);
    free(w->slot);
    *w = (struct words){0};
}
