/* overrides.c -- applies the changes of --set to every experiment, or to one.
 *
 * Each KEY=VALUE is parsed (the value as YAML), its first key is looked up among the experiments
 * and among their keys, and it is merged over an experiment's mapping: first the changes for all
 * experiments, then those for this one. A setting that is set is removed from the grid or from
 * the tuned settings.
 * Pitfall: keys of a grid contain a dot, so what follows `grid.` or `tune.` is one key. */
#include "overrides.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix.h"
#include "settings.h"

/* --- parsing ------------------------------------------------------------- */

/* The sections of an experiment that give a setting several values. */
static const char *const listing[] = {"grid", "tune"};

static bool lists_values(const char *key)
{
    return strcmp(key, listing[0]) == 0 || strcmp(key, listing[1]) == 0;
}

/* Splits a key at its dots. A key of the grid contains one: "grid.model.dim" is grid, then
 * model.dim. */
static bool split_key(struct override *o, struct tree *t, const char *text, size_t n,
                      struct problems *p)
{
    while (o->keys < OVERRIDE_KEYS) {
        const bool rest = o->keys > 0 && lists_values(o->key[o->keys - 1]);
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

/* Returns true when the change gives a setting such as "model.dim" one value, alone or in a
 * mapping. */
static bool sets(const struct override *o, const char *setting)
{
    const char *dot = strchr(setting, '.');
    if (o->keys == 0 || !dot || strlen(o->key[0]) != (size_t)(dot - setting) ||
        strncmp(o->key[0], setting, (size_t)(dot - setting)) != 0)
        return false;
    return o->keys == 2 ? strcmp(o->key[1], dot + 1) == 0
                        : o->keys == 1 && o->value && o->value->kind == NODE_MAP &&
                              node_entry(o->value, dot + 1);
}

/* Refuses "grid.model.dim" and "model.dim" for the same experiments: one would have no effect. */
static void check_grid(const struct overrides *o, const struct override *grid,
                       const char *setting, struct problems *p)
{
    for (int i = 0; i < o->n; i++)
        if (o->item[i].experiment == grid->experiment && sets(&o->item[i], setting))
            problem_at(p, o->item[i].at,
                       "the values of %s are also given by \"%s\"; give one of the two",
                       setting, grid->at.source);
}

static void check_grids(const struct overrides *o, struct problems *p)
{
    for (int i = 0; i < o->n; i++) {
        const struct override *x = &o->item[i];
        if (x->keys == 0 || !lists_values(x->key[0]))
            continue;
        if (x->keys == 2)
            check_grid(o, x, x->key[1], p);
        else if (x->value && x->value->kind == NODE_MAP)
            for (const struct entry *e = x->value->first; e; e = e->next)
                check_grid(o, x, e->key, p);
    }
}

void overrides_check(struct overrides *o, const struct node *experiments,
                     const struct node *profile, struct problems *p)
{
    for (int i = 0; i < o->n; i++) {
        struct override *x = &o->item[i];
        const struct entry *e = x->keys ? node_entry(experiments, x->key[0]) : NULL;
        if (e) {
            x->experiment = e->key;
            x->keys--;
            memmove(x->key, x->key + 1, (size_t)x->keys * sizeof x->key[0]);
        }
        if (e && profile && !node_entry(profile, e->key))
            problem_at(p, x->at, "experiment \"%s\" is not part of the profile", e->key);
        if (x->keys > 0 && !is_experiment_key(x->key[0])) {
            unknown_key(x, x->key[0], experiments, p);
            x->keys = 0;
        } else if (e && x->keys == 0) {
            problem_at(p, x->at, "name a setting too, for example %s.train.steps=100",
                       e->key);
        }
    }
    check_grids(o, p);
}

/* Returns how many settings a mapping like the grid lists. */
static int listed(const struct node *map)
{
    int n = 0;
    for (const struct entry *e = map->first; e; e = e->next)
        n += strchr(e->key, '.') != NULL;
    return n;
}

/* Returns the root with the setting removed from its section `from`, and without that section
 * when no setting is left. NULL: out of memory. */
static const struct node *pin_in(struct tree *t, const struct node *root, const char *from,
                                 const char *key, struct problems *p)
{
    const struct node *map = node_get(root, from);
    if (!node_entry(map, key))
        return root;
    map = tree_without(t, map, key, p);
    root = map ? tree_without(t, root, from, p) : NULL;
    return root && listed(map) ? tree_with(t, root, &from, 1, map, p) : root;
}

static const struct node *pin_one(struct tree *t, const struct node *root,
                                  const char *section, const char *name, struct problems *p)
{
    char key[128];
    snprintf(key, sizeof key, "%s.%s", section, name);
    for (int i = 0; i < 2 && root; i++)
        root = pin_in(t, root, listing[i], key, p);
    return root;
}

static const struct node *pin(const struct override *o, struct tree *t,
                              const struct node *root, struct problems *p)
{
    if (lists_values(o->key[0]))
        return root;
    if (o->keys == 2)
        return pin_one(t, root, o->key[0], o->key[1], p);
    if (o->keys != 1 || o->value->kind != NODE_MAP)
        return root;
    for (const struct entry *e = o->value->first; e && root; e = e->next)
        root = pin_one(t, root, o->key[0], e->key, p);
    return root;
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

static bool sets_grid(const struct override *o, const char *setting)
{
    if (o->keys == 0 || !lists_values(o->key[0]))
        return false;
    return o->keys == 2 ? strcmp(o->key[1], setting) == 0
                        : o->keys == 1 && node_entry(o->value, setting);
}

bool overrides_set(const struct overrides *o, const char *experiment, const char *setting)
{
    for (int i = 0; o && i < o->n; i++) {
        const struct override *x = &o->item[i];
        if (x->experiment && strcmp(x->experiment, experiment) != 0)
            continue;
        if (sets(x, setting) || sets_grid(x, setting))
            return true;
    }
    return false;
}
