/* attention_probe.h -- a look at what attention computes, for people.
 *
 * Nothing [T, T] is ever stored in a pass (attention.h), so who wants to see it is called
 * with each panel while it is there. Without a probe not a number changes. */
#ifndef ATTENTION_PROBE_H
#define ATTENTION_PROBE_H

#include "encoder.h"

struct encoding_panel;

struct probed_panel {
    int layer;
    const struct panel *panel;      /* score: the weights, 0 past row[r] */
    struct rows content, added;     /* [rows, columns] logits of queries and keys, and what
                                       encoders added to them */
    bool adds;                      /* does any part add to logits in this layer? */
    const struct encoding_panel *x; /* for attention_probe_plane */
};

struct attention_probe {
    void (*look)(void *context, const struct probed_panel *p);
    void *context;
    real *room; /* attention_probe_room() reals */
};

/* Forward passes of one thread alone. */
size_t attention_probe_room(int longest);

/* The planes of all parts of a stack (encoder.planes), in order; returns how many, at most
 * PROBE_PLANES. Names are "gate", or "cope.gate" where several parts have planes. */
enum { PROBE_PLANES = 16, PROBE_NAME = 64 };
struct probe_plane {
    char name[PROBE_NAME];
    int part, plane;
};
int attention_probe_planes(const struct encoder_stack *s,
                           struct probe_plane out[PROBE_PLANES]);

/* Writes that plane of the panel to out [rows, columns], entries 0..row[r] of each row;
 * NaN where the encoder computed none. False: the part does not act in this layer. */
bool attention_probe_plane(const struct probed_panel *p, const struct probe_plane *plane,
                           struct rows out);

#endif
