/* plan_memory.c -- compares the memory that the runs of a plan take at once with what is
 * available, before any of them starts. Otherwise overcommit would grant too much, and the kernel
 * would kill some process later. */
#include "plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "training.h"

static const double mib = 1 << 20;

/* Returns true for runs that differ only in their seed, which take the same memory. */
static bool same_size(const struct run_spec *a, const struct run_spec *b)
{
    return strcmp(a->experiment, b->experiment) == 0 && strcmp(a->cell, b->cell) == 0 &&
           strcmp(a->variant, b->variant) == 0;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

enum status plan_memory(struct plan *p, int jobs, int threads, struct err *e)
{
    double *bytes = calloc((size_t)p->n + 1, sizeof *bytes), last = 0.0;
    const struct run_spec *before = NULL;
    int n = 0;
    if (!bytes)
        return err_set(e, ST_NOMEM, "no memory to plan %d runs", p->n);
    for (int i = 0; i < p->n; i++) {
        const struct run_spec *r = p->item[i].run;
        if (!plan_costs(&p->item[i]))
            continue;
        /* A run with impossible sizes reports that itself when it is run. */
        if (!(before && same_size(before, r)) &&
            training_bytes(r, threads, &last, NULL) != ST_OK)
            last = 0.0;
        before = r;
        bytes[n++] = last;
    }
    qsort(bytes, (size_t)n, sizeof *bytes, by_size);
    p->most_bytes = bytes[0];
    p->bytes = 0.0;
    for (int i = 0; i < n && i < jobs; i++)
        p->bytes += bytes[i];
    free(bytes);
    return ST_OK;
}

enum status plan_check_memory(const struct plan *p, int jobs, struct err *e)
{
    const struct memory_room room = memory_room();
    if (p->bytes <= room.bytes)
        return ST_OK;
    if (p->most_bytes > room.bytes)
        return err_set(
            e, ST_NOMEM,
            "the largest run takes %.0f MiB of memory, and %s has %.0f MiB left; "
            "lower train.shards, model sizes, lengths or --threads, or leave it "
            "out with --only",
            p->most_bytes / mib, room.of, room.bytes / mib);
    return err_set(
        e, ST_NOMEM,
        "runs of up to %.0f MiB, %d at a time, take %.0f MiB of memory, and %s has "
        "%.0f MiB left; run with --jobs %d",
        p->most_bytes / mib, jobs, p->bytes / mib, room.of, room.bytes / mib,
        (int)fmax(1.0, floor(room.bytes / p->most_bytes)));
}
