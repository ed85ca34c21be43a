/* parity.h -- compares the trainer with the stored vectors of tests/parity/vectors.
 *
 * One test includes it for float and one for double, so it holds functions. The reference is
 * reference.py; README.md describes the files. Tolerances are relative to the largest entry of
 * the compared tensor. */
#ifndef PARITY_H
#define PARITY_H

#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "approx.h"
#include "kernels.h"
#include "trainer.h"
#include "parity/vectors.h"

#ifdef POSBENCH_DOUBLE
static const double tolerance = 1e-9;
static const double gradient_tolerance = 1e-7; /* stored as float: 6e-8 */
#else
static const double tolerance = 2e-5; /* the largest gap seen is below 3e-6 */
static const double gradient_tolerance = 2e-5;
#endif

enum { PARITY_STEPS = 3, PARITY_CASES_MAX = 300, PARITY_TEXT = 256 };

/* --- the same model and batch ----------------------------------------------------- */

static void resolve_encoders(const struct vectors *v, struct model_config *c)
{
    struct err e;
    char options[PARITY_TEXT], *rest = NULL;
    const struct encoder_dims dims = model_dims(c);
    if (encoder_stack_parse(note(v, "encoder"), &c->encoders, &e))
        fail_msg("%s", e.msg);
    snprintf(options, sizeof options, "%s", note(v, "options"));
    for (char *o = strtok_r(options, " ", &rest); o; o = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(o, '=');
        assert_non_null(value);
        *value++ = 0;
        if (encoder_stack_set(&c->encoders, o, value, &e))
            fail_msg("%s", e.msg);
    }
    if (encoder_stack_resolve(&c->encoders, &dims, &e))
        fail_msg("%s", e.msg);
}

static struct model_config model_config_of(const struct vectors *v)
{
    struct model_config c = {
        .layers = note_int(v, "layers"),
        .heads = note_int(v, "heads"),
        .dim = note_int(v, "dim"),
        .ff = note_int(v, "ff"),
        .norm = note_is(v, "norm", "pre") ? NORM_PRE : NORM_POST,
        .activation = note_is(v, "activation", "relu") ? ACTIVATION_RELU : ACTIVATION_GELU,
        .bias = note_int(v, "bias") != 0,
        .tie_embeddings = note_int(v, "tie_embeddings") != 0,
        .vocabulary = note_int(v, "vocabulary"),
        .trained_length = note_int(v, "trained_length"),
        .longest = note_int(v, "longest"),
    };
    resolve_encoders(v, &c);
    return c;
}

static struct optimizer_config optimizer_config_of(const struct vectors *v)
{
    if (!note(v, "optimizer.kind"))
        return (struct optimizer_config){.kind = OPTIMIZER_ADAM,
                                         .lr = 1e-3,
                                         .beta1 = 0.9,
                                         .beta2 = 0.999,
                                         .eps = 1e-8,
                                         .steps = 1};
    return (struct optimizer_config){
        .kind = note_is(v, "optimizer.kind", "adam") ? OPTIMIZER_ADAM : OPTIMIZER_ADAMW,
        .lr = note_number(v, "optimizer.lr"),
        .beta1 = note_number(v, "optimizer.beta1"),
        .beta2 = note_number(v, "optimizer.beta2"),
        .eps = note_number(v, "optimizer.eps"),
        .weight_decay = note_number(v, "optimizer.weight_decay"),
        .schedule = note_is(v, "optimizer.schedule", "linear")   ? SCHEDULE_LINEAR
                    : note_is(v, "optimizer.schedule", "cosine") ? SCHEDULE_COSINE
                                                                 : SCHEDULE_CONSTANT,
        .warmup = note_int(v, "optimizer.warmup"),
        .steps = note_int(v, "optimizer.steps"),
        .clip = note_number(v, "optimizer.clip"),
    };
}

/* SplitMix64; advances the state. */
static uint64_t next_draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Writes the weights that README.md defines into tensor `t`. */
static void draw_weights(const char *seed, const struct tensor *t, real *weights)
{
    char text[PARITY_TEXT];
    uint64_t state = UINT64_C(0xcbf29ce484222325);
    snprintf(text, sizeof text, "%s:%s", seed, t->name);
    for (const char *c = text; *c; c++)
        state = (state ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    const size_t length = strlen(t->name), n = (size_t)t->rows * (size_t)t->columns;
    const bool gain = length > 5 && strcmp(t->name + length - 5, ".gain") == 0;
    for (size_t i = 0; i < n; i++) {
        const double u = (double)(next_draw(&state) >> 44) / 1048576.0;
        weights[t->offset + i] = (real)(u + (gain ? 0.5 : -0.5));
    }
}

/* The test of one file. */
struct parity {
    struct vectors v;
    const char *name; /* of the file, for messages */
    struct trainer *trainer;
    struct batch batch;
    int32_t *start, *token, *target;
    int tokens, targets;
};

static void read_batch(struct parity *p)
{
    const size_t n = count_of(&p->v, "token"), starts = count_of(&p->v, "start");
    p->start = whole_numbers(&p->v, "start", starts);
    p->token = whole_numbers(&p->v, "token", n);
    p->target = whole_numbers(&p->v, "target", n);
    p->tokens = (int)n;
    for (size_t i = 0; i < n; i++)
        p->targets += p->target[i] >= 0;
    p->batch = (struct batch){.sequences = (int)starts - 1,
                              .start = p->start,
                              .token = p->token,
                              .target = p->target};
}

static struct parity parity_open(const char *path)
{
    struct err e;
    const char *slash = strrchr(path, '/');
    struct parity p = {.v = vectors_open(path), .name = slash ? slash + 1 : path};
    read_batch(&p);
    const struct trainer_config c = {
        .model = model_config_of(&p.v),
        .optimizer = optimizer_config_of(&p.v),
        .seed = 1,
        .shards = 2,
        .threads = 2,
        .max_sequences = p.batch.sequences,
        .max_tokens = p.tokens,
    };
    if (model_check(&c.model, &e) || trainer_open(&c, &p.trainer, &e))
        fail_msg("%s: %s", p.name, e.msg);
    struct model *m = trainer_model(p.trainer);
    for (int i = 0; i < model_tensor_count(m); i++)
        draw_weights(note(&p.v, "seed"), model_tensor(m, i), model_weights(m));
    return p;
}

static void parity_close(struct parity *p)
{
    trainer_close(p->trainer);
    vectors_close(&p->v);
    free(p->start);
    free(p->token);
    free(p->target);
}

/* --- comparing -------------------------------------------------------------------- */

/* Compares ours [n] with the stored tensor `name`, relative to its largest entry. */
static void compare(const struct parity *p, const char *name, const real *ours, size_t n,
                    double tol)
{
    char what[2 * PARITY_TEXT];
    double *theirs = numbers(&p->v, name, n), largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(theirs[i]));
    assert_true(largest > 0);
    for (size_t i = 0; i < n; i++) {
        snprintf(what, sizeof what, "%s, %s [%zu]: ours and the reference's, over %.3g",
                 p->name, name, i, largest);
        assert_near_at((double)ours[i] / largest, theirs[i] / largest, tol, what, __FILE__,
                       __LINE__);
    }
    free(theirs);
}

/* Compares every tensor of the model with "<prefix><name>"; the file has no others. */
static void compare_tensors(const struct parity *p, const char *prefix, const real *flat,
                            double tol)
{
    const struct model *m = trainer_model(p->trainer);
    const char *key;
    json_t *value;
    int stored = 0;
    for (int i = 0; i < model_tensor_count(m); i++) {
        const struct tensor *t = model_tensor(m, i);
        char name[PARITY_TEXT];
        snprintf(name, sizeof name, "%s%s", prefix, t->name);
        compare(p, name, flat + t->offset, (size_t)t->rows * (size_t)t->columns, tol);
    }
    json_object_foreach(p->v.header, key, value)
    {
        stored += strncmp(key, prefix, strlen(prefix)) == 0;
    }
    assert_int_equal(stored, model_tensor_count(m));
}

static void compare_logits(const struct parity *p)
{
    const size_t n = (size_t)p->targets * (size_t)note_int(&p->v, "vocabulary");
    real *logits = calloc(n, sizeof *logits);
    assert_non_null(logits);
    trainer_logits(p->trainer, &p->batch, logits);
    compare(p, "logits", logits, n, tolerance);
    free(logits);
}

/* Compares at the precision of float, which trainer_evaluate gives in either build. */
static void compare_evaluation(const struct parity *p)
{
    const int V = note_int(&p->v, "vocabulary");
    float *loss = calloc((size_t)p->tokens, sizeof *loss);
    int32_t *best = calloc((size_t)p->tokens, sizeof *best);
    double *logits = numbers(&p->v, "logits", (size_t)p->targets * (size_t)V);
    double *mean = numbers(&p->v, "loss", 1), sum = 0;
    assert_true(loss && best);
    trainer_evaluate(p->trainer, &p->batch, loss, best);
    const double *row = logits;
    for (int t = 0; t < p->tokens; t++) {
        if (p->target[t] < 0)
            continue;
        sum += (double)loss[t];
        for (int j = 0; j < V; j++)
            assert_true(row[best[t]] >= row[j]);
        row += V;
    }
    assert_near(sum / p->targets, mean[0], 1e-5);
    free(loss);
    free(best);
    free(logits);
    free(mean);
}

static void logits_loss_and_gradients_equal_the_reference(const char *path)
{
    struct parity p = parity_open(path);
    const size_t n = model_size(trainer_model(p.trainer));
    real *grad = calloc(n, sizeof *grad);
    assert_non_null(grad);
    const real loss = (real)trainer_gradient(p.trainer, 0, &p.batch, grad);
    compare(&p, "loss", &loss, 1, tolerance);
    if (json_object_get(p.v.header, "logits")) { /* the text_ files leave them out */
        compare_logits(&p);
        compare_evaluation(&p);
    }
    compare_tensors(&p, "gradient.", grad, gradient_tolerance);
    free(grad);
    parity_close(&p);
}

static void three_steps_equal_the_reference(const char *path)
{
    struct err e;
    struct parity p = parity_open(path);
    real losses[PARITY_STEPS];
    for (int step = 0; step < PARITY_STEPS; step++) {
        double loss;
        if (trainer_step(p.trainer, step, &p.batch, &loss, &e))
            fail_msg("%s: %s", p.name, e.msg);
        losses[step] = (real)loss;
    }
    compare(&p, "loss", losses, PARITY_STEPS, tolerance);
    compare_tensors(&p, "after.", model_weights(trainer_model(p.trainer)), tolerance);
    parity_close(&p);
}

/* A file that is lost must not look like a test that passed. */
static void each_encoder_in_both_norms_and_each_optimiser_is_covered(void **state)
{
    const char *const wanted[] = {
        "none_pre",           "none_post",          "sinusoidal_pre",     "sinusoidal_post",
        "absolute_pre",       "absolute_post",      "relative_pre",       "relative_post",
        "rope_pre",           "rope_post",          "cope_pre",           "cope_post",
        "cope_relative_pre",  "cope_relative_post", "cope_rope_pre",      "cope_rope_post",
        "steps_adam",         "steps_adamw_linear", "steps_adamw_cosine", "text_rope",
        "text_cope_relative",
    };
    const glob_t *files = *state;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        char file[PARITY_TEXT];
        size_t found = 0;
        snprintf(file, sizeof file, "/%s.safetensors", wanted[i]);
        for (size_t k = 0; k < files->gl_pathc; k++)
            found += strcmp(strrchr(files->gl_pathv[k], '/'), file) == 0;
        if (!found)
            fail_msg("tests/parity/vectors%s is missing", file);
    }
}

/* One file and one set of kernels. */
struct parity_case {
    const char *isa, *path;
    char name[PARITY_TEXT];
};

static int use_kernels(void **state)
{
    const struct parity_case *c = *state;
    return kernels_choose(c->isa, NULL) == ST_OK ? 0 : -1;
}

static void equals_the_reference(void **state)
{
    const struct parity_case *c = *state;
    if (strncmp(strrchr(c->path, '/'), "/steps_", 7) == 0)
        three_steps_equal_the_reference(c->path);
    else
        logits_loss_and_gradients_equal_the_reference(c->path);
}

/* One test for each file and each set of kernels that this CPU and build can run. */
static int parity_run(void)
{
    static const char *const isas[] = {"naive", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
    static struct parity_case cases[PARITY_CASES_MAX];
    static struct CMUnitTest tests[PARITY_CASES_MAX + 1];
    glob_t files;
    size_t n = 0;
    if (glob(TEST_DATA "/../parity/vectors/*.safetensors", 0, NULL, &files))
        files.gl_pathc = 0;
    for (size_t k = 0; k < sizeof isas / sizeof *isas; k++)
        for (size_t i = 0; kernels_find(isas[k]) && i < files.gl_pathc; i++) {
            struct parity_case *c = &cases[n];
            if (n == PARITY_CASES_MAX)
                break;
            *c = (struct parity_case){.isa = isas[k], .path = files.gl_pathv[i]};
            snprintf(c->name, sizeof c->name, "%s with %s kernels equals the reference",
                     strrchr(c->path, '/') + 1, c->isa);
            tests[n++] = (struct CMUnitTest){.name = c->name,
                                             .test_func = equals_the_reference,
                                             .setup_func = use_kernels,
                                             .initial_state = c};
        }
    tests[n++] = (struct CMUnitTest){
        .name = "each_encoder_in_both_norms_and_each_optimiser_is_covered",
        .test_func = each_encoder_in_both_norms_and_each_optimiser_is_covered,
        .initial_state = &files};
    const int failures = _cmocka_run_group_tests("parity", tests, n, NULL, NULL);
    globfree(&files);
    return failures;
}

#endif
