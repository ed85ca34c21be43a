/* lock.h -- one scheduler for a database, by a lock in the folder FILE.spool. */
#ifndef LOCK_H
#define LOCK_H

#include <limits.h>
#include <stdbool.h>

#include "status.h"

/* Held by the one scheduler of a database, so that no run is run twice at a time. */
struct database_lock {
    int file;              /* -1: not held */
    char folder[PATH_MAX]; /* FILE.spool */
};
/* ST_DB when another process holds it; ST_IO when the folder cannot be written. */
enum status lock_take(const char *db, struct database_lock *out, struct err *e);
void lock_give_back(struct database_lock *l); /* removes the folder when it is empty */
/* False: the folder, or the lock in it, was removed or replaced since it was locked. */
bool lock_stands(const struct database_lock *l);
/* Does `path` lead to what is open as `fd`? */
bool lock_same_file(int fd, const char *path);
/* The process that holds it; 0: nobody, or this process. Not to be asked by who holds it:
 * closing any descriptor of a file gives up a process's locks on it. */
long lock_holder(const char *db);

/* A folder beside the database, which may be there. */
enum status folder_make(const char *path, struct err *e);

#endif
