/* request.h -- reads what the user asks of `run` and `plan`, which have the same flags. */
#ifndef REQUEST_H
#define REQUEST_H

#include <limits.h>

#include "command.h"
#include "config.h"
#include "plan.h"

struct request {
    struct config *config; /* owned */
    struct plan_request plan;
    char db[PATH_MAX];
    int jobs, threads;
};

/* Reads the flags. On success the caller frees *out with request_free. */
enum status request_read(const struct invocation *v, struct request *out, struct err *e);
void request_free(struct request *q); /* accepts a zeroed struct */

/* Seconds that `plan` spends on trying steps of shapes without runs; `run` spends no more. */
extern const double request_probe_s;

/* Makes the plan, with times, and prints it to standard output; writes nothing else. Without a
 * database everything is new. */
enum status request_show_plan(const struct request *q, bool json, struct err *e);

/* The flags of request_read, for the table of a command. */
/* clang-format off */
#define REQUEST_FLAGS                                                                       \
    FLAG_PROFILE, FLAG_ONLY, FLAG_SET, FLAG_DB,                                             \
    {"jobs", 'j', "N", false, "runs at a time (default: usable cores / threads)"},                 \
    {"threads", 0, "N", false, "threads of each run; results do not depend on it "          \
                               "(default 1)"},                                              \
    {"shard", 0, "I/N", false, "part I of N parts of about equal cost, with a database "    \
                               "of its own for \"posbench merge\" (default "               \
                               "results-I-of-N.db)"},                                       \
    {"rerun", 0, "failed|all", false, "run again: failed (else they stay failed), or all"}
/* clang-format on */

#endif
