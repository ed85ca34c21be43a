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
#include <stdint.h>

#include "layer_set.h"
#include "option.h"
#include "real.h"
#include "rng.h"

/* Room of a part and of a sum, taken in every model: learned tensors of one encoder (an
 * assertion stops more), parts of a sum (a longer one is refused), and the sum's name. Chosen. */
enum { ENCODER_TENSORS_MAX = 12, ENCODER_PARTS_MAX = 4, ENCODER_NAME = 96 };

/* Letters of an encoder's name: a sum of ENCODER_PARTS_MAX of them, with a sign or the end behind
 * each, has room in ENCODER_NAME. */
enum { ENCODER_NAME_LONGEST = ENCODER_NAME / ENCODER_PARTS_MAX - 1 };

/* What an encoder may size its tensors by. */
struct encoder_dims {
    int layers, heads, head_dim;
    int trained_length; /* longest training sample, in tokens */
    int longest;        /* longest sample of any split, >= trained_length */
    int places;  /* places are 0 .. places - 1; `longest` unless a part chooses them */
    bool placed; /* a part chooses places, so that training reaches all of them */
    bool spread; /* ... and all distances between them */
};

/* C of a token, all heads side by side. */
static inline int dims_channels(const struct encoder_dims *d)
{
    return d->heads * d->head_dim;
}

/* Of the `all` rows of a table, one for each place or distance, those that sequences of T tokens
 * can meet: all where a part chooses places. */
static inline int dims_met(const struct encoder_dims *d, int all, int T)
{
    return T < all && !d->placed ? T : all;
}

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
    int layer;
    const real *constants; /* as fill_constants left it */
    const real *weight[ENCODER_TENSORS_MAX];
    real *grad[ENCODER_TENSORS_MAX]; /* NULL outside backward; adjoints add to it */
    const real *derived;             /* as derive left it */
    real *dderived;                  /* adjoints add to it; derive_grad reads it */
};

/* The tokens of one sequence in one layer, for `read`. x is what the layer's projections
 * read: the normed input in pre-norm, the block's input in post-norm. */
struct tokens {
    int count;             /* T */
    const int *place;      /* [T] */
    struct rows x;         /* [T, C] */
    struct rows projected; /* [T, project()] linear in x, made by the layer */
    struct rows state;     /* [T, state()] to be written; complete in the adjoint */

    /* Adjoint only: dstate is complete; adds to the others. */
    struct rows dx, dprojected, dstate;
};

/* Queries or keys of one head, for `rotate`. */
struct turn {
    int head;                     /* from 0 */
    bool keys;                    /* else queries */
    int tokens;                   /* T */
    int rows;                     /* of x */
    const int *row;               /* [rows] which token of the sequence: a row of state */
    const int *place;             /* [rows] the place of that token */
    struct rows x;                /* [rows, d]; in the adjoint as `rotate` left it */
    struct rows projected, state; /* [T, ...] of the whole sequence */

    /* Adjoint only: dx arrives as the gradient of the turned rows and leaves as that of
     * the rows before; adds to the others. */
    struct rows dx, dprojected, dstate;
};

/* The logits of one head for a panel of query rows. Row r belongs to token row[r] of its
 * sequence and sees keys 0..row[r]; row[r] increases with r. Keys are rows 0..columns-1
 * of k and v, columns = 1 + row[rows - 1]. Causality is a matter of `row`, distance of
 * `place`: the distance of key j is place[row[r]] - place[j]. */
struct panel {
    int head; /* from 0 */
    int rows, columns;
    const int *row;               /* [rows] */
    const int *place;             /* [columns] increasing; place[t] = t unless `placed` */
    bool placed;                  /* some part chose the places */
    struct rows q;                /* [rows, d] after rotate */
    struct rows k, v;             /* [columns, d]; k after rotate */
    struct rows projected, state; /* [columns, ...] row t belongs to token t */
    real alpha;
    real *score;   /* [rows, stride] alpha q.k; entries past row[r] are undefined */
    int stride;    /* of score and dscore; at least `columns` */
    struct rows o; /* [rows, d] output of the head, for `values` */

    /* Backward only: `dscore` holds dL/dlogit (0 past row[r]) when the adjoint is called;
     * what the adjoint adds to dscore[r][j] is a gradient to alpha q.k. */
    real *dscore;
    struct rows dq, dk, dv, dprojected, dstate; /* adjoints add to these */
    struct rows d_o;                            /* [rows, d] dL/do, for values_grad */

    /* For `mix` only, as score and dscore: the logits before any `score`, and a gradient that
     * belongs to them alone. NULL elsewhere. */
    const real *content;
    real *dcontent;
    /* Where `mix` carries: what the panels before passed on and, in the adjoint, dL/dcarry of
     * the panels behind, to become that of this panel and those behind. */
    const real *carry;
    real *dcarry;
};

/* Where the numbers of `place` come from. Streams are keyed by the run's seed and, in
 * training, by the step; `sample` by the sequence too. In evaluation `sample` is keyed by
 * the sequence's number in its split and `batch` is the same for all of them. */
struct placing {
    bool training;
    struct rng sample, batch;
};

/* What happens on sequences longer than any in training. */
enum encoder_reach {
    REACH_DEFINED,   /* the formula goes on */
    REACH_CAPPED,    /* unseen distances use the farthest trained row */
    REACH_UNTRAINED, /* rows exist but were never trained: a caveat under the table */
    REACH_UNDEFINED  /* no value: the cell is stored and printed as n/a */
};

/* What may be done to a sequence without a change of logits (up to a constant of each
 * row, which the softmax takes away). */
enum {
    INVARIANT_SHIFT = 1, /* it begins later: all places are larger by the same number, or
                            tokens of no content that nobody sees stand in front */
    INVARIANT_ORDER = 2  /* earlier tokens trade places, in one layer */
};

/* The hook `invariances` of all that see places by their differences alone. */
static inline unsigned invariant_to_shift(const struct option_values *o)
{
    (void)o;
    return INVARIANT_SHIFT;
}

/* What a sum can hold once only: a second part would undo it, do it twice, or be one with it
 * under another name. Two `embed` or two `rotate` say so by themselves. */
enum {
    ONCE_TURN = 1, /* `content` turns queries and keys by place or path, as `rotate` does */
    ONCE_FORGET = 2, /* a gate of each token between makes a key fade (forget.h) */
    ONCE_SLOPE = 4,  /* a penalty in proportion to the distance: two slopes are one */
    ONCE_MEET = 8 /* the query meets a learned vector of its distance: two tables are one */
};

/* What a layer is given to do, for `flops`. */
struct encoder_load {
    int tokens;   /* T: keys */
    int queries;  /* rows of q, at most T */
    double pairs; /* visible (query, key) pairs */
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
    /* NULL: DEFINED. */
    enum encoder_reach (*reach)(const struct encoder_dims *d,
                                const struct option_values *o);
    /* INVARIANT_*, all that hold (the contract looks for others); NULL: none. */
    unsigned (*invariances)(const struct option_values *o);
    unsigned once; /* ONCE_* */
    /* Forward floating point operations of one layer beyond those of plain attention, all
     * heads together; e^x and the like count as one. The projection that `project` asks for
     * is counted by the model, and `derive`, which runs once a step whatever the number of
     * sequences, by nobody. NULL: none worth counting. */
    double (*flops)(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load);
    /* With reads_once: the operations of `read` on a sequence of T tokens. They are counted
     * once for the model, and `flops` does not contain them. */
    double (*read_once_flops)(const struct encoder_dims *d, const struct option_values *o,
                              int T);

    /* Writes the learned tensors; returns how many. NULL: none. */
    int (*tensors)(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX]);
    /* Changes the start of tensor number `tensor` after it was drawn as its spec says:
     * w [rows * columns]. NULL: the draw stands. */
    void (*start)(const struct encoder_dims *d, const struct option_values *o, int tensor,
                  real *w);
    /* Brings tensor number `tensor` into its range: after `start`, and after each step of the
     * optimiser, so that other hooks see no weight beyond it. NULL: none has a range. */
    void (*confine)(const struct encoder_dims *d, const struct option_values *o, int tensor,
                    real *w);
    /* Numbers computed once from the sizes, such as tables of sines. */
    size_t (*constants)(const struct encoder_dims *d, const struct option_values *o);
    void (*fill_constants)(const struct encoder_dims *d, const struct option_values *o,
                           real *constants);

    /* Numbers computed from the weights once a step, for sequences of up to T tokens
     * (distances up to places - 1 where the sum chooses places). One set a layer, or one
     * for all layers when no tensor is per_layer. Gradients of all sequences of the step
     * are summed in dderived before derive_grad turns them into those of the weights. */
    size_t (*derived)(const struct encoder_dims *d, const struct option_values *o);
    void (*derive)(const struct encoder_view *e, int T, real *derived);
    void (*derive_grad)(const struct encoder_view *e, int T);

    /* Chooses the place of each of T tokens: increasing, from 0 to places() - 1, whatever
     * `longest` is. At most one part of a sum; the others must say takes_places, and where
     * all places of a sequence move alike, one of them must see more than distances. */
    int (*places)(const struct encoder_dims *d, const struct option_values *o);
    void (*place)(const struct encoder_dims *d, const struct option_values *o,
                  const struct placing *p, int T, int *place);
    bool moves_alike; /* `place` leaves distances as they are */
    /* The hooks below ask `place` where a token stands, and the tables have
     * dims->places rows. */
    bool takes_places;
    /* Works on what the other parts of a sum add. Alone it does little, without being
     * wrong; pictures and examples show it in a sum. */
    bool for_sums;

    /* Token embeddings x [T, C], token t at place[t]: add in place. */
    void (*embed)(const struct encoder_view *e, int T, const int *place, real *x);
    void (*embed_grad)(const struct encoder_view *e, int T, const int *place,
                       const real *dx);

    /* Numbers of each token that a layer makes of its input. `project` asks the layer for
     * that many rows of its own behind those of keys and values (a linear map with the
     * layer's usual start and bias; its gradient is the layer's affair). `read` sees the
     * whole sequence once in each layer, before rotate and score, and writes state()
     * numbers a token: causal, row t from rows 0..t alone. `room` holds read_scratch()
     * reals that nobody keeps. */
    int (*project)(const struct encoder_dims *d, const struct option_values *o);
    int (*state)(const struct encoder_dims *d, const struct option_values *o);
    size_t (*read_scratch)(const struct encoder_dims *d, const struct option_values *o,
                           int T);
    void (*read)(const struct encoder_view *e, const struct tokens *t, real *room);
    void (*read_grad)(const struct encoder_view *e, const struct tokens *t, real *room);
    /* `read` is called only in the first layer that the part acts in (in layer 0 x is made of
     * the embeddings), and the state that it writes serves all layers. Its tensors are shared
     * by all layers. */
    bool reads_once;

    /* Queries or keys of one head: change t->x in place. At most one part of a sum. */
    void (*rotate)(const struct encoder_view *e, const struct turn *t);
    void (*rotate_grad)(const struct encoder_view *e, const struct turn *t);

    /* The hooks on a panel. `scratch` holds scratch() reals per panel, and whatever the
     * forward hooks left there is what the adjoints find. A smaller panel never asks for
     * more, so one buffer for the largest serves all. */
    size_t (*scratch)(const struct encoder_dims *d, const struct option_values *o, int rows,
                      int columns);

    /* Writes the content logits to panel->score, in place of alpha q.k, which is then not
     * computed. Adjoint: from dscore adds all of dq and dk. At most one part of a sum;
     * called before every `score`, its adjoint after every score_grad. */
    void (*content)(const struct encoder_view *e, const struct panel *p, real *scratch);
    void (*content_grad)(const struct encoder_view *e, const struct panel *p,
                         real *scratch);

    /* Adds position logits to panel->score. */
    void (*score)(const struct encoder_view *e, const struct panel *p, real *scratch);
    void (*score_grad)(const struct encoder_view *e, const struct panel *p, real *scratch);
    /* `score` reads the content logits in panel->score; such an encoder is called first
     * and its adjoint last, and at most one may be part of a sum. */
    bool reads_score;
    /* Sees the logits of all heads of a layer for the same rows, after every `score`, and
     * changes entries 0..row[r] of them in place: p is [heads] panels, whose projected and
     * state are nobody's. Adjoint: dscore, dL/dlogit, becomes in place the gradient of what
     * `mix` found in score with content held fast, and dcontent gets (+=) that of content
     * with score held fast. mix_scratch() reals are as scratch is for a panel. At most one
     * part of a sum. */
    size_t (*mix_scratch)(const struct encoder_dims *d, const struct option_values *o,
                          int rows, int columns);
    void (*mix)(const struct encoder_view *e, const struct panel *p, real *scratch);
    void (*mix_grad)(const struct encoder_view *e, const struct panel *p, real *scratch);
    /* For a `mix` that needs the rows before its own: carry() numbers go from panel to panel of
     * a sequence, all 0 before the first. Then all tokens are queries, in the last layer too,
     * and panels come in order, in backward from the last to the first. `pass_on` adds to them
     * what a panel has for those behind it, from the content logits of head 0 alone: p is the
     * panel of that head. A smaller number of columns never asks for more. */
    size_t (*carry)(const struct encoder_dims *d, const struct option_values *o,
                    int columns);
    void (*pass_on)(const struct encoder_view *e, const struct panel *p, real *carry);

    /* Weights of far keys become arbitrarily small. In a layer with such a part attention
     * treats numbers below 2^-126 as zero, because a CPU multiplies them a hundred times
     * slower. */
    bool fades;

    /* Turns logits into weights in place, entries 0..row[r] of each row, instead of the
     * softmax. Adjoint: score holds the weights, dscore dL/dweight and becomes dL/dlogit.
     * At most one part of a sum. */
    void (*weigh)(const struct encoder_view *e, const struct panel *p, real *scratch);
    void (*weigh_grad)(const struct encoder_view *e, const struct panel *p, real *scratch);

    /* Adds to panel->o what the weights in panel->score (0 past row[r], dropout applied)
     * make of numbers of the encoder's own: linear in the weights. Adjoint: from d_o and
     * the weights in score adds dL/dweight to dscore. */
    void (*values)(const struct encoder_view *e, const struct panel *p, real *scratch);
    void (*values_grad)(const struct encoder_view *e, const struct panel *p, real *scratch);

    /* What it computes of each pair, for people to look at: names such as "gate", NULL behind
     * the last. NULL: nothing. Called behind the forward hooks of a panel, `inspect` writes
     * plane number `plane` to out [rows, columns], entries 0..row[r]; NaN where there is
     * no number. */
    const char *const *planes;
    void (*inspect)(const struct encoder_view *e, const struct panel *p, real *scratch,
                    int plane, struct rows out);
};

/* The registry, in name order, then those of plug-ins as they came. */
int encoder_count(void);
const struct encoder *encoder_at(int i);
const struct encoder *encoder_find(const char *name); /* NULL: no such encoder */
bool encoder_add(
    const struct encoder *c); /* of a plug-in; before threads; false: no room */

/* A sum of encoders ("cope+relative"), each part with its own options. */
struct encoder_part {
    const struct encoder *encoder;
    struct option_values options;
    struct layer_set layers; /* that it acts in */
};
struct encoder_stack {
    int parts;
    struct encoder_part part[ENCODER_PARTS_MAX];
};

/* Parses "cope" or "cope+rope" and fills in default options. Parts come in name order,
 * whatever was typed (one sum is one run, to the bit), except that one that reads scores
 * comes first. Errors (ST_CONFIG, no position in the message): unknown name with a
 * suggestion, a part named twice, too many parts, two that do what a sum can do once only
 * (encoder.once, and hooks of which there is room for one), places chosen for nobody, `none`
 * in a sum. */
enum status encoder_stack_parse(const char *text, struct encoder_stack *out, struct err *e);

/* Sets one option by name: "p_max", or "cope.p_max" when two parts have it. Every part has
 * "layers" (layer_set.h) and "every" (every: 4 is layers: every 4). Errors: unknown option
 * with a suggestion, ambiguous name, bad value. */
enum status encoder_stack_set(struct encoder_stack *s, const char *option,
                              const char *value, struct err *e);

/* Sets an option that may differ between training and a test of the trained weights
 * (option.at_test); the stack is to be resolved again. Errors as encoder_stack_set, and
 * ST_USAGE for an option that the weights were trained with. */
enum status encoder_stack_set_at_test(struct encoder_stack *s, const char *option,
                                      const char *value, struct err *e);

/* The sizes with `places` as the stack chooses them. */
struct encoder_dims encoder_stack_dims(const struct encoder_stack *s,
                                       const struct encoder_dims *d);

/* Resolves every part for the sizes (encoder.resolve); d->places need not be set. */
enum status encoder_stack_resolve(struct encoder_stack *s, const struct encoder_dims *d,
                                  struct err *e);

/* "cope+rope": the parts' names in name order, joined by '+'. */
void encoder_stack_name(const struct encoder_stack *s, char name[ENCODER_NAME]);

/* The farthest-reaching word that holds for the whole stack (the worst of its parts). */
enum encoder_reach encoder_stack_reach(const struct encoder_stack *s,
                                       const struct encoder_dims *d);
const char *encoder_reach_text(enum encoder_reach r); /* defined, capped, … */

#endif
