/* report_look.h -- what trained models look at, as the page shows it. The page knows no model:
 * whoever has the weights fills these.
 *
 * A gate is a number in [0, 1] for each query and visible key of a head. A kind of keys are
 * those that are some tokens, or that stand right behind them. */
#ifndef REPORT_LOOK_H
#define REPORT_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

enum { LOOK_TOKEN_TEXT = 16, LOOK_PLANE_TEXT = 64, LOOK_NAMES_TEXT = 160 };

/* So many seeds of a row (an encoder in a test) are looked at, with so many sequences, of which
 * one is shown up to so many tokens; and so many rows. A page is to be read, and a look at a
 * run takes up to some seconds. Chosen. */
enum { LOOK_SEEDS = 10, LOOK_SEQUENCES = 32, LOOK_TOKENS = 128, LOOK_ROWS = 12 };

struct look_kind {
    char names[LOOK_NAMES_TEXT]; /* of tokens: "\"w\"", "\"0\", \";\" and 3 more" */
    bool behind;                 /* the keys right behind such tokens */
    double at, other; /* mean gate of this kind, and of all other keys; NaN: no kind */
    double r;         /* correlation of the gate with being of this kind */
};

/* A run and the one of its heads whose kind has the highest score. */
struct look_run_kind {
    long long run;
    unsigned long long seed;
    int layer, head;
    struct look_kind kind;
};

/* The runs that differ in their seed alone, and one of them looked at. */
struct report_look {
    char *experiment, *profile, *cell, *variant; /* owned, as are all below */
    char *task;                                  /* what it asks, in one line */
    char plane[LOOK_PLANE_TEXT];                 /* "gate" */
    struct look_run_kind *run;                   /* [runs] */
    int runs, shown; /* shown: that in which the two means differ most */
    int without;     /* further runs: their weights are missing or cannot be used */
    int sequences;   /* of the split `id`, over which the means are */
    int layers, heads;
    struct look_kind *of_head;     /* [layers, heads] the shown run's */
    char (*kind)[LOOK_TOKEN_TEXT]; /* [kinds] the commonest tokens, commonest first */
    double *mean;                  /* [layers, heads, kinds] the shown run's mean gates */
    int kinds;
    /* The first sequence of the split, or its beginning. */
    char (*token)[LOOK_TOKEN_TEXT]; /* [tokens] */
    uint8_t *scored;                /* [tokens] */
    float *gate, *attention;        /* [layers, heads, tokens, tokens]; NaN where none */
    int tokens;
};

struct report_looks {
    struct report_look *at;
    int n;
    int more;       /* further ones, left out as a page holds so many */
    int gated;      /* runs whose encoder has gates, with weights and without */
    struct err why; /* the first reason for which weights could not be used, or "" */
};

/* How far the two means of a kind lie apart, times the correlation's size: of gates that are
 * open at these keys alone it is 1. Below 0: it is no kind. */
double look_kind_score(const struct look_kind *k);

void report_look_free(struct report_look *l);
void report_looks_free(struct report_looks *l);

#endif
