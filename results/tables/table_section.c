/* table_section.c -- selects the records of a table and computes its cells.
 *
 * A table has the records of one experiment and profile, unless these are rows or columns.
 * table_places.c divides them among rows and columns; then each cell's mean, spread and bound
 * are computed, and the best among comparable cells are marked. */
#include "ascending.h"
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

/* Does the dimension separate tables? Experiments and profiles do, unless the table compares
 * them. */
static bool separates(struct table_shape shape, enum dim d)
{
    if (d == DIM_EXPERIMENT)
        return !asked_for(shape, DIM_EXPERIMENT) && !asked_for(shape, DIM_TASK) &&
               !asked_for(shape, DIM_TEST);
    return d == DIM_PROFILE && !asked_for(shape, DIM_PROFILE);
}

struct dividing {
    const struct table_data *data;
    struct table_shape shape;
};

static int by_section(const void *context, int a, int b)
{
    const struct dividing *x = context;
    int order = 0;
    for (int d = 0; d < DIMS && order == 0; d++)
        if (separates(x->shape, (enum dim)d))
            order =
                ascending_pointers(x->data->record[a].key[d], x->data->record[b].key[d]);
    return order;
}

enum status table_sections_divide(const struct table_data *d, struct table_shape shape,
                                  struct groups *out, struct err *e)
{
    const struct dividing x = {d, shape};
    return groups_make(d->records, by_section, &x, out, e);
}

const struct record *table_member(const struct table_section *s, int i)
{
    assert(i >= 0 && i < s->members);
    return &s->data->record[s->member[i]];
}

const struct record *table_cell_record(const struct table_section *s,
                                       const struct table_cell *c, int i)
{
    assert(i >= 0 && i < c->runs);
    return &s->data->record[c->record[i]];
}

/* --- the numbers of cells -------------------------------------------------------- */

/* Computes the numbers of a cell. `value` [runs of the cell] is work space. */
static void gather(const struct table_section *s, struct table_cell *c, double *value)
{
    c->count = c->total = -1;
    c->min = c->max = c->bound = (double)NAN;
    for (int i = 0; i < c->runs; i++) {
        const struct record *r = table_cell_record(s, c, i);
        if (!c->any || r->key[DIM_SPLIT])
            c->any = r;
        if (isnan(r->value))
            continue;
        value[c->n++] = r->value;
        c->min = c->n == 1 ? r->value : fmin(c->min, r->value);
        c->max = c->n == 1 ? r->value : fmax(c->max, r->value);
        c->count = statistics_add_count(c->count, r->count);
        c->total = statistics_add_count(c->total, r->total);
    }
    c->mean = statistics_mean(value, c->n);
    c->std = statistics_std(value, c->n);
    c->interval = c->total > 0
                      ? statistics_rate_interval(c->mean, c->std, c->n, c->count, c->total)
                      : statistics_mean_interval(c->mean, c->std, c->n);
    if (s->data->info->error && c->n > 0 && c->count == 0 && c->total > 0)
        c->bound = statistics_zero_bound(c->total);
}

static enum status fill_cells(struct table_section *s, struct err *e)
{
    double *value = calloc((size_t)s->members + 1, sizeof *value);
    if (!value)
        return err_set(e, ST_NOMEM, "no memory for a table of %d numbers", s->members);
    for (int i = 0; i < s->rows * s->cols; i++) {
        gather(s, &s->cell[i], value);
        s->seeds = s->cell[i].n > s->seeds ? s->cell[i].n : s->seeds;
    }
    free(value);
    return ST_OK;
}

/* --- the best of them -------------------------------------------------------------- */

/* The cells that are compared with each other. */
struct rivals {
    const struct table_cell *best; /* the first with the best mean; NULL: none */
    int n;                         /* cells with a mean */
};

/* Adds a cell to the rivals. An infinite mean is never the best, and without a better direction
 * no mean is. */
static void consider(struct rivals *r, const struct table_cell *c, int better)
{
    r->n += c->n > 0;
    if (c->n > 0 && better && isfinite(c->mean) &&
        (!r->best || better * c->mean > better * r->best->mean))
        r->best = c;
}

static void mark(const struct rivals *r, struct table_cell *mine, int better)
{
    const struct table_cell *best = r->n > 1 ? r->best : NULL;
    const bool counts = best && mine->n > 0 && isfinite(mine->mean);
    const double worst =
        counts ? (better < 0 ? best->interval.high : best->interval.low) : (double)NAN;
    mine->best[BEST_MEAN] = counts && mine->mean == best->mean;
    mine->best[BEST_INTERVAL] =
        mine->best[BEST_MEAN] ||
        (counts && best->n > 1 && better * mine->mean >= better * worst);
}

/* Groups rows that differ only in the encoder. */
static int by_rivals(const void *context, int a, int b)
{
    const struct table_section *s = context;
    int order = 0;
    for (int k = 0; k < s->keys && order == 0; k++)
        if (s->key[k] != DIM_VARIANT)
            order = ascending_pointers(s->row[a].key[k], s->row[b].key[k]);
    return order;
}

static void mark_row(struct table_section *s, int row)
{
    struct table_cell *c = &s->cell[(ptrdiff_t)row * s->cols];
    struct rivals r = {0};
    for (int j = 0; j < s->cols; j++)
        consider(&r, &c[j], s->data->info->better);
    for (int j = 0; j < s->cols; j++)
        mark(&r, &c[j], s->data->info->better);
}

/* Marks the best of column `col` in the rows row[n]. */
static void mark_col(struct table_section *s, const int *row, int n, int col)
{
    struct rivals r = {0};
    for (int i = 0; i < n; i++)
        consider(&r, table_cell_at(s, row[i], col), s->data->info->better);
    for (int i = 0; i < n; i++)
        mark(&r, &s->cell[row[i] * s->cols + col], s->data->info->better);
}

static enum status mark_best(struct table_section *s, struct err *e)
{
    struct groups g = {0};
    enum status st = ST_OK;
    if (s->shape.cols != DIM_VARIANT)
        st = groups_make(s->rows, by_rivals, s, &g, e);
    for (int i = 0; i < s->rows && s->shape.cols == DIM_VARIANT; i++)
        mark_row(s, i);
    for (int i = 0; i < g.n && st == ST_OK; i++)
        for (int j = 0; j < s->cols; j++)
            mark_col(s, &g.at[g.start[i]], g.start[i + 1] - g.start[i], j);
    groups_free(&g);
    return st;
}

/* --- all of it --------------------------------------------------------------------- */

static int by_recipe(const void *context, int a, int b)
{
    const int64_t x = table_member(context, a)->recipe,
                  y = table_member(context, b)->recipe;
    return (x > y) - (x < y);
}

enum status table_section_init(const struct table_data *d, struct table_shape shape,
                               const struct groups *sections, int i,
                               struct table_section *out, struct err *e)
{
    struct table_section *s = out;
    *s = (struct table_section){
        .data = d,
        .shape = shape,
        .single = true,
        .member = &sections->at[sections->start[i]],
        .members = sections->start[i + 1] - sections->start[i],
    };
    for (int k = 0; k < s->members; k++) {
        const struct record *r = table_member(s, k);
        if (r->key[DIM_SPLIT] && (r->tokens != r->sequences || r->tokens < 0))
            s->single = false;
    }
    enum status st = table_places_fill(s, e);
    if (st == ST_OK)
        st = fill_cells(s, e);
    if (st == ST_OK)
        st = mark_best(s, e);
    return st ? st : groups_make(s->members, by_recipe, s, &s->recipe, e);
}

void table_section_free(struct table_section *s)
{
    free(s->row);
    free(s->col);
    free(s->cell);
    free(s->held);
    groups_free(&s->recipe);
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
    if (!c->any)
        return NULL;
    const char *const *key = c->any->key;
    const struct published of = {.experiment = key[DIM_EXPERIMENT],
                                 .profile = key[DIM_PROFILE],
                                 .cell = key[DIM_CELL],
                                 .variant = c->any->variant,
                                 .split = key[DIM_SPLIT]};
    return table_data_published(d, &of);
}

enum status table_section_arrange(struct table_section *s, const int *order, struct err *e)
{
    struct table_row *row = calloc((size_t)s->rows + 1, sizeof *row);
    struct table_cell *cell = calloc((size_t)s->rows * (size_t)s->cols + 1, sizeof *cell);
    if (!row || !cell) {
        free(row);
        free(cell);
        return err_set(e, ST_NOMEM, "no memory to order %d rows", s->rows);
    }
    for (int i = 0; i < s->rows; i++) {
        row[i] = s->row[order[i]];
        memcpy(&cell[(ptrdiff_t)i * s->cols], &s->cell[(ptrdiff_t)order[i] * s->cols],
               (size_t)s->cols * sizeof *cell);
    }
    free(s->row);
    free(s->cell);
    s->row = row;
    s->cell = cell;
    return mark_best(s, e);
}

enum { REASON = 600 }; /* bytes of the first line of a reason; chosen */

/* Writes why a run has no numbers: "seed 3 failed: the loss is not a finite number". */
static int tell_run(const struct record *r, char *text, size_t room)
{
    const char *const seed = r->key[DIM_SEED];
    const int line = r->error ? (int)strcspn(r->error, "\n") : 0;
    if (strcmp(r->state, RUN_FAILED) == 0)
        return snprintf(text, room, "seed %s failed%s%.*s%s", seed, line ? ": " : "",
                        line > REASON ? REASON : line, r->error ? r->error : "",
                        line > REASON ? "..." : "");
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
    for (int i = 0; i < c->runs && used < CELL_NOTE; i++) {
        const struct record *r = table_cell_record(s, c, i);
        if (r->key[DIM_SPLIT])
            continue;
        used += (size_t)snprintf(text + used, CELL_NOTE - used, "%s", used ? "; " : "");
        if (used < CELL_NOTE)
            used += (size_t)tell_run(r, text + used, CELL_NOTE - used);
        undone++;
    }
    /* All runs are done but have no value; a caveat, if there is one, says why. */
    if (c->n == 0 && undone == 0)
        snprintf(text, CELL_NOTE, CELL_NOT_AVAILABLE);
}
