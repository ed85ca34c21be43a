#include "overrides.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix.h"
#include "settings.h"

/* --- parsing ------------------------------------------------------------- */

/* A key of the grid has a dot inside: "grid.model.dim" is grid, then model.dim. */
static bool split_key(struct override *o, struct tree *t, const char *text, size_t n,
                      struct problems *p)
{
    while (o->keys < OVERRIDE_KEYS) {
        const bool rest = o->keys > 0 && strcmp(o->key[o->keys - 1], "grid") == 0;
        size_t length = rest ? n : 0;
        while (length < n && text[length] != '.')
            length++;
        const char *key = tree_text(t, text, length, p);
        if (!key || length == 0)
            return false;
        o->key[o->keys++] = key;
        if (length == n)
            return true;
        text += length + 1;
        n -= length + 1;
    }
    return false;
}

static bool parse_one(struct override *o, struct tree *t, const char *text,
                      struct problems *p)
{
    const char *equals = strchr(text, '=');
    const size_t room = strlen(text) + sizeof "--set ";
    char *source = malloc(room);
    if (!source)
        return false;
    snprintf(source, room, "--set %s", text);
    o->at = (struct mark){.source = tree_text(t, source, room - 1, p)};
    free(source);
    if (!o->at.source)
        return false;
    if (!equals || equals == text || !equals[1] ||
        !split_key(o, t, text, (size_t)(equals - text), p)) {
        o->keys = 0;
        problem_at(p, o->at, "expected KEY=VALUE, for example train.steps=100");
        return true;
    }
    o->value = tree_parse(t, o->at, equals + 1, strlen(equals + 1), p);
    return true;
}

bool overrides_parse(struct overrides *o, struct tree *t, const char *const *set, int n,
                     struct problems *p)
{
    o->item = calloc((size_t)n + 1, sizeof *o->item);
    if (!o->item)
        return false;
    for (; o->n < n; o->n++)
        if (!parse_one(&o->item[o->n], t, set[o->n], p))
            return false;
    return !p->no_memory;
}

void overrides_free(struct overrides *o)
{
    free(o->item);
    *o = (struct overrides){0};
}

/* --- applying ------------------------------------------------------------ */

static bool is_experiment_key(const char *key)
{
    for (int i = 0; i < EXPERIMENT_KEYS; i++)
        if (strcmp(experiment_keys[i], key) == 0)
            return true;
    return false;
}

static void unknown_key(const struct override *o, const char *key,
                        const struct node *experiments, struct problems *p)
{
    for (int i = 0; i < setting_count(); i++)
        if (strcmp(setting_at(i)->option.name, key) == 0) {
            problem_at(p, o->at, "unknown setting: \"%s\"; did you mean \"%s.%s\"?", key,
                       setting_at(i)->section, key);
            return;
        }
    const char *names[EXPERIMENT_KEYS + 256];
    int n = 0;
    for (; n < EXPERIMENT_KEYS; n++)
        names[n] = experiment_keys[n];
    for (const struct entry *x = experiments->first; x && n < EXPERIMENT_KEYS + 256;
         x = x->next)
        names[n++] = x->key;
    problem_unknown(p, o->at, "setting", key, names, n);
}

/* Of "grid.model.dim" and "model.dim" for the same experiments one would have no effect. */
static bool is_grid_of(const struct override *grid, const struct override *one)
{
    char key[128];
    if (one->keys != 2 || grid->keys != 2 || strcmp(grid->key[0], "grid") != 0 ||
        grid->experiment != one->experiment)
        return false;
    snprintf(key, sizeof key, "%s.%s", one->key[0], one->key[1]);
    return strcmp(grid->key[1], key) == 0;
}

static void check_pairs(const struct overrides *o, struct problems *p)
{
    for (int i = 0; i < o->n; i++)
        for (int j = 0; j < o->n; j++)
            if (is_grid_of(&o->item[i], &o->item[j]))
                problem_at(p, o->item[j].at,
                           "the values of %s are also given by \"%s\"; give one of the two",
                           o->item[i].key[1], o->item[i].at.source);
}

void overrides_check(struct overrides *o, const struct node *experiments,
                     struct problems *p)
{
    for (int i = 0; i < o->n; i++) {
        struct override *x = &o->item[i];
        const struct entry *e = x->keys ? node_entry(experiments, x->key[0]) : NULL;
        if (e) {
            x->experiment = e->key;
            x->keys--;
            memmove(x->key, x->key + 1, (size_t)x->keys * sizeof x->key[0]);
        }
        if (x->keys > 0 && !is_experiment_key(x->key[0])) {
            unknown_key(x, x->key[0], experiments, p);
            x->keys = 0;
        } else if (e && x->keys == 0) {
            problem_at(p, x->at, "name a setting too, for example %s.train.steps=100",
                       e->key);
        }
    }
    check_pairs(o, p);
}

static const struct node *pin(const struct override *o, struct tree *t,
                              const struct node *root, struct problems *p)
{
    const struct node *grid = node_get(root, "grid");
    char key[128];
    if (o->keys != 2)
        return root;
    snprintf(key, sizeof key, "%s.%s", o->key[0], o->key[1]);
    if (!node_entry(grid, key))
        return root;
    grid = tree_without(t, grid, key, p);
    const char *const path[] = {"grid"};
    root = grid ? tree_without(t, root, "grid", p) : NULL;
    return root ? tree_with(t, root, path, 1, grid, p) : NULL;
}

static bool applies(const struct override *o, const char *experiment)
{
    if (o->keys == 0 || !o->value)
        return false;
    return experiment ? o->experiment && strcmp(o->experiment, experiment) == 0
                      : !o->experiment;
}

const struct node *overrides_apply(const struct overrides *o, struct tree *t,
                                   const struct node *root, const char *experiment,
                                   struct problems *p)
{
    const char *const rising[] = {NULL, experiment};
    for (int k = 0; k < 2; k++)
        for (int i = 0; root && i < o->n; i++) {
            const struct override *x = &o->item[i];
            if (!applies(x, rising[k]))
                continue;
            root = tree_with(t, root, x->key, x->keys, x->value, p);
            root = root ? pin(x, t, root, p) : NULL;
        }
    return root;
}
