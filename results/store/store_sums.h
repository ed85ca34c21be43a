/* store_sums.h -- checks that sums agree with their places, and shares with their counts. */
#ifndef STORE_SUMS_H
#define STORE_SUMS_H

#include "store.h"

enum { SUMS_TEXT = 256 };

/* Writes the first sums that do not agree, for people: "run 12, id: ignores adds up to 3 wrong of
 * 120 places, its places to 4 of 120"; "" when all agree. */
enum status store_wrong_sums(struct store *s, char text[SUMS_TEXT], struct err *e);

/* Counts in *n the numbers of `metric`, `curve` and `evaluation` that are not count / total or
 * whose counts are impossible. Writes the first for people, "run 12, id: token_error is 0.3,
 * count 4 of 120"; "" when there is none. */
enum status store_wrong_shares(struct store *s, char text[SUMS_TEXT], int64_t *n,
                               struct err *e);

#endif
