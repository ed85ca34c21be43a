/* tune.h -- the mapping "tune" of an experiment: values of settings that are tried before
 * one of them is chosen by its loss on `valid`. */
#ifndef TUNE_H
#define TUNE_H

#include "experiment.h"
#include "grid.h"

struct tune {
    struct grid grid; /* the values, as cells of a grid; without axes nothing is tuned */
    int seeds;        /* that every value is tried with */
    uint64_t seed[SEEDS_MAX];
};

/* The mapping "tune" of `root` for an experiment with this grid, whose seeds begin with
 * `seed`: the one that values are tried with unless "seeds" names others. False when
 * something was noted. */
bool tune_read(struct tree *t, const struct node *root, const struct grid *grid,
               const struct task *task, uint64_t seed, struct tune *out,
               struct problems *p);

/* Is it one of the seeds that values are tried with? */
bool tune_has_seed(const struct tune *t, uint64_t seed);

#endif
