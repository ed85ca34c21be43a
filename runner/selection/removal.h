/* removal.h -- what rm and purge share: the database, its lock, and the chosen runs. */
#ifndef REMOVAL_H
#define REMOVAL_H

#include "command.h"
#include "lock.h"
#include "stored_runs.h"

struct removal {
    char path[PATH_MAX];
    struct database_lock lock;
    struct store *db;
    struct found_run *run; /* [n] */
    int n;
};

/* Finds the runs of --db that match all arguments and --only, and are marked as removed or not.
 * With --dry-run the database is only read; else it is locked, so that no run is trained in it,
 * until removal_close. ST_NOTFOUND when there is none. */
enum status removal_open(const struct invocation *v, bool removed, struct removal *out,
                         struct err *e);
void removal_close(struct removal *r); /* also after a failed removal_open */

/* Prints a line for each run on standard output: "12 flip_flop cope seed 1, done". */
void removal_print(const struct removal *r);

/* Returns the ids of the runs; the caller frees them. NULL: no memory. */
int64_t *removal_ids(const struct removal *r);

/* The flag of removal_open, besides FLAG_DB and "dry-run". */
/* clang-format off */
#define FLAG_ONLY_TOO                                                                      \
    {"only", 0, "KEY=GLOB", true, "the same as KEY=GLOB without --only (repeatable)"}
/* clang-format on */

#endif
