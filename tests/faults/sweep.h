/* sweep.h -- lets a command fail at one call after the other and looks at what is left. */
#ifndef SWEEP_H
#define SWEEP_H

#include "fault.h"

/* runner/main.c under another name. */
int posbench_main(int argc, char **argv);

/* Folders and files are named from the folder of the case. */
struct scenario {
    void (*prepare)(const char *folder); /* what is there before */
    const char *command;                 /* arguments of posbench, parted by blanks */
    const char *next;                    /* what puts it right: must be done and say 0 */
    const char *process;                 /* whose calls fail: the first argument */
    const char *db;
    bool no_log; /* the file system is a network's */
};

struct tally {
    long cases, harmless, looked_at; /* harmless: the command did all the same */
};

/* Each `stride`th call until the command needs no more of them. Fails the test, after
 * printing how to do each faulty case again, when a case does not end as it should:
 *
 *   - no signal, an exit code of 0, 1 or 3, nothing for a sanitizer to say;
 *   - with 0 all is stored as if nothing had failed, otherwise a message says what is wrong;
 *   - the database is sound, and `next` brings all to the same end. */
struct tally sweep(const struct scenario *s, enum fault f, long stride);

/* Carries out the command in the folder, failing as `fault` says ("run:file:3"; NULL: not
 * at all). Returns the exit code, 128 + signal when killed. */
int command_in(const char *folder, const char *command, const char *fault, bool no_log);

#endif
