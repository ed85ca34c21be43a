/* encoding.h -- every loop over the parts of a model's encoder.
 *
 * The layers and attention call these functions where encoder.h says that a hook is called; no
 * other file of models/ loops over parts. A part acts only in the layers of its layer_set;
 * in other layers its hooks are not called and it has no tensors. */
#ifndef ENCODING_H
#define ENCODING_H

#include "layout.h"

/* --- set-up: for model.c ---------------------------------------------------- */

/* Fills in the offsets of each part's numbers per token and derived numbers. Reads m->config
 * and m->dims; m->layer must be allocated. */
void encoding_describe(struct model *m);

/* Returns how many rows the parts add to the key_value projection of a layer. */
int encoding_project(const struct model *m, int layer);

/* Calls add(context, encoder's name, layer, spec) for each tensor of each part that belongs to
 * `layer`, or to all layers (-1), and keeps the offset that `add` returns. */
typedef size_t (*encoding_add)(void *context, const char *name, int layer,
                               const struct tensor_spec *spec);
void encoding_tensors(struct model *m, int layer, encoding_add add, void *context);

size_t encoding_constants_size(const struct model *m);
void encoding_fill_constants(struct model *m); /* from the options of each part */

/* encoding_start calls encoder.start on freshly drawn weights; encoding_confine calls
 * encoder.confine on the weights after a step. */
void encoding_start(struct model *m);
void encoding_confine(struct model *m);

/* Returns the FLOPs that the encoders add to a forward pass of all layers. `full` is the load
 * of each layer but the last. */
double encoding_flops(const struct model_config *c, const struct encoder_load *full,
                      const struct encoder_load *last);

/* --- once a step: for trainer.c --------------------------------------------- */

/* `dropped`: from now on the model computes as with encoder "none". The tensors stay. */
void encoding_drop(struct model *m, bool dropped);

/* Computes the derived numbers, for sequences of up to T tokens, from the weights. */
void encoding_derive(struct model *m, int T);
/* Adds to the gradients of the parameters what the gradients of the derived numbers give. The
 * latter follow the parameters in `grad`. */
void encoding_derive_grad(const struct model *m, int T, real *grad);

/* --- in a pass: for transformer.c and attention.c --------------------------- */

struct encoder_view encoding_view(const struct model *m, int part, int layer, real *grad);

/* Chooses the random streams that encoding_place draws places from. */
struct placing_key {
    uint64_t seed;
    int step;       /* -1: evaluation */
    uint64_t first; /* the batch's first sequence: 0 in training */
};

/* Returns true if place[t] = t in every sequence. */
bool encoding_places_are_rows(const struct model *m);
/* Fills place [T] for sequence number `sequence` of the batch. */
void encoding_place(const struct model *m, const struct placing_key *key, int sequence,
                    int T, int *place);

void encoding_embed(const struct model *m, int T, const int *place, real *x);
void encoding_embed_grad(const struct model *m, int T, const int *place, const real *dx,
                         real *grad);

/* One sequence in one layer: its tokens and the parts' numbers. */
struct encoding_tokens {
    const struct model *model;
    int layer, count;
    const int *place;
    struct rows x, dx;
    struct rows projected, dprojected; /* [T, sum of project()] */
    struct rows state, dstate;         /* [T, sum of state()] */
    struct rows below;                 /* forward: state of the layer below */
    real *room;                        /* encoding_room() reals */
    real *grad;                        /* NULL outside backward */
};

size_t encoding_room(const struct model *m); /* for the longest sequence */
bool encoding_reads(const struct model *m);  /* does any part have a `read`? */
void encoding_read(const struct encoding_tokens *t);
void encoding_read_grad(const struct encoding_tokens *t);
/* Clears dstate of `rows` tokens before the backward pass of a layer. The columns of parts that
 * read once are kept, since the layers above have added to them. */
void encoding_clear_dstate(const struct model *m, int layer, size_t rows, real *dstate);

/* Rotates every head of queries or keys x [rows, C]. `turn` needs no head, x, dx or numbers of
 * a part; these are filled in from `t`. */
void encoding_rotate(const struct encoding_tokens *t, const struct turn *turn,
                     struct rows x);
void encoding_rotate_grad(const struct encoding_tokens *t, const struct turn *turn,
                          struct rows x, struct rows dx);

/* The hooks on a panel. scratch[part] has encoding_scratch() reals. */
size_t encoding_scratch(const struct model *m, int part, int rows, int columns);
bool encoding_fades(const struct model *m, int layer);
bool encoding_has_content(const struct model *m, int layer);
bool encoding_has_weigh(const struct model *m, int layer);
bool encoding_has_values(const struct model *m, int layer);
bool encoding_has_mix(const struct model *m, int layer);

/* Mixes all heads of a layer: p [heads]. At most one part of a model mixes; `scratch` has
 * encoding_mix_scratch() reals. */
size_t encoding_mix_scratch(const struct model *m, int rows, int columns);
void encoding_mix(const struct encoding_tokens *t, const struct panel *p, real *scratch);
void encoding_mix_grad(const struct encoding_tokens *t, const struct panel *p,
                       real *scratch);
/* Returns true if a part carries numbers from query to query in this layer. */
bool encoding_carries(const struct model_config *c, int layer);
/* Returns how many numbers a part's mix carries from panel to panel in this layer; 0: none. */
size_t encoding_carry(const struct model *m, int layer, int columns);
void encoding_pass_on(const struct encoding_tokens *t, const struct panel *p, real *carry);
bool encoding_adds(const struct model *m, int layer); /* does a part have a `score`? */

struct encoding_panel {
    const struct encoding_tokens *tokens;
    struct panel p; /* each part gets its own projected, state and their gradients */
    real *const *scratch;
};

void encoding_content(const struct encoding_panel *x);
void encoding_content_grad(const struct encoding_panel *x);
void encoding_score(const struct encoding_panel *x);
void encoding_score_grad(const struct encoding_panel *x);
void encoding_weigh(const struct encoding_panel *x);
void encoding_weigh_grad(const struct encoding_panel *x);
void encoding_values(const struct encoding_panel *x);
void encoding_values_grad(const struct encoding_panel *x);
/* Writes a plane of a part (encoder.inspect); to be called after encoding_weigh or the softmax.
 * Returns false if the part does not act in this layer. */
bool encoding_inspect(const struct encoding_panel *x, int part, int plane, struct rows out);

#endif
