/* run_spec.c -- derives sizes, names and identity from a run's settings.
 *
 * A run_spec is filled in by its readers (matrix.c from a file, run_spec_parse from the
 * database). This file adds the model's vocabulary and lengths, the order of the splits, the
 * variant's name and the identity, a hash of the JSON.
 * Pitfall: a variant's name leaves out options with the value that the encoder takes if they are
 * not set (by resolve, not the table's default). matrix.c refuses two variants of one name. */
#include "run_spec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void run_spec_free(struct run_spec *r)
{
    free(r->config);
    free(r->split);
    *r = (struct run_spec){0};
}

enum status run_spec_copy(const struct run_spec *r, struct run_spec *out, struct err *e)
{
    struct split_spec *split = calloc((size_t)r->splits + 1, sizeof *split);
    if (!split)
        return err_set(e, ST_NOMEM, "no memory for the list of runs");
    *out = *r;
    out->config = NULL;
    out->split = split;
    memcpy(split, r->split, (size_t)r->splits * sizeof *split);
    return ST_OK;
}

static int rank(const struct task *t, const char *split)
{
    int n = 0;
    while (t->splits[n].name && strcmp(t->splits[n].name, split) != 0)
        n++;
    return n;
}

static bool comes_after(const struct task *t, const struct split_spec *a,
                        const struct split_spec *b)
{
    const int x = rank(t, a->name), y = rank(t, b->name);
    return x != y ? x > y : strcmp(a->name, b->name) > 0;
}

void run_spec_sort_splits(struct run_spec *r)
{
    for (int i = 1; i < r->splits; i++)
        for (int k = i; k > 0 && comes_after(r->task, &r->split[k - 1], &r->split[k]);
             k--) {
            const struct split_spec swap = r->split[k];
            r->split[k] = r->split[k - 1];
            r->split[k - 1] = swap;
        }
}

bool run_spec_same_tokens(const struct task *t, const struct option_values *trained,
                          const struct option_values *asked, char why[TOKENS_WHY])
{
    const int known = t->vocabulary(trained), needed = t->vocabulary(asked);
    char ours[TASK_TOKEN_TEXT], theirs[TASK_TOKEN_TEXT];
    if (needed > known) {
        snprintf(why, TOKENS_WHY, "has %d token ids, but training only %d", needed, known);
        return false;
    }
    for (int id = 0; id < needed; id++) {
        t->token_text(trained, id, ours);
        t->token_text(asked, id, theirs);
        if (strcmp(ours, theirs) == 0)
            continue;
        snprintf(why, TOKENS_WHY, "has \"%s\" as token id %d, which in training was \"%s\"",
                 theirs, id, ours);
        return false;
    }
    return true;
}

void run_spec_sizes(struct run_spec *r)
{
    const struct task *t = r->task;
    r->model.vocabulary = t->vocabulary(&r->task_options);
    r->model.trained_length = t->max_length(&r->task_options);
    r->model.longest = r->model.trained_length;
    for (int i = 0; i < r->splits; i++) {
        const int length = t->max_length(&r->split[i].options);
        r->model.longest = length > r->model.longest ? length : r->model.longest;
    }
}

/* Returns the part's values if no option is set; a variant's name leaves these out. */
static struct option_values unset_options(const struct encoder *part,
                                          const struct encoder_dims *d)
{
    struct option_values o;
    struct err ignored;
    option_defaults(part->options, &o);
    if (part->resolve && part->resolve(d, &o, &ignored))
        option_defaults(part->options, &o);
    return o;
}

/* Appends `more`; false when it does not fit. */
static bool add(char text[VARIANT_TEXT], const char *more)
{
    const size_t used = strlen(text), n = strlen(more);
    if (used + n >= VARIANT_TEXT)
        return false;
    memcpy(text + used, more, n + 1);
    return true;
}

static bool add_part(char text[VARIANT_TEXT], const struct encoder_part *part,
                     const struct encoder_dims *d)
{
    const struct option *table = part->encoder->options;
    const struct option_values unset = unset_options(part->encoder, d);
    bool fits = add(text, part->encoder->name), any = false;
    for (int i = 0; fits && i < option_count(table); i++) {
        char value[OPTION_TEXT];
        const double v = part->options.v[i];
        if (!(v < unset.v[i] || v > unset.v[i]))
            continue;
        fits = add(text, any ? "," : "(") && add(text, table[i].name) && add(text, "=") &&
               add(text, option_format(&table[i], v, value));
        any = true;
    }
    if (fits && (part->layers.every || part->layers.list)) {
        char layers[LAYER_SET_TEXT];
        fits = add(text, any ? ",layers=" : "(layers=") &&
               add(text, layer_set_format(&part->layers, layers));
        any = true;
    }
    return fits && (!any || add(text, ")"));
}

/* Writes "cope(p_max=64)+rope": parts in the order of the name, each with the options whose
 * values differ from those it takes if they are not set. */
static enum status write_variant(struct run_spec *r, const struct encoder_dims *d,
                                 struct err *e)
{
    const struct encoder_stack *s = &r->model.encoders;
    char name[ENCODER_NAME], *rest = name, *word;
    r->variant[0] = '\0';
    memcpy(name, r->encoder, sizeof name);
    while ((word = strtok_r(rest, "+", &rest)))
        for (int i = 0; i < s->parts; i++) {
            if (strcmp(s->part[i].encoder->name, word) != 0)
                continue;
            if ((r->variant[0] && !add(r->variant, "+")) ||
                !add_part(r->variant, &s->part[i], d))
                return err_set(e, ST_CONFIG,
                               "encoder \"%s\": its name with all that was set is longer "
                               "than %d characters; leave some options out",
                               r->encoder, VARIANT_TEXT - 1);
        }
    return ST_OK;
}

enum status run_spec_encoders(struct run_spec *r, struct err *e)
{
    const struct encoder_dims d = model_dims(&r->model);
    const enum status st = encoder_stack_resolve(&r->model.encoders, &d, e);
    if (st)
        return st;
    encoder_stack_name(&r->model.encoders, r->encoder);
    return write_variant(r, &d, e);
}

enum status run_spec_identify(struct run_spec *r, struct err *e)
{
    char *config = run_spec_json(r);
    if (!config)
        return err_set(e, ST_NOMEM, "no memory for a run's configuration");
    free(r->config);
    r->config = config;
    identity_of(config, r->identity);
    return ST_OK;
}
