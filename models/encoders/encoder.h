/* encoder.h -- the contract of a position encoder.
 *
 * An encoder tells attention where tokens stand. It is a const descriptor with
 * optional hooks; every forward hook is followed by its adjoint. Hooks are pure: they
 * read the weights and the buffers that they are given, never allocate and keep no state.
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

/* Limits: learned tensors of one encoder (asserted), parts of a sum (a longer one is refused)
 * and length of the sum's name. Every model has room for that many. Chosen. */
enum { ENCODER_TENSORS_MAX = 12, ENCODER_PARTS_MAX = 4, ENCODER_NAME = 96 };

/* The longest name of an encoder: ENCODER_PARTS_MAX such names, each followed by '+' or '\0', fit
 * into ENCODER_NAME. */
enum { ENCODER_NAME_LONGEST = ENCODER_NAME / ENCODER_PARTS_MAX - 1 };

/* The sizes that an encoder's tensors may depend on. */
struct encoder_dims {
    int layers, heads, head_dim;
    int trained_length; /* longest training sample, in tokens */
    int longest;        /* longest sample of any split, >= trained_length */
    int places;  /* places are 0 .. places - 1; `longest` unless a part chooses them */
    bool placed; /* a part chooses places, so that training reaches all of them */
    bool spread; /* ... and all distances between places */
};

/* Returns C, the channels of all heads. */
static inline int dims_channels(const struct encoder_dims *d)
{
    return d->heads * d->head_dim;
}

/* Returns how many rows of a table with `all` rows, one for each place or distance, sequences of
 * T tokens can use: all if a part chooses places. */
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
    bool decay;     /* weight decay applies */
    bool per_layer; /* one for each layer, else one for all */
};

/* One encoder's numbers in one layer. */
struct encoder_view {
    const struct encoder_dims *dims;
    const struct option_values *options; /* resolved */
    int layer;
    const real *constants; /* as fill_constants wrote it */
    const real *weight[ENCODER_TENSORS_MAX];
    real *grad[ENCODER_TENSORS_MAX]; /* NULL outside backward; adjoints add to it */
    const real *derived;             /* as derive wrote it */
    real *dderived;                  /* adjoints add to it; derive_grad reads it */
};

/* The tokens of one sequence in one layer, for `read`. x is what the layer's projections
 * read: the normed input in pre-norm, the block's input in post-norm. */
struct tokens {
    int count;             /* T */
    const int *place;      /* [T] */
    struct rows x;         /* [T, C] */
    struct rows projected; /* [T, project()] linear in x, made by the layer */
    struct rows state;     /* [T, state()] written by `read`; complete in the adjoint */

    /* Adjoint only: dstate is complete; the hook adds to the others. */
    struct rows dx, dprojected, dstate;
};

/* Queries or keys of one head, for `rotate`. */
struct turn {
    int head;                     /* from 0 */
    bool keys;                    /* else queries */
    int tokens;                   /* T */
    int rows;                     /* of x */
    const int *row;               /* [rows] that token of the sequence: a row of state */
    const int *place;             /* [rows] the place of that token */
    struct rows x;                /* [rows, d]; in the adjoint the output of `rotate` */
    struct rows projected, state; /* [T, ...] of the whole sequence */

    /* Adjoint only: the hook replaces dx, the gradient of the turned rows, by that of the rows
     * before the turn, and adds to the others. */
    struct rows dx, dprojected, dstate;
};

/* The logits of one head for a panel of query rows. Row r belongs to token row[r] of its
 * sequence and sees keys 0..row[r]; row[r] increases with r. Keys are rows 0..columns-1
 * of k and v, columns = 1 + row[rows - 1]. `row` determines causality, `place` the distance:
 * that of key j is place[row[r]] - place[j]. */
struct panel {
    int head; /* from 0 */
    int rows, columns;
    const int *row;               /* [rows] */
    const int *place;             /* [columns] increasing; place[t] = t unless `placed` */
    bool placed;                  /* a part chose the places */
    struct rows q;                /* [rows, d] after rotate */
    struct rows k, v;             /* [columns, d]; k after rotate */
    struct rows projected, state; /* [columns, ...] row t belongs to token t */
    real alpha;
    real *score;   /* [rows, stride] alpha q.k; entries past row[r] are undefined */
    int stride;    /* of score and dscore; at least `columns` */
    struct rows o; /* [rows, d] output of the head, for `values` */

    /* Backward only: when the adjoint is called, `dscore` holds dL/dlogit (0 past row[r]).
     * What the adjoint adds to dscore[r][j] is a gradient of alpha q.k. */
    real *dscore;
    struct rows dq, dk, dv, dprojected, dstate; /* adjoints add to these */
    struct rows d_o;                            /* [rows, d] dL/do, for values_grad */

    /* For `mix` only, laid out like score and dscore: the logits before any `score`, and the
     * gradient of these alone. NULL for other hooks. */
    const real *content;
    real *dcontent;
    /* If `mix` carries: the numbers that earlier panels passed on. The adjoint finds in dcarry
     * the gradient from later panels and adds this panel's. */
    const real *carry;
    real *dcarry;
};

/* The random streams of `place`. Both are keyed by the run's seed and, in training, by the
 * step; `sample` also by the sequence. In evaluation `sample` is keyed by the sequence's number
 * in its split, and `batch` is the same for all sequences. */
struct placing {
    bool training;
    struct rng sample, batch;
};

/* The behaviour on sequences longer than any in training. */
enum encoder_reach {
    REACH_DEFINED,   /* the formula holds at any length */
    REACH_CAPPED,    /* unseen distances use the farthest trained row */
    REACH_UNTRAINED, /* rows exist but were never trained: a caveat under the table */
    REACH_UNDEFINED  /* no value: the cell is stored and printed as n/a */
};

/* Changes to a sequence that leave the logits as they are (up to a constant per row, which the
 * softmax removes). */
enum {
    INVARIANT_SHIFT = 1, /* it begins later: all places grow by the same number, or tokens
                            without content that no query sees are put in front */
    INVARIANT_ORDER = 2  /* earlier tokens change places, in a model of one layer */
};

/* The hook `invariances` of encoders that use only differences of places. */
static inline unsigned invariant_to_shift(const struct option_values *o)
{
    (void)o;
    return INVARIANT_SHIFT;
}

/* Things that only one part of a sum may do: a second part would undo it, do it twice, or be
 * equivalent to the first. Two `embed` or two `rotate` are refused without a flag. */
enum {
    ONCE_TURN = 1, /* `content` turns queries and keys by place or path, as `rotate` does */
    ONCE_FORGET = 2, /* gates of the tokens between make a key fade (forget.h) */
    ONCE_SLOPE = 4,  /* a penalty proportional to the distance: two slopes add up to one */
    ONCE_MEET = 8 /* the query times a learned vector of the distance: two tables are one */
};

/* The work of one layer, for `flops`. */
struct encoder_load {
    int tokens;   /* T: keys */
    int queries;  /* rows of q, at most T */
    double pairs; /* visible (query, key) pairs */
};

struct encoder {
    const char *name;             /* file stem; the key in YAML and in the database */
    int version;                  /* raised when the same options give new logits */
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
    /* Returns all INVARIANT_* that hold (the contract test looks for more); NULL: none. */
    unsigned (*invariances)(const struct option_values *o);
    unsigned once; /* ONCE_* */
    /* Returns the forward floating point operations of one layer beyond those of plain
     * attention, all heads together; e^x and the like count as one. The model counts the
     * projection that `project` asks for. `derive` is not counted, since it runs once a step
     * for any number of sequences. NULL: none worth counting. */
    double (*flops)(const struct encoder_dims *d, const struct option_values *o,
                    const struct encoder_load *load);
    /* With reads_once: returns the operations of `read` on a sequence of T tokens. They count
     * once per model, and `flops` does not contain them. */
    double (*read_once_flops)(const struct encoder_dims *d, const struct option_values *o,
                              int T);

    /* Writes the learned tensors; returns how many. NULL: none. */
    int (*tensors)(const struct encoder_dims *d, const struct option_values *o,
                   struct tensor_spec out[ENCODER_TENSORS_MAX]);
    /* Changes the start of tensor number `tensor`, w [rows * columns], after it was drawn as
     * its spec says. NULL: changes nothing. */
    void (*start)(const struct encoder_dims *d, const struct option_values *o, int tensor,
                  real *w);
    /* Clamps tensor number `tensor` to its range. Called after `start` and after each step of
     * the optimiser, so other hooks see no weight outside. NULL: no tensor has a range. */
    void (*confine)(const struct encoder_dims *d, const struct option_values *o, int tensor,
                    real *w);
    /* Numbers computed once from the sizes, such as tables of sines. */
    size_t (*constants)(const struct encoder_dims *d, const struct option_values *o);
    void (*fill_constants)(const struct encoder_dims *d, const struct option_values *o,
                           real *constants);

    /* Numbers computed from the weights once a step, for sequences of up to T tokens
     * (distances up to places - 1 if a part of the sum chooses places). There is one set per
     * layer, or one for all layers when no tensor is per_layer. dderived sums the gradients of
     * all sequences of the step before derive_grad turns them into those of the weights. */
    size_t (*derived)(const struct encoder_dims *d, const struct option_values *o);
    void (*derive)(const struct encoder_view *e, int T, real *derived);
    void (*derive_grad)(const struct encoder_view *e, int T);

    /* Chooses the place of each of T tokens: increasing, from 0 to places() - 1, for any
     * `longest`. At most one part of a sum has this hook. All others must set takes_places, and
     * if all places of a sequence move alike, one of them must see more than distances. */
    int (*places)(const struct encoder_dims *d, const struct option_values *o);
    void (*place)(const struct encoder_dims *d, const struct option_values *o,
                  const struct placing *p, int T, int *place);
    bool moves_alike; /* `place` leaves distances as they are */
    /* The hooks below use `place` for a token's position, and tables have dims->places rows. */
    bool takes_places;
    /* The encoder works on what the other parts of a sum add. Alone it is allowed but has little
     * effect; pictures and examples show it in a sum. */
    bool for_sums;

    /* Adds to the token embeddings x [T, C], token t at place[t]. At most one part of a sum. */
    void (*embed)(const struct encoder_view *e, int T, const int *place, real *x);
    void (*embed_grad)(const struct encoder_view *e, int T, const int *place,
                       const real *dx);

    /* Per-token numbers computed from a layer's input. The layer adds project() rows to its
     * projection after keys and values: a linear map with the layer's usual start and bias,
     * whose gradient the layer computes. `read` gets the whole sequence once in each layer,
     * before rotate and score, and writes state() numbers per token. It is causal: row t depends
     * on rows 0..t only. `room` holds read_scratch() reals, not kept between calls. */
    int (*project)(const struct encoder_dims *d, const struct option_values *o);
    int (*state)(const struct encoder_dims *d, const struct option_values *o);
    size_t (*read_scratch)(const struct encoder_dims *d, const struct option_values *o,
                           int T);
    void (*read)(const struct encoder_view *e, const struct tokens *t, real *room);
    void (*read_grad)(const struct encoder_view *e, const struct tokens *t, real *room);
    /* `read` is called only in the first layer that the part acts in (in layer 0, x comes from
     * the embeddings). All layers use the state that it writes, and share its tensors. */
    bool reads_once;

    /* Changes t->x, queries or keys of one head, in place. At most one part of a sum. */
    void (*rotate)(const struct encoder_view *e, const struct turn *t);
    void (*rotate_grad)(const struct encoder_view *e, const struct turn *t);

    /* The hooks on a panel. `scratch` holds scratch() reals; the adjoints find in it what the
     * forward hooks of the same panel wrote. A smaller panel must not need more, so that one
     * buffer for the largest serves all. */
    size_t (*scratch)(const struct encoder_dims *d, const struct option_values *o, int rows,
                      int columns);

    /* Writes the content logits to panel->score, instead of alpha q.k, which is then not
     * computed. The adjoint adds all of dq and dk from dscore. At most one part of a sum. Called
     * before every `score`; the adjoint is called after every score_grad. */
    void (*content)(const struct encoder_view *e, const struct panel *p, real *scratch);
    void (*content_grad)(const struct encoder_view *e, const struct panel *p,
                         real *scratch);

    /* Adds position logits to panel->score. */
    void (*score)(const struct encoder_view *e, const struct panel *p, real *scratch);
    void (*score_grad)(const struct encoder_view *e, const struct panel *p, real *scratch);
    /* `score` reads the content logits in panel->score. Such an encoder is called first and its
     * adjoint last. At most one part of a sum. */
    bool reads_score;
    /* Reads the logits of all heads of a layer for the same rows, after every `score`, and
     * changes entries 0..row[r] in place. p is [heads] panels; their projected and state are not
     * set for the part. The adjoint replaces dL/dlogit in dscore by the gradient of the score
     * that `mix` found, with content held constant, and adds to dcontent the gradient of content,
     * with score held constant. `scratch` holds mix_scratch() reals, kept like a panel's. At
     * most one part of a sum. */
    size_t (*mix_scratch)(const struct encoder_dims *d, const struct option_values *o,
                          int rows, int columns);
    void (*mix)(const struct encoder_view *e, const struct panel *p, real *scratch);
    void (*mix_grad)(const struct encoder_view *e, const struct panel *p, real *scratch);
    /* For a `mix` that needs earlier rows: carry() numbers are passed from panel to panel of a
     * sequence, all 0 before the first. With this hook all tokens are queries, also in the last
     * layer, and panels run in order, in backward from the last to the first. `pass_on` adds to
     * the carry what later panels need of this one. It may use only the content logits of head
     * 0, and p is the panel of that head. Fewer columns must not need more numbers. */
    size_t (*carry)(const struct encoder_dims *d, const struct option_values *o,
                    int columns);
    void (*pass_on)(const struct encoder_view *e, const struct panel *p, real *carry);

    /* True if weights of far keys become arbitrarily small. In a layer with such a part,
     * attention treats numbers below 2^-126 as zero, because a CPU multiplies them a hundred
     * times slower. */
    bool fades;

    /* Turns logits into weights in place, entries 0..row[r] of each row, instead of the
     * softmax. The adjoint finds the weights in score and replaces dL/dweight in dscore by
     * dL/dlogit. At most one part of a sum. */
    void (*weigh)(const struct encoder_view *e, const struct panel *p, real *scratch);
    void (*weigh_grad)(const struct encoder_view *e, const struct panel *p, real *scratch);

    /* Adds to panel->o a term that is linear in the weights in panel->score (0 past row[r],
     * dropout applied), for example weights times the encoder's own vectors. The adjoint adds
     * dL/dweight to dscore, from d_o and the weights in score. */
    void (*values)(const struct encoder_view *e, const struct panel *p, real *scratch);
    void (*values_grad)(const struct encoder_view *e, const struct panel *p, real *scratch);

    /* Names of what the encoder computes for each pair, for people to look at, such as "gate";
     * ends with NULL. NULL: nothing. `inspect` is called after the forward hooks of a panel and
     * writes plane number `plane` to out [rows, columns], entries 0..row[r]; NaN where there
     * is no number. */
    const char *const *planes;
    void (*inspect)(const struct encoder_view *e, const struct panel *p, real *scratch,
                    int plane, struct rows out);
};

/* The registry: encoders of the tree in name order, then those of plug-ins in loading order. */
int encoder_count(void);
const struct encoder *encoder_at(int i);
const struct encoder *encoder_find(const char *name); /* NULL: no such encoder */
bool encoder_add(
    const struct encoder *c); /* adds a plug-in's; before threads start; false: no room */

/* A sum of encoders ("cope+relative"), each part with its own options. */
struct encoder_part {
    const struct encoder *encoder;
    struct option_values options;
    struct layer_set layers; /* the layers that the part acts in */
};
struct encoder_stack {
    int parts;
    struct encoder_part part[ENCODER_PARTS_MAX];
};

/* Parses "cope" or "cope+rope" and fills in default options. Parts are stored in name order, so
 * that any order of the same names is one run, to the bit; only a part that reads scores comes
 * first. Errors (ST_CONFIG, no position in the message): unknown name with a suggestion, a part
 * named twice, too many parts, two parts that do what only one may do (encoder.once, and hooks
 * marked "at most one part of a sum"), places that no part uses, `none` in a sum. */
enum status encoder_stack_parse(const char *text, struct encoder_stack *out, struct err *e);

/* Sets one option by name: "p_max", or "cope.p_max" when two parts have it. Every part has
 * "layers" (layer_set.h) and "every" (every: 4 is layers: every 4). Errors: unknown option
 * with a suggestion, ambiguous name, bad value. */
enum status encoder_stack_set(struct encoder_stack *s, const char *option,
                              const char *value, struct err *e);

/* Sets an option that may differ between training and a test of the trained weights
 * (option.at_test). The caller must resolve the stack again. Errors are those of
 * encoder_stack_set, and ST_USAGE for an option that must stay as it was in training. */
enum status encoder_stack_set_at_test(struct encoder_stack *s, const char *option,
                                      const char *value, struct err *e);

/* Returns the sizes with `places`, `placed` and `spread` as the stack's parts choose. */
struct encoder_dims encoder_stack_dims(const struct encoder_stack *s,
                                       const struct encoder_dims *d);

/* Resolves every part for the sizes (encoder.resolve); d->places need not be set. */
enum status encoder_stack_resolve(struct encoder_stack *s, const struct encoder_dims *d,
                                  struct err *e);

/* Writes the parts' names in name order, joined by '+': "cope+rope". */
void encoder_stack_name(const struct encoder_stack *s, char name[ENCODER_NAME]);

/* Returns the reach of the whole stack, which is the worst of its parts. */
enum encoder_reach encoder_stack_reach(const struct encoder_stack *s,
                                       const struct encoder_dims *d);
const char *encoder_reach_text(enum encoder_reach r); /* defined, capped, … */

#endif
