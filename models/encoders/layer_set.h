/* layer_set.h -- the layers that one part of an encoder acts in.
 *
 * Layers are counted from 0, as in the names of tensors. */
#ifndef LAYER_SET_H
#define LAYER_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

/* The layers first, first + every, ... and those in `list`; all fields zero: every layer. */
struct layer_set {
    int first, every;
    uint64_t list; /* bit l: layer l */
};

/* Size of a set as text: 64 numbers with a sign between and '\0'; and the bits of `list`. */
enum { LAYER_SET_TEXT = 256, LAYER_SET_LISTED = 64 };

bool layer_set_has(const struct layer_set *s, int layer);

/* Reads "all", "odd" (1, 3, ...), "even" (0, 2, ...), "every 4" (3, 7, ...) or numbers
 * with '+' or ',' between them ("0+2"). ST_RANGE with a message that lists these forms. */
enum status layer_set_parse(const char *text, struct layer_set *out, struct err *e);

/* Writes the set in a form that layer_set_parse reads, one spelling per set. Returns text. */
char *layer_set_format(const struct layer_set *s, char text[LAYER_SET_TEXT]);

/* Replaces a set that holds all of `layers` layers by the all-zero one. ST_CONFIG, with `name`
 * in front, when it holds none of them or a layer that does not exist. */
enum status layer_set_resolve(struct layer_set *s, int layers, const char *name,
                              struct err *e);

#endif
