/* table_section.c -- which rows and columns a table has, and what stands in each cell.
 *
 * Records of one experiment and profile (unless these are asked for as rows or columns)
 * come in. Columns are collected, then the keys of rows are chosen: what was asked for and
 * whatever else varies; then rows in order of appearance, and each cell's mean, spread and
 * bound.
 * The trap: a run without numbers has no split; it belongs to every split that its
 * experiment has here, so that a cell can say which of its seeds are missing. */
#include "table_section.h"
#include "run_state.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool asked_for(struct table_shape shape, enum dim d)
{
    return shape.rows == d || shape.cols == d;
}

/* Numbers of different experiments and profiles go to tables of their own, unless the
 * tables are to compare them. */
static bool separates(struct table_shape shape, enum dim d)
{
    if (d == DIM_EXPERIMENT)
        return !asked_for(shape, DIM_EXPERIMENT) && !asked_for(shape, DIM_TASK) &&
               !asked_for(shape, DIM_TEST);
    return d == DIM_PROFILE && !asked_for(shape, DIM_PROFILE);
}

static bool same_section(struct table_shape shape, const struct record *a,
                         const struct record *b)
{
    for (int d = 0; d < DIMS; d++)
        if (separates(shape, (enum dim)d) && a->key[d] != b->key[d])
            return false;
    return true;
}

int table_section_next(const struct table_data *d, struct table_shape shape, int after)
{
    for (int i = after + 1; i < d->records; i++) {
        int first = 0;
        /* Most records lie beside another of their table. */
        if (i > 0 && same_section(shape, &d->record[i - 1], &d->record[i]))
            continue;
        while (!same_section(shape, &d->record[first], &d->record[i]))
            first++;
        if (first == i)
            return i;
    }
    return -1;
}

const struct record *table_member(const struct table_section *s, int i)
{
    assert(i >= 0 && i < s->members);
    return &s->data->record[s->member[i]];
}

/* How many values a dimension has: 0, 1 or 2 for more; *value receives the first. */
static int values_of(const struct table_section *s, enum dim d, const char **value)
{
    *value = NULL;
    for (int i = 0; i < s->members; i++) {
        const char *v = table_member(s, i)->key[d];
        if (v && *value && v != *value)
            return 2;
        *value = v ? v : *value;
    }
    return *value != NULL;
}

/* Does the dimension follow from the columns, as an experiment does from its task when each
 * task has one? Then rows by it would be empty but for one column. */
static bool follows_from_columns(const struct table_section *s, enum dim d)
{
    for (int j = 0; j < s->cols; j++) {
        const char *value = NULL;
        for (int i = 0; i < s->members; i++) {
            const struct record *r = table_member(s, i);
            if (r->key[s->shape.cols] != s->col[j] || !r->key[d])
                continue;
            if (value && r->key[d] != value)
                return false;
            value = r->key[d];
        }
    }
    return true;
}

/* May the dimension be a key although nobody asked for it? Seeds are averaged, a task follows
 * from its experiment, and a test is an experiment with a cell and a split. */
static bool tells_apart(struct table_shape shape, enum dim d)
{
    if (asked_for(shape, DIM_TEST) &&
        (d == DIM_EXPERIMENT || d == DIM_CELL || d == DIM_SPLIT))
        return false;
    return d != DIM_SEED && d != DIM_TASK && d != DIM_TEST;
}

/* What the rows are told apart by: what was asked for, and what else varies. */
static void choose_keys(struct table_section *s)
{
    for (int d = 0; d < DIMS; d++) {
        const enum dim dim = (enum dim)d;
        const char *value;
        const int n = values_of(s, dim, &value);
        const bool extra = n > 1 && tells_apart(s->shape, dim) && dim != s->shape.cols &&
                           (dim == s->shape.rows || !follows_from_columns(s, dim));
        s->fixed[d] = n == 1 ? value : NULL;
        if (dim == s->shape.rows)
            s->main = s->keys;
        if (dim == s->shape.rows || extra)
            s->key[s->keys++] = dim;
    }
}

/* The place of a value among those of its dimension, in order of appearance. */
static int rank_of(const struct table_section *s, enum dim d, const char *value)
{
    for (int i = 0; i < s->members; i++)
        if (table_member(s, i)->key[d] == value)
            return i;
    return s->members;
}

static int compare_rows(const struct table_section *s, const struct table_row *a,
                        const struct table_row *b)
{
    for (int k = 0; k < s->keys; k++) {
        if (a->key[k] == b->key[k])
            continue;
        return rank_of(s, s->key[k], a->key[k]) < rank_of(s, s->key[k], b->key[k]) ? -1 : 1;
    }
    return 0;
}

/* Inserts the row of a record in its place, unless it is there. */
static void insert_row(struct table_section *s, const struct record *r)
{
    struct table_row row = {0};
    int at = s->rows;
    for (int k = 0; k < s->keys; k++) {
        row.key[k] = r->key[s->key[k]];
        if (!row.key[k])
            return;
    }
    for (int i = 0; i < s->rows; i++)
        if (compare_rows(s, &row, &s->row[i]) == 0)
            return;
    for (; at > 0 && compare_rows(s, &row, &s->row[at - 1]) < 0; at--)
        s->row[at] = s->row[at - 1];
    s->row[at] = row;
    s->rows++;
}

static void insert_col(struct table_section *s, const struct record *r)
{
    const char *value = r->key[s->shape.cols];
    for (int i = 0; i < s->cols; i++)
        if (s->col[i] == value)
            return;
    if (value)
        s->col[s->cols++] = value;
}

static enum status note_splits(struct table_section *s, struct err *e)
{
    for (int i = 0; i < s->members; i++) {
        const char *const *key = table_member(s, i)->key;
        int k = 0;
        while (k < s->owned && (s->own[k].experiment != key[DIM_EXPERIMENT] ||
                                s->own[k].split != key[DIM_SPLIT]))
            k++;
        if (k < s->owned || !key[DIM_SPLIT])
            continue;
        struct owned_split *all = realloc(s->own, (size_t)(k + 1) * sizeof *all);
        if (!all)
            return err_set(e, ST_NOMEM, "no memory for a table of %d splits", k + 1);
        all[k] = (struct owned_split){key[DIM_EXPERIMENT], key[DIM_SPLIT], key[DIM_TEST]};
        s->own = all;
        s->owned++;
    }
    return ST_OK;
}

/* A run without numbers belongs to the splits that others of its experiment have, to any when
 * there are none. */
static bool has_split(const struct table_section *s, const struct record *r, enum dim d,
                      const char *value)
{
    bool none = d == DIM_SPLIT;
    for (int k = 0; k < s->owned; k++)
        if (s->own[k].experiment == r->key[DIM_EXPERIMENT]) {
            if ((d == DIM_SPLIT ? s->own[k].split : s->own[k].test) == value)
                return true;
            none = false;
        }
    return none;
}

static bool fits(const struct table_section *s, const struct record *r, enum dim d,
                 const char *value)
{
    return r->key[d] == value ||
           ((d == DIM_SPLIT || d == DIM_TEST) && !r->key[d] && has_split(s, r, d, value));
}

bool table_cell_holds(const struct table_section *s, int row, int col,
                      const struct record *r)
{
    for (int k = 0; k < s->keys; k++)
        if (!fits(s, r, s->key[k], s->row[row].key[k]))
            return false;
    return fits(s, r, s->shape.cols, s->col[col]);
}

/* `value` [members] is room to work in. */
static struct table_cell gather(const struct table_section *s, int row, int col,
                                double *value)
{
    const double nan = (double)NAN;
    struct table_cell c = {.count = -1, .total = -1, .min = nan, .max = nan, .bound = nan};
    for (int i = 0; i < s->members; i++) {
        const struct record *r = table_member(s, i);
        if (!table_cell_holds(s, row, col, r))
            continue;
        c.runs++;
        if (!c.any || r->key[DIM_SPLIT])
            c.any = r;
        if (isnan(r->value))
            continue;
        value[c.n++] = r->value;
        c.min = c.n == 1 ? r->value : fmin(c.min, r->value);
        c.max = c.n == 1 ? r->value : fmax(c.max, r->value);
        c.count = statistics_add_count(c.count, r->count);
        c.total = statistics_add_count(c.total, r->total);
    }
    c.mean = statistics_mean(value, c.n);
    c.std = statistics_std(value, c.n);
    c.interval = c.total > 0
                     ? statistics_rate_interval(c.mean, c.std, c.n, c.count, c.total)
                     : statistics_mean_interval(c.mean, c.std, c.n);
    if (s->data->info->error && c.n > 0 && c.count == 0 && c.total > 0)
        c.bound = statistics_zero_bound(c.total);
    return c;
}

static enum status fill_cells(struct table_section *s, struct err *e)
{
    double *value = calloc((size_t)s->members, sizeof *value);
    s->cell = calloc((size_t)s->rows * (size_t)s->cols + 1, sizeof *s->cell);
    for (int i = 0; value && s->cell && i < s->rows * s->cols; i++) {
        s->cell[i] = gather(s, i / s->cols, i % s->cols, value);
        s->seeds = s->cell[i].n > s->seeds ? s->cell[i].n : s->seeds;
    }
    free(value);
    return value && s->cell
               ? ST_OK
               : err_set(e, ST_NOMEM, "no memory for a table of %d numbers", s->members);
}

enum status table_section_init(const struct table_data *d, struct table_shape shape,
                               int first, struct table_section *out, struct err *e)
{
    struct table_section *s = out;
    const size_t n = (size_t)d->records;
    *s = (struct table_section){.data = d, .shape = shape, .single = true};
    s->member = calloc(n, sizeof *s->member);
    s->row = calloc(n, sizeof *s->row);
    s->col = calloc(n, sizeof *s->col);
    if (!s->member || !s->row || !s->col)
        return err_set(e, ST_NOMEM, "no memory for a table of %d numbers", d->records);
    for (int i = 0; i < d->records; i++) {
        const struct record *r = &d->record[i];
        if (!same_section(shape, r, &d->record[first]))
            continue;
        s->member[s->members++] = i;
        if (r->key[DIM_SPLIT] && (r->tokens != r->sequences || r->tokens < 0))
            s->single = false;
    }
    for (int i = 0; i < s->members; i++)
        insert_col(s, table_member(s, i));
    choose_keys(s);
    for (int i = 0; i < s->members; i++)
        insert_row(s, table_member(s, i));
    const enum status st = note_splits(s, e);
    return st ? st : fill_cells(s, e);
}

void table_section_free(struct table_section *s)
{
    free(s->member);
    free(s->row);
    free(s->col);
    free(s->cell);
    free(s->own);
    *s = (struct table_section){0};
}

const struct table_cell *table_cell_at(const struct table_section *s, int row, int col)
{
    assert(row >= 0 && row < s->rows && col >= 0 && col < s->cols);
    return &s->cell[row * s->cols + col];
}

const struct published *table_cell_published(const struct table_section *s,
                                             const struct table_cell *c)
{
    const struct table_data *d = s->data;
    for (int i = 0; c->any && i < d->publisheds; i++) {
        const struct published *p = &d->published[i];
        const char *const *key = c->any->key;
        if (p->experiment == key[DIM_EXPERIMENT] && p->profile == key[DIM_PROFILE] &&
            p->cell == key[DIM_CELL] && p->variant == c->any->variant &&
            p->split == key[DIM_SPLIT])
            return p;
    }
    return NULL;
}

/* Do rows a and b differ in the encoder alone? */
static bool rivals(const struct table_section *s, int a, int b)
{
    for (int k = 0; k < s->keys; k++)
        if (s->key[k] != DIM_VARIANT && s->row[a].key[k] != s->row[b].key[k])
            return false;
    return true;
}

/* The i-th of the cells that a cell is compared with, itself included; NULL: there are no more
 * or, with *skip, this one is no rival. */
static const struct table_cell *rival(const struct table_section *s, int row, int col,
                                      int i, bool *skip)
{
    const bool across = s->shape.cols == DIM_VARIANT;
    *skip = false;
    if (i >= (across ? s->cols : s->rows))
        return NULL;
    *skip = !across && !rivals(s, i, row);
    return *skip ? NULL : across ? table_cell_at(s, row, i) : table_cell_at(s, i, col);
}

/* The first of the cells with the best mean; NULL where fewer than two have one, or nobody
 * knows whether more is better. What is infinite is not the best. */
static const struct table_cell *best_of(const struct table_section *s, int row, int col)
{
    const int better = s->data->info->better;
    const struct table_cell *best = NULL, *c;
    int n = 0;
    bool skip;
    for (int i = 0; better && ((c = rival(s, row, col, i, &skip)) || skip); i++) {
        if (!c || c->n == 0)
            continue;
        n++;
        if (!best || better * c->mean > better * best->mean)
            best = c;
    }
    return best && n > 1 && isfinite(best->mean) ? best : NULL;
}

bool table_cell_best(const struct table_section *s, enum best_rule rule, int row, int col)
{
    const struct table_cell *mine = table_cell_at(s, row, col);
    const struct table_cell *best = mine->n > 0 ? best_of(s, row, col) : NULL;
    if (!best)
        return false;
    const double worst =
        s->data->info->better < 0 ? best->interval.high : best->interval.low;
    const bool within =
        s->data->info->better < 0 ? mine->mean <= worst : mine->mean >= worst;
    return mine->mean == best->mean || (rule == BEST_INTERVAL && best->n > 1 && within);
}

void table_section_swap(struct table_section *s, int i, int k)
{
    const struct table_row row = s->row[i];
    s->row[i] = s->row[k];
    s->row[k] = row;
    for (int j = 0; j < s->cols; j++) {
        const struct table_cell cell = s->cell[i * s->cols + j];
        s->cell[i * s->cols + j] = s->cell[k * s->cols + j];
        s->cell[k * s->cols + j] = cell;
    }
}

/* "seed 3 failed: the loss is not a finite number" */
static int tell_run(const struct record *r, char *text, size_t room)
{
    const char *const seed = r->key[DIM_SEED];
    const int line = r->error ? (int)strcspn(r->error, "\n") : 0;
    if (strcmp(r->state, RUN_FAILED) == 0)
        return snprintf(text, room, "seed %s failed%s%.*s", seed, line ? ": " : "",
                        line > 160 ? 160 : line, r->error ? r->error : "");
    if (strcmp(r->state, RUN_INTERRUPTED) == 0)
        return snprintf(text, room, "seed %s was interrupted", seed);
    if (strcmp(r->state, RUN_DONE) == 0)
        return snprintf(text, room, "seed %s has no numbers", seed);
    return snprintf(text, room, "seed %s is not done yet", seed);
}

void table_cell_note(const struct table_section *s, int row, int col, char text[CELL_NOTE])
{
    const struct table_cell *c = table_cell_at(s, row, col);
    const bool by_seed = asked_for(s->shape, DIM_SEED);
    const int most = c->runs > s->seeds ? c->runs : s->seeds;
    size_t used = 0;
    int undone = 0;
    text[0] = '\0';
    if (c->runs == 0 || c->n == most)
        return;
    if (!by_seed)
        used = (size_t)snprintf(text, CELL_NOTE, "%d of %d seeds", c->n, most);
    for (int i = 0; i < s->members && used < CELL_NOTE; i++) {
        const struct record *r = table_member(s, i);
        if (r->key[DIM_SPLIT] || !table_cell_holds(s, row, col, r))
            continue;
        used += (size_t)snprintf(text + used, CELL_NOTE - used, "%s", used ? "; " : "");
        if (used < CELL_NOTE)
            used += (size_t)tell_run(r, text + used, CELL_NOTE - used);
        undone++;
    }
    /* All done but without a value: a caveat says why, if there is one. */
    if (c->n == 0 && undone == 0)
        snprintf(text, CELL_NOTE, CELL_NOT_AVAILABLE);
}
