/* check_encoder.h -- checks a descriptor against encoder.h without calling its hooks.
 *
 * The contract test calls this for the encoders of the tree, plugin_load.c for plug-ins. */
#ifndef CHECK_ENCODER_H
#define CHECK_ENCODER_H

#include "encoder.h"

/* ST_CONFIG: a hook is set without its partner. The message names the encoder, the hook and
 * the remedy. */
enum status encoder_check_hooks(const struct encoder *c, struct err *e);

/* ST_CONFIG: an option lacks its choices, or its default has another type or is out of range. */
enum status encoder_check_options(const struct encoder *c, struct err *e);

/* ST_CONFIG unless the name is [a-z][a-z0-9_]* and short enough for a sum of
 * ENCODER_PARTS_MAX of them. */
enum status encoder_check_name(const struct encoder *c, struct err *e);

/* Makes all of these checks. */
enum status encoder_check(const struct encoder *c, struct err *e);

#endif
