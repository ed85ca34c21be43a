/* plan_changes.c -- tells why a run is new although a run of its name was done before.
 *
 * A change of the task, the encoder or a setting changes a run's identity. The reason "not run
 * yet" would be true but useless. */
#include "plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"

enum { VALUE_TEXT = 48, PATH_TEXT = 96 };

/* --- two configurations --- */

/* Compares versions, which can change without a change of the experiment file. */
static bool other_version(const json_t *now, const json_t *then, const char *what,
                          char reason[PLAN_REASON])
{
    const json_t *a = json_object_get(now, "version"),
                 *b = json_object_get(then, "version");
    if (json_equal(a, b))
        return false;
    snprintf(reason, PLAN_REASON, "%s %.64s has version %d now; it was run with version %d",
             what, json_string_value(json_object_get(now, "name")),
             (int)json_integer_value(a), (int)json_integer_value(b));
    return true;
}

static bool other_encoder(const json_t *now, const json_t *then, char reason[PLAN_REASON])
{
    for (size_t i = 0; i < json_array_size(now) && i < json_array_size(then); i++)
        if (other_version(json_array_get(now, i), json_array_get(then, i), "encoder",
                          reason))
            return true;
    return false;
}

static void value_text(const json_t *value, char text[VALUE_TEXT])
{
    char *all = json_write(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(12));
    snprintf(text, VALUE_TEXT, "%.40s%s", all ? all : "absent",
             all && strlen(all) > 40 ? "..." : "");
    free(all);
}

/* Returns a key of `a` whose value in `b` differs or is missing; NULL: none. */
static const char *other_key(json_t *a, json_t *b)
{
    for (void *i = json_object_iter(a); i; i = json_object_iter_next(a, i))
        if (!json_equal(json_object_iter_value(i),
                        json_object_get(b, json_object_iter_key(i))))
            return json_object_iter_key(i);
    return NULL;
}

/* Goes one step down towards the first difference; false: there is none below. A part of an
 * encoder is called by its name. */
static bool descend(json_t **now, json_t **then, char path[PATH_TEXT])
{
    const size_t used = strlen(path);
    const char *key = NULL;
    size_t i = 0;
    if (json_is_object(*now) && json_is_object(*then)) {
        key = other_key(*now, *then);
        key = key ? key : other_key(*then, *now);
        *now = json_object_get(*now, key);
        *then = json_object_get(*then, key);
    } else if (json_is_array(*now) && json_is_array(*then)) {
        while (i < json_array_size(*now) &&
               json_equal(json_array_get(*now, i), json_array_get(*then, i)))
            i++;
        *now = json_array_get(*now, i);
        *then = json_array_get(*then, i);
        key = json_string_value(json_object_get(*now, "name"));
    } else
        return false;
    snprintf(path + used, PATH_TEXT - used, "%s%s", used && key ? "." : "", key ? key : "");
    return true;
}

/* Writes "train.steps is 200 now; it was run with 100". A difference of the data is told by their
 * hashes, since their names are the same. */
static void other_setting(json_t *now, json_t *then, char reason[PLAN_REASON])
{
    char path[PATH_TEXT] = "", a[VALUE_TEXT], b[VALUE_TEXT];
    while (descend(&now, &then, path))
        continue;
    value_text(now, a);
    value_text(then, b);
    const char *last = strrchr(path, '.');
    if (last && strcmp(last, ".data") == 0)
        snprintf(
            reason, PLAN_REASON,
            "the files of the task's data have changed: their hash is %s now; it was run "
            "with %s",
            a, b);
    else
        snprintf(reason, PLAN_REASON, "%s is %s now; it was run with %s", path, a, b);
}

/* Writes the reason; returns the cause, or NULL when nothing differs. */
static const char *explain(const char *config, const char *stored, char reason[PLAN_REASON])
{
    json_t *now = NULL, *then = NULL;
    const char *cause = NULL;
    json_read(config, strlen(config), 0, &now, NULL);
    if (stored)
        json_read(stored, strlen(stored), 0, &then, NULL);
    if (!json_is_object(now) || !json_is_object(then) || json_equal(now, then))
        cause = NULL;
    else if (other_version(json_object_get(now, "task"), json_object_get(then, "task"),
                           "task", reason))
        cause = "task version";
    else if (other_encoder(json_object_get(now, "encoder"),
                           json_object_get(then, "encoder"), reason))
        cause = "encoder version";
    else {
        other_setting(now, then, reason);
        cause = "settings";
    }
    json_decref(now);
    json_decref(then);
    return cause;
}

/* --- runs of one name --- */

struct search {
    struct plan_item **item; /* [n] the new ones, sorted by name */
    int n;
};

struct name {
    const char *part[5]; /* experiment, profile, cell, variant, seed */
    char seed[24];
};

static void name_of(const struct run_spec *r, struct name *out)
{
    snprintf(out->seed, sizeof out->seed, "%llu", (unsigned long long)r->seed);
    const char *const part[5] = {r->experiment, r->profile, r->cell, r->variant, out->seed};
    memcpy(out->part, part, sizeof part);
}

static int compare_names(const struct name *a, const struct name *b)
{
    int order = 0;
    for (int i = 0; i < 5 && order == 0; i++)
        order = strcmp(a->part[i], b->part[i]);
    return order;
}

static int compare_items(const void *a, const void *b)
{
    struct name x, y;
    name_of((*(struct plan_item *const *)a)->run, &x);
    name_of((*(struct plan_item *const *)b)->run, &y);
    return compare_names(&x, &y);
}

static int compare_to_item(const void *key, const void *item)
{
    struct name y;
    name_of((*(struct plan_item *const *)item)->run, &y);
    return compare_names(key, &y);
}

/* Explains one row. Rows come in the order in which the runs were stored; the last one counts. */
static enum status take(void *context, int columns, const char *const *names,
                        const char *const *cells, struct err *e)
{
    const struct search *s = context;
    struct name key;
    (void)names;
    (void)e;
    assert(columns == 6);
    for (int i = 0; i < 5; i++)
        key.part[i] = store_cell(cells[i]);
    struct plan_item **found =
        bsearch(&key, s->item, (size_t)s->n, sizeof(void *), compare_to_item);
    if (found) {
        const char *cause = explain((*found)->run->config, cells[5], (*found)->reason);
        (*found)->cause = cause ? cause : (*found)->cause;
    }
    return ST_OK;
}

enum status plan_explain(struct plan *p, struct store *db, struct err *e)
{
    struct search s = {.item = calloc((size_t)p->n + 1, sizeof(void *))};
    enum status st = ST_OK;
    if (!s.item)
        return err_set(e, ST_NOMEM, "no memory to plan %d runs", p->n);
    for (int i = 0; i < p->n; i++)
        if (strcmp(p->item[i].cause, "new") == 0)
            s.item[s.n++] = &p->item[i];
    qsort(s.item, (size_t)s.n, sizeof(void *), compare_items);
    if (s.n)
        st = store_query(db,
                         "SELECT experiment, profile, cell, variant, seed, config FROM run "
                         "WHERE removed IS NULL AND state <> 'new' ORDER BY id",
                         NULL, 0, take, &s, e);
    free(s.item);
    return st;
}
