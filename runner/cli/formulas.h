/* formulas.h -- the formula of each encoder that has one, as its file says it.
 *
 * The build makes the table from the comments that begin the encoders' files, so that what
 * `posbench show` prints is what the code stands under. */
#ifndef FORMULAS_H
#define FORMULAS_H

struct formula {
    const char *encoder, *text; /* text: lines, each but the last ended by '\n' */
};

extern const struct formula formulas[]; /* ends with {0} */

#endif
