/* attention_probe.h -- shows people what attention computes.
 *
 * A pass never stores anything of [T, T] (attention.h), so the probe's `look` is called with
 * each panel while it is in memory. A probe changes no results. */
#ifndef ATTENTION_PROBE_H
#define ATTENTION_PROBE_H

#include "encoder.h"

struct encoding_panel;

struct probed_panel {
    int layer;
    const struct panel *panel;      /* score: the weights, 0 past row[r] */
    struct rows content, added;     /* [rows, columns] logits of q and k alone, and what the
                                       encoders added to them */
    bool adds;                      /* does any part add to logits in this layer? */
    const struct encoding_panel *x; /* for attention_probe_plane */
};

struct attention_probe {
    void (*look)(void *context, const struct probed_panel *p);
    void *context;
    real *room; /* attention_probe_room() reals */
};

/* A probe works only in forward passes of a single thread. */
size_t attention_probe_room(int longest);

/* Lists the planes of all parts of a stack (encoder.planes) in order; returns how many, at most
 * PROBE_PLANES. A name is "gate", or "cope.gate" if several parts have planes. */
enum { PROBE_PLANES = 16, PROBE_NAME = 64 };
struct probe_plane {
    char name[PROBE_NAME];
    int part, plane;
};
int attention_probe_planes(const struct encoder_stack *s,
                           struct probe_plane out[PROBE_PLANES]);

/* Writes one plane of the panel to out [rows, columns], entries 0..row[r] of each row, NaN
 * where the encoder computed none. Returns false if the part does not act in this layer. */
bool attention_probe_plane(const struct probed_panel *p, const struct probe_plane *plane,
                           struct rows out);

#endif
