/* toy.h -- a small model and batch for tests of the trainer. */
#ifndef TOY_H
#define TOY_H

#include "trainer.h"

enum { TOY_TOKENS = 40, TOY_SEQUENCES = 5, TOY_VOCABULARY = 7, TOY_LONGEST = 11 };

/* dim 8, 2 heads, 2 layers, post-norm ReLU with biases; Adam, lr 1e-2; the caller may
 * change it. `encoder` is as in YAML ("cope+rope"); options are "p_max=3 sep_keys=true".
 * An encoder that only chooses places is combined with rope or absolute, which use them.
 * Fails the running test when the encoder cannot be had. */
struct trainer_config toy_config(const char *encoder, const char *options);

/* The same for encoders that are in no registry: n parts, in the order of their calls. */
struct trainer_config toy_config_of(const struct encoder *const *parts, int n);

/* Five sequences of lengths 11, 3, 9, 1 and 7 with targets at about half the places. */
struct batch toy_batch(void);

/* Draws weights ~ N(0, 0.5), so that no weight stays at the zero it starts from, and
 * brings them into the ranges that the encoders confine theirs to. */
void toy_shake(struct model *m, unsigned seed);

#endif
