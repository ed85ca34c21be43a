/* check_encoder.h -- what encoder.h asks of a descriptor, seen without calling its hooks.
 *
 * The contract test calls this for the encoders of the tree, plugin_load.c for the others. */
#ifndef CHECK_ENCODER_H
#define CHECK_ENCODER_H

#include "encoder.h"

/* ST_CONFIG with a message that names the encoder, the hook and the remedy: a hook lacks
 * the hook that belongs to it. */
enum status encoder_check_hooks(const struct encoder *c, struct err *e);

/* The same for options: choices that are missing, defaults of another type or out of range. */
enum status encoder_check_options(const struct encoder *c, struct err *e);

/* A name is [a-z][a-z0-9_]* and short enough for a sum of ENCODER_PARTS_MAX of them. */
enum status encoder_check_name(const struct encoder *c, struct err *e);

/* All of these. */
enum status encoder_check(const struct encoder *c, struct err *e);

#endif
