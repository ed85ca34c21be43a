/* matrix.h -- one experiment of one profile to its runs. */
#ifndef MATRIX_H
#define MATRIX_H

#include "config.h"
#include "overrides.h"
#include "yaml_tree.h"

struct run_list {
    struct run_spec *item; /* owned */
    int n, room;
    int choices; /* of what is tuned, so far */
};

struct matrix_source {
    struct tree *tree;
    struct problems *problems;
    const char *experiment, *profile;
    struct mark at;            /* of the experiment's key */
    const struct node *merged; /* defaults, experiment, profile and --set together */
    const struct overrides *overrides; /* NULL: none apply */
};

/* Of all profiles of a file together, as each is expanded at every reading. Chosen: far above
 * the files here; the message says to split the file. */
enum { RUNS_MAX = 20000 };

/* Appends the runs, cell by cell, encoder by encoder, value by value of what is tuned (trials,
 * then candidates), seed by seed. Mistakes are noted;
 * what is then in the list is of use for checking names alone. */
void matrix_expand(const struct matrix_source *m, struct run_list *out);
void run_list_free(struct run_list *l);

/* Keys that an experiment, and a profile's changes to one, may have. */
enum { EXPERIMENT_KEYS = 9 };
extern const char *const experiment_keys[EXPERIMENT_KEYS];

#endif
