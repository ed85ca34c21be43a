/* store_merge.h -- joins databases of one matrix, such as those of shards.
 *
 * Whatever the order, and however often: runs are known by their identity, and of two
 * states of one the better stays: done; of two that are not, the one whose checkpoint is
 * further on, then failed before interrupted before new; of equals the one that ended last,
 * but of two done runs the first. Two done runs must have the same numbers, bit for bit;
 * if not, the conflict is told. What `into` had as done before it was opened stays then; of
 * parts that it had nothing of, the run that ended first is taken, of those that ended at
 * one moment the one whose rows are smaller, whichever part is named first. The same holds
 * for published numbers and claims, of which parts with different experiment files bring
 * different ones; there the smaller row is taken. */
#ifndef STORE_MERGE_H
#define STORE_MERGE_H

#include "store.h"

struct merge_counts {
    int added, replaced, same; /* runs */
    int removed;               /* left out: marked as removed in the receiving one */
    int conflicts;             /* of runs, published numbers and claims */
};

enum { MERGE_HASH = 33 };

/* A run of the part whose rows are taken, or are the same as those that were there. */
struct merge_run {
    const char *identity;
    bool done; /* there */
    bool same; /* here too, and every number is the same */
    /* Hashes of their weights (run.weights_hash); "": not known. */
    const char *here, *there;
};

struct merge_hooks {
    void *context;
    /* One line on a conflict: what differs. */
    void (*conflict)(void *context, const char *text);
    /* Steps of the checkpoint that a run that is not done has here, or beside the part. */
    int (*steps)(void *context, const char *identity, bool here);
    /* Before the rows are stored: brings what is needed beside `into`, under names of files
     * that wait. hash[] comes empty and receives that of the weights that the run has when
     * all is stored. A failure takes the part's rows back. */
    enum status (*files)(void *context, const struct merge_run *run, char hash[MERGE_HASH],
                         struct err *e);
};

/* Adds what the database at `part` has to `into`, open for writing, in one transaction:
 * runs with metrics, answers, events, attempts and memberships, provenance, published numbers
 * and claims. Adds to *counts. Conflicts are no failure. ST_NOTFOUND: the part has no
 * results. What is wrong with the part names it. */
enum status store_merge(struct store *into, const char *part,
                        const struct merge_hooks *hooks, struct merge_counts *counts,
                        struct err *e);

#endif
