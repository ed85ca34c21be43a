/* encoder_example.h -- a stack that shows one encoder, to be drawn or timed. */
#ifndef ENCODER_EXAMPLE_H
#define ENCODER_EXAMPLE_H

#include "encoder.h"

/* Fills *out with a stack in which the encoder has an effect: the encoder alone with its
 * default options, or, if it is made for sums (encoder.for_sums, .place), the first sum that
 * fits it, such as "alibi+dape". `c` need not be in the registry if it stands alone.
 * ST_CONFIG: no other encoder fits. */
enum status encoder_example(const struct encoder *c, struct encoder_stack *out,
                            struct err *e);

#endif
