/* encoder_picture.h -- what an encoder makes of attention, as a small SVG.
 *
 * Maps of attention, query by key, of two heads of an untrained model: on one token again
 * and again, where position alone makes a difference, and on a mixture of tokens. Below
 * them stand planes that the encoder names (encoder.planes). One rule for all encoders:
 * adding one adds no line here. */
#ifndef ENCODER_PICTURE_H
#define ENCODER_PICTURE_H

#include <stdio.h>

#include "encoder.h"

/* An encoder that is there for sums is drawn in one. */
enum status encoder_picture(const struct encoder *c, FILE *out, struct err *e);

#endif
