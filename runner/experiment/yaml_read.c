/* yaml_read.c -- reads nodes of the tree as values: options, and the settings of a run.
 *
 * Each function reads a node as an option or a setting and returns a number, or notes a problem
 * with the node's place. settings_read goes over the table twice: first the plain values, then
 * multiples (`4x` of dim, `100 epochs`), which depend on them.
 * Pitfall: quoted text is no number. A default that is a multiple is set in the second pass
 * too. */
#include "yaml_read.h"

#include <stdio.h>
#include <string.h>

#include "settings.h"

_Static_assert((int)RUN_CONFIG_BYTES >= 2 * (int)TREE_BYTES,
               "whatever a file can ask for can be stored");

const char *node_kind_text(const struct node *n)
{
    if (n->kind == NODE_LIST)
        return "a list";
    if (n->kind == NODE_MAP)
        return "a mapping";
    return n->quoted ? "quoted text" : *n->text ? "a single value" : "nothing";
}

const struct node *node_mapping(const struct node *root, const char *key,
                                struct problems *p)
{
    const struct node *n = node_get(root, key);
    if (!n || n->kind == NODE_MAP)
        return n;
    problem_at(p, n->at, "%s: expected a mapping {key: value}, found %s", key,
               node_kind_text(n));
    return NULL;
}

void check_keys(const struct node *map, const char *where, const char *const *names, int n,
                struct problems *p)
{
    char what[80];
    snprintf(what, sizeof what, "key in %s", where);
    for (const struct entry *e = map->first; e; e = e->next) {
        bool found = false;
        for (int i = 0; i < n; i++)
            found |= strcmp(e->key, names[i]) == 0;
        if (!found)
            problem_unknown(p, e->at, what, e->key, names, n);
    }
}

static const char *type_text(enum option_type type)
{
    switch (type) {
    case OPTION_BOOL:
        return "true or false";
    case OPTION_INT:
        return "an integer";
    case OPTION_REAL:
        return "a number";
    case OPTION_CHOICE:
        break;
    }
    return "a word";
}

bool option_read(const struct option *option, const char *key, const struct node *value,
                 double *out, struct problems *p)
{
    struct err e;
    const bool word = option->type == OPTION_CHOICE;
    if (value->kind != NODE_SCALAR || (value->quoted && !word) || !*value->text) {
        problem_at(p, value->at, "%s: expected %s, found %s", key, type_text(option->type),
                   node_kind_text(value));
        return false;
    }
    if (option_parse(option, value->text, out, &e) == ST_OK)
        return true;
    /* The message of option_parse begins with the option's own name, which `key` replaces. */
    const size_t n = strlen(option->name);
    const bool named = strncmp(e.msg, option->name, n) == 0 && e.msg[n] == ':';
    problem_at(p, value->at, "%s:%s%s", key, named ? "" : " ", e.msg + (named ? n + 1 : 0));
    return false;
}

static void read_pair(const struct setting *s, const char *key, const struct node *value,
                      struct run_spec *r, struct problems *p)
{
    double v;
    if (value->kind != NODE_LIST || value->n != s->values) {
        problem_at(
            p, value->at, "%s: expected a list of %d numbers, found %s", key, s->values,
            value->kind == NODE_LIST ? "another number of them" : node_kind_text(value));
        return;
    }
    const struct entry *e = value->first;
    for (int i = 0; i < s->values; i++, e = e->next)
        if (option_read(&s->option, key, e->value, &v, p))
            setting_put(s, r, i, v);
}

/* Returns the unit of a multiple: dim, or the steps of an epoch; 0: noted. */
static double multiple_unit(const struct setting *s, const char *key,
                            const struct node *value, const struct run_spec *r,
                            struct problems *p)
{
    const struct train_settings *t = &r->train;
    if (s->multiple == MULTIPLE_DIM)
        return r->model.dim;
    const int64_t epoch = ((int64_t)t->samples + t->batch - 1) / t->batch;
    if (epoch > 0)
        return (double)epoch;
    problem_at(p, value->at,
               "%s: with train.samples 0 every sample is fresh and there are no epochs; "
               "give steps, or a size of the training set",
               key);
    return 0;
}

static void read_one(const struct setting *s, const struct node *value, struct run_spec *r,
                     struct problems *p)
{
    char key[SETTING_KEY];
    double v;
    snprintf(key, sizeof key, "%s.%s", s->section, s->option.name);
    if (s->values > 1) {
        read_pair(s, key, value, r, p);
    } else if (value->kind == NODE_SCALAR && multiple_parse(s->multiple, value->text, &v)) {
        v *= multiple_unit(s, key, value, r, p);
        if (v > s->option.hi)
            problem_at(p, value->at, "%s: %s comes to %.0f; the most is %.0f", key,
                       value->text, v, s->option.hi);
        else
            setting_put(s, r, 0, v);
    } else if (option_read(&s->option, key, value, &v, p)) {
        setting_put(s, r, 0, v);
    }
}

/* Reads the settings that may be multiples, or those that may not. */
static void read_some(const struct node *root, bool multiples, struct run_spec *r,
                      struct problems *p)
{
    for (int i = 0; i < setting_count(); i++) {
        const struct setting *s = setting_at(i);
        const struct node *value = node_get(node_get(root, s->section), s->option.name);
        if ((s->multiple != MULTIPLE_NONE) != multiples)
            continue;
        setting_put_default(s, r);
        if (s->multiple == MULTIPLE_DIM)
            setting_put(s, r, 0, s->option.dflt * r->model.dim);
        if (value)
            read_one(s, value, r, p);
    }
}

void settings_read(const struct node *root, struct run_spec *r, struct problems *p)
{
    const char *names[SETTINGS_MAX];
    static const char *const sections[] = {"model", "train"};
    for (int i = 0; i < 2; i++) {
        const struct node *map = node_mapping(root, sections[i], p);
        if (map)
            check_keys(map, sections[i], names, setting_names(sections[i], names), p);
    }
    read_some(root, false, r,
              p); /* dim, batch and samples, of which others are multiples */
    read_some(root, true, r, p);
}
