#include "trained_model.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "evaluation.h"
#include "safetensors.h"
#include "targets.h"

/* Returns true for a name with a slash or a dot, which no number or identity of a run has. */
static bool is_file(const char *name)
{
    return strpbrk(name, "/.") != NULL;
}

/* Reads a file of weights and the settings in it. They may come from a stranger, so no model is
 * allocated before they fit the file. */
static enum status read_file(const char *name, struct trained_model *s, struct err *e)
{
    char *config = NULL;
    uint64_t numbers = 0;
    struct model *sketch = NULL;
    struct err why = {.msg = ""};
    if (strlen(name) >= sizeof s->weights.path)
        return err_set(e, ST_IO, "%s: the name is too long", name);
    memcpy(s->weights.path, name, strlen(name) + 1);
    enum status st = safetensors_note_read(name, "config", &config, e);
    if (st == ST_OK && !config)
        st = err_set(e, ST_IO,
                     "%s: tells no settings of a model; write it with posbench export",
                     name);
    if (st == ST_OK && (st = run_spec_parse(config, &s->run, &why)) != ST_OK)
        err_set(e, st, "%s: %s", name, why.msg);
    free(config);
    if (st == ST_OK)
        st = safetensors_numbers(name, &numbers, e);
    if (st == ST_OK)
        st = model_sketch(&s->run.model, &sketch, e);
    if (st == ST_OK && model_parameters(sketch) != numbers)
        st = err_set(e, ST_IO, "%s: holds %llu numbers, and its settings have %zu", name,
                     (unsigned long long)numbers, model_parameters(sketch));
    model_close(sketch);
    return st;
}

static enum status read_run(const struct invocation *v, const char *name,
                            struct trained_model *s, struct err *e)
{
    struct stored_run f = {0};
    char db[PATH_MAX];
    target_database(v, "", db);
    const enum status st = stored_run_open(db, name, &f, e);
    if (st)
        return st;
    s->run = f.run; /* ownership moves to *s */
    return stored_weights_find(db, &f, &s->weights, e);
}

enum status trained_model_read(const struct invocation *v, const char *name,
                               struct trained_model *out, struct err *e)
{
    return is_file(name) ? read_file(name, out, e) : read_run(v, name, out, e);
}

static enum status check_reach(const struct run_spec *r, int longest, struct err *e)
{
    if (longest <= r->model.trained_length)
        return ST_OK;
    const struct encoder_dims d = model_dims(&r->model);
    if (encoder_stack_reach(&r->model.encoders, &d) == REACH_UNDEFINED)
        return err_set(e, ST_RANGE,
                       "sequences have up to %d tokens and %s has no value beyond the %d "
                       "of training",
                       longest, r->encoder, r->model.trained_length);
    return ST_OK;
}

enum status trained_model_open(const struct trained_model *s, int longest,
                               struct trainer **out, struct err *e)
{
    const struct run_spec *r = &s->run;
    const bool longer = longest > r->model.longest;
    struct trainer_config c = {
        .model = r->model,
        .optimizer = r->train.optimizer,
        .seed = r->seed,
        .shards = 1,
        .threads = 1,
        .max_sequences = BATCH_SEQUENCES,
        .max_tokens = longest > BATCH_TOKENS ? longest : BATCH_TOKENS,
    };
    struct err why;
    if (longer)
        c.model.longest = longest;
    enum status st = check_reach(r, longest, e);
    if (st == ST_OK)
        st = trainer_open(&c, out, e);
    if (st)
        return st;
    st = stored_weights_load(&s->weights, trainer_model(*out), &why);
    if (st == ST_IO && longer)
        return err_set(e, ST_RANGE,
                       "sequences have up to %d tokens and %s has learned positions up to "
                       "%d",
                       longest, r->encoder, r->model.longest);
    return st ? err_set(e, st, "%s", why.msg) : ST_OK;
}
