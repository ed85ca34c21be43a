#include "run_filter.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SEED_TEXT = 24, VALUES_MAX = 64 }; /* further values are not suggested */

enum status run_filter_check(const char *filter, struct err *e)
{
    struct filter f;
    const enum status st = filter_parse(filter, &f, e);
    if (st == ST_OK && f.key == FILTER_SPLIT)
        return err_set(e, ST_USAGE,
                       "\"%.64s\": a run has all its splits; only \"posbench table\" knows "
                       "this filter",
                       filter);
    return st;
}

/* NULL: not known here. */
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
        const char *value = value_of(r, state, f.key, seed);
        if (value ? !filter_fits(&f, value) : f.key != FILTER_STATE)
            return false;
    }
    return true;
}
