/* process.h -- a child process with its three streams, read without waiting. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "status.h"

/* A line of progress has some 200 bytes; of standard error the last lines are told. Chosen. */
enum { PROCESS_LINE = 2048, PROCESS_TAIL = 2048 };

struct process {
    pid_t pid;               /* 0: none */
    int out, err;            /* descriptors to poll; -1: closed */
    char line[PROCESS_LINE]; /* of standard output, not yet complete */
    size_t line_used;
    char tail[PROCESS_TAIL]; /* the last of standard error */
    size_t tail_used;
};

/* Starts `program` as argv (argv ends with NULL) with `input` on standard input. Signals
 * that this process handles have their default effect there. */
enum status process_start(struct process *p, const char *program, const char *const *argv,
                          const char *input, struct err *e);

/* Takes what the streams hold now; complete lines of standard output go to `line`, without
 * their newline (lines beyond PROCESS_LINE are dropped). False: both streams are closed,
 * so the process has ended or is about to. */
bool process_read(struct process *p,
                  void (*line)(void *context, const char *text, size_t n), void *context);

/* Waits for the end; the status is that of waitpid. Closes the streams. */
int process_wait(struct process *p);

/* "exit code 3", "killed by signal 9 (Killed), ...". Returns buf. */
enum { PROCESS_END = 128 };
char *process_end_text(int wait_status, char buf[PROCESS_END]);

/* Ended by a signal that someone else sends (a person, a batch system, the kernel short of
 * memory), not by one that comes of its own mistake. */
bool process_was_stopped(int wait_status);

/* The last `lines` lines of standard error, without the last newline. */
const char *process_tail(struct process *p, int lines);

#endif
