/* settings.c -- the table of the keys under `model` and `train`, and their fields.
 *
 * A row holds the section, the option (type, range, default, help), the value's place in a
 * run_spec, and whether it may be a multiple. All code that reads or writes settings walks over
 * this table.
 * Pitfall: a new row or another name changes the JSON of every run, and so the identity of all
 * stored runs. A new row must therefore be `.later` (LATER_REAL, LATER_CHOICE). */
#include "settings.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const norms[] = {
    [NORM_PRE] = "pre", [NORM_POST] = "post", [NORM_POST + 1] = NULL};
static const char *const activations[] = {
    [ACTIVATION_RELU] = "relu", [ACTIVATION_GELU] = "gelu", [ACTIVATION_GELU + 1] = NULL};
static const char *const normalisers[] = {[NORMALISER_SOFTMAX] = "softmax",
                                          [NORMALISER_SSMAX] = "ssmax",
                                          [NORMALISER_ENTMAX] = "entmax",
                                          [NORMALISER_ENTMAX + 1] = NULL};
static const char *const optimizers[] = {
    [OPTIMIZER_ADAM] = "adam", [OPTIMIZER_ADAMW] = "adamw", [OPTIMIZER_ADAMW + 1] = NULL};
static const char *const schedules[] = {[SCHEDULE_CONSTANT] = "constant",
                                        [SCHEDULE_LINEAR] = "linear",
                                        [SCHEDULE_COSINE] = "cosine",
                                        [SCHEDULE_COSINE + 1] = NULL};

#define MODEL(field)     .section = "model", .at = offsetof(struct run_spec, model.field)
#define TRAIN(field)     .section = "train", .at = offsetof(struct run_spec, train.field)
#define OPTIMIZER(field) TRAIN(optimizer.field)
#define INTEGER(key, least, most, value, text) \
    .option = {.name = (key),                  \
               .type = OPTION_INT,             \
               .lo = (least),                  \
               .hi = (most),                   \
               .dflt = (value),                \
               .help = (text)}
#define REAL(key, least, most, value, text) \
    .option = {.name = (key),               \
               .type = OPTION_REAL,         \
               .lo = (least),               \
               .hi = (most),                \
               .dflt = (value),             \
               .help = (text)}
#define BOOL(key, value, text) \
    .option = {.name = (key), .type = OPTION_BOOL, .dflt = (value), .help = (text)}
#define CHOICE(key, list, value, text) \
    .option = {.name = (key),          \
               .type = OPTION_CHOICE,  \
               .choices = (list),      \
               .dflt = (value),        \
               .help = (text)}

/* Settings that older stored runs do not have: they are written only if they differ from the
 * default. */
#define LATER_REAL(key, least, most, value, text) \
    .option = {.name = (key),                     \
               .type = OPTION_REAL,               \
               .lo = (least),                     \
               .hi = (most),                      \
               .dflt = (value),                   \
               .later = true,                     \
               .help = (text)}
#define LATER_CHOICE(key, list, value, text) \
    .option = {.name = (key),                \
               .type = OPTION_CHOICE,        \
               .choices = (list),            \
               .dflt = (value),              \
               .later = true,                \
               .help = (text)}

static const struct setting table[] = {
    {MODEL(layers), INTEGER("layers", 1, 64, 4, "Transformer blocks"), .values = 1},
    {MODEL(heads), INTEGER("heads", 1, 64, 4, "attention heads; must divide `dim`"),
     .values = 1},
    {MODEL(dim), INTEGER("dim", 1, 8192, 256, "width of the residual stream"), .values = 1},
    {MODEL(ff),
     INTEGER("ff", 1, 65536, 4,
             "width of the feed-forward layer, or how many times `dim`, as in `4x`"),
     .values = 1, .multiple = MULTIPLE_DIM},
    {MODEL(norm),
     CHOICE("norm", norms, NORM_PRE, "layer norm before or after each sub-layer"),
     .values = 1},
    {MODEL(activation),
     CHOICE("activation", activations, ACTIVATION_GELU, "of the feed-forward layer"),
     .values = 1},
    {MODEL(dropout),
     REAL("dropout", 0, 0.9, 0,
          "share of activations dropped in training: after the embedding, on attention "
          "weights, after each sub-layer and inside the feed-forward layer"),
     .values = 1},
    {MODEL(bias), BOOL("bias", true, "linear layers have a bias"), .values = 1},
    {MODEL(tie_embeddings),
     BOOL("tie_embeddings", true, "the output layer is the token embedding"), .values = 1},
    {MODEL(normaliser),
     LATER_CHOICE("normaliser", normalisers, NORMALISER_SOFTMAX,
                  "of attention: `ssmax` sharpens with the number of keys, `entmax` has "
                  "exact zeros"),
     .values = 1},

    {OPTIMIZER(kind),
     CHOICE("optimizer", optimizers, OPTIMIZER_ADAMW, "`adamw` decays weights, `adam` not"),
     .values = 1},
    {OPTIMIZER(lr), REAL("lr", 0, 10, 3e-4, "largest learning rate"), .values = 1},
    {OPTIMIZER(beta1),
     REAL("betas", 0, 0.999999, 0.9,
          "decay of the running mean of gradients and of their squares, `[0.9, 0.999]`"),
     .values = 2},
    {OPTIMIZER(eps), REAL("eps", 1e-16, 1, 1e-8, "added to the root of the squares"),
     .values = 1},
    {OPTIMIZER(weight_decay),
     REAL("weight_decay", 0, 10, 0, "times the learning rate; `adamw` only"), .values = 1},
    {OPTIMIZER(schedule),
     CHOICE("schedule", schedules, SCHEDULE_LINEAR,
            "learning rate after the warm-up: level, or falling to 0 at the last step"),
     .values = 1},
    {OPTIMIZER(warmup),
     INTEGER("warmup", 0, 10000000, 0, "steps over which the learning rate rises from 0"),
     .values = 1},
    {TRAIN(batch), INTEGER("batch", 1, 65536, 16, "sequences a step"), .values = 1},
    {OPTIMIZER(steps),
     INTEGER("steps", 1, 10000000, 10000,
             "optimiser steps, or passes over the training set, as in `100 epochs`"),
     .values = 1, .multiple = MULTIPLE_EPOCHS},
    {TRAIN(samples),
     INTEGER(
         "samples", 0, 100000000, 0,
         "size of the training set, shuffled anew each epoch; 0: every sample is fresh"),
     .values = 1},
    {OPTIMIZER(clip),
     REAL("clip", 0, 1e6, 0, "largest norm of the gradient; 0: no clipping"), .values = 1},
    {TRAIN(shards),
     INTEGER("shards", 1, 256, 4,
             "parts of a batch whose gradients are summed in fixed order, so that the "
             "number of threads changes no result; at most this many threads help"),
     .values = 1},
    {OPTIMIZER(encoder_until),
     LATER_REAL("encoder_until", 0.001, 1, 1,
                "share of the steps after which the encoder is dropped; 1: never"),
     .values = 1},
    {TRAIN(eval_every),
     INTEGER("eval_every", 0, 10000000, 0,
             "steps between points of the learning curve; 0: only the end"),
     .values = 1},
    {TRAIN(eval_count),
     INTEGER("eval_count", 1, 100000000, 100,
             "sequences of each split used for a point of the learning curve"),
     .values = 1},
};

enum { COUNT = sizeof table / sizeof table[0] };
static const double beta_defaults[] = {0.9, 0.999};

_Static_assert(offsetof(struct optimizer_config, beta2) ==
                   offsetof(struct optimizer_config, beta1) + sizeof(double),
               "betas are read as two neighbours");

int setting_count(void)
{
    return COUNT;
}

const struct setting *setting_at(int i)
{
    assert(i >= 0 && i < COUNT);
    return &table[i];
}

const struct setting *setting_find(const char *section, const char *name)
{
    for (int i = 0; i < COUNT; i++)
        if (strcmp(table[i].section, section) == 0 &&
            strcmp(table[i].option.name, name) == 0)
            return &table[i];
    return NULL;
}

int setting_names(const char *section, const char *names[SETTINGS_MAX])
{
    int n = 0;
    for (int i = 0; i < COUNT; i++)
        if (strcmp(table[i].section, section) == 0)
            names[n++] = table[i].option.name;
    return n;
}

double setting_get(const struct setting *s, const struct run_spec *r, int i)
{
    const char *field = (const char *)r + s->at;
    int whole;
    assert(i < s->values);
    switch (s->option.type) {
    case OPTION_BOOL:
        return *(const bool *)field;
    case OPTION_REAL:
        return ((const double *)(const void *)field)[i];
    case OPTION_INT:
    case OPTION_CHOICE:
        break;
    }
    memcpy(&whole, field, sizeof whole);
    return whole;
}

/* Sets value i. The enums of the table are as wide as int (asserted below) and hold small
 * values. */
void setting_put(const struct setting *s, struct run_spec *r, int i, double value)
{
    char *field = (char *)r + s->at;
    const int whole = (int)value;
    assert(i < s->values);
    switch (s->option.type) {
    case OPTION_BOOL:
        *(bool *)field = value != 0;
        return;
    case OPTION_REAL:
        ((double *)(void *)field)[i] = value;
        return;
    case OPTION_INT:
    case OPTION_CHOICE:
        break;
    }
    memcpy(field, &whole, sizeof whole);
}

_Static_assert(sizeof(enum model_norm) == sizeof(int) &&
                   sizeof(enum model_normaliser) == sizeof(int) &&
                   sizeof(enum model_activation) == sizeof(int) &&
                   sizeof(enum optimizer_kind) == sizeof(int) &&
                   sizeof(enum schedule_kind) == sizeof(int),
               "choices are copied as int");

bool multiple_parse(enum multiple kind, const char *text, double *times)
{
    const size_t n = strspn(text, "0123456789");
    if (kind == MULTIPLE_NONE || n == 0 || n > 6)
        return false;
    const char *unit = text + n;
    if (kind == MULTIPLE_EPOCHS && *unit == ' ')
        unit++;
    *times = strtod(text, NULL);
    return *times > 0 && strcmp(unit, kind == MULTIPLE_DIM ? "x" : "epochs") == 0;
}

char *multiple_format(enum multiple kind, double times, char buf[OPTION_TEXT])
{
    snprintf(buf, OPTION_TEXT, "%.0f%s", times, kind == MULTIPLE_DIM ? "x" : "epochs");
    return buf;
}

void setting_put_default(const struct setting *s, struct run_spec *r)
{
    for (int i = 0; i < s->values; i++)
        setting_put(s, r, i, s->values == 2 ? beta_defaults[i] : s->option.dflt);
}
