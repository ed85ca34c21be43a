#include "run_filter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "encoder.h"
#include "settings.h"
#include "task.h"

enum {
    SEED_TEXT = 24,
    VALUES_MAX = 64,
    KNOWN_MAX = 512
}; /* further ones are not suggested */

/* The names of the settings, each once. */
struct known {
    int n;
    char name[KNOWN_MAX][FILTER_KEY_TEXT];
    const char *list[KNOWN_MAX];
};

static void add_known(struct known *k, const char *section, const char *name)
{
    int i = 0;
    if (k->n == KNOWN_MAX)
        return;
    snprintf(k->name[k->n], FILTER_KEY_TEXT, "%s.%s", section, name);
    while (strcmp(k->name[i], k->name[k->n]) != 0)
        i++;
    k->list[i] = k->name[i];
    k->n += i == k->n;
}

static void list_known(struct known *k)
{
    for (int i = 0; i < setting_count(); i++)
        add_known(k, setting_at(i)->section, setting_at(i)->option.name);
    for (int i = 0; i < task_count(); i++)
        for (const struct option *o = task_at(i)->options; o && o->name; o++)
            add_known(k, "task", o->name);
    for (int i = 0; i < encoder_count(); i++)
        for (const struct option *o = encoder_at(i)->options; o && o->name; o++)
            add_known(k, "encoder", o->name);
}

enum status run_filter_check_setting(const char *filter, struct err *e)
{
    struct filter f;
    enum status st = filter_parse(filter, &f, e);
    if (st || f.key != FILTER_SETTING)
        return st;
    struct known *k = calloc(1, sizeof *k);
    if (!k)
        return err_set(e, ST_NOMEM, "no memory for the names of settings");
    list_known(k);
    int i = 0;
    while (i < k->n && strcmp(k->name[i], f.setting) != 0)
        i++;
    if (i == k->n)
        st = err_set(e, ST_USAGE, "\"%.64s\": there is no setting \"%s\"%s", filter,
                     f.setting,
                     suggest_or(f.setting, k->list, k->n,
                                "; docs/EXPERIMENTS.md lists those of models and training, "
                                "\"posbench show\" the options of a task or an encoder"));
    free(k);
    return st;
}

enum status run_filter_check(const char *filter, struct err *e)
{
    struct filter f;
    enum status st = run_filter_check_setting(filter, e);
    if (st == ST_OK)
        st = filter_parse(filter, &f, e);
    if (st == ST_OK && f.key == FILTER_SPLIT)
        return err_set(e, ST_USAGE,
                       "\"%.64s\": a run has all its splits; only \"posbench table\" knows "
                       "this filter",
                       filter);
    return st;
}

/* Returns the value of the key; NULL: not known here. */
static const char *value_of(const struct run_spec *r, const char *state,
                            enum filter_key key, char seed[SEED_TEXT])
{
    snprintf(seed, SEED_TEXT, "%" PRIu64, r->seed);
    const char *const values[FILTER_KEYS] = {
        [FILTER_EXPERIMENT] = r->experiment,
        [FILTER_TASK] = r->task->name,
        [FILTER_ENCODER] = r->encoder,
        [FILTER_VARIANT] = r->variant,
        [FILTER_CELL] = r->cell,
        [FILTER_SEED] = seed,
        [FILTER_PROFILE] = r->profile,
        [FILTER_IDENTITY] = r->identity,
        [FILTER_STATE] = state,
    };
    return values[key];
}

static bool setting_fits(const struct run_spec *r, const struct filter *f)
{
    char *config = run_spec_json(r);
    const bool fits = config && filter_fits(f, config);
    free(config);
    return fits;
}

/* Writes the end of a message when no run has the setting with this value. */
static bool setting_advice(const struct run_spec *r, int runs, const struct filter *f,
                           char text[FILTER_ADVICE])
{
    for (int k = 0; k < runs; k++)
        if (setting_fits(&r[k], f))
            return false;
    return filter_advice(f, NULL, 0, text);
}

void run_filter_advice(const struct run_spec *r, int runs, const char *const *filters,
                       int n, char text[FILTER_ADVICE])
{
    const char *value[VALUES_MAX];
    char seed[VALUES_MAX][SEED_TEXT];
    bool told = false;
    text[0] = '\0';
    for (int i = 0; i < n && !told; i++) {
        struct filter f;
        int values = 0;
        if (filter_parse(filters[i], &f, NULL) != ST_OK || f.key == FILTER_STATE)
            continue;
        if (f.key == FILTER_SETTING) {
            told = setting_advice(r, runs, &f, text);
            continue;
        }
        for (int k = 0; k < runs && values < VALUES_MAX; k++) {
            const char *own = value_of(&r[k], NULL, f.key, seed[values]);
            int j = 0;
            while (j < values && strcmp(value[j], own) != 0)
                j++;
            if (j == values)
                value[values++] = own;
        }
        told = filter_advice(&f, value, values, text);
    }
}

bool run_matches(const struct run_spec *r, const char *state, const char *const *filters,
                 int n)
{
    for (int i = 0; i < n; i++) {
        struct filter f;
        char seed[SEED_TEXT];
        if (filter_parse(filters[i], &f, NULL) != ST_OK)
            return false;
        if (f.key == FILTER_SETTING) {
            if (!setting_fits(r, &f))
                return false;
            continue;
        }
        const char *value = value_of(r, state, f.key, seed);
        if (value ? !filter_fits(&f, value) : f.key != FILTER_STATE)
            return false;
    }
    return true;
}
