/* file_runs.h -- the identities of the runs that an experiment file describes now. */
#ifndef FILE_RUNS_H
#define FILE_RUNS_H

#include "command.h"

struct config;

struct file_runs {
    struct config *config;
    const char **identity; /* [n], strings of the config; NULL: no file was asked for */
    int n;
};

/* Reads --file in --profile (default quick); without --file *out is all zero. On success
 * free with file_runs_free. ST_USAGE when the file was given as the argument. */
enum status file_runs_read(const struct invocation *v, struct file_runs *out,
                           struct err *e);
void file_runs_free(struct file_runs *f); /* accepts a zeroed struct */

/* The flag that file_runs_read reads, next to FLAG_PROFILE or the like. */
/* clang-format off */
#define FLAG_FILE                                                                          \
    {"file", 0, "FILE", false,                                                             \
     "only runs that this experiment file describes as it is now (default: every run in "  \
     "the database)"}
/* clang-format on */

#endif
