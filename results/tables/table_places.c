/* table_places.c -- divides records among the rows and columns of a table.
 *
 * The values of each dimension are numbered in order of appearance, and the keys of rows are
 * chosen. The numbers of all members are sorted and repetitions dropped, which gives the rows;
 * then each member is looked up among them by bisection.
 * Pitfall: a run without numbers has no split. It belongs to every split that its experiment has
 * here (by test: that its cell has), so that a cell can say which of its seeds are missing. */
#include "table_section.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* The numbered values of a dimension. */
struct values {
    int *of;           /* [members] the number of a member's value; -1: it has none */
    const char **text; /* [n] */
    int n;
};

/* A row, given by the numbers of its keys. */
struct line {
    int number[DIMS];
};

/* A split for which runs of an experiment have numbers, or a test for which runs of a cell do. */
struct owned {
    int experiment, cell; /* cell -1: the whole experiment, and `number` is a split's */
    int number;
};

struct held {
    int cell, record;
};

struct places {
    struct table_section *s;
    struct values by[DIMS];
    struct line *line; /* [s->rows] sorted */
    struct owned *own; /* [owns] sorted */
    struct held *held; /* in the order of members */
    int owns, helds, room;
};

static enum status no_memory(const struct table_section *s, struct err *e)
{
    return err_set(e, ST_NOMEM, "no memory for a table of %d numbers", s->members);
}

/* --- values ------------------------------------------------------------------- */

struct by_key {
    const struct table_section *s;
    enum dim d;
};

static int order_by_key(const void *context, int a, int b)
{
    const struct by_key *by = context;
    const char *x = table_member(by->s, a)->key[by->d];
    const char *y = table_member(by->s, b)->key[by->d];
    return ((uintptr_t)x > (uintptr_t)y) - ((uintptr_t)x < (uintptr_t)y);
}

static enum status number_values(struct places *p, enum dim d, struct err *e)
{
    const struct by_key by = {p->s, d};
    struct values *v = &p->by[d];
    struct groups g;
    enum status st = groups_make(p->s->members, order_by_key, &by, &g, e);
    if (st == ST_OK) {
        v->of = calloc((size_t)p->s->members + 1, sizeof *v->of);
        v->text = calloc((size_t)g.n + 1, sizeof *v->text);
        st = v->of && v->text ? ST_OK : no_memory(p->s, e);
    }
    for (int i = 0; v->of && v->text && i < g.n; i++) {
        const char *text = table_member(p->s, g.at[g.start[i]])->key[d];
        for (int k = g.start[i]; k < g.start[i + 1]; k++)
            v->of[g.at[k]] = text ? v->n : -1;
        if (text)
            v->text[v->n++] = text;
    }
    groups_free(&g);
    return st;
}

/* --- keys --------------------------------------------------------------------- */

/* Does each column determine the dimension, as a task does its experiment when each task has only
 * one? Then rows by it would be filled in some columns only. `number` [columns] is work space. */
static bool follows_from_columns(const struct places *p, enum dim d, int *number)
{
    const struct values *cols = &p->by[p->s->shape.cols], *own = &p->by[d];
    for (int j = 0; j < cols->n; j++)
        number[j] = -1;
    for (int i = 0; i < p->s->members; i++) {
        const int col = cols->of[i];
        if (col < 0 || own->of[i] < 0)
            continue;
        if (number[col] >= 0 && number[col] != own->of[i])
            return false;
        number[col] = own->of[i];
    }
    return true;
}

/* May the dimension be a key without a request? Seeds are averaged, a task follows from its
 * experiment, and a test is an experiment with a cell and a split. */
static bool tells_apart(struct table_shape shape, enum dim d)
{
    if ((shape.rows == DIM_TEST || shape.cols == DIM_TEST) &&
        (d == DIM_EXPERIMENT || d == DIM_CELL || d == DIM_SPLIT))
        return false;
    return d != DIM_SEED && d != DIM_TASK && d != DIM_TEST;
}

/* Chooses the keys of rows: the requested dimension, and the others that vary. */
static enum status choose_keys(struct places *p, struct err *e)
{
    struct table_section *s = p->s;
    int *room = calloc((size_t)p->by[s->shape.cols].n + 1, sizeof *room);
    if (!room)
        return no_memory(s, e);
    for (int d = 0; d < DIMS; d++) {
        const enum dim dim = (enum dim)d;
        const bool extra = p->by[d].n > 1 && tells_apart(s->shape, dim) &&
                           dim != s->shape.cols && dim != s->shape.rows &&
                           !follows_from_columns(p, dim, room);
        s->fixed[d] = p->by[d].n == 1 ? p->by[d].text[0] : NULL;
        if (dim == s->shape.rows)
            s->main = s->keys;
        if (dim == s->shape.rows || extra)
            s->key[s->keys++] = dim;
    }
    free(room);
    return ST_OK;
}

/* --- rows and columns ------------------------------------------------------------ */

static int by_numbers(const void *pa, const void *pb)
{
    const struct line *a = pa, *b = pb;
    for (int k = 0; k < DIMS; k++)
        if (a->number[k] != b->number[k])
            return a->number[k] < b->number[k] ? -1 : 1;
    return 0;
}

static enum status make_rows(struct places *p, struct err *e)
{
    struct table_section *s = p->s;
    int n = 0;
    p->line = calloc((size_t)s->members + 1, sizeof *p->line);
    if (!p->line)
        return no_memory(s, e);
    for (int i = 0; i < s->members; i++) {
        struct line *line = &p->line[n];
        bool whole = true;
        for (int k = 0; k < s->keys; k++) {
            line->number[k] = p->by[s->key[k]].of[i];
            whole = whole && line->number[k] >= 0;
        }
        n += whole;
    }
    memset(&p->line[n], 0, sizeof *p->line);
    qsort(p->line, (size_t)n, sizeof *p->line, by_numbers);
    for (int i = 0; i < n; i++)
        if (s->rows == 0 || by_numbers(&p->line[i], &p->line[s->rows - 1]) != 0)
            p->line[s->rows++] = p->line[i];
    s->row = calloc((size_t)s->rows + 1, sizeof *s->row);
    for (int i = 0; s->row && i < s->rows; i++)
        for (int k = 0; k < s->keys; k++)
            s->row[i].key[k] = p->by[s->key[k]].text[p->line[i].number[k]];
    return s->row ? ST_OK : no_memory(s, e);
}

static enum status make_cols(struct places *p, struct err *e)
{
    struct table_section *s = p->s;
    const struct values *v = &p->by[s->shape.cols];
    s->cols = v->n;
    s->col = calloc((size_t)v->n + 1, sizeof *s->col);
    for (int j = 0; s->col && j < v->n; j++)
        s->col[j] = v->text[j];
    return s->col ? ST_OK : no_memory(s, e);
}

/* --- the splits of an experiment --------------------------------------------------- */

static int by_owner(const void *pa, const void *pb)
{
    const struct owned *a = pa, *b = pb;
    if (a->experiment != b->experiment)
        return a->experiment < b->experiment ? -1 : 1;
    if (a->cell != b->cell)
        return a->cell < b->cell ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static enum status note_splits(struct places *p, struct err *e)
{
    const int members = p->s->members;
    int n = 0;
    p->own = calloc(2 * (size_t)members + 1, sizeof *p->own);
    if (!p->own)
        return no_memory(p->s, e);
    for (int i = 0; i < members; i++) {
        const int experiment = p->by[DIM_EXPERIMENT].of[i];
        if (p->by[DIM_SPLIT].of[i] < 0)
            continue;
        p->own[n++] = (struct owned){experiment, -1, p->by[DIM_SPLIT].of[i]};
        p->own[n++] =
            (struct owned){experiment, p->by[DIM_CELL].of[i], p->by[DIM_TEST].of[i]};
    }
    qsort(p->own, (size_t)n, sizeof *p->own, by_owner);
    for (int i = 0; i < n; i++)
        if (p->owns == 0 || by_owner(&p->own[i], &p->own[p->owns - 1]) != 0)
            p->own[p->owns++] = p->own[i];
    return ST_OK;
}

/* Returns the index of the first owned that is not before `key`. */
static int first_owned(const struct places *p, struct owned key)
{
    int low = 0, high = p->owns;
    while (low < high) {
        const int middle = low + (high - low) / 2;
        if (by_owner(&p->own[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The n values of a dimension to which a member belongs: those of `own`, or, when it is NULL, the
 * numbers from `first` on. */
struct choice {
    const struct owned *own;
    int first, n;
};

static struct choice values_of(const struct places *p, int member, enum dim d)
{
    const int own = p->by[d].of[member], experiment = p->by[DIM_EXPERIMENT].of[member];
    const int cell = d == DIM_TEST ? p->by[DIM_CELL].of[member] : -1;
    if (own >= 0)
        return (struct choice){NULL, own, 1};
    if (d != DIM_SPLIT && d != DIM_TEST)
        return (struct choice){NULL, 0, 0};
    const int from = first_owned(p, (struct owned){experiment, cell, 0});
    int end = from;
    while (end < p->owns && p->own[end].experiment == experiment &&
           p->own[end].cell == cell)
        end++;
    if (from == end && d == DIM_SPLIT) /* its experiment has none: all splits */
        return (struct choice){NULL, 0, p->by[d].n};
    return (struct choice){&p->own[from], 0, end - from};
}

static int number_at(struct choice c, int i)
{
    return c.own ? c.own[i].number : c.first + i;
}

/* --- cells ----------------------------------------------------------------------- */

static enum status hold(struct places *p, int cell, int record, struct err *e)
{
    if (p->helds == p->room) {
        const int room = p->room ? 2 * p->room : 64;
        struct held *all = realloc(p->held, (size_t)room * sizeof *all);
        if (!all)
            return no_memory(p->s, e);
        p->held = all;
        p->room = room;
    }
    p->held[p->helds++] = (struct held){cell, record};
    return ST_OK;
}

/* Puts a member into the cells of its row, or of several rows when rows are by split and it has
 * none. */
static enum status hold_member(struct places *p, int member, struct err *e)
{
    const struct table_section *s = p->s;
    const struct choice cols = values_of(p, member, s->shape.cols);
    struct choice rows = {NULL, 0, 1};
    struct line line = {{0}};
    enum status st = ST_OK;
    int several = 0; /* the key with more than one value, if any */
    for (int k = 0; k < s->keys && rows.n > 0; k++) {
        const struct choice c = values_of(p, member, s->key[k]);
        line.number[k] = c.n > 0 ? number_at(c, 0) : -1;
        if (c.n != 1 || k == 0) {
            rows = c;
            several = k;
        }
    }
    for (int i = 0; i < rows.n; i++) {
        line.number[several] = number_at(rows, i);
        const struct line *at =
            bsearch(&line, p->line, (size_t)s->rows, sizeof line, by_numbers);
        for (int j = 0; at && j < cols.n && st == ST_OK; j++)
            st = hold(p, (int)(at - p->line) * s->cols + number_at(cols, j),
                      s->member[member], e);
    }
    return st;
}

/* Makes the cells, with the records of each adjacent in s->held, in the order of members. */
static enum status make_cells(struct places *p, struct err *e)
{
    struct table_section *s = p->s;
    enum status st = ST_OK;
    for (int i = 0; i < s->members && st == ST_OK; i++)
        st = hold_member(p, i, e);
    if (st)
        return st;
    s->cell = calloc((size_t)s->rows * (size_t)s->cols + 1, sizeof *s->cell);
    s->held = calloc((size_t)p->helds + 1, sizeof *s->held);
    if (!s->cell || !s->held)
        return no_memory(s, e);
    for (int i = 0; i < p->helds; i++)
        s->cell[p->held[i].cell].runs++;
    int *next = s->held;
    for (int i = 0; i < s->rows * s->cols; i++) {
        s->cell[i].record = next;
        next += s->cell[i].runs;
        s->cell[i].runs = 0;
    }
    for (int i = 0; i < p->helds; i++) {
        struct table_cell *c = &s->cell[p->held[i].cell];
        s->held[c->record - s->held + c->runs++] = p->held[i].record;
    }
    return ST_OK;
}

enum status table_places_fill(struct table_section *s, struct err *e)
{
    struct places p = {.s = s};
    enum status st = ST_OK;
    for (int d = 0; d < DIMS && st == ST_OK; d++)
        st = number_values(&p, (enum dim)d, e);
    if (st == ST_OK)
        st = choose_keys(&p, e);
    if (st == ST_OK)
        st = make_rows(&p, e);
    if (st == ST_OK)
        st = make_cols(&p, e);
    if (st == ST_OK)
        st = note_splits(&p, e);
    if (st == ST_OK)
        st = make_cells(&p, e);
    for (int d = 0; d < DIMS; d++) {
        free(p.by[d].of);
        free(p.by[d].text);
    }
    free(p.line);
    free(p.own);
    free(p.held);
    return st;
}
