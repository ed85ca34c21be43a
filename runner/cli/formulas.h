/* formulas.h -- the formulas of the encoders, as their source files state them.
 *
 * The build makes the table from the comments that begin the encoders' files, so that `posbench
 * show` prints the formula that is written above the code. */
#ifndef FORMULAS_H
#define FORMULAS_H

struct formula {
    const char *encoder, *text; /* text: lines, each but the last ended by '\n' */
};

extern const struct formula formulas[]; /* ends with {0} */

#endif
