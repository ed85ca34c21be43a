#include "table_notes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table_names.h"

enum { NUMBERS_MAX = 8 }; /* further numbers of a caveat get no range; ours have three */

static const char digits[] = "0123456789";

/* Caveats that differ only in numbers: the first one, and the range of each number in it. */
struct wording {
    const char *text;
    const char *split; /* the split that the text begins with */
    long long low[NUMBERS_MAX], high[NUMBERS_MAX];
};

/* Do the texts differ at most in their numbers? */
static bool same_words(const char *a, const char *b)
{
    for (;;) {
        const size_t n = strcspn(a, digits);
        if (n != strcspn(b, digits) || strncmp(a, b, n) != 0)
            return false;
        a += n;
        b += n;
        if (!*a || !*b)
            return *a == *b;
        a += strspn(a, digits);
        b += strspn(b, digits);
    }
}

static void take_numbers(struct wording *w, const char *text, bool first)
{
    for (int k = 0; k < NUMBERS_MAX; k++) {
        text += strcspn(text, digits);
        if (!*text)
            return;
        const long long value = strtoll(text, NULL, 10);
        w->low[k] = first || value < w->low[k] ? value : w->low[k];
        w->high[k] = first || value > w->high[k] ? value : w->high[k];
        text += strspn(text, digits);
    }
}

static void write_words(const struct wording *w, char out[CAVEAT_TEXT])
{
    const char *at = w->text, *by_seed = " (by seed)"; /* written once */
    size_t used = 0;
    for (int k = 0; *at && used < CAVEAT_TEXT; k++) {
        const size_t n = strcspn(at, digits), m = strspn(at + n, digits);
        const bool range = m > 0 && k < NUMBERS_MAX && w->low[k] != w->high[k];
        used +=
            (size_t)(range ? snprintf(out + used, CAVEAT_TEXT - used, "%.*s%lld to %lld%s",
                                      (int)n, at, w->low[k], w->high[k], by_seed)
                           : snprintf(out + used, CAVEAT_TEXT - used, "%.*s", (int)(n + m),
                                      at));
        by_seed = range ? "" : by_seed;
        at += n + m;
    }
}

/* Replaces the split at the beginning of the text by the name that is printed for it. */
static void rename_split(const struct table_data *d, const char *split,
                         char text[CAVEAT_TEXT])
{
    const char *name = table_name(d, split);
    const size_t n = strlen(split);
    char rest[CAVEAT_TEXT];
    if (name == split || strncmp(text, split, n) != 0)
        return;
    snprintf(rest, sizeof rest, "%s", text + n);
    snprintf(text, CAVEAT_TEXT, "%.200s%.300s", name, rest);
}

static bool is_caveat_of(const char *text, const struct record *r)
{
    const char *const split = r->key[DIM_SPLIT];
    const size_t n = split ? strlen(split) : 0;
    return n && strncmp(text, split, n) == 0 && text[n] == ':';
}

/* A caveat of a cell, and the split it is about. */
struct told {
    const struct caveat *caveat;
    const char *split;
};

static int by_order(const void *pa, const void *pb)
{
    const struct told *a = pa, *b = pb;
    return (a->caveat->order > b->caveat->order) - (a->caveat->order < b->caveat->order);
}

/* Appends the caveats of one record to all[n], unless `all` is NULL. Returns n plus their
 * number. */
static int collect(const struct table_data *d, const struct record *r, struct told *all,
                   int n)
{
    for (int i = table_data_caveats(d, r->run);
         i < d->caveats && d->caveat[i].run == r->run; i++) {
        if (!is_caveat_of(d->caveat[i].text, r))
            continue;
        if (all)
            all[n] = (struct told){&d->caveat[i], r->key[DIM_SPLIT]};
        n++;
    }
    return n;
}

/* Returns the *n caveats of a cell in the order in which they were stored; the caller frees them.
 * NULL and *n 0: none, or *failed. */
static struct told *caveats_of(const struct table_section *s, const struct table_cell *c,
                               int *n, bool *failed)
{
    *n = 0;
    for (int i = 0; i < c->runs; i++)
        *n = collect(s->data, table_cell_record(s, c, i), NULL, *n);
    struct told *all = *n ? malloc((size_t)*n * sizeof *all) : NULL;
    *failed |= *n && !all;
    *n = 0;
    for (int i = 0; all && i < c->runs; i++)
        *n = collect(s->data, table_cell_record(s, c, i), all, *n);
    if (all)
        qsort(all, (size_t)*n, sizeof *all, by_order);
    return all;
}

int table_caveats(const struct table_section *s, int row, int col,
                  char text[CAVEATS_MAX][CAVEAT_TEXT], bool *failed)
{
    struct wording all[CAVEATS_MAX] = {{0}};
    int n = 0, found;
    struct told *told = caveats_of(s, table_cell_at(s, row, col), &found, failed);
    for (int i = 0; i < found; i++) {
        const char *caveat = told[i].caveat->text;
        int k = 0;
        while (k < n && !same_words(all[k].text, caveat))
            k++;
        if (k == CAVEATS_MAX)
            continue;
        if (k == n)
            all[n++] = (struct wording){.text = caveat, .split = told[i].split};
        take_numbers(&all[k], caveat, all[k].text == caveat);
    }
    free(told);
    for (int k = 0; k < n; k++) {
        write_words(&all[k], text[k]);
        rename_split(s->data, all[k].split, text[k]);
    }
    return n;
}
