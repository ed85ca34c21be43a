/* matrix.h -- expands one experiment of one profile into its runs. */
#ifndef MATRIX_H
#define MATRIX_H

#include "config.h"
#include "overrides.h"
#include "yaml_tree.h"

struct run_list {
    struct run_spec *item; /* owned */
    int n, room;
    int choices; /* number of choices so far, for tuned settings */
};

struct matrix_source {
    struct tree *tree;
    struct problems *problems;
    const char *experiment, *profile;
    struct mark at;            /* of the experiment's key */
    const struct node *merged; /* defaults, experiment, profile and --set together */
    const struct overrides *overrides; /* NULL: none apply */
};

/* The most runs of all profiles of a file, as each reading expands all of them. Chosen far above
 * the files here; the message advises to split the file. */
enum { RUNS_MAX = 20000 };

/* Appends the runs: by cell, by encoder, by value of what is tuned (trials, then candidates), by
 * seed. Mistakes are noted; after one the list only serves to check names. */
void matrix_expand(const struct matrix_source *m, struct run_list *out);
void run_list_free(struct run_list *l);

/* The keys that an experiment, or a profile's changes to one, may have. */
enum { EXPERIMENT_KEYS = 9 };
extern const char *const experiment_keys[EXPERIMENT_KEYS];

#endif
