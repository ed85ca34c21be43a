#include "fuzz.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "model.h"

enum {
    LONGEST = 2048,     /* tokens of the largest sample that is made here */
    PARAMETERS = 20000, /* of the largest model that is built here */
    SPLITS = 4
};

const char *fuzz_file(const void *data, size_t bytes)
{
    static char path[64];
    static int file = -1;
    if (file < 0) {
        file = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    assert(file >= 0);
    if (ftruncate(file, 0) != 0 ||
        (bytes > 0 && pwrite(file, data, bytes, 0) != (ssize_t)bytes)) {
        perror("fuzz_file");
        abort();
    }
    return path;
}

char *fuzz_text(const uint8_t *data, size_t bytes)
{
    char *text = malloc(bytes + 1);
    assert(text);
    if (bytes > 0)
        memcpy(text, data, bytes);
    text[bytes] = '\0';
    return text;
}

static void check_configuration(const struct run_spec *r)
{
    struct run_spec again = {0};
    struct err e;
    if (run_spec_parse(r->config, &again, &e) != ST_OK) {
        fprintf(stderr, "%s\n%s\n", r->config, e.msg);
        abort();
    }
    assert(strcmp(r->config, again.config) == 0);
    assert(strcmp(r->identity, again.identity) == 0);
    assert(strcmp(r->encoder, again.encoder) == 0);
    assert(strcmp(r->variant, again.variant) == 0);
    assert(r->seed == again.seed && r->splits == again.splits);
    run_spec_free(&again);
}

/* The model has an embedding for every token and a row for every position. */
static void check_sample(const struct run_spec *run, const struct option_values *o)
{
    const struct task *t = run->task;
    static int32_t token[LONGEST], target[LONGEST];
    static uint8_t scored[LONGEST];
    struct sample s = {.token = token, .target = target, .scored = scored};
    struct rng r = rng_stream(1, RNG_TEST, "fuzz", 0);
    const int longest = t->max_length(o), vocabulary = t->vocabulary(o);
    assert(longest > 0 && longest <= run->model.longest);
    assert(vocabulary > 0 && vocabulary <= run->model.vocabulary);
    if (longest > LONGEST)
        return;
    t->generate(o, &r, &s);
    assert(s.length > 0 && s.length <= longest);
    for (int i = 0; i < s.length; i++) {
        assert(token[i] >= 0 && token[i] < vocabulary);
        assert(target[i] >= TARGET_NONE && target[i] < vocabulary);
    }
}

/* Returns the number of encoder parameters, so that no model of millions is built. */
static double encoder_parameters(const struct model_config *c, const struct encoder_dims *d)
{
    double sum = 0;
    for (int i = 0; i < c->encoders.parts; i++) {
        const struct encoder_part *p = &c->encoders.part[i];
        struct tensor_spec spec[ENCODER_TENSORS_MAX];
        const int n = p->encoder->tensors ? p->encoder->tensors(d, &p->options, spec) : 0;
        for (int k = 0; k < n; k++) {
            assert(spec[k].rows > 0 && spec[k].columns > 0);
            sum += (double)spec[k].rows * spec[k].columns *
                   (spec[k].per_layer ? c->layers : 1);
        }
    }
    return sum;
}

static void check_model(const struct model_config *c)
{
    const struct encoder_dims d = model_dims(c);
    const double layer = 4.0 * c->dim * c->dim + 2.0 * c->dim * c->ff;
    struct model *m = NULL;
    struct err e;
    if (layer * c->layers + 2.0 * c->vocabulary * c->dim + encoder_parameters(c, &d) >
            PARAMETERS ||
        c->longest > LONGEST)
        return;
    if (model_open(c, 1, &m, &e) != ST_OK) {
        fprintf(stderr, "%s\n", e.msg);
        abort();
    }
    assert(model_tensor_count(m) > 0 && model_parameters(m) > 0);
    model_close(m);
}

void fuzz_check_run(const struct run_spec *r)
{
    check_configuration(r);
    check_sample(r, &r->task_options);
    for (int i = 0; i < r->splits && i < SPLITS; i++) {
        assert(r->split[i].count > 0);
        check_sample(r, &r->split[i].options);
    }
    check_model(&r->model);
}
