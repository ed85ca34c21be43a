/* no_match.h -- why filters match no run of a database. */
#ifndef NO_MATCH_H
#define NO_MATCH_H

#include "filter.h"
#include "store.h"

/* For the end of "no run matches": ": none has encoder=alibi; there are none, rope" of the
 * first filter that no run fits by itself, or "". */
void no_match_advice(struct store *s, const char *const *filters, int n,
                     char text[FILTER_ADVICE]);

/* The same where an experiment and a profile (globs; NULL: any) are asked for too. */
void no_match_request(struct store *s, const char *experiment, const char *profile,
                      const char *const *filters, int n, char text[FILTER_ADVICE]);

#endif
