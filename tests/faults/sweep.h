/* sweep.h -- makes a command fail at one call after the other and checks what is left. */
#ifndef SWEEP_H
#define SWEEP_H

#include "fault.h"

/* The main function of runner/main.c under another name. */
int posbench_main(int argc, char **argv);

/* Files and folders are relative to the folder of the case. */
struct scenario {
    void (*prepare)(const char *folder); /* makes what is there before */
    const char *command;                 /* arguments of posbench, separated by blanks */
    const char *next;                    /* repairs the rest: must end with 0 */
    const char *process;                 /* whose calls fail; its argv[1] */
    const char *db;
    bool no_log; /* the file system is that of a network */
};

struct tally {
    long cases, harmless, looked_at; /* harmless: the command succeeded anyway */
};

/* Makes each `stride`th call fail, until the command makes no more of them. Fails the test,
 * after printing how to repeat each faulty case, when a case does not end as it should:
 *
 *   - no signal, an exit code of 0, 1 or 3, and no report of a sanitizer;
 *   - with 0 all is stored as if nothing had failed, otherwise a message says what is wrong;
 *   - the database is sound, and `next` brings everything to the same end. */
struct tally sweep(const struct scenario *s, enum fault f, long stride);

/* Runs the command in the folder with the fault "run:file:3" (NULL: none). Returns the exit
 * code, or 128 + signal when killed. */
int command_in(const char *folder, const char *command, const char *fault, bool no_log);

#endif
