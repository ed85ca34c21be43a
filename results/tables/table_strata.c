/* table_strata.c -- finds the hard places of each split, and each run's errors there.
 *
 * The first statement gives errors by value of each stratum over all runs that are done. Both
 * ends of the values are tried, and the harder end of the hardest stratum is kept. The second
 * statement gives each record's wrong answers, and those in that range are added up.
 * Pitfall: the first statement must not use the request's filters, or each table would have
 * hard places of its own. */
#include "table_strata.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

/* A value of a stratum, over all runs of one cell and split. */
struct value {
    int64_t value, wrong, places;
};

struct search {
    struct table_data *data;
    struct hard_places now; /* the stratum whose values are collected */
    struct value *value;
    int values;
};

/* Returns how many values at the beginning (`last`: at the end) hold at most a quarter of the
 * places, at least one; *sum receives their totals. */
static int end_group(const struct search *x, bool last, int64_t all, struct value *sum)
{
    int n = 0;
    *sum = (struct value){0};
    for (; n < x->values; n++) {
        const struct value *v = &x->value[last ? x->values - 1 - n : n];
        if (n > 0 && 4 * (sum->places + v->places) > all)
            break;
        sum->wrong += v->wrong;
        sum->places += v->places;
    }
    return n;
}

static double error_of(int64_t wrong, int64_t places)
{
    return places > 0 ? (double)wrong / (double)places : (double)NAN;
}

static bool same_split(const struct hard_places *a, const struct hard_places *b)
{
    return a->experiment == b->experiment && a->profile == b->profile &&
           a->cell == b->cell && a->split == b->split;
}

/* Keeps `h` unless another stratum of the split is harder. */
static enum status keep_hardest(struct table_data *d, const struct hard_places *h,
                                struct err *e)
{
    struct hard_places *last = d->hards ? &d->hard[d->hards - 1] : NULL;
    if (last && same_split(last, h)) {
        if (h->error > last->error)
            *last = *h;
        return ST_OK;
    }
    struct hard_places *all = table_data_grown(d->hard, d->hards, sizeof *all);
    if (!all)
        return err_set(e, ST_NOMEM, "no memory for the table");
    all[d->hards++] = *h;
    d->hard = all;
    return ST_OK;
}

/* Tries both ends of the collected values of one stratum, and forgets them. */
static enum status judge(struct search *x, struct err *e)
{
    enum status st = ST_OK;
    struct hard_places h = x->now;
    h.all = 0;
    for (int i = 0; i < x->values; i++)
        h.all += x->value[i].places;
    for (int last = 1; last >= 0 && x->values > 1 && st == ST_OK; last--) {
        struct value sum;
        const int n = end_group(x, last, h.all, &sum);
        const struct value *v = last ? &x->value[x->values - n] : x->value;
        h.last = last;
        h.low = v[0].value;
        h.high = v[n - 1].value;
        h.places = sum.places;
        h.error = error_of(sum.wrong, sum.places);
        if (!isnan(h.error))
            st = keep_hardest(x->data, &h, e);
    }
    x->values = 0;
    return st;
}

static enum status take_value(void *context, sqlite3_stmt *q, struct err *e)
{
    struct search *x = context;
    struct hard_places h = {0};
    const char **const name[] = {&h.experiment, &h.profile, &h.cell, &h.split, &h.stratum};
    enum status st = ST_OK;
    for (int i = 0; i < 5; i++)
        *name[i] =
            table_data_word(x->data, (const char *)sqlite3_column_text(q, i), &st, e);
    if (st == ST_OK && x->values &&
        (!same_split(&h, &x->now) || h.stratum != x->now.stratum))
        st = judge(x, e);
    x->now = h;
    struct value *all = st ? NULL : table_data_grown(x->value, x->values, sizeof *all);
    if (!all)
        return st ? st : err_set(e, ST_NOMEM, "no memory for the table");
    x->value = all;
    all[x->values++] = (struct value){
        sqlite3_column_int64(q, 5), sqlite3_column_int64(q, 6), sqlite3_column_int64(q, 7)};
    return st;
}

/* Finds the hard places over all encoders, whatever the table shows. */
static enum status find_hard(struct store *s, struct table_data *d, struct err *e)
{
    struct search x = {.data = d};
    enum status st =
        store_each(s,
                   /* asked: one number for three names, because it sorts faster */
                   "WITH member AS MATERIALIZED ("
                   " SELECT run_id, experiment, profile, cell,"
                   "  dense_rank() OVER (ORDER BY experiment, profile, cell) AS asked"
                   " FROM v_run WHERE state = 'done'"
                   "), asked AS MATERIALIZED ("
                   " SELECT DISTINCT asked, experiment, profile, cell FROM member"
                   "), sums AS ("
                   " SELECT m.asked, s.split, s.name, s.value,"
                   "  CAST(total(s.wrong) AS INTEGER) AS wrong,"
                   "  CAST(total(s.places) AS INTEGER) AS places"
                   " FROM member AS m JOIN stratum AS s USING (run_id)"
                   " GROUP BY m.asked, s.split, s.name, s.value"
                   ") SELECT a.experiment, a.profile, a.cell, s.split, s.name, s.value,"
                   " s.wrong, s.places FROM sums AS s CROSS JOIN asked AS a USING (asked)"
                   " ORDER BY s.asked, s.split, s.name, s.value",
                   NULL, 0, NULL, take_value, &x, e);
    if (st == ST_OK)
        st = judge(&x, e);
    free(x.value);
    return st;
}

/* --- errors of each run ------------------------------------------------------ */

/* The order of the statement in find_hard. */
static int by_split(const void *pa, const void *pb)
{
    const struct hard_places *a = pa, *b = pb;
    int order = strcmp(a->experiment, b->experiment);
    order = order ? order : strcmp(a->profile, b->profile);
    order = order ? order : strcmp(a->cell, b->cell);
    return order ? order : strcmp(a->split, b->split);
}

static const struct hard_places *hard_of(const struct table_data *d, const struct record *r)
{
    const struct hard_places of = {.experiment = r->key[DIM_EXPERIMENT],
                                   .profile = r->key[DIM_PROFILE],
                                   .cell = r->key[DIM_CELL],
                                   .split = r->key[DIM_SPLIT]};
    const void *found =
        d->hards ? bsearch(&of, d->hard, (size_t)d->hards, sizeof of, by_split) : NULL;
    return found;
}

/* Returns the index of the first record of a run; records are sorted by run. */
static int first_of(const struct table_data *d, int64_t run)
{
    int low = 0, high = d->records;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (d->record[middle].run < run)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum status take_count(void *context, sqlite3_stmt *q, struct err *e)
{
    struct table_data *d = context;
    const int64_t run = sqlite3_column_int64(q, 0), value = sqlite3_column_int64(q, 3);
    const char *split = (const char *)sqlite3_column_text(q, 1);
    const char *stratum = (const char *)sqlite3_column_text(q, 2);
    (void)e;
    for (int i = first_of(d, run); i < d->records && d->record[i].run == run; i++) {
        struct record *r = &d->record[i];
        const struct hard_places *h = r->hard;
        if (!h || value < h->low || value > h->high || strcmp(h->stratum, stratum) != 0 ||
            strcmp(h->split, split) != 0)
            continue;
        r->hard_wrong += sqlite3_column_int64(q, 4);
        r->hard_places += sqlite3_column_int64(q, 5);
    }
    return ST_OK;
}

enum status table_strata_load(struct store *s, struct table_data *d, struct err *e)
{
    const enum status st = find_hard(s, d, e);
    if (st)
        return st;
    for (int i = 0; i < d->records; i++)
        if (d->record[i].key[DIM_SPLIT])
            d->record[i].hard = hard_of(d, &d->record[i]);
    /* Reads the table, because a view has a run once for each experiment that includes it. */
    return store_each(s, "SELECT run_id, split, name, value, wrong, places FROM stratum",
                      NULL, 0, NULL, take_count, d, e);
}

struct hard_cell table_strata_cell(const struct table_section *s, int row, int col)
{
    struct hard_cell c = {.where = NULL};
    bool several = false;
    const struct table_cell *mine = table_cell_at(s, row, col);
    for (int i = 0; i < mine->runs; i++) {
        const struct record *r = table_cell_record(s, mine, i);
        if (!r->hard || !r->hard_places)
            continue;
        several = several || (c.where && c.where != r->hard);
        c.where = r->hard;
        c.wrong += r->hard_wrong;
        c.places += r->hard_places;
    }
    if (several)
        c = (struct hard_cell){.where = NULL};
    c.error = error_of(c.wrong, c.places);
    return c;
}

char *table_strata_text(const struct hard_places *h, char text[HARD_TEXT])
{
    char range[64];
    if (h->low == h->high)
        snprintf(range, sizeof range, "%lld", (long long)h->low);
    else if (h->last)
        snprintf(range, sizeof range, "%lld and more", (long long)h->low);
    else
        snprintf(range, sizeof range, "%lld and less", (long long)h->high);
    snprintf(text, HARD_TEXT, "%.64s %s (%.2g %% of the places)", h->stratum, range,
             100.0 * (double)h->places / (double)h->all);
    return text;
}
