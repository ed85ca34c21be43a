/* leftovers.h -- stores results that a scheduler left in its spools when it was killed.
 *
 * A worker writes its numbers to a spool. A scheduler that dies before it has stored them leaves
 * the run in the state `running`. The next `run` stores them; these functions do so for commands
 * that want the results without running anything. */
#ifndef LEFTOVERS_H
#define LEFTOVERS_H

#include "spool.h"
#include "store.h"

/* What there is of a run that was begun and has no end in the database: no spool; a spool that a
 * worker still writes; a spool without an end, or with one that is not worth storing; the spool
 * of a run that is done. */
enum leftover { LEFT_NOTHING, LEFT_BUSY, LEFT_UNDONE, LEFT_DONE };
enum leftover leftovers_look(const char *path, const char *identity);

struct leftovers {
    int stored; /* runs that are done now */
    int busy;   /* spools that a worker still writes */
};

/* Stores the leftovers beside `path`, whose database is `db`, open for writing. The caller holds
 * its lock (lock.h). Adds to *out. */
enum status leftovers_fold(struct store *db, const char *path, struct leftovers *out,
                           struct err *e);

/* Does the same for a database that is not open. When there is nothing to store, it neither locks
 * nor writes. ST_DB: a scheduler works on it. */
enum status leftovers_settle(const char *path, struct leftovers *out, struct err *e);

/* Stores a run that is done, from its spool: first its weights take their final name, then its
 * rows, with the hash of the weights, are stored in one transaction. A second call changes
 * nothing. */
enum status leftovers_store(struct store *db, const char *path, const char *identity,
                            int64_t run_id, struct spool *s, struct err *e);

#endif
