/* identities.h -- how long the name of a run is. */
#ifndef IDENTITIES_H
#define IDENTITIES_H

enum { IDENTITY_TEXT = 33 }; /* a run's 128-bit name in hex, with its end */

#endif
