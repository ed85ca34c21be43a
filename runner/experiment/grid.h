/* grid.h -- expands the product of an experiment's grid, and names its cells. */
#ifndef GRID_H
#define GRID_H

#include "config.h"
#include "yaml_tree.h"

/* Limits of a grid. A cell's name has VARIANT_TEXT letters, which is little for more keys.
 * Chosen. */
enum { GRID_AXES = 8, GRID_CELLS = 4096 };

struct axis {
    const char *key;           /* "model.dim" */
    const struct node *values; /* a list of scalars */
};

struct grid {
    int axes, cells;
    struct axis axis[GRID_AXES]; /* sorted by key; the last one changes fastest */
    struct mark at;
};

/* Reads the mapping at the key `section` of `root`: "grid", or one of the same form. When it is
 * missing, the grid is one cell without axes. False: a problem was noted. `task` may be NULL:
 * its options are then not checked. */
bool grid_read(const struct node *root, const char *section, const struct task *task,
               struct grid *out, struct problems *p);

/* Returns `root` with the values of cell `cell`; NULL: out of memory. *values is the cell as a
 * mapping {model.dim: 128}. */
const struct node *grid_cell(struct tree *t, const struct node *root, const struct grid *g,
                             int cell, const struct node **values, struct problems *p);

/* Writes "model.dim=128 model.heads=2": sorted by key, with canonical values, so that a claim's
 * cell and a run's have the same text however they were typed. False: noted. */
bool cell_text(const struct node *values, const struct task *task, char out[VARIANT_TEXT],
               struct problems *p);

#endif
