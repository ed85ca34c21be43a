/* fault.h -- makes one call fail, to see how posbench handles it.
 *
 * A program that is linked with fault.c and fault_sql.c calls their malloc, write,
 * sqlite3_step and so on, and so do its libraries. These functions count calls and call the
 * real ones, except for the one call that the environment names:
 *
 *     POSBENCH_FAULT=run:alloc:17       the 17th allocation of the process "posbench run"
 *     POSBENCH_FAULT_LOG=FILE           made when that call was reached: no other fails
 *
 * Without FILE nothing fails. A failing fwrite or write has done half of its work. */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>

enum fault {
    FAULT_NONE,
    FAULT_ALLOC,   /* malloc and related functions */
    FAULT_FILE,    /* open, write, fsync, rename, ..., and those of FILE */
    FAULT_READ,    /* read and related functions */
    FAULT_PROCESS, /* pipe, posix_spawn, pthread_create */
    FAULT_FULL,    /* SQLite's calls, with SQLITE_FULL and so on */
    FAULT_IOERR,
    FAULT_NOMEM,
    FAULT_BUSY,
    FAULT_STOP,      /* no failure: SIGTERM at one of FAULT_FILE's calls, */
    FAULT_INTERRUPT, /* or SIGINT, */
    FAULT_KILL,      /* or SIGKILL */
    FAULT_DISK,      /* from this call of FAULT_FILE's on the disk is full */
    FAULTS
};

/* Returns the word for a fault: "alloc", "sql-full", ... */
const char *fault_word(enum fault f);

/* Begins to count if the environment names this process; `process` is argv[1]. */
void fault_arm(const char *process);

/* Counts a call; true: the call has to fail. */
bool fault_here(enum fault f, const char *call);

#endif
