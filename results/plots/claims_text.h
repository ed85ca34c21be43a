/* claims_text.h -- the rows of the picture of claims, and that picture in text. */
#ifndef CLAIMS_TEXT_H
#define CLAIMS_TEXT_H

#include "plot.h"

/* Values and words of a row. CLAIM_P_BELOW and CLAIM_P_ABOVE are after Holm's correction. */
enum {
    CLAIM_EFFECT,
    CLAIM_LOW,
    CLAIM_HIGH,
    CLAIM_PUBLISHED,
    CLAIM_IMPROVEMENT,
    CLAIM_P_BELOW,
    CLAIM_P_ABOVE,
    CLAIM_P_BELOW_ALONE,
    CLAIM_P_ABOVE_ALONE
};
enum { CLAIM_NAME, CLAIM_VERDICT, CLAIM_METRIC };

/* Returns a value up to CLAIM_PUBLISHED in the unit of the axis: percent for rates. */
double claims_value(const struct plot_row *r, int value);
/* Finds the least and the greatest of 0 and the finite values of the rows [first, end). */
void claims_range(const struct plot_data *d, int first, int end, double *low, double *high);

/* Is this value finite in any row? */
bool claims_have(const struct plot_data *d, int value);

/* Prints the picture to a terminal, without gnuplot. Each claim's name has a line of its own, so
 * that the interval below it always has the same room. */
void claims_print(const struct plot_data *d, const struct plot_request *q, FILE *out);

#endif
