/* file_runs.h -- a database to read, as an experiment file speaks of it. */
#ifndef FILE_RUNS_H
#define FILE_RUNS_H

#include "command.h"
#include "store.h"

/* Opens the database of the call. With --file its views hold the runs alone that the file
 * describes now in --profile (default quick), in the cells where it has them; *chosen tells
 * whether. Without either they hold all but the trials of what was tuned. ST_USAGE when the
 * file was given as the argument. */
enum status file_runs_open(const struct invocation *v, struct store **out, bool *chosen,
                           struct err *e);

/* The flag that file_runs_open reads, next to FLAG_PROFILE or the like. */
/* clang-format off */
#define FLAG_FILE                                                                          \
    {"file", 0, "FILE", false,                                                             \
     "only runs that this experiment file describes as it is now (default: every run in "  \
     "the database)"}
/* clang-format on */

#endif
