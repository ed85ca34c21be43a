/* lock.h -- locks a database for one scheduler, by a file in the folder FILE.spool. */
#ifndef LOCK_H
#define LOCK_H

#include <limits.h>
#include <stdbool.h>

#include "status.h"

/* Held by the scheduler of a database, so that no run is trained twice at the same time. */
struct database_lock {
    int file;              /* -1: not held */
    char folder[PATH_MAX]; /* FILE.spool */
};
/* Returns ST_DB when another process holds the lock, ST_IO when the folder cannot be written. */
enum status lock_take(const char *db, struct database_lock *out, struct err *e);
void lock_give_back(struct database_lock *l); /* removes the folder when it is empty */
/* Returns false when the folder, or the lock in it, was removed or replaced after locking. */
bool lock_stands(const struct database_lock *l);
/* Returns true when `path` leads to the file that is open as `fd`. */
bool lock_same_file(int fd, const char *path);
/* Returns the process that holds the lock; 0: none, or this process. The holder must not call it:
 * closing any descriptor of a file releases all locks of the process on it. */
long lock_holder(const char *db);

/* Makes a folder beside the database; it may exist already. */
enum status folder_make(const char *path, struct err *e);

#endif
