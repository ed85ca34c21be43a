#include "filter.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "option.h"
#include "run_state.h"

static const char *const keys[FILTER_KEYS] = {
    [FILTER_EXPERIMENT] = "experiment",
    [FILTER_TASK] = "task",
    [FILTER_ENCODER] = "encoder",
    [FILTER_VARIANT] = "variant",
    [FILTER_CELL] = "cell",
    [FILTER_SEED] = "seed",
    [FILTER_PROFILE] = "profile",
    [FILTER_IDENTITY] = "identity",
    [FILTER_STATE] = "state",
    [FILTER_SPLIT] = "split",
};

const char *filter_key_name(enum filter_key key)
{
    return keys[key];
}

static enum status unknown_key(const char *text, const char *key, struct err *e)
{
    return err_set(e, ST_USAGE, "\"%.64s\": runs have no \"%s\"%s", text, key,
                   suggest_or(key, keys, FILTER_KEYS,
                              "; use experiment, task, encoder, variant, cell, seed, "
                              "profile, identity or state"));
}

/* A state that is none would select nothing without a word. */
static enum status check_state(const char *glob, struct err *e)
{
    for (int i = 0; i < RUN_STATES; i++)
        if (fnmatch(glob, run_states[i], 0) == 0)
            return ST_OK;
    return err_set(e, ST_USAGE, "\"state=%.64s\": no such state%s", glob,
                   suggest_among(glob, run_states, RUN_STATES));
}

enum status filter_parse(const char *text, struct filter *out, struct err *e)
{
    char key[FILTER_KEY_TEXT];
    const size_t n = strcspn(text, "=");
    if (n == 0 || !text[n] || !text[n + 1])
        return err_set(e, ST_USAGE,
                       "\"%.64s\": expected KEY=GLOB, for example encoder=cope*", text);
    snprintf(key, sizeof key, "%.*s", n < sizeof key ? (int)n : FILTER_KEY_TEXT - 1, text);
    for (int i = 0; i < FILTER_KEYS; i++)
        if (strcmp(keys[i], key) == 0) {
            *out = (struct filter){(enum filter_key)i, text + n + 1};
            return i == FILTER_STATE ? check_state(out->glob, e) : ST_OK;
        }
    return unknown_key(text, key, e);
}

bool filter_fits(const struct filter *f, const char *value)
{
    return fnmatch(f->glob, value ? value : "", 0) == 0;
}

bool filter_advice(const struct filter *f, const char *const *values, int n,
                   char text[FILTER_ADVICE])
{
    for (int i = 0; i < n; i++)
        if (filter_fits(f, values[i]))
            return false;
    snprintf(text, FILTER_ADVICE, ": none has %s=%.80s%s", keys[f->key], f->glob,
             suggest_among(f->glob, values, n));
    return true;
}
