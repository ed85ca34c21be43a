/* gate_kinds.h -- finds the keys at which a trained head's gates are open, over sequences.
 *
 * Queries are the places whose answer is scored. Over all pairs of such a query and a visible
 * key, it compares the mean gate of the keys that are certain tokens, or are right behind them,
 * with the mean gate of all others. */
#ifndef GATE_KINDS_H
#define GATE_KINDS_H

#include "look_run.h"
#include "report_look.h"

struct gate_kinds {
    int heads; /* of all layers */
    int vocabulary;
    int64_t *pairs; /* [heads, kinds]: all, each token, behind each token */
    double *sum;    /* [heads, kinds] sums of the gates */
    double *square; /* [heads] over all keys */
};

/* Tokens from KIND_TOKENS on count only in kind 0, all keys: a text has too many of them. */
enum { KIND_TOKENS = 512 };

/* Allocates the sums. The caller frees *out, also after an error. ST_NOMEM. */
enum status gate_kinds_open(int heads, int vocabulary, struct gate_kinds *out,
                            struct err *e);
void gate_kinds_close(struct gate_kinds *g); /* accepts a zeroed struct */

/* Adds the sequence that was evaluated last. Heads without gates (NaN) are left out. */
void gate_kinds_add(struct gate_kinds *g, const struct look_run *r, int plane);

/* Does the same with a label for each key in place of its token. */
void gate_kinds_add_labels(struct gate_kinds *g, const struct look_run *r, int plane,
                           const int32_t *label);

/* Compares the keys of a head that have a label (or token) with all others. Fills all of the
 * result but the token's text; NaN where either group is empty. */
struct look_kind gate_kinds_of(const struct gate_kinds *g, int head, int label);

/* Finds the kind of keys that a head's gates follow most closely. The tokens, sorted by their
 * mean gate, are cut in two in every way, and likewise the tokens before the keys; the cut with
 * the largest look_kind_score wins. Its smaller part is the kind: token[0 .. *n - 1], from the
 * extreme mean on; room for KIND_TOKENS. A part of less than 1 % of the pairs is not considered.
 * Fills all of *out but its names. */
void gate_kinds_best(const struct gate_kinds *g, int head, int *token, int *n,
                     struct look_kind *out);

/* Returns the mean gate of a head at keys that are `token`; NaN: there are none. */
double gate_kinds_mean(const struct gate_kinds *g, int head, int token);
/* Lists up to `room` tokens, the most frequent keys first; returns how many. */
int gate_kinds_commonest(const struct gate_kinds *g, int *token, int room);

#endif
