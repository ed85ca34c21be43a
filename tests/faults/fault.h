/* fault.h -- makes one call fail, to see what posbench makes of it.
 *
 * A program that is linked with fault.c and fault_sql.c calls their malloc, write,
 * sqlite3_step and so on; libraries call them too. They count, and let the real ones do the
 * work, except for the one call that the environment names:
 *
 *     POSBENCH_FAULT=run:alloc:17       the 17th allocation of the process "posbench run"
 *     POSBENCH_FAULT_LOG=FILE           made when that call was reached: no other fails
 *
 * Without FILE nothing fails. What fwrite and write fail at is half done. */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>

enum fault {
    FAULT_NONE,
    FAULT_ALLOC,   /* malloc and its kin */
    FAULT_FILE,    /* open, write, fsync, rename, ..., and the same of FILE */
    FAULT_READ,    /* read and its kin */
    FAULT_PROCESS, /* pipe, posix_spawn, pthread_create */
    FAULT_FULL,    /* SQLite's calls, with SQLITE_FULL and so on */
    FAULT_IOERR,
    FAULT_NOMEM,
    FAULT_BUSY,
    FAULT_STOP,      /* no failure: SIGTERM at one of FAULT_FILE's calls, */
    FAULT_INTERRUPT, /* or SIGINT, */
    FAULT_KILL,      /* or SIGKILL */
    FAULT_DISK,      /* from this call of FAULT_FILE's on nothing more fits on the disk */
    FAULTS
};

/* "alloc", "sql-full", ... */
const char *fault_word(enum fault f);

/* Begins to count if the environment names this process, which is argv[1]. */
void fault_arm(const char *process);

/* Counts a call; true: it is to fail. */
bool fault_here(enum fault f, const char *call);

#endif
