/* identities.h -- how long the name of a run is, and what sets trials apart. */
#ifndef IDENTITIES_H
#define IDENTITIES_H

enum { IDENTITY_TEXT = 33 }; /* a run's 128-bit name in hex, with its end */

/* Ends the profile of runs that try values for an experiment that tunes settings: "quick" has
 * the runs of the chosen value, "quick.tune" all that were tried. No name that is typed has a
 * dot. Commands that are asked for no profile leave the second out. */
#define TUNING_PROFILE ".tune"

#endif
