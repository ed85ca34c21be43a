/* layer_set.h -- the layers that one part of an encoder acts in.
 *
 * Layers are counted from 0, as in the names of tensors. */
#ifndef LAYER_SET_H
#define LAYER_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

/* first, first + every, ... and those in `list`; all zero: every layer. */
struct layer_set {
    int first, every;
    uint64_t list; /* bit l: layer l */
};

/* A set as text, with its end: 64 layers with a sign between; and the bits of `list`. */
enum { LAYER_SET_TEXT = 256, LAYER_SET_LISTED = 64 };

bool layer_set_has(const struct layer_set *s, int layer);

/* Reads "all", "odd" (1, 3, ...), "even" (0, 2, ...), "every 4" (3, 7, ...) or numbers
 * with '+' or ',' between them ("0+2"). ST_RANGE with a message that says so. */
enum status layer_set_parse(const char *text, struct layer_set *out, struct err *e);

/* The same in the words of layer_set_parse, one spelling for each set. Returns text. */
char *layer_set_format(const struct layer_set *s, char text[LAYER_SET_TEXT]);

/* Makes a set that holds every one of `layers` layers the empty one. ST_CONFIG, with
 * `name` in front, when it holds none of them or one that there is not. */
enum status layer_set_resolve(struct layer_set *s, int layers, const char *name,
                              struct err *e);

#endif
