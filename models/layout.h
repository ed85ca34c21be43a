/* layout.h -- where each tensor lies in the flat vectors of weights and gradients.
 *
 * For the model code only (model.c fills it, transformer.c reads it). Offsets are in
 * reals; NO_TENSOR marks what the settings leave out. */
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
};

struct layer_layout {
    struct linear query;     /* C -> C */
    struct linear key_value; /* C -> 2C; 3C when an encoder wants keys of its own */
    struct linear output;    /* C -> C */
    struct linear in, out;   /* C -> F -> C */
    struct norm attention_norm, feed_forward_norm;
    struct encoder_offsets encoder[ENCODER_PARTS_MAX];
};

struct model {
    struct model_config config;
    struct encoder_dims dims;
    bool wants_extra;
    size_t embedding; /* [V, C] */
    size_t output;    /* [V, C]; the same offset as embedding when tied */
    struct norm final_norm;
    struct layer_layout *layer;               /* [layers] */
    int encoder_tensors[ENCODER_PARTS_MAX];   /* how many each part has */
    const real *constants[ENCODER_PARTS_MAX]; /* NULL: none */
    struct tensor *tensor;
    int tensors;
    size_t parameters, size;
    real *weights; /* [size] */
    real *constants_memory;
};

/* The part as layer `layer` sees it; `grad` is a flat gradient vector or NULL. */
struct encoder_view model_encoder_view(const struct model *m, int part, int layer,
                                       real *grad);

#endif
