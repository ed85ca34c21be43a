/* targets.h -- finds the experiment file and the database that a command means. */
#ifndef TARGETS_H
#define TARGETS_H

#include <limits.h>

#include "command.h"
#include "database_path.h"

/* Returns argument `i`, or experiments.yaml when the user gave none. */
const char *target_experiments(const struct invocation *v, int i);

/* Returns in buf the database of --db, or results.db beside `experiments`; a link is
 * followed. */
const char *target_database(const struct invocation *v, const char *experiments,
                            char buf[PATH_MAX]);

#endif
