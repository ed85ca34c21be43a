#include "groups.h"

#include <stdbool.h>
#include <stdlib.h>

/* A thing with its context, because qsort passes none to the comparison. */
struct thing {
    const void *context;
    group_order *order;
    int i, first; /* its number, and that of the first thing of its group */
};

static int by_order(const void *pa, const void *pb)
{
    const struct thing *a = pa, *b = pb;
    const int order = a->order(a->context, a->i, b->i);
    return order ? order : (a->i > b->i) - (a->i < b->i);
}

static int by_first(const void *pa, const void *pb)
{
    const struct thing *a = pa, *b = pb;
    const int order = (a->first > b->first) - (a->first < b->first);
    return order ? order : (a->i > b->i) - (a->i < b->i);
}

static void sort(struct thing *all, int n)
{
    qsort(all, (size_t)n, sizeof *all, by_order);
    for (int i = 0; i < n; i++) {
        const bool same =
            i > 0 && all[i].order(all[i].context, all[i].i, all[i - 1].i) == 0;
        all[i].first = same ? all[i - 1].first : all[i].i;
    }
    qsort(all, (size_t)n, sizeof *all, by_first);
}

enum status groups_make(int n, group_order *order, const void *context, struct groups *out,
                        struct err *e)
{
    struct thing *all = calloc((size_t)n + 1, sizeof *all);
    *out = (struct groups){.at = calloc((size_t)n + 1, sizeof *out->at),
                           .start = calloc((size_t)n + 1, sizeof *out->start)};
    if (!all || !out->at || !out->start) {
        free(all);
        return err_set(e, ST_NOMEM, "no memory to order %d things of a table", n);
    }
    for (int i = 0; i < n; i++)
        all[i] = (struct thing){context, order, i, i};
    sort(all, n);
    for (int i = 0; i < n; i++) {
        out->at[i] = all[i].i;
        if (i == 0 || all[i].first != all[i - 1].first)
            out->start[out->n++] = i;
    }
    out->start[out->n] = n;
    free(all);
    return ST_OK;
}

void groups_free(struct groups *g)
{
    free(g->at);
    free(g->start);
    *g = (struct groups){0};
}
