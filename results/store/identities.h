/* identities.h -- the length of a run's name, and the mark of trials. */
#ifndef IDENTITIES_H
#define IDENTITIES_H

enum { IDENTITY_TEXT = 33 }; /* a run's 128-bit name in hex, with its end */

/* Suffix of the profile of trials, the runs that try values for an experiment that tunes
 * settings: "quick" has the runs of the chosen value, "quick.tune" all that were tried. Names
 * that users type have no dot. Commands without a profile leave trials out. */
#define TUNING_PROFILE ".tune"

#endif
