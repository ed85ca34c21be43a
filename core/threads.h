/* threads.h -- a small pool that runs numbered jobs.
 *
 * Jobs are handed out in order; which thread runs which is left to chance, so a job's
 * result may depend on its number only, never on its thread. */
#ifndef THREADS_H
#define THREADS_H

#include "status.h"

struct threads;

/* Runs job `job` on thread `thread` (0 .. threads-1); the caller's thread is number 0. */
typedef void (*threads_fn)(void *context, int job, int thread);

/* A pool of n >= 1 threads, the caller included: 1 starts none. *out is the caller's. */
enum status threads_open(int n, struct threads **out, struct err *e);
void threads_close(struct threads *t); /* accepts NULL; waits for the threads to end */

int threads_count(const struct threads *t);

/* Runs jobs 0 .. jobs-1 and returns when all are done. Not to be nested. */
void threads_run(struct threads *t, int jobs, threads_fn fn, void *context);

#endif
