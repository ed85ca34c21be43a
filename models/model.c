/* model.c -- builds the list of named tensors from the sizes and draws the first weights.
 *
 * Sizes are checked, the encoders describe themselves, add_all walks over the tensors once
 * to count them and once to fill the list, memory is taken, weights are drawn, and an
 * encoder may then change the start of its own weights. model_sketch ends after the counting
 * and has no weights.
 * Pitfall: both walks must see the same tensors. A tensor's name chooses the random stream of
 * its weights, so a new name changes the weights, while a new order does not. */
#include "model.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "encoding.h"
#include "layout.h"
#include "rng.h"

enum { PAD = 16 }; /* each tensor starts on a cache line */

/* The upper bounds keep products of two sizes within 64 bits and lengths within an int. They
 * are far above what is trained here; chosen, not measured. */
enum status model_check(const struct model_config *c, struct err *e)
{
    const struct {
        const char *name;
        int value, hi;
    } size[] = {
        {"model.layers", c->layers, 1024},
        {"model.heads", c->heads, 1024},
        {"model.dim", c->dim, 65536},
        {"model.ff", c->ff, 1 << 20},
        {"the vocabulary", c->vocabulary, 1 << 24},
        {"the trained length", c->trained_length, 1 << 20},
        {"the longest sequence", c->longest, 1 << 20},
    };
    for (size_t i = 0; i < sizeof size / sizeof size[0]; i++)
        if (size[i].value < 1 || size[i].value > size[i].hi)
            return err_set(e, ST_CONFIG, "%s is %d; it must be 1 to %d", size[i].name,
                           size[i].value, size[i].hi);
    if (c->dim % c->heads)
        return err_set(e, ST_CONFIG,
                       "model.heads: %d heads do not divide model.dim %d; choose a divisor",
                       c->heads, c->dim);
    if (!(c->dropout >= 0.0 && c->dropout < 1.0))
        return err_set(e, ST_CONFIG, "model.dropout is %g; it must be at least 0, below 1",
                       c->dropout);
    for (int i = 0; c->normaliser == NORMALISER_ENTMAX && i < c->encoders.parts; i++)
        if (c->encoders.part[i].encoder->weigh)
            return err_set(
                e, ST_CONFIG,
                "model.normaliser: encoder %s makes weights in a way of its own; "
                "choose softmax",
                c->encoders.part[i].encoder->name);
    if (c->longest < c->trained_length)
        return err_set(e, ST_CONFIG, "the longest sequence %d is below the trained %d",
                       c->longest, c->trained_length);
    return ST_OK;
}

struct encoder_dims model_dims(const struct model_config *c)
{
    const struct encoder_dims d = {.layers = c->layers,
                                   .heads = c->heads,
                                   .head_dim = c->dim / c->heads,
                                   .trained_length = c->trained_length,
                                   .longest = c->longest};
    return encoder_stack_dims(&c->encoders, &d);
}

/* --- the tensor list ----------------------------------------------------- */

/* Walks over the tensors twice: first to count (tensor NULL), then to fill. */
struct builder {
    struct model *m;
    struct tensor *tensor;
    int count;
    size_t at, parameters;
};

static size_t add_tensor(struct builder *b, const struct tensor *t)
{
    const size_t n = (size_t)t->rows * (size_t)t->columns;
    const size_t offset = b->at;
    if (b->tensor) {
        b->tensor[b->count] = *t;
        b->tensor[b->count].offset = offset;
    }
    b->count++;
    b->parameters += n;
    b->at += (n + PAD - 1) / PAD * PAD;
    return offset;
}

static void tensor_name(struct tensor *t, int layer, const char *name)
{
    if (layer < 0)
        snprintf(t->name, sizeof t->name, "%s", name);
    else
        snprintf(t->name, sizeof t->name, "layers.%d.%s", layer, name);
}

/* Adds a linear layer with PyTorch's default start: weights and biases are uniform within
 * +-1 / sqrt(in). `shrink` divides the half-width of weights that write to the residual
 * stream. */
static struct linear add_linear(struct builder *b, int layer, const char *name, int in,
                                int out, double shrink)
{
    const double width = 1.0 / sqrt(in);
    char text[64];
    struct linear l = {.in = in, .out = out, .bias = NO_TENSOR};
    struct tensor t = {.rows = out,
                       .columns = in,
                       .decay = true,
                       .init = INIT_UNIFORM,
                       .scale = width / shrink};
    snprintf(text, sizeof text, "%s.weight", name);
    tensor_name(&t, layer, text);
    l.weight = add_tensor(b, &t);
    if (b->m->config.bias) {
        t = (struct tensor){
            .rows = 1, .columns = out, .decay = true, .init = INIT_UNIFORM, .scale = width};
        snprintf(text, sizeof text, "%s.bias", name);
        tensor_name(&t, layer, text);
        l.bias = add_tensor(b, &t);
    }
    return l;
}

static struct norm add_norm(struct builder *b, int layer, const char *name)
{
    char text[64];
    struct norm n;
    struct tensor t = {
        .rows = 1, .columns = b->m->config.dim, .decay = true, .init = INIT_ONE};
    snprintf(text, sizeof text, "%s.gain", name);
    tensor_name(&t, layer, text);
    n.gain = add_tensor(b, &t);
    t.init = INIT_ZERO;
    snprintf(text, sizeof text, "%s.bias", name);
    tensor_name(&t, layer, text);
    n.bias = add_tensor(b, &t);
    return n;
}

/* Adds a learned tensor of an encoder, for one layer or (layer -1) for all; returns its
 * offset. */
static size_t add_encoder_tensor(void *context, const char *encoder, int layer,
                                 const struct tensor_spec *spec)
{
    struct tensor t = {.rows = spec->rows,
                       .columns = spec->columns,
                       .decay = spec->decay,
                       .init = spec->init,
                       .scale = spec->scale};
    char text[64];
    snprintf(text, sizeof text, "encoder.%s.%s", encoder, spec->name);
    tensor_name(&t, layer, text);
    return add_tensor(context, &t);
}

static size_t add_length_scale(struct builder *b, int layer)
{
    struct tensor t = {.rows = 1, .columns = b->m->config.heads, .init = INIT_ONE};
    if (b->m->config.normaliser != NORMALISER_SSMAX)
        return NO_TENSOR;
    tensor_name(&t, layer, "attention.length_scale");
    return add_tensor(b, &t);
}

static void add_layer(struct builder *b, int l)
{
    const struct model_config *c = &b->m->config;
    struct layer_layout *y = &b->m->layer[l];
    const int C = c->dim, F = c->ff;
    const double shrink = c->norm == NORM_PRE ? sqrt(2.0 * c->layers) : 1.0;
    y->attention_norm = add_norm(b, l, "attention_norm");
    y->query = add_linear(b, l, "attention.query", C, C, 1.0);
    y->key_value =
        add_linear(b, l, "attention.key_value", C, 2 * C + encoding_project(b->m, l), 1.0);
    y->output = add_linear(b, l, "attention.output", C, C, shrink);
    y->length_scale = add_length_scale(b, l);
    y->feed_forward_norm = add_norm(b, l, "feed_forward_norm");
    y->in = add_linear(b, l, "feed_forward.in", C, F, 1.0);
    y->out = add_linear(b, l, "feed_forward.out", F, C, shrink);
    encoding_tensors(b->m, l, add_encoder_tensor, b);
}

static void add_all(struct builder *b)
{
    struct model *m = b->m;
    const struct model_config *c = &m->config;
    struct tensor t = {.name = "embedding",
                       .rows = c->vocabulary,
                       .columns = c->dim,
                       .decay = true,
                       .init = INIT_NORMAL,
                       .scale = 1.0 / sqrt(c->dim)};
    m->embedding = m->output = add_tensor(b, &t);
    if (!c->tie_embeddings) {
        snprintf(t.name, sizeof t.name, "output");
        m->output = add_tensor(b, &t);
    }
    encoding_tensors(m, -1, add_encoder_tensor, b);
    for (int l = 0; l < c->layers; l++)
        add_layer(b, l);
    if (c->norm == NORM_PRE)
        m->final_norm = add_norm(b, -1, "final_norm");
}

/* --- weights ------------------------------------------------------------- */

static void draw(const struct tensor *t, uint64_t seed, real *w)
{
    const size_t n = (size_t)t->rows * (size_t)t->columns;
    struct rng r = rng_stream(seed, RNG_WEIGHTS, t->name, 0);
    for (size_t i = 0; i < n; i++)
        switch (t->init) {
        case INIT_ZERO:
            w[i] = 0;
            break;
        case INIT_ONE:
            w[i] = 1;
            break;
        case INIT_NORMAL:
            w[i] = (real)(t->scale * rng_normal(&r));
            break;
        case INIT_UNIFORM:
            w[i] = (real)(t->scale * (2.0 * rng_uniform(&r) - 1.0));
            break;
        }
}

/* Allocates the encoders' constants and derived numbers. */
static enum status allocate_encoding(struct model *m, struct err *e)
{
    const size_t constants = encoding_constants_size(m), derived = m->derived_size;
    m->constants_memory = calloc(constants + 1, sizeof *m->constants_memory);
    m->derived = calloc(derived + 1, sizeof *m->derived);
    if (!m->constants_memory || !m->derived)
        return err_set(e, ST_NOMEM, "no memory for the encoder's tables (%zu numbers)",
                       constants + derived);
    encoding_fill_constants(m);
    return ST_OK;
}

static enum status describe(struct model *m, const struct model_config *c, struct err *e)
{
    m->config = *c;
    m->dims = model_dims(c);
    m->layer = calloc((size_t)c->layers, sizeof *m->layer);
    if (!m->layer)
        return err_set(e, ST_NOMEM, "no memory for %d layers", c->layers);
    encoding_describe(m);
    return ST_OK;
}

enum status model_sketch(const struct model_config *c, struct model **out, struct err *e)
{
    enum status st = model_check(c, e);
    if (st)
        return st;
    struct model *m = calloc(1, sizeof *m);
    if (!m)
        return err_set(e, ST_NOMEM, "no memory for a model");
    st = describe(m, c, e);
    if (st) {
        model_close(m);
        return st;
    }
    struct builder count = {.m = m};
    add_all(&count);
    m->tensors = count.count;
    m->parameters = count.parameters;
    m->size = count.at;
    *out = m;
    return ST_OK;
}

static enum status allocate(struct model *m, struct err *e)
{
    m->tensor = calloc((size_t)m->tensors, sizeof *m->tensor);
    m->weights = aligned_alloc(ARENA_ALIGN, m->size * sizeof *m->weights);
    if (!m->tensor || !m->weights)
        return err_set(e, ST_NOMEM, "no memory for %zu weights; make the model smaller",
                       m->parameters);
    memset(m->weights, 0, m->size * sizeof *m->weights);
    struct builder fill = {.m = m, .tensor = m->tensor};
    add_all(&fill);
    return allocate_encoding(m, e);
}

enum status model_open(const struct model_config *c, uint64_t seed, struct model **out,
                       struct err *e)
{
    struct model *m = NULL;
    enum status st = model_sketch(c, &m, e);
    if (st || !m)
        return st;
    st = allocate(m, e);
    if (st) {
        model_close(m);
        return st;
    }
    for (int i = 0; i < m->tensors; i++)
        draw(&m->tensor[i], seed, m->weights + m->tensor[i].offset);
    encoding_start(m);
    encoding_confine(m);
    *out = m;
    return ST_OK;
}

void model_close(struct model *m)
{
    if (!m)
        return;
    free(m->layer);
    free(m->tensor);
    free(m->weights);
    free(m->constants_memory);
    free(m->derived);
    free(m);
}

/* --- asking -------------------------------------------------------------- */

const struct model_config *model_settings(const struct model *m)
{
    return &m->config;
}

int model_tensor_count(const struct model *m)
{
    return m->tensors;
}

const struct tensor *model_tensor(const struct model *m, int i)
{
    assert(i >= 0 && i < m->tensors);
    return &m->tensor[i];
}

const struct tensor *model_tensor_find(const struct model *m, const char *name)
{
    for (int i = 0; i < m->tensors; i++)
        if (!strcmp(m->tensor[i].name, name))
            return &m->tensor[i];
    return NULL;
}

size_t model_parameters(const struct model *m)
{
    return m->parameters;
}

size_t model_size(const struct model *m)
{
    return m->size;
}

size_t model_bytes(const struct model *m)
{
    return (m->size + m->derived_size + encoding_constants_size(m)) * sizeof(real);
}

size_t model_gradient_size(const struct model *m)
{
    return m->size + m->derived_size;
}

real *model_weights(struct model *m)
{
    return m->weights;
}

double model_train_flops(const struct model_config *c, int T, int scored)
{
    const double C = c->dim, F = c->ff, n = T, m = scored;
    const double attend = 2.0 * C * C,
                 key = 2.0 * C * C; /* query and output; keys, values */
    const double feed = 2.0 * C * F, full = c->layers - 1.0;
    /* The last layer computes queries and everything after them at scored positions only,
     * unless an encoder carries from query to query. */
    const int queries = encoding_carries(c, c->layers - 1) ? T : scored;
    const double linear = full * n * (attend + feed + key) + n * key + queries * attend +
                          m * feed + m * C * c->vocabulary;
    const double pairs = full * n * (n + 1.0) / 2.0 + queries * (n + 1.0) / 2.0;
    const struct encoder_load each = {
        .tokens = T, .queries = T, .pairs = n * (n + 1.0) / 2};
    const struct encoder_load last = {
        .tokens = T, .queries = queries, .pairs = queries * (n + 1.0) / 2};
    return 6.0 * linear + 12.0 * C * pairs + 3.0 * encoding_flops(c, &each, &last);
}
