/* encoding.h -- every loop over the parts of a model's encoder.
 *
 * The layers and attention call these where encoder.h says that a hook is called; no
 * other file of the models walks over parts. A part acts in the layers of its layer_set
 * alone: elsewhere its hooks are not called and it has no tensors. */
#ifndef ENCODING_H
#define ENCODING_H

#include "layout.h"

/* --- set-up: for model.c ---------------------------------------------------- */

/* Fills in where each part's numbers of a token and derived numbers lie; reads m->config
 * and m->dims. m->layer is allocated. */
void encoding_describe(struct model *m);

/* Rows that the parts add to the key_value projection of a layer. */
int encoding_project(const struct model *m, int layer);

/* Calls add(context, layer, tensor, ...) for each tensor of each part that belongs to
 * `layer`, or to all layers (-1), and notes where it lies. */
typedef size_t (*encoding_add)(void *context, const char *name, int layer,
                               const struct tensor_spec *spec);
void encoding_tensors(struct model *m, int layer, encoding_add add, void *context);

size_t encoding_constants_size(const struct model *m);
void encoding_fill_constants(struct model *m); /* of the options in force */

/* Calls encoder.start on the drawn weights, encoder.confine on those in use. */
void encoding_start(struct model *m);
void encoding_confine(struct model *m);

/* Extra FLOPs forward of all layers, `full` in each but the last. */
double encoding_flops(const struct model_config *c, const struct encoder_load *full,
                      const struct encoder_load *last);

/* --- once a step: for trainer.c --------------------------------------------- */

/* Dropped: from now on the model computes as with encoder none. Its tensors stay. */
void encoding_drop(struct model *m, bool dropped);

/* Computes the derived numbers for sequences of up to T tokens from the weights. */
void encoding_derive(struct model *m, int T);
/* Turns the gradients of the derived numbers, which lie behind the parameters in `grad`,
 * into those of the parameters. */
void encoding_derive_grad(const struct model *m, int T, real *grad);

/* --- in a pass: for transformer.c and attention.c --------------------------- */

struct encoder_view encoding_view(const struct model *m, int part, int layer, real *grad);

/* What a pass knows about the places of a sequence. */
struct placing_key {
    uint64_t seed;
    int step;       /* -1: evaluation */
    uint64_t first; /* the batch's first sequence: 0 in training */
};

/* Is place[t] = t for every sequence? */
bool encoding_places_are_rows(const struct model *m);
/* Chooses the places of sequence number `sequence` of the batch. */
void encoding_place(const struct model *m, const struct placing_key *key, int sequence,
                    int T, int *place);

void encoding_embed(const struct model *m, int T, const int *place, real *x);
void encoding_embed_grad(const struct model *m, int T, const int *place, const real *dx,
                         real *grad);

/* A sequence in one layer: its tokens, and where the parts' numbers lie. */
struct encoding_tokens {
    const struct model *model;
    int layer, count;
    const int *place;
    struct rows x, dx;
    struct rows projected, dprojected; /* [T, sum of project()] */
    struct rows state, dstate;         /* [T, sum of state()] */
    struct rows below;                 /* state of the layer below, in forward */
    real *room;                        /* encoding_room() reals */
    real *grad;                        /* NULL outside backward */
};

size_t encoding_room(const struct model *m); /* for the longest sequence */
bool encoding_reads(const struct model *m);  /* has any part a `read`? */
void encoding_read(const struct encoding_tokens *t);
void encoding_read_grad(const struct encoding_tokens *t);
/* To be called before the backward pass of a layer: clears dstate of `rows` tokens, except
 * the columns of parts that read once, which the layers above have added to. */
void encoding_clear_dstate(const struct model *m, int layer, size_t rows, real *dstate);

/* Every head of queries or keys x [rows, C]; `turn` lacks head, x, dx and the numbers of
 * a part, which are looked up in `t`. */
void encoding_rotate(const struct encoding_tokens *t, const struct turn *turn,
                     struct rows x);
void encoding_rotate_grad(const struct encoding_tokens *t, const struct turn *turn,
                          struct rows x, struct rows dx);

/* The hooks on a panel. scratch[part] is that part's, as encoding_scratch asks. */
size_t encoding_scratch(const struct model *m, int part, int rows, int columns);
bool encoding_fades(const struct model *m, int layer);
bool encoding_has_content(const struct model *m, int layer);
bool encoding_has_weigh(const struct model *m, int layer);
bool encoding_has_values(const struct model *m, int layer);
bool encoding_has_mix(const struct model *m, int layer);

/* All heads of a layer: p [heads]. Scratch is that of the one part of the model that mixes. */
size_t encoding_mix_scratch(const struct model *m, int rows, int columns);
void encoding_mix(const struct encoding_tokens *t, const struct panel *p, real *scratch);
void encoding_mix_grad(const struct encoding_tokens *t, const struct panel *p,
                       real *scratch);
/* Does a part carry from query to query in this layer? */
bool encoding_carries(const struct model_config *c, int layer);
/* Numbers that a part's mix carries from panel to panel in this layer; 0: nobody carries. */
size_t encoding_carry(const struct model *m, int layer, int columns);
void encoding_pass_on(const struct encoding_tokens *t, const struct panel *p, real *carry);
bool encoding_adds(const struct model *m, int layer); /* has a part a `score`? */

struct encoding_panel {
    const struct encoding_tokens *tokens;
    struct panel p; /* projected, state and their gradients are filled in for each part */
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
/* A plane of a part (encoder.inspect), behind encoding_weigh or the softmax; false: it does
 * not act in this layer. */
bool encoding_inspect(const struct encoding_panel *x, int part, int plane, struct rows out);

#endif
