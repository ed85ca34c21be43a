#include "filter.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "option.h"
#include "real_text.h"
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

/* Sections of a configuration (run_json.c). */
static const char *const sections[] = {"model", "train", "task", "encoder"};
enum { SECTIONS = sizeof sections / sizeof *sections, VALUE_TEXT = 256 };

const char *filter_key_name(enum filter_key key)
{
    return key == FILTER_SETTING ? "config" : keys[key];
}

/* --- the grammar -------------------------------------------------------------------- */

/* Returns the bytes of the item at `list`, up to the next comma outside brackets. */
static size_t item_end(const char *list)
{
    int depth = 0;
    size_t n = 0;
    for (; list[n] && (list[n] != ',' || depth > 0); n++)
        depth += (strchr("([{", list[n]) != NULL) - (depth > 0 && strchr(")]}", list[n]));
    return n;
}

/* Copies the next item of a list and moves *list behind it; false: there is none. */
static bool next_item(const char **list, char item[VALUE_TEXT])
{
    if (!**list)
        return false;
    const size_t n = item_end(*list);
    snprintf(item, VALUE_TEXT, "%.*s", (int)n, *list);
    *list += n + ((*list)[n] == ',');
    return true;
}

static enum status unknown_key(const char *text, const char *key, struct err *e)
{
    return err_set(e, ST_USAGE, "\"%.64s\": runs have no \"%s\"%s", text, key,
                   suggest_or(key, keys, FILTER_KEYS,
                              "; use experiment, task, encoder, variant, cell, seed, "
                              "profile, identity, state or a setting such as train.lr"));
}

/* Refuses unknown states, which would silently select nothing. */
static enum status check_state(const char *list, struct err *e)
{
    char item[VALUE_TEXT];
    for (const char *rest = list; next_item(&rest, item);) {
        int i = 0;
        while (i < RUN_STATES && fnmatch(item, run_states[i], 0) != 0)
            i++;
        if (i == RUN_STATES)
            return err_set(e, ST_USAGE, "\"state=%.64s\": no such state%s", list,
                           suggest_among(item, run_states, RUN_STATES));
    }
    return ST_OK;
}

/* Is `item` of a list a whole filter? In a list of cells settings are not, because names of cells
 * consist of them. */
static bool is_filter(const char *item, enum filter_key of)
{
    const size_t n = strcspn(item, "="), section = strcspn(item, ".=");
    for (int i = 0; i < FILTER_KEYS; i++)
        if (item[n] && strlen(keys[i]) == n && strncmp(item, keys[i], n) == 0)
            return true;
    for (int i = 0; i < SECTIONS && of != FILTER_CELL; i++)
        if (item[n] && section < n && strlen(sections[i]) == section &&
            strncmp(item, sections[i], section) == 0)
            return true;
    return false;
}

/* Refuses "encoder=rope,seed=1", which would mean the encoders "rope" and "seed=1". */
static enum status check_items(const char *text, const struct filter *f, struct err *e)
{
    char item[VALUE_TEXT];
    const char *rest = f->glob, *at = rest;
    while (next_item(&rest, item)) {
        if (at > f->glob && is_filter(item, f->key))
            return err_set(e, ST_USAGE,
                           "\"%.200s\": a comma divides values of one key; say each by "
                           "itself, as in --only %.*s --only %.100s",
                           text, (int)(at - text - 1), text, item);
        at = rest;
    }
    return ST_OK;
}

static enum status take_setting(const char *text, const char *key, const char *glob,
                                struct filter *out, struct err *e)
{
    char section[FILTER_KEY_TEXT];
    snprintf(section, sizeof section, "%.*s", (int)strcspn(key, "."), key);
    for (int i = 0; i < SECTIONS; i++)
        if (strcmp(section, sections[i]) == 0) {
            *out = (struct filter){.key = FILTER_SETTING, .glob = glob};
            snprintf(out->setting, sizeof out->setting, "%s", key);
            return check_items(text, out, e);
        }
    return err_set(e, ST_USAGE, "\"%.64s\": settings have no section \"%s\"%s", text,
                   section, suggest_among(section, sections, SECTIONS));
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
            *out = (struct filter){.key = (enum filter_key)i, .glob = text + n + 1};
            const enum status st = check_items(text, out, e);
            return st == ST_OK && i == FILTER_STATE ? check_state(out->glob, e) : st;
        }
    return strchr(key, '.') ? take_setting(text, key, text + n + 1, out, e)
                            : unknown_key(text, key, e);
}

/* --- values ------------------------------------------------------------------------- */

/* Are both texts numbers, and equal? */
static bool same_number(const char *a, const char *b)
{
    char *end_a, *end_b;
    const double x = strtod(a, &end_a), y = strtod(b, &end_b);
    return end_a > a && end_b > b && !*end_a && !*end_b && fabs(x - y) <= 0;
}

static bool item_fits(const char *item, const char *value, bool setting)
{
    return fnmatch(item, value, 0) == 0 || (setting && same_number(item, value));
}

/* Matches the list as a whole first, because names may contain commas. */
static bool list_fits(const char *list, const char *value, bool setting)
{
    char item[VALUE_TEXT];
    bool fits = item_fits(list, value, setting);
    for (const char *rest = list; !fits && next_item(&rest, item);)
        fits = item_fits(item, value, setting);
    return fits;
}

/* Writes the value as users type it; numbers of a list are separated by commas. */
static void json_value(const json_t *v, char text[VALUE_TEXT])
{
    char number[REAL_TEXT];
    size_t used = 0;
    text[0] = '\0';
    if (json_is_string(v))
        snprintf(text, VALUE_TEXT, "%s", json_string_value(v));
    else if (json_is_boolean(v))
        snprintf(text, VALUE_TEXT, "%s", json_is_true(v) ? "true" : "false");
    else if (json_is_number(v))
        snprintf(text, VALUE_TEXT, "%s", real_text(json_number_value(v), number));
    for (size_t i = 0; i < json_array_size(v) && used < VALUE_TEXT; i++)
        used +=
            (size_t)snprintf(text + used, VALUE_TEXT - used, "%s%s", i ? "," : "",
                             real_text(json_number_value(json_array_get(v, i)), number));
}

static bool setting_fits(const struct filter *f, const json_t *value)
{
    char text[VALUE_TEXT];
    json_value(value, text);
    return value && list_fits(f->glob, text, true);
}

static bool config_fits(const struct filter *f, const char *config)
{
    json_t *root = config ? json_loads(config, 0, NULL) : NULL;
    const size_t n = strcspn(f->setting, ".");
    const char *name = f->setting + n + (f->setting[n] == '.');
    char section[FILTER_KEY_TEXT];
    snprintf(section, sizeof section, "%.*s", (int)n, f->setting);
    const json_t *at = json_object_get(root, section);
    bool fits = setting_fits(f, json_object_get(at, name)) ||
                setting_fits(f, json_object_get(json_object_get(at, "options"), name));
    for (size_t i = 0; !fits && i < json_array_size(at); i++) {
        const json_t *part = json_object_get(json_array_get(at, i), "options");
        fits = setting_fits(f, json_object_get(part, name));
    }
    json_decref(root);
    return fits;
}

bool filter_fits(const struct filter *f, const char *value)
{
    return f->key == FILTER_SETTING ? config_fits(f, value)
                                    : list_fits(f->glob, value ? value : "", false);
}

bool filter_advice(const struct filter *f, const char *const *values, int n,
                   char text[FILTER_ADVICE])
{
    for (int i = 0; i < n; i++)
        if (filter_fits(f, values[i]))
            return false;
    if (f->key == FILTER_SETTING)
        snprintf(text, FILTER_ADVICE, ": none has %s=%.80s", f->setting, f->glob);
    else
        snprintf(text, FILTER_ADVICE, ": none has %s=%.80s%s", keys[f->key], f->glob,
                 suggest_among(f->glob, values, n));
    return true;
}
