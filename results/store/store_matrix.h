/* store_matrix.h -- the runs that a reader speaks of: all of the database, or a file's. */
#ifndef STORE_MATRIX_H
#define STORE_MATRIX_H

#include "store.h"

/* A run by its identity, and as what a matrix has it. Strings are borrowed. */
struct member_row {
    const char *identity, *experiment, *profile, *cell;
};

/* From here on every view of this connection holds those of the runs that the database has,
 * as members of these experiments, profiles and cells and of no others, whatever was stored
 * of that: what `plan` says of a file and what tables say of it are then the same runs.
 * Nothing is written to the file. Once for a connection. */
enum status store_speak_of(struct store *s, const struct member_row *m, int n,
                           struct err *e);

/* From here on no view of this connection holds trials as members of their profile
 * (TUNING_PROFILE): they are no results, unless they are asked for. Once for a connection, and
 * not beside store_speak_of. */
enum status store_without_trials(struct store *s, struct err *e);

#endif
