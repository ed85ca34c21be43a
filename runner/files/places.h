/* places.h -- which experiment file and which database a command means. */
#ifndef PLACES_H
#define PLACES_H

#include <limits.h>

#include "command.h"

/* Argument `i`, or experiments.yaml when the user gave none. */
const char *place_experiments(const struct invocation *v, int i);

/* A plain file for SQLite, which takes ":memory:" and "file:..." for something else, and no
 * option for a worker. A link stands for what it leads to: whoever uses either name then
 * meets the same lock, models and checkpoints. Returns buf. */
const char *place_file(const char *name, char buf[PATH_MAX]);

/* --db, or results.db beside `experiments`; a link is followed. Returns buf. */
const char *place_database(const struct invocation *v, const char *experiments,
                           char buf[PATH_MAX]);

#endif
