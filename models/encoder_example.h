/* encoder_example.h -- an encoder as it may stand alone in a model, to be drawn or timed. */
#ifndef ENCODER_EXAMPLE_H
#define ENCODER_EXAMPLE_H

#include "encoder.h"

/* A stack that shows what the encoder does: the encoder alone with its default options, or,
 * when it is for sums (encoder.for_sums, .place), the first sum that gives it something to
 * do: "alibi+dape". It need not be in the registry. ST_CONFIG: no other encoder fits. */
enum status encoder_example(const struct encoder *c, struct encoder_stack *out,
                            struct err *e);

#endif
