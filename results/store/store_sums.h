/* store_sums.h -- do sums agree with their places, and shares with their counts? */
#ifndef STORE_SUMS_H
#define STORE_SUMS_H

#include "store.h"

enum { SUMS_TEXT = 256 };

/* The first sums that do not, for people: "run 12, id: ignores adds up to 3 wrong of 120
 * places, its places to 4 of 120"; "" when all do. */
enum status store_wrong_sums(struct store *s, char text[SUMS_TEXT], struct err *e);

/* Numbers of `metric`, `curve` and `evaluation` that are not their count / total, or whose
 * counts are none: the first of them for people, "run 12, id: token_error is 0.3, count 4 of
 * 120"; "" and *n 0: there is none. *n is how many there are. */
enum status store_wrong_shares(struct store *s, char text[SUMS_TEXT], int64_t *n,
                               struct err *e);

#endif
