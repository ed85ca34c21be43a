/* places.h -- records which scored places of a split were right, and counts them by stratum.
 *
 * Places are numbered through the sequences of the split, in order. */
#ifndef PLACES_H
#define PLACES_H

#include "sampling.h"
#include "store.h"

/* With more places (8 MiB of bits) they are only counted by stratum, and no bits are kept. */
#define PLACES_MAX (INT64_C(1) << 26)

/* The places with one value of a stratum. */
struct place_sum {
    int64_t wrong, places;
    double nats; /* sum of the losses of all places; only that of a text is stored */
};

struct places {
    const struct task *task; /* borrowed */
    int64_t count;
    uint8_t *bits; /* bit i of byte i / 8: place i is right; NULL above PLACES_MAX */
    size_t room;   /* bytes of bits */
    struct {
        struct place_sum *of; /* [room], by value */
        int32_t room;
    } stratum[TASK_STRATA_MAX];
};

/* Adds a batch, from the most likely token and the loss at each place: best, loss [tokens of the
 * batch]. An empty struct places is zeroed except for the task. */
enum status places_add(struct places *p, const struct sampled *b, const int32_t *best,
                       const float *loss, struct err *e);

/* Makes the row to store; *text holds its strata, and the caller frees it. */
enum status places_row(const struct places *p, const char *split, struct place_row *out,
                       char **text, struct err *e);
/* Returns the most bytes that so many scored places take, including the text of the row, but
 * without the values of strata. */
double places_bytes(double count);
void places_free(struct places *p);

#endif
