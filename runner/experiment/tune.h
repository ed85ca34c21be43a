/* tune.h -- reads the mapping "tune" of an experiment: values of settings that are tried, of
 * which one is chosen by its loss on `valid`. */
#ifndef TUNE_H
#define TUNE_H

#include "experiment.h"
#include "grid.h"

struct tune {
    struct grid grid; /* the values as cells of a grid; no axes: nothing is tuned */
    int seeds;        /* number of seeds with which every value is tried */
    uint64_t seed[SEEDS_MAX];
};

/* Reads the mapping "tune" of `root` for an experiment with this grid. Values are tried with the
 * seed `seed`, the experiment's first one, unless "seeds" names others. False: a problem was
 * noted. */
bool tune_read(struct tree *t, const struct node *root, const struct grid *grid,
               const struct task *task, uint64_t seed, struct tune *out,
               struct problems *p);

/* Returns true when values are tried with this seed. */
bool tune_has_seed(const struct tune *t, uint64_t seed);

#endif
