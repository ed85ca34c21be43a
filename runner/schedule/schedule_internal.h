/* schedule_internal.h -- the state of a scheduler, for schedule.c and schedule_show.c. */
#ifndef SCHEDULE_INTERNAL_H
#define SCHEDULE_INTERNAL_H

#include <poll.h>

#include "process.h"
#include "schedule.h"
#include "spool.h"

struct slot {
    struct process process;
    const struct plan_item *item; /* NULL: free */
    int64_t run_id;
    double started;
    bool found; /* had ended before; it has no worker here */
    struct run_progress progress;
    char spool[PATH_MAX];
};

/* An item to be tried again, and its stored state until then (static). */
struct again {
    int index;
    const char *state;
};

struct scheduler {
    const struct schedule *s;
    struct schedule_result *result;
    int64_t *run_id;     /* [plan->n] */
    struct slot *slot;   /* [jobs] */
    struct pollfd *fds;  /* [2 * jobs + 1] */
    int *tries;          /* [plan->n] attempts that failed */
    struct again *again; /* [plan->n] */
    int n_again;
    int wake, next, total, signals;
    int models; /* FILE.models, held open to recognise it; -1: not yet */
    double started, asked, total_flops, done_flops; /* asked: when it was asked to stop */
    bool closing;                                   /* start nothing more */
    bool killed;                                    /* the workers were killed, as asked */
};

int schedule_ended(const struct scheduler *c); /* runs that are done or failed */

/* Writes "flip_flop model.dim=64 cope(p_max=32) seed 1". */
enum { RUN_TEXT = 3 * NAME_MAX_TEXT + 2 * VARIANT_TEXT };
void schedule_run_text(const struct run_spec *r, char text[RUN_TEXT]);

/* Draws a line for each worker and one for the matrix, on a terminal. */
void schedule_show(const struct scheduler *c);

/* Print how a run started or ended. */
void schedule_tell_started(const struct scheduler *c, const struct slot *w);
void schedule_tell_done(const struct scheduler *c, const struct slot *w,
                        const struct spool *spool);
void schedule_tell_stopped(const struct scheduler *c, const struct slot *w,
                           const char *state, const char *reason);
/* Prints what the worker failed to do without stopping. `spool` may be NULL. */
void schedule_tell_warnings(const struct scheduler *c, const struct slot *w,
                            const struct spool *spool);

#endif
