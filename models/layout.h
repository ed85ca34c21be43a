/* layout.h -- the offset of each tensor in the flat vectors of weights and gradients.
 *
 * For the model code only (model.c fills it, transformer.c reads it). Offsets are in
 * reals; NO_TENSOR marks a tensor that the settings leave out. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "model.h"

#define NO_TENSOR SIZE_MAX

struct linear {
    int in, out;
    size_t weight, bias; /* [out, in], [out] */
};

struct norm {
    size_t gain, bias; /* [C], [C] */
};

struct encoder_offsets {
    size_t tensor[ENCODER_TENSORS_MAX];
    int projected; /* the part's first column, counted after keys and values */
};

/* A part's derived numbers, in reals of model.derived. */
struct derived_layout {
    size_t at, size; /* size: of one layer, padded */
    bool per_layer;  /* false: one set for all layers */
};

struct layer_layout {
    struct linear query;     /* C -> C */
    struct linear key_value; /* C -> 2C + projected */
    struct linear output;    /* C -> C */
    size_t length_scale;     /* [H] s of ssmax, or NO_TENSOR */
    struct linear in, out;   /* C -> F -> C */
    struct norm attention_norm, feed_forward_norm;
    struct encoder_offsets encoder[ENCODER_PARTS_MAX];
    int projected; /* numbers per token that the encoders project */
};

struct model {
    struct model_config config;
    struct encoder_dims dims;
    size_t embedding; /* [V, C] */
    size_t output;    /* [V, C]; the same offset as embedding when tied */
    struct norm final_norm;
    struct layer_layout *layer;               /* [layers] */
    int encoder_tensors[ENCODER_PARTS_MAX];   /* how many each part has */
    const real *constants[ENCODER_PARTS_MAX]; /* NULL: none */
    int state_at[ENCODER_PARTS_MAX];          /* first of the part's state columns */
    int state_width;                          /* of all parts */
    struct derived_layout derived_layout[ENCODER_PARTS_MAX];
    size_t derived_size;
    real *derived; /* [derived_size]; its gradient follows that of the weights */
    struct tensor *tensor;
    int tensors;
    size_t parameters, size;
    real *weights; /* [size] */
    bool dropped;  /* the encoder no longer acts (encoding_drop) */
    real *constants_memory;
};

#endif
