/* store_matrix.h -- selects the runs that the views show: all of the database, or a file's. */
#ifndef STORE_MATRIX_H
#define STORE_MATRIX_H

#include "store.h"

/* A run by its identity, and its place in a matrix. Strings are borrowed. */
struct member_row {
    const char *identity, *experiment, *profile, *cell;
};

/* Makes every view of this connection show exactly those of the n runs that the database has, as
 * members of these experiments, profiles and cells only, whatever memberships are stored. `plan`
 * and tables thus speak of the same runs of a file. Nothing is written to the file. To be called
 * once per connection. */
enum status store_speak_of(struct store *s, const struct member_row *m, int n,
                           struct err *e);

/* Hides trials as members of their profile (TUNING_PROFILE) from every view of this connection:
 * they are no results unless they are asked for. To be called once per connection, and not
 * together with store_speak_of. */
enum status store_without_trials(struct store *s, struct err *e);

#endif
