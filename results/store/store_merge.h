/* store_merge.h -- joins databases of one matrix, such as those of shards.
 *
 * Whatever the order, and however often: runs are known by their identity, and of two
 * states of one the better stays: done, then failed, then interrupted, then new; of equals
 * the one that ended last, but of two done runs the first. Two done runs must have the
 * same numbers, bit for bit; if not, the conflict is told. What `into` had as done before
 * it was opened stays then; of parts that it had nothing of, the run that ended first is
 * taken, of those that ended at one moment the one whose rows are smaller, whichever part is
 * named first. The same holds for published numbers and claims, of
 * which parts with different experiment files bring different ones; there the smaller row
 * is taken. */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "store.h"

struct merge_counts {
    int added, replaced, same; /* runs */
    int removed;               /* left out: marked as removed in the receiving one */
    int conflicts;             /* of runs, published numbers and claims */
};

struct merge_hooks {
    void *context;
    /* One line on a conflict: what differs. */
    void (*conflict)(void *context, const char *text);
    /* The run's rows are now those of the part (`taken`), or were the same before: when all
     * is stored, and not before, files of the run may be copied. A failure takes the part's
     * rows back. */
    enum status (*carried)(void *context, const char *identity, const char *state,
                           bool taken, struct err *e);
};

/* Adds what `part`, open for reading, has to `into`, open for writing, in one
 * transaction: runs with metrics, answers and events, provenance, published numbers and
 * claims. Adds to *counts. Conflicts are no failure. */
enum status store_merge(struct store *into, struct store *part,
                        const struct merge_hooks *hooks, struct merge_counts *counts,
                        struct err *e);

#endif
