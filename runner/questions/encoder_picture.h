/* encoder_picture.h -- draws what an encoder does to attention, as a small SVG.
 *
 * The picture shows maps of attention, query by key, of two heads of an untrained model: on one
 * token repeated, where only position makes a difference, and on a mixture of tokens. Below them
 * are the planes that the encoder names (encoder.planes). The code treats all encoders alike: a
 * new one needs no change here. */
#ifndef ENCODER_PICTURE_H
#define ENCODER_PICTURE_H

#include <stdio.h>

#include "encoder.h"

/* Draws the picture. An encoder that is meant for sums is drawn in one. */
enum status encoder_picture(const struct encoder *c, FILE *out, struct err *e);

#endif
