/* identities.h -- a list of run identities as a parameter of a statement. */
#ifndef IDENTITIES_H
#define IDENTITIES_H

enum { IDENTITY_TEXT = 33 }; /* a run's 128-bit name in hex, with its end */

/* A JSON array of the n identities, which are hexadecimal, for json_each. The caller's;
 * NULL for want of memory. */
char *identities_json(const char *const *identity, int n);

#endif
