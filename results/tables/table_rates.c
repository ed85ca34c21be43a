#include "table_rates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char rate[] = "train.lr=";

const char *table_rates_of(const char *cell, int *bytes)
{
    const char *word = cell ? strstr(cell, rate) : NULL;
    *bytes = word ? (int)strcspn(word, " ") : 0;
    return word ? word : "";
}

void table_rates_cell(const char *whole, char cell[RATE_CELL])
{
    size_t used = 0;
    cell[0] = 0;
    for (const char *word = whole; word && *word && used < RATE_CELL;) {
        const int n = (int)strcspn(word, " ");
        if (strncmp(word, rate, strlen(rate)) != 0)
            used += (size_t)snprintf(cell + used, RATE_CELL - used, "%s%.*s",
                                     used ? " " : "", n, word);
        word += n + (word[n] == ' ');
    }
}

static int by_run(const void *key, const void *item)
{
    const int64_t run = *(const int64_t *)key, other = ((const struct learning *)item)->run;
    return (run > other) - (run < other);
}

double table_rates_loss(const struct table_data *d, const struct record *r)
{
    const struct learning *x =
        d->learnings
            ? bsearch(&r->run, d->learning, (size_t)d->learnings, sizeof *x, by_run)
            : NULL;
    return x ? x->loss : (double)NAN;
}

/* A record with the name of its cell without the rate. */
struct rated {
    const char *cell; /* interned */
    const struct record *record;
    double loss;
    int place,
        first; /* index of the record, and of the first that differs only in the rate */
    bool chosen;
};

static int compare_words(const char *a, const char *b)
{
    return a == b ? 0 : strcmp(a ? a : "", b ? b : "");
}

static int by_group(const void *pa, const void *pb)
{
    static const enum dim dims[] = {DIM_EXPERIMENT, DIM_PROFILE, DIM_VARIANT};
    const struct rated *a = pa, *b = pb;
    int order = compare_words(a->cell, b->cell);
    for (int i = 0; i < 3 && !order; i++)
        order = compare_words(a->record->key[dims[i]], b->record->key[dims[i]]);
    return order;
}

static int by_rate(const void *pa, const void *pb)
{
    const struct rated *a = pa, *b = pb;
    const int order = by_group(pa, pb);
    return order ? order
                 : compare_words(a->record->key[DIM_CELL], b->record->key[DIM_CELL]);
}

static int by_rate_then_place(const void *pa, const void *pb)
{
    const struct rated *a = pa, *b = pb;
    const int order = by_rate(pa, pb);
    return order ? order : a->place - b->place;
}

static int end_of(const struct rated *all, int n, int from,
                  int (*order)(const void *, const void *))
{
    int end = from + 1;
    while (end < n && order(&all[end], &all[from]) == 0)
        end++;
    return end;
}

/* Returns the mean loss over runs; the records of a run are adjacent. Infinity: not known. */
static double mean_loss(const struct rated *all, int from, int end)
{
    double sum = 0;
    int runs = 0;
    for (int i = from; i < end; i++)
        if (i == from || all[i].record->run != all[i - 1].record->run) {
            sum += all[i].loss;
            runs++;
        }
    return isnan(sum) ? (double)INFINITY : sum / runs;
}

/* Marks the chosen records; returns whether there was a choice. */
static bool select_rates(struct rated *all, int n)
{
    bool several = false;
    for (int from = 0, end; from < n; from = end) {
        int best = from, first = all[from].place;
        end = end_of(all, n, from, by_group);
        for (int i = from, next; i < end; i = next) {
            next = end_of(all, n, i, by_rate);
            several |= i > from;
            first = all[i].place < first ? all[i].place : first;
            if (mean_loss(all, i, next) <
                mean_loss(all, best, end_of(all, n, best, by_rate)))
                best = i;
        }
        for (int i = from; i < end; i++) {
            all[i].first = first;
            all[i].chosen = by_rate(&all[i], &all[best]) == 0;
        }
    }
    return several;
}

/* Restores the order of the runs, which does not depend on the chosen rate. */
static int by_first(const void *pa, const void *pb)
{
    const struct rated *a = pa, *b = pb;
    return a->first != b->first ? a->first - b->first : a->place - b->place;
}

static enum status name_all(struct table_data *d, struct rated *all, struct err *e)
{
    enum status st = ST_OK;
    for (int i = 0; i < d->records && st == ST_OK; i++) {
        char cell[RATE_CELL];
        table_rates_cell(d->record[i].key[DIM_CELL], cell);
        all[i] = (struct rated){.cell = table_data_word(d, cell, &st, e),
                                .record = &d->record[i],
                                .loss = table_rates_loss(d, &d->record[i]),
                                .place = i};
    }
    return st;
}

enum status table_rates_choose(struct table_data *d, bool *several, struct err *e)
{
    const size_t n = (size_t)d->records;
    struct rated *all = calloc(n + 1, sizeof *all);
    struct record *chosen = calloc(n + 1, sizeof *chosen);
    enum status st = ST_NOMEM;
    if (all && chosen)
        st = name_all(d, all, e);
    else
        err_set(e, ST_NOMEM, "no memory for %zu numbers", n);
    if (all && chosen && st == ST_OK) {
        int kept = 0;
        qsort(all, n, sizeof *all, by_rate_then_place);
        *several = select_rates(all, d->records);
        qsort(all, n, sizeof *all, by_first);
        for (int i = 0; i < d->records; i++)
            if (all[i].chosen) {
                chosen[kept] = *all[i].record;
                chosen[kept++].key[DIM_CELL] = all[i].cell;
            }
        struct record *const before = d->record;
        d->record = chosen;
        d->records = kept;
        chosen = before;
    }
    free(all);
    free(chosen);
    return st;
}
