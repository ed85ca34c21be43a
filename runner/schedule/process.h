/* process.h -- a child process with its three streams, read without blocking. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "status.h"

/* Chosen: a line of progress has about 200 bytes; of standard error only the last lines are
 * kept. */
enum { PROCESS_LINE = 2048, PROCESS_TAIL = 2048 };

struct process {
    pid_t pid;               /* 0: none */
    int out, err;            /* descriptors to poll; -1: closed */
    char line[PROCESS_LINE]; /* of standard output, still incomplete */
    size_t line_used;
    char tail[PROCESS_TAIL]; /* the end of standard error */
    size_t tail_used;
};

/* Starts `program` with argv (which ends with NULL) and `input` on standard input. Signals that
 * this process handles have their default effect in the child. */
enum status process_start(struct process *p, const char *program, const char *const *argv,
                          const char *input, struct err *e);

/* Reads what the streams hold now, and passes complete lines of standard output to `line`,
 * without their newlines (lines longer than PROCESS_LINE are dropped). False: both streams are
 * closed, so the process has ended or will soon. */
bool process_read(struct process *p,
                  void (*line)(void *context, const char *text, size_t n), void *context);

/* Waits for the end and closes the streams; returns the status of waitpid. */
int process_wait(struct process *p);

/* Writes "exit code 3", "killed by signal 9 (Killed), ...". Returns buf. */
enum { PROCESS_END = 128 };
char *process_end_text(int wait_status, char buf[PROCESS_END]);

/* Returns true when the process was ended by a signal that others send (a person, a batch system,
 * the kernel when memory is short), not by one that its own fault causes. */
bool process_was_stopped(int wait_status);

/* Returns the last `lines` lines of standard error, without the final newline. */
const char *process_tail(struct process *p, int lines);

#endif
