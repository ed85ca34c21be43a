/* threads.h -- a small pool of threads that runs numbered jobs.
 *
 * Jobs are handed out in order, but any thread may run any job, so a job's result must depend
 * only on its number, never on its thread. */
#ifndef THREADS_H
#define THREADS_H

#include "status.h"

struct threads;

/* Runs job `job` on thread `thread` (0 .. threads-1); the caller's thread is number 0. */
typedef void (*threads_fn)(void *context, int job, int thread);

/* Opens a pool of n >= 1 threads, the caller included; 1 starts none. The caller closes *out. */
enum status threads_open(int n, struct threads **out, struct err *e);
void threads_close(struct threads *t); /* accepts NULL; waits for the threads to end */

int threads_count(const struct threads *t);

/* Runs jobs 0 .. jobs-1 and returns when all are done. A job must not call it. */
void threads_run(struct threads *t, int jobs, threads_fn fn, void *context);

#endif
