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

/* What became of a run that the part has too. */
enum merged {
    MERGED_NUMBERS, /* its numbers, or its state, are now those of the part */
    MERGED_SAME,    /* numbers and state were the same before, or better here */
};

enum { MERGE_HASH = 33 };

struct merge_hooks {
    void *context;
    /* One line on a conflict: what differs. */
    void (*conflict)(void *context, const char *text);
    /* How far the run is by its checkpoint, in steps, beside the part or beside `into`. */
    int (*progress)(void *context, const char *identity, bool part);
    /* The run is merged, but nothing is stored before store_merge returns ST_OK. `state` is
     * its state now. `hash`, the hash of the weights that its row speaks of ("": unknown or
     * none), may be changed: it is stored. A failure takes the part's rows back. */
    enum status (*carried)(void *context, const char *identity, const char *state,
                           enum merged how, char hash[MERGE_HASH], struct err *e);
};

/* Adds what `part`, open for reading, has to `into`, open for writing, in one
 * transaction: runs with metrics, answers and events, provenance, published numbers and
 * claims. Adds to *counts. Conflicts are no failure. */
enum status store_merge(struct store *into, struct store *part,
                        const struct merge_hooks *hooks, struct merge_counts *counts,
                        struct err *e);

#endif
