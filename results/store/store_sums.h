/* store_sums.h -- do the sums of the table `stratum` agree with the places they are sums of? */
#ifndef STORE_SUMS_H
#define STORE_SUMS_H

#include "store.h"

enum { SUMS_TEXT = 256 };

/* The first sums that do not, for people: "run 12, id: ignores adds up to 3 wrong of 120
 * places, its places to 4 of 120"; "" when all do. */
enum status store_wrong_sums(struct store *s, char text[SUMS_TEXT], struct err *e);

#endif
