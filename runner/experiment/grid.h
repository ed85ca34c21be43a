/* grid.h -- the product of an experiment's grid, and the names of its cells. */
#ifndef GRID_H
#define GRID_H

#include "config.h"
#include "yaml_tree.h"

/* Limits of a grid. A cell's name has VARIANT_TEXT letters, few for more keys. Chosen. */
enum { GRID_AXES = 8, GRID_CELLS = 4096 };

struct axis {
    const char *key;           /* "model.dim" */
    const struct node *values; /* a list of scalars */
};

struct grid {
    int axes, cells;
    struct axis axis[GRID_AXES]; /* by key; the last one changes fastest */
    struct mark at;
};

/* Reads the mapping "grid" of `root`, or another of its shape; without one, a grid of one
 * cell without axes. False when something was noted. `task` may be NULL: its options are
 * not checked. */
bool grid_read(const struct node *root, const char *section, const struct task *task,
               struct grid *out, struct problems *p);

/* `root` with the values of cell `cell`; NULL: out of memory. *values is the cell as a
 * mapping {model.dim: 128}. */
const struct node *grid_cell(struct tree *t, const struct node *root, const struct grid *g,
                             int cell, const struct node **values, struct problems *p);

/* "model.dim=128 model.heads=2": sorted by key, values in their canonical form, so that
 * a claim's cell and a run's are the same text however they were typed. False: noted. */
bool cell_text(const struct node *values, const struct task *task, char out[VARIANT_TEXT],
               struct problems *p);

#endif
