/* gate_kinds.h -- which keys a trained head's gates are open at, over sequences.
 *
 * Seen from the places whose answer is scored: over all pairs of such a query and a visible
 * key the mean gate of the keys that are some tokens, or stand right behind them, and of all
 * others. */
#ifndef GATE_KINDS_H
#define GATE_KINDS_H

#include "look_run.h"
#include "report_look.h"

struct gate_kinds {
    int heads; /* of all layers */
    int vocabulary;
    int64_t *pairs; /* [heads, kinds], kinds: all, each token, behind each token */
    double *sum;    /* likewise, of the gates */
    double *square; /* [heads] of all */
};

/* Tokens from KIND_TOKENS on are in `all` alone: a text has too many. */
enum { KIND_TOKENS = 512 };

/* *out is the caller's, filled or not. ST_NOMEM. */
enum status gate_kinds_open(int heads, int vocabulary, struct gate_kinds *out,
                            struct err *e);
void gate_kinds_close(struct gate_kinds *g); /* accepts a zeroed struct */

/* The sequence that was looked at last; heads without gates, NaN, are left out. */
void gate_kinds_add(struct gate_kinds *g, const struct look_run *r, int plane);

/* The same with a label of each key in its token's place. */
void gate_kinds_add_labels(struct gate_kinds *g, const struct look_run *r, int plane,
                           const int32_t *label);

/* Of a head the keys with a label (a token) against all others, but its token's text; NaN where
 * there are none of either. */
struct look_kind gate_kinds_of(const struct gate_kinds *g, int head, int label);

/* Of a head the kind of keys that its gates follow most closely: of the ways to cut the tokens,
 * sorted by their mean gate, in two, and likewise the tokens before the keys, the one with the
 * largest look_kind_score. The smaller part of the two is the kind: token[0 .. *n - 1], that
 * with the extreme mean first; room for KIND_TOKENS. A part below 1 % of the pairs is none.
 * All of *out but its names. */
void gate_kinds_best(const struct gate_kinds *g, int head, int *token, int *n,
                     struct look_kind *out);

/* The mean gate of a head at keys that are `token`; NaN: there is none. */
double gate_kinds_mean(const struct gate_kinds *g, int head, int token);
/* Up to `room` tokens, the commonest keys first; how many. */
int gate_kinds_commonest(const struct gate_kinds *g, int *token, int room);

#endif
