#include "no_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUES_MAX = 64, SQL_TEXT = 256 }; /* most values to suggest from; chosen */

struct values {
    char *at[VALUES_MAX]; /* owned */
    int n;
};

static enum status take_value(void *context, int columns, const char *const *names,
                              const char *const *cells, struct err *e)
{
    struct values *v = context;
    (void)columns;
    (void)names;
    (void)e;
    char *own = v->n < VALUES_MAX && cells[0] ? strdup(cells[0]) : NULL;
    if (own)
        v->at[v->n++] = own;
    return ST_OK;
}

/* Is there no run with this setting? Configurations are too many to keep them as values. */
static bool no_setting(struct store *s, const char *filter, const struct filter *f,
                       char text[FILTER_ADVICE])
{
    struct values v = {.n = 0};
    struct err ignored;
    const enum status st =
        store_query(s, "SELECT 1 FROM v_run WHERE fits(?1, config) LIMIT 1", &filter, 1,
                    take_value, &v, &ignored);
    const bool none = st == ST_OK && v.n == 0;
    for (int k = 0; k < v.n; k++)
        free(v.at[k]);
    return none && filter_advice(f, NULL, 0, text);
}

void no_match_advice(struct store *s, const char *const *filters, int n,
                     char text[FILTER_ADVICE])
{
    bool told = false;
    text[0] = '\0';
    for (int i = 0; i < n && !told; i++) {
        struct values v = {.n = 0};
        struct filter f;
        struct err ignored;
        char sql[SQL_TEXT];
        if (filter_parse(filters[i], &f, &ignored) != ST_OK)
            continue;
        if (f.key == FILTER_SETTING) {
            told = no_setting(s, filters[i], &f, text);
            continue;
        }
        const char *key = filter_key_name(f.key);
        /* The newest come first, so that a list that is cut loses the oldest. */
        snprintf(sql, sizeof sql, "SELECT %s FROM %s GROUP BY 1 ORDER BY max(run_id) DESC",
                 key, f.key == FILTER_SPLIT ? "v_result" : "v_run");
        if (store_query(s, sql, NULL, 0, take_value, &v, &ignored) == ST_OK)
            told = filter_advice(&f, (const char *const *)v.at, v.n, text);
        for (int k = 0; k < v.n; k++)
            free(v.at[k]);
    }
}

void no_match_request(struct store *s, const char *experiment, const char *profile,
                      const char *const *filters, int n, char text[FILTER_ADVICE])
{
    const char *const key[] = {"experiment", "profile"};
    const char *const glob[] = {experiment, profile};
    text[0] = '\0';
    for (int i = 0; i < 2 && !text[0]; i++) {
        char filter[SQL_TEXT];
        const char *const one = filter;
        snprintf(filter, sizeof filter, "%s=%s", key[i], glob[i] ? glob[i] : "*");
        if (glob[i])
            no_match_advice(s, &one, 1, text);
    }
    if (!text[0])
        no_match_advice(s, filters, n, text);
}
