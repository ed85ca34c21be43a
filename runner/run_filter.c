/* run_filter.c -- "KEY=GLOB": which runs of the matrix are meant. */
#include "config.h"

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const keys[] = {"experiment", "task", "encoder", "variant",
                                   "cell",       "seed", "profile", "identity"};
enum { KEYS = sizeof keys / sizeof keys[0], KEY_TEXT = 32 };

/* The filter's key; NULL when there is no '='. */
static const char *key_of(const char *filter, char out[KEY_TEXT])
{
    const size_t n = strcspn(filter, "=");
    if (!filter[n])
        return NULL;
    snprintf(out, KEY_TEXT, "%.*s", n < KEY_TEXT ? (int)n : KEY_TEXT - 1, filter);
    return out;
}

enum status run_filter_check(const char *filter, struct err *e)
{
    char key[KEY_TEXT];
    if (!key_of(filter, key) || !strchr(filter, '=')[1])
        return err_set(e, ST_USAGE,
                       "\"%.64s\": expected KEY=GLOB, for example encoder=cope*", filter);
    for (int i = 0; i < KEYS; i++)
        if (strcmp(keys[i], key) == 0)
            return ST_OK;
    const char *near = suggest(key, keys, KEYS);
    if (near)
        return err_set(e, ST_USAGE, "\"%.64s\": runs have no \"%s\"; did you mean \"%s\"?",
                       filter, key, near);
    return err_set(
        e, ST_USAGE,
        "\"%.64s\": runs have no \"%s\"; use experiment, task, encoder, variant, "
        "cell, seed, profile or identity",
        filter, key);
}

static const char *value_of(const struct run_spec *r, const char *key, char seed[KEY_TEXT])
{
    snprintf(seed, KEY_TEXT, "%" PRIu64, r->seed);
    const char *const values[KEYS] = {r->experiment, r->task->name, r->encoder,
                                      r->variant,    r->cell,       seed,
                                      r->profile,    r->identity};
    for (int i = 0; i < KEYS; i++)
        if (strcmp(keys[i], key) == 0)
            return values[i];
    return NULL;
}

bool run_matches(const struct run_spec *r, const char *const *filters, int n)
{
    for (int i = 0; i < n; i++) {
        char key[KEY_TEXT], seed[KEY_TEXT];
        const char *value = key_of(filters[i], key) ? value_of(r, key, seed) : NULL;
        if (!value || fnmatch(strchr(filters[i], '=') + 1, value, 0) != 0)
            return false;
    }
    return true;
}
