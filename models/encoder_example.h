/* encoder_example.h -- an encoder as it may stand alone in a model, to be drawn or timed. */
#ifndef ENCODER_EXAMPLE_H
#define ENCODER_EXAMPLE_H

#include "encoder.h"

/* The encoder alone with its default options; one that is for sums (encoder.for_sums, .place)
 * in the first sum that gives it something to do: "alibi+dape". It need not be in the registry.
 * ST_CONFIG: nobody fits. */
enum status encoder_example(const struct encoder *c, struct encoder_stack *out,
                            struct err *e);

#endif
