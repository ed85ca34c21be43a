#include "stored_runs.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_filter.h"

struct finding {
    const char *const *filters;
    int n_filters, n, room;
    struct found_run *at;
};

/* Returns true when the row fits the filter, whose key is the name of a column. */
static bool fits(const char *text, int columns, const char *const *names,
                 const char *const *cells)
{
    struct filter f;
    if (filter_parse(text, &f, NULL) != ST_OK)
        return false;
    for (int i = 0; i < columns; i++)
        if (strcmp(names[i], filter_key_name(f.key)) == 0)
            return filter_fits(&f, cells[i]);
    return false;
}

static enum status take(void *context, int columns, const char *const *names,
                        const char *const *cells, struct err *e)
{
    struct finding *f = context;
    for (int i = 0; i < f->n_filters; i++)
        if (!fits(f->filters[i], columns, names, cells))
            return ST_OK;
    if (f->n == f->room) {
        const int room = f->room ? 2 * f->room : 64;
        struct found_run *more = realloc(f->at, (size_t)room * sizeof *more);
        if (!more)
            return err_set(e, ST_NOMEM, "no memory for %d runs", room);
        f->at = more;
        f->room = room;
    }
    struct found_run *r = &f->at[f->n++];
    r->id = strtoll(store_cell(cells[0]), NULL, 10);
    snprintf(r->name, sizeof r->name, "%s", store_cell(cells[1]));
    snprintf(r->identity, sizeof r->identity, "%s", store_cell(cells[2]));
    snprintf(r->state, sizeof r->state, "%s", store_cell(cells[3]));
    return ST_OK;
}

enum status stored_runs_find(struct store *db, const char *const *filters, int n_filters,
                             bool removed, struct found_run **out, int *n, struct err *e)
{
    struct finding f = {.filters = filters, .n_filters = n_filters};
    const char *const params[] = {removed ? "1" : "0"};
    enum status st = ST_OK;
    for (int i = 0; i < n_filters && st == ST_OK; i++)
        st = run_filter_check(filters[i], e);
    if (st == ST_OK)
        st = store_query(db,
                         "SELECT id, experiment || iif(cell = '', '', ' ') || cell || ' ' "
                         "|| variant || ' seed ' || seed, identity, state, experiment, "
                         "task, encoder, variant, cell, seed, profile, config FROM run "
                         "WHERE (removed IS NOT NULL) = CAST(?1 AS INTEGER) ORDER BY id",
                         params, 1, take, &f, e);
    if (st) {
        free(f.at);
        return st;
    }
    *out = f.at;
    *n = f.n;
    return ST_OK;
}
