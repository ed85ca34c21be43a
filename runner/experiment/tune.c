/* tune.c -- reads what an experiment tunes.
 *
 * The mapping has settings with lists of values, as a grid has, and two keys of its own: seeds,
 * and split, which may only state the default, `valid`. Without those two it is read as a grid.
 * Pitfall: `split` may not name a test, since a test cannot both choose a value and measure it.
 * Options of the task are not tuned, since losses on different laws do not compare. */
#include "tune.h"

#include <string.h>

#include "identities.h"
#include "yaml_read.h"

/* Checks that settings are tuned, with two values or more, and none that varies in the grid. */
static bool check_axes(const struct node *map, const struct tune *out,
                       const struct grid *grid, struct problems *p)
{
    const unsigned long noted = p->noted;
    for (int i = 0; i < out->grid.axes; i++) {
        const struct axis *a = &out->grid.axis[i];
        const struct mark at = node_entry(map, a->key)->at;
        if (strncmp(a->key, "task.", 5) == 0)
            problem_at(p, at,
                       "tune: with another %s the task is another, and losses do not "
                       "compare; make it a grid",
                       a->key);
        if (a->values->n < 2)
            problem_at(p, at, "tune: %s has one value, which leaves nothing to choose",
                       a->key);
        for (int k = 0; k < grid->axes; k++)
            if (strcmp(grid->axis[k].key, a->key) == 0)
                problem_at(p, at, "tune: %s varies in the grid; it cannot be tuned too",
                           a->key);
    }
    if (out->grid.axes == 0)
        problem_at(p, map->at,
                   "tune: expected a setting with values, such as {train.lr: [3e-4, 1e-3, "
                   "3e-3]}");
    return p->noted == noted;
}

static bool check_split(const struct node *map, struct problems *p)
{
    const struct node *split = node_get(map, "split");
    if (!split || (split->kind == NODE_SCALAR && strcmp(split->text, "valid") == 0))
        return true;
    problem_at(p, split->at,
               "tune.split: values are chosen by the loss on valid alone; what a test "
               "chooses looks better on that test than it is. Leave the key out");
    return false;
}

/* Reads the settings, without the keys `seeds` and `split`, as a grid. */
static bool read_grid(struct tree *t, const struct node *map, const struct task *task,
                      struct tune *out, struct problems *p)
{
    static const char *const path[] = {"tune"};
    const struct node *settings = tree_without(t, map, "seeds", p);
    settings = settings ? tree_without(t, settings, "split", p) : NULL;
    const struct node *root = settings ? tree_with(t, NULL, path, 1, settings, p) : NULL;
    return root && grid_read(root, "tune", task, &out->grid, p);
}

bool tune_read(struct tree *t, const struct node *root, const struct grid *grid,
               const struct task *task, uint64_t seed, struct tune *out, struct problems *p)
{
    const struct node *given = node_get(root, "tune");
    out->grid = (struct grid){.cells = 1};
    out->seeds = 1;
    out->seed[0] = seed;
    if (!given || (given->kind == NODE_SCALAR && strcmp(given->text, "none") == 0))
        return true;
    const struct node *map = node_mapping(root, "tune", p);
    if (!map)
        return false;
    const bool seeds =
        !node_get(map, "seeds") || (out->seeds = seeds_read(map, out->seed, p));
    const bool split = check_split(map, p);
    return read_grid(t, map, task, out, p) && check_axes(map, out, grid, p) && seeds &&
           split;
}

bool tune_has_seed(const struct tune *t, uint64_t seed)
{
    for (int i = 0; i < t->seeds; i++)
        if (t->seed[i] == seed)
            return true;
    return false;
}
