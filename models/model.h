/* model.h -- a decoder-only Transformer: settings, named tensors, weights.
 *
 * Pre-norm:  x <- x + attention(norm(x));  x <- x + feed_forward(norm(x));  final norm.
 * Post-norm: x <- norm(x + attention(x));  x <- norm(x + feed_forward(x)).
 * The computing is in transformer.h, training in trainer.h. */
#ifndef MODEL_H
#define MODEL_H

#include <stdint.h>

#include "encoder.h"
#include "real.h"

enum model_norm { NORM_PRE, NORM_POST };
enum model_activation { ACTIVATION_RELU, ACTIVATION_GELU };

/* How logits become weights, unless an encoder does it (encoder.weigh):
 *     softmax
 *     ssmax    softmax after the queries are multiplied by s_h ln n / ln L; n visible keys, L
 *              trained length, s_h learned, 1 at the start; Nakanishi 2025, arXiv:2501.19399
 *     entmax   max(l / 2 - tau, 0)^2 with the tau for which they sum to 1: exact zeros;
 *              Peters et al. 2019, arXiv:1905.05702, alpha 1.5 */
enum model_normaliser { NORMALISER_SOFTMAX, NORMALISER_SSMAX, NORMALISER_ENTMAX };

struct model_config {
    int layers, heads, dim, ff; /* ff: width of the feed-forward layer */
    enum model_norm norm;
    enum model_activation activation; /* GELU is the exact one (erf) */
    enum model_normaliser normaliser;
    double dropout;      /* [0, 1) */
    bool bias;           /* of the linear layers */
    bool tie_embeddings; /* output layer = token embedding */
    int vocabulary;
    int trained_length;            /* longest training sample, in tokens */
    int longest;                   /* longest sample of any split */
    struct encoder_stack encoders; /* resolved */
};

/* One named, learned tensor inside the flat weight vector. Names are those of a
 * checkpoint: "embedding", "layers.0.attention.query.weight", "encoder.cope.table",
 * "layers.1.encoder.cope.table". Linear weights are [out, in], as in PyTorch. */
struct tensor {
    char name[96];
    int rows, columns; /* a vector is [1, columns] */
    size_t offset;     /* into the flat vector, in reals */
    bool decay;
    enum tensor_init init;
    double scale;
};

/* Returns the sizes that encoders depend on, places included. */
struct encoder_dims model_dims(const struct model_config *c);

struct model;

/* ST_CONFIG when the sizes do not fit together (heads must divide dim, sizes >= 1, ...);
 * the message names the setting ("model.heads") and the remedy. */
enum status model_check(const struct model_config *c, struct err *e);

/* Builds a model without weights, to learn its sizes (model_parameters, model_size,
 * model_bytes) before memory is taken. Otherwise like model_open. */
enum status model_sketch(const struct model_config *c, struct model **out, struct err *e);

/* Builds the tensor list and draws the weights from `seed`. *out is the caller's, to be
 * closed with model_close. */
enum status model_open(const struct model_config *c, uint64_t seed, struct model **out,
                       struct err *e);
void model_close(struct model *m); /* accepts NULL */

const struct model_config *model_settings(const struct model *m);
int model_tensor_count(const struct model *m);
const struct tensor *model_tensor(const struct model *m, int i);
const struct tensor *model_tensor_find(const struct model *m, const char *name);
size_t model_parameters(const struct model *m); /* learned numbers, as papers count them */
size_t model_size(const struct model *m);       /* reals in the flat vector (padded) */
size_t model_bytes(const struct model *m);      /* bytes of its weights and constants */
/* Reals in the flat gradient: model_size for the weights, then those of the derived numbers. */
size_t model_gradient_size(const struct model *m);
real *model_weights(struct model *m); /* [model_size], the model's */

/* Model FLOPs to train on one sequence of T tokens of which `scored` are scored: 6 per
 * weight and token in the linear layers, 12 C per causal pair in attention, three times
 * what the encoder says its forward hooks cost (encoder.flops). Recomputation is not counted.
 * The last layer counts queries, feed-forward and output at scored positions only, since only
 * these are computed. A forward pass alone costs a third. */
double model_train_flops(const struct model_config *c, int T, int scored);

#endif
