/* content_share.h -- multiplies content logits by a number, for encodings that scale content and
 * position together. For hooks of encoders that read the scores. */
#ifndef CONTENT_SHARE_H
#define CONTENT_SHARE_H

#include "encoder.h"

/* x[r][j] *= by for the keys that row r sees. x is the panel's score, or in the adjoint its
 * dscore; the adjoint makes this call last. */
static inline void content_share(const struct panel *p, real by, real *x)
{
    for (int r = 0; r < p->rows; r++) {
        real *row = x + (size_t)r * (size_t)p->stride;
        for (int j = 0; j <= p->row[r]; j++)
            row[j] *= by;
    }
}

#endif
