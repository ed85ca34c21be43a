#include "removal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clean.h"
#include "no_match.h"
#include "targets.h"

enum { FILTERS_MAX = 64 }; /* more are refused; chosen */

/* Reads the arguments and --only as one list. */
static enum status read_filters(const struct invocation *v, const char *out[FILTERS_MAX],
                                int *n, struct err *e)
{
    const char *const *only;
    const int options = flag_list(v, "only", &only);
    *n = 0;
    if (argument_count(v) + options > FILTERS_MAX)
        return err_set(e, ST_USAGE, "more than %d filters", FILTERS_MAX);
    for (int i = 0; i < argument_count(v); i++)
        out[(*n)++] = argument_at(v, i);
    for (int i = 0; i < options; i++)
        out[(*n)++] = only[i];
    return ST_OK;
}

static enum status find(const struct invocation *v, bool removed, struct removal *r,
                        struct err *e)
{
    const char *filters[FILTERS_MAX];
    int n = 0;
    enum status st = read_filters(v, filters, &n, e);
    if (st == ST_OK)
        st = stored_runs_find(r->db, filters, n, removed, &r->run, &r->n, e);
    if (st == ST_OK && r->n == 0) {
        char advice[FILTER_ADVICE] = "";
        if (!removed)
            no_match_advice(r->db, filters, n, advice);
        return err_set(e, ST_NOTFOUND, "%s: no run %smatches%s", r->path,
                       removed ? "that is marked as removed " : "", advice);
    }
    return st;
}

enum status removal_open(const struct invocation *v, bool removed, struct removal *out,
                         struct err *e)
{
    const bool dry = flag_given(v, "dry-run");
    *out = (struct removal){.lock = {.file = -1}};
    target_database(v, "", out->path);
    /* Reading first, so that no database is created. */
    enum status st = store_open(out->path, STORE_READ, &out->db, e);
    if (st == ST_OK && !dry) {
        store_close(out->db);
        out->db = NULL;
        st = lock_take(out->path, &out->lock, e);
        if (st == ST_OK)
            st = store_open(out->path, STORE_WRITE, &out->db, e);
    }
    return st ? st : find(v, removed, out, e);
}

void removal_close(struct removal *r)
{
    store_close(r->db);
    lock_give_back(&r->lock);
    free(r->run);
}

void removal_print(const struct removal *r)
{
    for (int i = 0; i < r->n; i++)
        clean_line(stdout, "%" PRId64 " %s, %s", r->run[i].id, r->run[i].name,
                   r->run[i].state);
}

int64_t *removal_ids(const struct removal *r)
{
    int64_t *id = calloc((size_t)r->n + 1, sizeof *id);
    for (int i = 0; id && i < r->n; i++)
        id[i] = r->run[i].id;
    return id;
}
