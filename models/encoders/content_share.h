/* content_share.h -- content logits multiplied by a number, for encodings that give content and
 * position one scale together. For hooks of encoders that read the scores. */
#ifndef CONTENT_SHARE_H
#define CONTENT_SHARE_H

#include "encoder.h"

/* x[r][j] *= by for the keys that row r sees; x as the panel's score or, in the adjoint and
 * behind all else, its dscore. */
static inline void content_share(const struct panel *p, real by, real *x)
{
    for (int r = 0; r < p->rows; r++) {
        real *row = x + (size_t)r * (size_t)p->stride;
        for (int j = 0; j <= p->row[r]; j++)
            row[j] *= by;
    }
}

#endif
