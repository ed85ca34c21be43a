/* overrides.h -- the changes that --set makes to every experiment, or to one. */
#ifndef OVERRIDES_H
#define OVERRIDES_H

#include "yaml_tree.h"

/* EXPERIMENT.splits.SPLIT.OPTION is the longest. */
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

/* `set` is n texts "KEY=VALUE"; the value is YAML. False: out of memory. */
bool overrides_parse(struct overrides *o, struct tree *t, const char *const *set, int n,
                     struct problems *p);

/* Finds out which begin with the name of an experiment; notes unknown keys, and experiments
 * that `profile` (NULL: there is none) has not, for which nothing would happen. */
void overrides_check(struct overrides *o, const struct node *experiments,
                     const struct node *profile, struct problems *p);

/* An experiment's settings with the changes, those for every one before its own. A setting
 * of the grid that --set names is taken out of the grid: what was typed is what runs. NULL:
 * out of memory. */
const struct node *overrides_apply(const struct overrides *o, struct tree *t,
                                   const struct node *root, const char *experiment,
                                   struct problems *p);

/* Does --set give a setting such as "train.lr" of that experiment, as one value or as
 * those of the grid? `o` may be NULL: there is none. */
bool overrides_set(const struct overrides *o, const char *experiment, const char *setting);
void overrides_free(struct overrides *o);

#endif
