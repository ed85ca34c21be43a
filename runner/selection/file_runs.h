/* file_runs.h -- opens a database limited to the runs of an experiment file. */
#ifndef FILE_RUNS_H
#define FILE_RUNS_H

#include "command.h"
#include "store.h"

/* Opens the database of the call. With --file its views hold only the runs that the file
 * describes now in --profile (default quick), in the cells where the file has them; *chosen tells
 * whether. Without --file and --profile they hold all runs but the trials of tuned settings.
 * ST_USAGE when the file was given as the argument. */
enum status file_runs_open(const struct invocation *v, struct store **out, bool *chosen,
                           struct err *e);

/* The flag of file_runs_open, to be listed with FLAG_PROFILE or the like. */
/* clang-format off */
#define FLAG_FILE                                                                          \
    {"file", 0, "FILE", false,                                                             \
     "only runs that this experiment file describes as it is now (default: every run in "  \
     "the database)"}
/* clang-format on */

#endif
