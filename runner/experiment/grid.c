/* grid.c -- expands the product of an experiment's grid, and names its cells.
 *
 * The mapping `grid` becomes axes, sorted by key. Cell number n stands for one value of each
 * axis, the last axis changing fastest, and grid_cell merges them over the experiment. cell_text
 * names a cell by its keys and canonical values.
 * Pitfall: the database tells runs apart by this name too, so values are parsed and printed again
 * (0.10 is 0.1), and two values that print alike are refused. */
#include "grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "settings.h"
#include "yaml_read.h"

/* --- keys ---------------------------------------------------------------- */

/* Returns the option behind "model.dim" or "task.length"; NULL: there is none. *setting is NULL
 * for an option of the task. */
static const struct option *find_key(const char *key, const struct task *task,
                                     const struct setting **setting)
{
    char section[8] = "";
    const size_t n = strcspn(key, ".");
    *setting = NULL;
    if (n >= sizeof section || !key[n])
        return NULL;
    memcpy(section, key, n);
    if (task && strcmp(section, "task") == 0) {
        const int i = option_find(task->options, key + n + 1);
        return i < 0 ? NULL : &task->options[i];
    }
    const struct setting *s = setting_find(section, key + n + 1);
    if (!s || s->values > 1)
        return NULL;
    *setting = s;
    return &s->option;
}

/* Returns the setting that `key` names without its section, such as "model.layers" for "layers":
 * a more likely slip than a similar spelling. */
static const char *lacks_section(const char *key, char (*text)[SETTING_KEY], int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(text[i] + strcspn(text[i], ".") + 1, key) == 0)
            return text[i];
    return NULL;
}

static bool is_pair(const char *key)
{
    const char *dot = strchr(key, '.');
    for (int i = 0; dot && i < setting_count(); i++) {
        const struct setting *s = setting_at(i);
        if (s->values > 1 && strcmp(s->option.name, dot + 1) == 0)
            return strncmp(s->section, key, (size_t)(dot - key)) == 0;
    }
    return false;
}

static void unknown_key(const struct entry *e, const struct task *task, struct problems *p)
{
    char text[SETTINGS_MAX + OPTIONS_MAX][SETTING_KEY];
    const char *names[SETTINGS_MAX + OPTIONS_MAX];
    int n = 0;
    /* The task's name is wrong, which was already noted. */
    if (!task && p->n > 0 && strncmp(e->key, "task.", 5) == 0)
        return;
    for (const struct option *o = task ? task->options : NULL; o && o->name; o++)
        snprintf(text[n++], SETTING_KEY, "task.%s", o->name);
    for (int i = 0; i < setting_count(); i++)
        if (setting_at(i)->values == 1)
            snprintf(text[n++], SETTING_KEY, "%s.%s", setting_at(i)->section,
                     setting_at(i)->option.name);
    for (int i = 0; i < n; i++)
        names[i] = text[i];
    const char *full = lacks_section(e->key, text, n);
    if (is_pair(e->key))
        problem_at(p, e->at, "%s is a list of numbers and cannot vary in a grid", e->key);
    else if (full)
        problem_at(p, e->at, "unknown grid key: \"%s\"; did you mean \"%s\"?", e->key,
                   full);
    else
        problem_unknown(p, e->at, "grid key", e->key, names, n);
}

/* --- names of cells ------------------------------------------------------ */

static bool value_text(const struct node *value, const struct option *o,
                       const struct setting *s, const char *key, char out[OPTION_TEXT],
                       struct problems *p)
{
    double v;
    if (s && value->kind == NODE_SCALAR && multiple_parse(s->multiple, value->text, &v)) {
        multiple_format(s->multiple, v, out);
        return true;
    }
    if (!option_read(o, key, value, &v, p))
        return false;
    option_format(o, v, out);
    return true;
}

static int by_key(const void *a, const void *b)
{
    const struct entry *const *x = a, *const *y = b;
    return strcmp((*x)->key, (*y)->key);
}

bool cell_text(const struct node *values, const struct task *task, char out[VARIANT_TEXT],
               struct problems *p)
{
    const struct entry *sorted[GRID_AXES];
    int n = 0;
    size_t used = 0;
    out[0] = '\0';
    for (const struct entry *e = values->first; e && n < GRID_AXES; e = e->next)
        sorted[n++] = e;
    qsort(sorted, (size_t)n, sizeof(void *), by_key);
    for (int i = 0; i < n; i++) {
        const struct setting *s;
        const struct option *o = find_key(sorted[i]->key, task, &s);
        char value[OPTION_TEXT];
        if (!o) {
            unknown_key(sorted[i], task, p);
            return false;
        }
        if (!value_text(sorted[i]->value, o, s, sorted[i]->key, value, p))
            return false;
        used += (size_t)snprintf(out + used, VARIANT_TEXT - used, "%s%s=%s", i ? " " : "",
                                 sorted[i]->key, value);
        if (used >= VARIANT_TEXT) {
            problem_at(p, values->at,
                       "the name of a cell, \"%s...\", is longer than %d "
                       "characters; use fewer keys",
                       out, VARIANT_TEXT - 1);
            return false;
        }
    }
    return true;
}

/* --- the grid ------------------------------------------------------------ */

/* Checks that every value is one of its option, and that no two are the same. */
static bool check_values(const struct entry *e, const struct option *o,
                         const struct setting *s, struct problems *p)
{
    char text[OPTION_TEXT], other[OPTION_TEXT];
    bool good = true;
    for (const struct entry *v = e->value->first; v; v = v->next) {
        if (!value_text(v->value, o, s, e->key, text, p)) {
            good = false;
            continue;
        }
        const struct entry *w = e->value->first;
        for (; w != v; w = w->next)
            if (value_text(w->value, o, s, e->key, other, p) && strcmp(text, other) == 0)
                break;
        if (w == v)
            continue;
        problem_at(p, v->at, "%s: %s is listed twice", e->key, text);
        good = false;
    }
    return good;
}

static bool read_axis(const struct entry *e, const struct task *task, struct grid *g,
                      struct problems *p)
{
    const struct setting *s;
    const struct option *o = find_key(e->key, task, &s);
    if (!o) {
        if (task || strncmp(e->key, "task.", 5) != 0)
            unknown_key(e, task, p);
        return false;
    }
    if (e->value->kind != NODE_LIST || e->value->n == 0) {
        problem_at(p, e->value->at, "%s: expected a list of values, found %s", e->key,
                   e->value->kind == NODE_LIST ? "an empty one" : node_kind_text(e->value));
        return false;
    }
    if (e->value->n > GRID_CELLS || g->axes == GRID_AXES ||
        g->cells * e->value->n > GRID_CELLS) {
        problem_at(p, e->at, "the grid has more than %d cells or %d keys", GRID_CELLS,
                   GRID_AXES);
        return false;
    }
    g->axis[g->axes++] = (struct axis){e->key, e->value};
    g->cells *= e->value->n;
    return check_values(e, o, s, p);
}

static int axis_by_key(const void *a, const void *b)
{
    return strcmp(((const struct axis *)a)->key, ((const struct axis *)b)->key);
}

bool grid_read(const struct node *root, const char *section, const struct task *task,
               struct grid *out, struct problems *p)
{
    const struct node *map = node_mapping(root, section, p);
    bool good = map || !node_get(root, section);
    *out = (struct grid){.cells = 1};
    if (!map)
        return good;
    out->at = map->at;
    for (const struct entry *e = map->first; e; e = e->next)
        good &= read_axis(e, task, out, p);
    qsort(out->axis, (size_t)out->axes, sizeof out->axis[0], axis_by_key);
    return good;
}

static const struct entry *item(const struct node *list, int i)
{
    const struct entry *e = list->first;
    while (i-- > 0)
        e = e->next;
    return e;
}

const struct node *grid_cell(struct tree *t, const struct node *root, const struct grid *g,
                             int cell, const struct node **values, struct problems *p)
{
    const struct node *map = tree_mapping(t, g->at, p);
    for (int i = g->axes - 1; root && map && i >= 0; i--) {
        const struct axis *a = &g->axis[i];
        const struct node *value = item(a->values, cell % a->values->n)->value;
        char section[8];
        const size_t n = strcspn(a->key, ".");
        snprintf(section, sizeof section, "%.*s", (int)n, a->key);
        const char *keep = tree_text(t, section, n, p);
        const char *const path[] = {keep, a->key + n + 1};
        cell /= a->values->n;
        root = keep ? tree_with(t, root, path, 2, value, p) : NULL;
        map = tree_with(t, map, &a->key, 1, value, p);
    }
    *values = map;
    return root && map ? root : NULL;
}
