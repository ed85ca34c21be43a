/* schedule.h -- carries out a plan with worker processes.
 *
 * A worker is this program again, one process per run. It reads the run's settings from standard
 * input, writes progress to standard output and its numbers to a spool (spool.h). Only the
 * scheduler writes to the database. A worker that crashes, is killed or diverges costs only its
 * own run, and the reason is stored. A run that fails by itself is "failed" and waits for
 * --rerun; one that a signal from outside ended is "interrupted", and the next call resumes it.
 *
 * Beside the database FILE are FILE.models/<identity>.safetensors, the final weights of each done
 * run, with checkpoints (checkpoint.h), and, while a scheduler works, FILE.spool/ with spools and
 * a lock. */
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
    const char *name;    /* its name for users; NULL: the same */
    const struct database_lock *lock;
    int64_t provenance;
    int jobs, threads;
    int checkpoint_every;      /* seconds between checkpoints; 0: every step */
    int retries;               /* how often a failed or killed run is started again */
    double budget_s;           /* start no run that would end later; 0: no limit */
    bool fail_fast;            /* after a run that is not done start nothing more */
    struct progress *progress; /* with jobs + 1 lines */
};

struct schedule_result {
    int done, failed, interrupted, left; /* left: not started */
    int late;                            /* of `left`, for lack of time */
    int waits;      /* of `left`, without chosen settings; counted by the caller */
    int weightless; /* done, but their weights could not be kept */
    int kept;       /* failed, but done before: they keep those results */
};

/* Carries out the plan, after storing what a killed scheduler left. The first SIGINT, SIGTERM or
 * SIGHUP stops the workers, the second kills them. ST_FAILED: some runs failed or were
 * interrupted. ST_INTERRUPTED. ST_DB, ST_NOMEM: the scheduler itself could not go on. */
enum status schedule_run(const struct schedule *s, struct schedule_result *out,
                         struct err *e);

#endif
