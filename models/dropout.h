/* dropout.h -- decides which elements of a site are dropped, as a pure function.
 *
 * A site is one place of the network (for example a layer's attention weights) in one training
 * step. Each row of the batch has its own range of elements, so the masks do not depend on
 * how sequences are grouped or which thread computes them, and backward computes the same
 * masks again. */
#ifndef DROPOUT_H
#define DROPOUT_H

#include <stdbool.h>

#include "kernels.h"

struct dropout_step { /* one training step */
    uint64_t seed;
    int step;
    double p; /* 0: no dropout */
};

struct dropout_site {
    struct mask_key key;
    double p;  /* 0: no dropout */
    int width; /* elements of a row, rounded up to a multiple of 8 */
};

/* `name`, `layer` and `head` identify the site; `width`: elements of a row. */
struct dropout_site dropout_site(const struct dropout_step *s, const char *name, int layer,
                                 int head, int width);

/* Drops elements of rows first_row .. first_row + rows - 1 of the batch; x is [rows, n],
 * n <= width. */
void dropout_rows(const struct dropout_site *site, uint64_t first_row, int rows, int n,
                  struct rows x);

#endif
