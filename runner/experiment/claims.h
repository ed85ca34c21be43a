/* claims.h -- reads the lists `published` and `claims` of an experiment file. */
#ifndef CLAIMS_H
#define CLAIMS_H

#include "matrix.h"

/* What is known of an experiment, over all profiles. */
struct experiment_facts {
    const char *name;
    const struct task *task; /* NULL: unknown */
    bool sound;              /* no problem was noted: all its runs are in `runs` */
};

struct claims_source {
    struct tree *tree;
    struct problems *problems;
    const struct node *root;
    const struct run_list *runs; /* of every profile */
    const struct experiment_facts *experiment;
    int experiments;
};

/* Both functions fill lists of `out` and note mistakes. published_read must be called first: a
 * claim without numbers of its own takes them from there. */
void published_read(const struct claims_source *s, struct config *out);
void claims_read(const struct claims_source *s, struct config *out);

#endif
