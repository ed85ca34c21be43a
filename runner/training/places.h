/* places.h -- which scored places of a split were right, and how many of each kind.
 *
 * Places are counted through the sequences of the split in their order. */
#ifndef PLACES_H
#define PLACES_H

#include "sampling.h"
#include "store.h"

/* Beyond so many (8 MiB of bits) the places of each kind are counted and no bits kept. */
#define PLACES_MAX (INT64_C(1) << 26)

/* The places with one value of a stratum. */
struct place_sum {
    int64_t wrong, places;
    double nats; /* in all; stored of a text alone, where answers are never certain */
};

struct places {
    const struct task *task; /* borrowed */
    int64_t count;
    uint8_t *bits; /* bit i of byte i / 8: place i is right; NULL behind PLACES_MAX */
    size_t room;   /* bytes of bits */
    struct {
        struct place_sum *of; /* [room], by value */
        int32_t room;
    } stratum[TASK_STRATA_MAX];
};

/* What a model gave as the likeliest and lost: best, loss [tokens of the batch]. Zeroes but
 * the task make an empty struct places. */
enum status places_add(struct places *p, const struct sampled *b, const int32_t *best,
                       const float *loss, struct err *e);

/* The row to store; *text is its strata, to be freed by the caller. */
enum status places_row(const struct places *p, const char *split, struct place_row *out,
                       char **text, struct err *e);
/* Bytes that so many scored places take at their most, with the text of the row; values of
 * strata aside. */
double places_bytes(double count);
void places_free(struct places *p);

#endif
