/* experiment.c -- reads the parts of an experiment: task, splits, encoders, seeds.
 *
 * Each function reads one key of a merged mapping into a run_spec or a list. Values follow the
 * tables of options of tasks and encoders; splits come from the task and from the file, with a
 * count for each. Mistakes are noted with their places.
 * Pitfall: when the file has a map of splits, the task's own splits that it does not name are
 * left out, except `valid`. */
#include "experiment.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run_spec.h"
#include "settings.h"
#include "yaml_read.h"

enum { TASKS_MAX = 256 }; /* more are not suggested; chosen */

/* Seeds are whole numbers that a double holds exactly, since options are doubles. */
static const struct option seed_option = {
    .name = "seeds", .type = OPTION_INT, .lo = 0, .hi = 9007199254740991.0};
static const struct option count_option = {
    .name = "count", .type = OPTION_INT, .lo = 1, .hi = SPLIT_COUNT_MAX};

bool name_check(const char *what, const char *text, struct mark at, struct problems *p)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (!text[n] && n > 0 && n < NAME_MAX_TEXT && islower((unsigned char)text[0]))
        return true;
    problem_at(p, at,
               "%s \"%.64s\": a name is up to %d lower-case letters, digits and _, a "
               "letter first",
               what, text, NAME_MAX_TEXT - 1);
    return false;
}

struct mark mark_of_message(const struct node *map, const char *message,
                            struct mark otherwise)
{
    const char *first = NULL;
    struct mark at = otherwise;
    if (!map || map->kind != NODE_MAP)
        return at;
    for (const struct entry *e = map->first; e; e = e->next) {
        const size_t n = strlen(e->key);
        const char *found = strstr(message, e->key);
        const bool word =
            found && !isalnum((unsigned char)found[n]) && found[n] != '_' &&
            (found == message || (!isalnum((unsigned char)found[-1]) && found[-1] != '_'));
        if (word && (!first || found < first)) {
            first = found;
            at = e->value->at;
        }
    }
    return at;
}

/* --- task ---------------------------------------------------------------- */

const struct task *task_read(const struct node *root, const char *experiment,
                             struct mark at, struct problems *p)
{
    const struct node *given = node_get(root, "task");
    if (given && given->kind == NODE_SCALAR && *given->text) {
        problem_at(p, given->at, "task: expected a mapping; write {name: %.64s}",
                   given->text);
        return NULL;
    }
    const struct node *map = node_mapping(root, "task", p);
    const struct node *name = node_get(map, "name");
    const char *names[TASKS_MAX];
    int n = 0;
    if (!map) {
        if (!given)
            problem_at(p, at, "experiment \"%s\" has no task; add task: {name: ...}",
                       experiment);
        return NULL;
    }
    if (!name || name->kind != NODE_SCALAR) {
        problem_at(p, name ? name->at : map->at,
                   "task: expected {name: TASK, option: value, ...}, found %s",
                   name ? node_kind_text(name) : "no name");
        return NULL;
    }
    const struct task *task = task_find(name->text);
    for (; n < task_count() && n < TASKS_MAX; n++)
        names[n] = task_at(n)->name;
    if (!task)
        problem_unknown(p, name->at, "task", name->text, names, n);
    return task;
}

static void unknown_option(const struct task *t, const struct entry *e, struct problems *p)
{
    const char *names[OPTIONS_MAX];
    char what[NAME_MAX_TEXT + 32];
    const int n = option_count(t->options);
    for (int i = 0; i < n; i++)
        names[i] = t->options[i].name;
    snprintf(what, sizeof what, "option of task %s", t->name);
    problem_unknown(p, e->at, what, e->key, names, n);
}

/* Reads the keys of `map` into *out as options of the task. */
/* `others` ends with NULL and lists the keys that are no options. */
static bool options_read(const struct node *map, const struct task *t,
                         const char *const *others, struct option_values *out,
                         struct problems *p)
{
    bool good = true;
    for (const struct entry *e = map->first; e; e = e->next) {
        const int i = option_find(t->options, e->key);
        const char *const *other = others;
        while (*other && strcmp(e->key, *other) != 0)
            other++;
        if (*other)
            continue;
        if (i < 0) {
            unknown_option(t, e, p);
            good = false;
            continue;
        }
        good &= option_read(&t->options[i], e->key, e->value, &out->v[i], p);
    }
    return good;
}

static bool options_check(const struct task *t, const struct option_values *o,
                          const struct node *map, struct mark otherwise, struct problems *p)
{
    struct err e;
    const enum status st = task_open(t, o, &e);
    if (st == ST_IO && p->data_may_lack)
        p->lacking++;
    else if (st)
        problem_at(p, mark_of_message(map, e.msg, otherwise), "%s", e.msg);
    return st == ST_OK;
}

/* --- splits -------------------------------------------------------------- */

/* Checks that a split with the name of one of the task's own is what that name means. */
static bool beyond_check(const struct task_split *own, const struct run_spec *r,
                         const struct split_spec *s, struct mark at, struct problems *p)
{
    char why[TASK_BEYOND_WHY];
    if (!own || task_split_beyond(r->task, own, &r->task_options, &s->options, why))
        return true;
    problem_at(p, at,
               "split \"%s\" is not what task %s means by it: %s; set it under splits, or "
               "give the split a name of your own",
               s->name, r->task->name, why);
    return false;
}

static const char *const split_keys[] = {"count", "encoder", NULL};

/* Returns the option that some encoder lets differ at test, by "scaling" or "rope.scaling". */
static const struct option *at_test_option(const char *key)
{
    const char *dot = strchr(key, '.');
    for (int i = 0; i < encoder_count(); i++) {
        const struct encoder *e = encoder_at(i);
        const int k = option_find(e->options, dot ? dot + 1 : key);
        const bool named = !dot || (strncmp(e->name, key, (size_t)(dot - key)) == 0 &&
                                    !e->name[dot - key]);
        if (named && k >= 0 && e->options[k].at_test)
            return &e->options[k];
    }
    return NULL;
}

static void unknown_at_test(const struct entry *e, struct problems *p)
{
    const char *names[OPTIONS_MAX * 4];
    const int most = (int)(sizeof names / sizeof *names);
    int n = 0;
    for (int i = 0; i < encoder_count(); i++) {
        const struct option *table = encoder_at(i)->options;
        for (int k = 0; k < option_count(table) && n < most; k++)
            if (table[k].at_test)
                names[n++] = table[k].name;
    }
    problem_at(p, e->at, "no encoder can change \"%s\" at test%s", e->key,
               suggest_among(e->key, names, n));
}

/* Reads the key "encoder" of a split: options that differ at this test from training. */
static bool split_encoder(const struct node *split, struct split_spec *out,
                          struct problems *p)
{
    const unsigned long noted = p->noted;
    const struct node *map = node_mapping(split, "encoder", p);
    size_t used = 0;
    for (const struct entry *e = map ? map->first : NULL; e; e = e->next) {
        const struct option *o = at_test_option(e->key);
        char text[OPTION_TEXT];
        double value;
        if (!o)
            unknown_at_test(e, p);
        if (!o || !option_read(o, e->key, e->value, &value, p))
            continue;
        used += (size_t)snprintf(out->encoder + used, SPLIT_ENCODER_TEXT - used, "%s%s=%s",
                                 used ? " " : "", e->key, option_format(o, value, text));
        if (used >= SPLIT_ENCODER_TEXT) {
            problem_at(p, e->at,
                       "split \"%s\": more options of the encoder than fit into "
                       "%d characters; leave some out",
                       out->name, SPLIT_ENCODER_TEXT - 1);
            return false;
        }
    }
    return p->noted == noted;
}

/* Reads count and options of one split. `map` is its mapping in the file, or NULL. */
static bool split_read(const char *name, const struct node *map, const struct run_spec *r,
                       struct mark at, struct split_spec *out, struct problems *p)
{
    const struct task *t = r->task;
    const struct task_split *own = task_split_find(t, name);
    const struct node *count = node_get(map, "count");
    double n = own ? own->count : 0;
    bool good = true;
    *out = (struct split_spec){.options = r->task_options};
    snprintf(out->name, sizeof out->name, "%s", name);
    if (own)
        task_split_options(t, own, &r->task_options, &out->options);
    if (count)
        good = option_read(&count_option, "count", count, &n, p);
    else if (!own)
        problem_at(p, at, "split \"%s\" is not one of task %s, so it needs a count", name,
                   t->name);
    if (map)
        good &= options_read(map, t, split_keys, &out->options, p) &&
                split_encoder(map, out, p);
    out->count = (int)n;
    return good && out->count > 0 && options_check(t, &out->options, map, at, p) &&
           beyond_check(own, r, out, at, p);
}

/* Refuses a split with ids that training never embeds, or with other tokens. */
static bool vocabulary_check(const struct run_spec *r, const struct split_spec *s,
                             struct mark at, struct problems *p)
{
    char why[TOKENS_WHY];
    if (run_spec_same_tokens(r->task, &r->task_options, &s->options, why))
        return true;
    problem_at(p, at, "split \"%s\" %s", s->name, why);
    return false;
}

static bool split_entry(const struct entry *e, struct run_spec *r, struct problems *p)
{
    struct split_spec *out = &r->split[r->splits];
    if (!name_check("split", e->key, e->at, p))
        return false;
    if (e->value->kind != NODE_MAP) {
        problem_at(p, e->value->at, "split \"%s\": expected {count: N, ...}, found %s",
                   e->key, node_kind_text(e->value));
        return false;
    }
    if (!split_read(e->key, e->value, r, e->at, out, p) ||
        !vocabulary_check(r, out, e->at, p))
        return false;
    r->splits++;
    return true;
}

static bool own_splits(const struct node *map, struct mark at, struct run_spec *r,
                       struct problems *p)
{
    bool good = true;
    int left = -r->task->on_request; /* splits that are evaluated without being named */
    for (const struct task_split *s = r->task->splits; s->name; s++)
        left++;
    for (const struct task_split *s = r->task->splits; s->name && left > 0; s++, left--) {
        if (map && (strcmp(s->name, "valid") != 0 || node_get(map, s->name)))
            continue;
        const bool fine = split_read(s->name, NULL, r, at, &r->split[r->splits], p);
        r->splits += fine;
        good &= fine;
    }
    return good;
}

static bool splits_read(const struct node *root, struct mark at, struct run_spec *r,
                        struct problems *p)
{
    const struct node *map = node_mapping(root, "splits", p);
    bool good = map || !node_get(root, "splits");
    int room = map ? map->n : 0;
    for (const struct task_split *s = r->task->splits; s->name; s++)
        room++;
    r->split = calloc((size_t)room + 1, sizeof *r->split);
    if (!r->split) {
        p->no_memory = true;
        return false;
    }
    for (const struct entry *e = map ? map->first : NULL; e; e = e->next)
        good &= split_entry(e, r, p);
    good &= own_splits(map, at, r, p);
    run_spec_sort_splits(r);
    return good;
}

bool law_read(const struct node *root, struct run_spec *r, struct problems *p)
{
    const struct node *map = node_get(root, "task");
    assert(map && map->kind == NODE_MAP);
    option_defaults(r->task->options, &r->task_options);
    static const char *const task_keys[] = {"name", NULL};
    if (!options_read(map, r->task, task_keys, &r->task_options, p) ||
        !options_check(r->task, &r->task_options, map, map->at, p) ||
        !splits_read(root, map->at, r, p))
        return false;
    run_spec_sizes(r);
    return true;
}

/* --- encoders ------------------------------------------------------------ */

/* Returns the option that encoder_stack_set would set, or NULL. */
static const struct option *entry_option(const struct encoder_stack *s, const char *key)
{
    const char *dot = strchr(key, '.');
    for (int i = 0; i < s->parts; i++) {
        const struct encoder *e = s->part[i].encoder;
        const int k = option_find(e->options, dot ? dot + 1 : key);
        const bool named = !dot || (strncmp(e->name, key, (size_t)(dot - key)) == 0 &&
                                    !e->name[dot - key]);
        if (named && k >= 0)
            return &e->options[k];
    }
    return NULL;
}

/* Returns "0,2" for a list [0, 2], or the text of a scalar; "" for anything else or too long a
 * list. */
static const char *plain_text(const struct node *n, char text[LAYER_SET_TEXT])
{
    size_t used = 0;
    text[0] = '\0';
    if (n->kind == NODE_SCALAR)
        return n->text;
    for (const struct entry *x = n->kind == NODE_LIST ? n->first : NULL; x; x = x->next) {
        const char *one = x->value->kind == NODE_SCALAR ? x->value->text : "?";
        used += (size_t)snprintf(text + used, LAYER_SET_TEXT - used, "%s%s",
                                 used ? "," : "", one);
        if (used >= LAYER_SET_TEXT)
            return "";
    }
    return text;
}

static bool entry_set(const struct entry *e, struct encoder_entry *out, struct problems *p)
{
    char room[LAYER_SET_TEXT];
    const struct option *o = entry_option(&out->stack, e->key);
    struct err err;
    double ignored;
    if (o && !option_read(o, e->key, e->value, &ignored, p))
        return false;
    if (encoder_stack_set(&out->stack, e->key, plain_text(e->value, room), &err) == ST_OK)
        return true;
    problem_at(p, e->at, "%s", err.msg);
    return false;
}

/* Reads the keys "model" and "train" of an encoder: settings for this encoder only. */
static bool entry_own(const struct node *n, struct tree *t, struct encoder_entry *out,
                      struct problems *p)
{
    static const char *const sections[] = {"model", "train"};
    const unsigned long noted = p->noted;
    for (int i = 0; i < 2; i++) {
        const char *names[SETTINGS_MAX];
        const struct node *map = node_mapping(n, sections[i], p);
        if (!map)
            continue;
        check_keys(map, sections[i], names, setting_names(sections[i], names), p);
        out->own = tree_with(t, out->own, &sections[i], 1, map, p);
    }
    return p->noted == noted;
}

static bool entry_read(const struct node *n, struct tree *t, struct encoder_entry *out,
                       struct problems *p)
{
    const struct node *name = n->kind == NODE_MAP ? node_get(n, "name") : n;
    struct err e;
    bool good = true;
    if (!name || name->kind != NODE_SCALAR || !*name->text) {
        problem_at(p, n->at,
                   "an encoder is a name or {name: NAME, option: value, ...}, not %s",
                   n->kind == NODE_MAP ? "a mapping without name" : node_kind_text(n));
        return false;
    }
    *out = (struct encoder_entry){.at = n->at};
    if (encoder_stack_parse(name->text, &out->stack, &e)) {
        problem_at(p, name->at, "%s", e.msg);
        return false;
    }
    for (const struct entry *x = n->kind == NODE_MAP ? n->first : NULL; x; x = x->next)
        if (strcmp(x->key, "name") != 0 && strcmp(x->key, "model") != 0 &&
            strcmp(x->key, "train") != 0)
            good &= entry_set(x, out, p);
    return entry_own(n, t, out, p) && good;
}

int encoders_read(struct tree *t, const struct node *root, const char *experiment,
                  struct mark at, struct encoder_entry out[ENTRIES_MAX], struct problems *p)
{
    const struct node *list = node_get(root, "encoders");
    int n = 0;
    if (!list) {
        problem_at(p, at, "experiment \"%s\" has no encoders; add encoders: [none, ...]",
                   experiment);
        return 0;
    }
    if (list->kind != NODE_LIST || list->n == 0 || list->n > ENTRIES_MAX) {
        problem_at(p, list->at, "encoders: expected a list of 1 to %d, found %s",
                   ENTRIES_MAX,
                   list->kind != NODE_LIST ? node_kind_text(list)
                   : list->n               ? "more"
                                           : "an empty one");
        return 0;
    }
    for (const struct entry *e = list->first; e; e = e->next)
        n += entry_read(e->value, t, &out[n], p);
    return n;
}

/* --- seeds --------------------------------------------------------------- */

int seeds_read(const struct node *root, uint64_t out[SEEDS_MAX], struct problems *p)
{
    const struct node *list = node_get(root, "seeds");
    bool good = true;
    int n = 0;
    if (!list) {
        for (; n < 3; n++)
            out[n] = (uint64_t)n + 1;
        return n;
    }
    if (list->kind != NODE_LIST || list->n == 0 || list->n > SEEDS_MAX) {
        problem_at(p, list->at, "seeds: expected a list of 1 to %d integers, found %s",
                   SEEDS_MAX,
                   list->kind != NODE_LIST ? node_kind_text(list)
                   : list->n               ? "more"
                                           : "an empty one");
        return 0;
    }
    for (const struct entry *e = list->first; e; e = e->next) {
        double v;
        if (!option_read(&seed_option, "seeds", e->value, &v, p)) {
            good = false;
            continue;
        }
        for (int i = 0; i < n; i++)
            if (out[i] == (uint64_t)v) {
                problem_at(p, e->at, "seeds: %.0f is listed twice", v);
                good = false;
            }
        out[n++] = (uint64_t)v;
    }
    return good ? n : 0;
}

bool data_seed_read(const struct node *root, uint64_t *out, struct problems *p)
{
    const struct node *n = node_get(root, "data_seed");
    double v = 0;
    const bool good = !n || option_read(&seed_option, "data_seed", n, &v, p);
    *out = (uint64_t)v;
    return good;
}
