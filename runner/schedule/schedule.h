/* schedule.h -- carries out a plan with worker processes.
 *
 * A worker is this program again, one process a run: it is sent the run's settings on
 * standard input, sends progress on standard output and leaves its numbers in a spool
 * (spool.h). The scheduler alone writes to the database. A worker that crashes, is
 * killed or loses its loss costs its own run, and the reason is stored. A run that fails
 * by itself is "failed" and waits for --rerun; one that a signal from elsewhere ended is
 * "interrupted", and the next call goes on with it.
 *
 * Beside the database FILE: FILE.models/<identity>.safetensors, the final weights of each
 * done run, to keep, and checkpoints (checkpoint.h); FILE.spool/, spools and a lock, while a
 * scheduler is at work. */
#ifndef SCHEDULE_H
#define SCHEDULE_H

#include "lock.h"
#include "plan.h"
#include "progress.h"
#include "store.h"

struct schedule {
    const struct plan *plan;
    struct store *store;
    const char *db;      /* path of the database */
    const char *program; /* file to start as a worker */
    const char *name;    /* what to call it; NULL: the same */
    const struct database_lock *lock;
    int64_t provenance;
    int jobs, threads;
    int checkpoint_every; /* seconds between checkpoints; 0: every step */
    int retries;          /* how often a run that failed or was killed is begun again */
    double budget_s;      /* start no run that would end later; 0: no limit */
    bool fail_fast;       /* after a run that is not done start nothing more */
    struct progress *progress; /* with jobs + 1 lines */
};

struct schedule_result {
    int done, failed, interrupted, left; /* left: not begun */
    int late;                            /* of these, for want of time */
    int waits; /* of these, whose settings could not be chosen; counted by the caller */
    int weightless; /* of the done ones: their weights could not be kept */
    int kept;       /* of the failed ones, done before: they stay done with those results */
};

/* Runs what the plan says, and first stores what a killed scheduler left. While it works,
 * the first SIGINT, SIGTERM or SIGHUP lets the workers stop and the second kills them.
 * ST_FAILED: some runs failed, or others interrupted them; ST_INTERRUPTED; ST_DB or ST_NOMEM
 * when the scheduler itself could not go on. */
enum status schedule_run(const struct schedule *s, struct schedule_result *out,
                         struct err *e);

#endif
