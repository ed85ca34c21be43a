/* report_look.h -- the attention of trained models, as the page shows it. The page knows no
 * models: the caller, who has the weights, fills these.
 *
 * A gate is a number in [0, 1] for each query and visible key of a head. A kind of keys are the
 * keys with certain tokens, or those directly after such tokens. */
#ifndef REPORT_LOOK_H
#define REPORT_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

enum { LOOK_TOKEN_TEXT = 16, LOOK_PLANE_TEXT = 64, LOOK_NAMES_TEXT = 160 };

/* Most seeds of a row (an encoder in a test) and most sequences that are evaluated, most tokens of
 * the sequence that is shown, and most rows. They keep the page readable, and a look at a run
 * takes up to some seconds. Chosen. */
enum { LOOK_SEEDS = 10, LOOK_SEQUENCES = 32, LOOK_TOKENS = 128, LOOK_ROWS = 12 };

struct look_kind {
    char names[LOOK_NAMES_TEXT]; /* the tokens: "\"w\"", "\"0\", \";\" and 3 more" */
    bool behind;                 /* the keys directly after such tokens */
    double at, other; /* mean gate of this kind, and of all other keys; NaN: no kind */
    double r;         /* correlation of the gate with membership in this kind */
};

/* A run, and its head whose kind has the highest score. */
struct look_run_kind {
    long long run;
    unsigned long long seed;
    int layer, head;
    struct look_kind kind;
};

/* Runs that differ only in their seed, and the one of them that is shown. */
struct report_look {
    char *experiment, *profile, *cell, *variant; /* owned, as are all below */
    char *task;                                  /* what the task asks, in one line */
    char plane[LOOK_PLANE_TEXT];                 /* "gate" */
    struct look_run_kind *run;                   /* [runs] */
    int runs, shown; /* shown: index of the run with the highest score */
    int without;     /* further runs, whose weights are missing or cannot be used */
    int sequences;   /* sequences of the split `id` over which the means are */
    int layers, heads;
    struct look_kind *of_head;     /* [layers, heads] of the shown run */
    char (*kind)[LOOK_TOKEN_TEXT]; /* [kinds] the commonest tokens, commonest first */
    double *mean;                  /* [layers, heads, kinds] mean gates of the shown run */
    int kinds;
    /* The first sequence of the split, or its beginning. */
    char (*token)[LOOK_TOKEN_TEXT]; /* [tokens] */
    uint8_t *scored;                /* [tokens] */
    float *gate, *attention; /* [layers, heads, tokens, tokens]; NaN: there is none */
    int tokens;
};

struct report_looks {
    struct report_look *at;
    int n;
    int more;       /* further rows, left out beyond LOOK_ROWS */
    int gated;      /* runs whose encoder has gates, with or without weights */
    struct err why; /* the first reason why weights could not be used, or "" */
};

/* Returns the difference of the two means of a kind times the size of the correlation: 1 for gates
 * that are open only at these keys. Below 0: it is no kind. */
double look_kind_score(const struct look_kind *k);

void report_look_free(struct report_look *l);
void report_looks_free(struct report_looks *l);

#endif
