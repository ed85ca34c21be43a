/* encoder.h -- the contract of a position encoder.
 *
 * An encoder tells attention where tokens stand. It is a const descriptor with
 * optional hooks; every forward hook has its adjoint beside it. Hooks are pure: they
 * read the weights and the buffers they are lent, never allocate and keep no state.
 *
 * To add an encoder, write models/encoders/encoder_<name>.c that defines
 *     const struct encoder encoder_<name> = { .name = "<name>", ... };
 * and nothing else. The build finds the file, and tests/encoders/test_encoder_contract.c holds
 * it to this header (gradients in double, causality, "differs from none").
 *
 * Letters: T tokens, H heads, d head width, C = H * d channels; i query, j key, j <= i;
 * alpha = 1 / sqrt(d). */
#ifndef ENCODER_H
#define ENCODER_H

#include <stdbool.h>
#include <stddef.h>

#include "option.h"
#include "real.h"

enum { ENCODER_TENSORS_MAX = 4, ENCODER_PARTS_MAX = 4, ENCODER_NAME = 96 };

/* What an encoder may size its tensors by. */
struct encoder_dims {
    int layers, heads, head_dim;
    int trained_length; /* longest training sample, in tokens */
    int longest;        /* longest sample of any split, >= trained_length */
};

enum tensor_init { INIT_ZERO, INIT_ONE, INIT_NORMAL, INIT_UNIFORM };

/* A learned tensor [rows, columns], row-major. */
struct tensor_spec {
    const char *name; /* unique within the encoder */
    double scale;     /* NORMAL: standard deviation; UNIFORM: half-width */
    int rows, columns;
    enum tensor_init init;
    bool decay;     /* under weight decay */
    bool per_layer; /* one for each layer, else one for all */
};

/* One encoder as one layer sees it. */
struct encoder_view {
    const struct encoder_dims *dims;
    const struct option_values *options; /* resolved */
    const real *constants;               /* as fill_constants left it */
    const real *weight[ENCODER_TENSORS_MAX];
    real *grad[ENCODER_TENSORS_MAX]; /* NULL outside backward; adjoints add to it */
};

/* The logits of one head for a panel of query rows. Row r belongs to the query at
 * `position[r]` and sees keys 0..position[r]; positions increase with r. Keys are rows
 * 0..columns-1 of k and v, columns = 1 + position[rows - 1]. */
struct panel {
    int head; /* from 0 */
    int rows, columns;
    const int *position; /* [rows] */
    struct rows q;       /* [rows, d] after rotate */
    struct rows k, v;    /* [columns, d]; k after rotate */
    struct rows extra;   /* [columns, d] the encoder's own key projection, if it asked */
    real alpha;
    real *score; /* [rows, stride] alpha q.k; entries past position[r] are undefined */
    int stride;  /* of score and dscore; at least `columns` */

    /* Backward only: `dscore` holds dL/dlogit (0 past position[r]) when the adjoint is
     * called; what the adjoint adds to dscore[r][j] is a gradient to alpha q.k. */
    real *dscore;
    struct rows dq, dk, dv, dextra; /* adjoints add to these */
};

/* What happens on sequences longer than any in training. */
enum encoder_reach {
    REACH_DEFINED,   /* the formula goes on */
    REACH_CAPPED,    /* unseen distances use the farthest trained row */
    REACH_UNTRAINED, /* rows exist but were never trained: a caveat under the table */
    REACH_UNDEFINED  /* no value: the cell is stored and printed as n/a */
};

struct encoder {
    const char *name;             /* file stem; the key in YAML and in the database */
    int version;                  /* raised when the same options give other logits */
    const char *summary;          /* one line for `posbench list encoders` */
    const char *source;           /* paper, version, equation */
    const struct option *options; /* ends with {0}; NULL: none */

    /* Fills in options whose default means "from the sizes", and refuses combinations
     * that make no sense. NULL: nothing to do. */
    enum status (*resolve)(const struct encoder_dims *d, struct option_values *o,
                           struct err *e);
    enum encoder_reach (*reach)(const struct option_values *o); /* NULL: DEFINED */

    /* Writes the learned tensors; returns how many. NULL: none. */
    int (*tensors)(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX]);
    /* True when the encoder wants a key projection of its own (panel.extra). */
    bool (*wants_extra)(const struct option_values *o);
    /* Numbers computed once from the sizes, such as tables of sines. */
    size_t (*constants)(const struct encoder_dims *d, const struct option_values *o);
    void (*fill_constants)(const struct encoder_dims *d, const struct option_values *o,
                           real *constants);

    /* Token embeddings x [T, C] of positions 0..T-1: add in place. */
    void (*embed)(const struct encoder_view *e, int T, real *x);
    void (*embed_grad)(const struct encoder_view *e, int T, const real *dx);

    /* Queries or keys of one head, row r at position[r]: change in place. */
    void (*rotate)(const struct encoder_view *e, int rows, const int *position,
                   struct rows qk);
    void (*rotate_grad)(const struct encoder_view *e, int rows, const int *position,
                        struct rows dqk);

    /* Adds position logits to panel->score. `scratch` holds scratch() reals per panel,
     * and whatever `score` left there is what `score_grad` finds. A smaller panel never
     * asks for more, so one buffer for the largest serves all. */
    size_t (*scratch)(const struct encoder_dims *d, const struct option_values *o, int rows,
                      int columns);
    void (*score)(const struct encoder_view *e, const struct panel *p, real *scratch);
    void (*score_grad)(const struct encoder_view *e, const struct panel *p, real *scratch);
    /* `score` reads the content logits in panel->score; such an encoder is called first
     * and its adjoint last, and at most one may be part of a sum. */
    bool reads_score;
};

/* The registry, in name order. */
int encoder_count(void);
const struct encoder *encoder_at(int i);
const struct encoder *encoder_find(const char *name); /* NULL: no such encoder */

/* A sum of encoders ("cope+relative"), each part with its own options. */
struct encoder_part {
    const struct encoder *encoder;
    struct option_values options;
};
struct encoder_stack {
    int parts;
    struct encoder_part part[ENCODER_PARTS_MAX];
};

/* Parses "cope" or "cope+rope" and fills in default options. Parts come in name order,
 * whatever was typed (one sum is one run, to the bit), except that one that reads scores
 * comes first. Errors (ST_CONFIG, no position in the message): unknown name with a
 * suggestion, a part named twice, too many parts, two that read scores, `none` in a
 * sum. */
enum status encoder_stack_parse(const char *text, struct encoder_stack *out, struct err *e);

/* Sets one option by name: "p_max", or "cope.p_max" when two parts have it. Errors:
 * unknown option with a suggestion, ambiguous name, bad value. */
enum status encoder_stack_set(struct encoder_stack *s, const char *option,
                              const char *value, struct err *e);

/* Resolves every part for the sizes (encoder.resolve). */
enum status encoder_stack_resolve(struct encoder_stack *s, const struct encoder_dims *d,
                                  struct err *e);

/* "cope+rope": the parts' names in name order, joined by '+'. */
void encoder_stack_name(const struct encoder_stack *s, char name[ENCODER_NAME]);

/* The farthest-reaching word that holds for the whole stack (the worst of its parts). */
enum encoder_reach encoder_stack_reach(const struct encoder_stack *s);
const char *encoder_reach_text(enum encoder_reach r); /* defined, capped, … */

#endif
