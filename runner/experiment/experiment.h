/* experiment.h -- reads the parts of an experiment: task, splits, encoders, seeds. */
#ifndef EXPERIMENT_H
#define EXPERIMENT_H

#include "config.h"
#include "yaml_tree.h"

/* The most seeds and encoders of an experiment; both arrays are in struct reading of matrix.c.
 * Chosen, not measured. */
enum { SEEDS_MAX = 1000, ENTRIES_MAX = 64 };

/* Reads the task named in the mapping "task" of `root`. NULL: noted. `experiment` and `at` are
 * for the message when it is missing. */
const struct task *task_read(const struct node *root, const char *experiment,
                             struct mark at, struct problems *p);

/* Reads options and splits of r->task, then sets the sizes of the model. False: noted. */
bool law_read(const struct node *root, struct run_spec *r, struct problems *p);

/* One entry of `encoders`, parsed and set but not resolved yet. */
struct encoder_entry {
    struct encoder_stack stack;
    struct mark at;
    const struct node *own; /* its changes to {model, train}, a mapping; NULL: none */
};

/* Reads the list "encoders" of `root`; returns how many could be read. */
int encoders_read(struct tree *t, const struct node *root, const char *experiment,
                  struct mark at, struct encoder_entry out[ENTRIES_MAX],
                  struct problems *p);

/* Reads the list "seeds"; returns how many, 0 when a problem was noted. */
int seeds_read(const struct node *root, uint64_t out[SEEDS_MAX], struct problems *p);
bool data_seed_read(const struct node *root, uint64_t *out, struct problems *p);

/* Returns the place in `map` of the key that `message` names first, or else `otherwise`. Checks
 * of the task and the model do not know places. */
struct mark mark_of_message(const struct node *map, const char *message,
                            struct mark otherwise);

/* Returns true when the text is [a-z][a-z0-9_]* and short enough; else notes a problem. */
bool name_check(const char *what, const char *text, struct mark at, struct problems *p);

#endif
