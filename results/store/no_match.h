/* no_match.h -- explains why filters match no run of a database. */
#ifndef NO_MATCH_H
#define NO_MATCH_H

#include "filter.h"
#include "store.h"

/* Writes the end of the message "no run matches", such as ": none has encoder=alibi; there are
 * none, rope", for the first filter that alone matches no run; "" when each matches one. */
void no_match_advice(struct store *s, const char *const *filters, int n,
                     char text[FILTER_ADVICE]);

/* The same with an experiment and a profile as further filters (globs; NULL: any). */
void no_match_request(struct store *s, const char *experiment, const char *profile,
                      const char *const *filters, int n, char text[FILTER_ADVICE]);

#endif
