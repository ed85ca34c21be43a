#include "table_caveats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table_names.h"

enum { NUMBERS_MAX = 8 }; /* further ones of a caveat get no range; ours have three */

static const char digits[] = "0123456789";

/* Caveats of the same words: the first one, and the range of each number in it. */
struct words {
    const char *text;
    const char *split; /* its beginning */
    long long low[NUMBERS_MAX], high[NUMBERS_MAX];
};

/* Do the texts differ in their numbers alone? */
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

static void take_numbers(struct words *w, const char *text, bool first)
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

static void write_words(const struct words *w, char out[CAVEAT_TEXT])
{
    const char *at = w->text, *by_seed = " (by seed)"; /* said once */
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

/* The split at the beginning under the name that is printed. */
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

int table_caveats(const struct table_section *s, int row, int col,
                  char text[CAVEATS_MAX][CAVEAT_TEXT])
{
    const struct table_data *d = s->data;
    struct words all[CAVEATS_MAX] = {{0}};
    int n = 0;
    for (int i = 0; i < d->caveats; i++)
        for (int j = 0; j < s->members; j++) {
            const struct record *r = table_member(s, j);
            const char *caveat = d->caveat[i].text;
            int k = 0;
            if (r->run != d->caveat[i].run || !is_caveat_of(caveat, r) ||
                !table_cell_holds(s, row, col, r))
                continue;
            while (k < n && !same_words(all[k].text, caveat))
                k++;
            if (k == CAVEATS_MAX)
                continue;
            if (k == n)
                all[n++] = (struct words){.text = caveat, .split = r->key[DIM_SPLIT]};
            take_numbers(&all[k], caveat, all[k].text == caveat);
        }
    for (int k = 0; k < n; k++) {
        write_words(&all[k], text[k]);
        rename_split(d, all[k].split, text[k]);
    }
    return n;
}
