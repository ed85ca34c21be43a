/* leftovers.h -- results that a scheduler left in its spools when it was killed.
 *
 * A worker that has come to its end leaves its numbers in a spool; a scheduler that dies
 * before it has stored them leaves the run as running. The next `run` stores them; so does
 * this, for those who want what a database has without running anything. */
#ifndef LEFTOVERS_H
#define LEFTOVERS_H

#include "spool.h"
#include "store.h"

/* What the spool of a run that was begun and has no end in the database says: there is none;
 * a worker still writes it; the worker did not come to an end, or to one that is not worth
 * storing; the run is done. */
enum leftover { LEFT_NOTHING, LEFT_BUSY, LEFT_UNDONE, LEFT_DONE };
enum leftover leftovers_look(const char *path, const char *identity);

struct leftovers {
    int stored; /* runs that are done now */
    int busy;   /* spools that a worker still writes */
};

/* Those beside `path`, of which `db` is the database, open for writing. The caller holds
 * its lock (lock.h). Adds to *out. */
enum status leftovers_fold(struct store *db, const char *path, struct leftovers *out,
                           struct err *e);

/* The same for a database that nobody has opened. Where there is nothing to store nothing is
 * locked or written. ST_DB: a scheduler is at work in it. */
enum status leftovers_settle(const char *path, struct leftovers *out, struct err *e);

/* Stores a run that is done, as its spool says: the weights that its worker left become the
 * run's, then its rows, with their hash, are stored in one transaction. Harmless a second
 * time. */
enum status leftovers_store(struct store *db, const char *path, const char *identity,
                            int64_t run_id, struct spool *s, struct err *e);

#endif
