/* overrides.h -- applies the changes of --set to every experiment, or to one. */
#ifndef OVERRIDES_H
#define OVERRIDES_H

#include "yaml_tree.h"

/* The longest key is EXPERIMENT.splits.SPLIT.OPTION. */
enum { OVERRIDE_KEYS = 4 };

struct override {
    struct mark at;                 /* its source is "--set KEY=VALUE" */
    const char *key[OVERRIDE_KEYS]; /* "train", "steps" */
    int keys;
    const char *experiment; /* NULL: every one */
    const struct node *value;
};

struct overrides {
    struct override *item; /* owned */
    int n;
};

/* Parses n texts "KEY=VALUE"; the value is YAML. False: out of memory. */
bool overrides_parse(struct overrides *o, struct tree *t, const char *const *set, int n,
                     struct problems *p);

/* Finds the changes that begin with the name of an experiment. Notes unknown keys, and
 * experiments that `profile` (NULL: there is none) does not have, for which the change would have
 * no effect. */
void overrides_check(struct overrides *o, const struct node *experiments,
                     const struct node *profile, struct problems *p);

/* Returns an experiment's settings with the changes applied, those for every experiment first. A
 * setting of the grid that --set names is removed from the grid. NULL: out of memory. */
const struct node *overrides_apply(const struct overrides *o, struct tree *t,
                                   const struct node *root, const char *experiment,
                                   struct problems *p);

/* Returns true when --set gives that experiment a setting such as "train.lr", as one value or as
 * the values of the grid. `o` may be NULL: there are no changes. */
bool overrides_set(const struct overrides *o, const char *experiment, const char *setting);
void overrides_free(struct overrides *o);

#endif
