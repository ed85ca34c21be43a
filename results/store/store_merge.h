/* store_merge.h -- joins databases of one matrix, such as those of shards.
 *
 * The result does not depend on the order of the parts or on repeated merges. Runs are known by
 * their identity. Of two states of a run the better stays: done before not done; of two that are
 * not done, the one with the further checkpoint, then failed before interrupted before new; of
 * equals the one that ended last, but of two done runs the one that ended first.
 *
 * Two done runs must have the same numbers, bit for bit; if not, the conflict is told. Then a run
 * that `into` had as done before it was opened stays. Between parts, the run that ended first is
 * taken, and of those that ended at the same moment the one whose rows are smaller, whichever
 * part is named first. Published numbers and claims may differ between parts with different
 * experiment files; the conflict is told too, and the smaller row is taken. */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "store.h"

struct merge_counts {
    int added, replaced, same; /* runs */
    int removed;               /* runs left out: marked as removed in `into` */
    int conflicts;             /* runs, published numbers and claims in conflict */
};

enum { MERGE_HASH = 33 };

/* A run of the part whose rows are taken, or equal those of `into`. */
struct merge_run {
    const char *identity;
    bool done; /* it is done in the part */
    bool same; /* it is done in `into` too, and every number is the same */
    /* Hashes of the weights in `into` and in the part (run.weights_hash); "": not known. */
    const char *here, *there;
};

struct merge_hooks {
    void *context;
    /* Receives one line for each conflict: what differs. */
    void (*conflict)(void *context, const char *text);
    /* Returns the steps of the checkpoint of a run that is not done, beside `into` (`here`) or
     * beside the part. */
    int (*steps)(void *context, const char *identity, bool here);
    /* Called before the rows are stored: copies the needed files beside `into`, under names of
     * waiting files. hash[] comes empty and receives the hash of the weights that the run has
     * once all is stored. A failure rolls the part's rows back. */
    enum status (*files)(void *context, const struct merge_run *run, char hash[MERGE_HASH],
                         struct err *e);
};

/* Merges the database at `part` into `into`, open for writing, in one transaction: runs with
 * metrics, answers, events, attempts and memberships, provenance, published numbers and claims.
 * Adds to *counts. Conflicts are no failure. ST_NOTFOUND: the part has no results. An error
 * that the part causes names it. */
enum status store_merge(struct store *into, const char *part,
                        const struct merge_hooks *hooks, struct merge_counts *counts,
                        struct err *e);

#endif
