/* claims.h -- the lists `published` and `claims` of an experiment file. */
#ifndef CLAIMS_H
#define CLAIMS_H

#include "matrix.h"

/* What an experiment is known by, over all profiles. */
struct experiment_facts {
    const char *name;
    const struct task *task; /* NULL: unknown */
    bool sound;              /* nothing was noted: its runs are all in `runs` */
};

struct claims_source {
    struct tree *tree;
    struct problems *problems;
    const struct node *root;
    const struct run_list *runs; /* of every profile */
    const struct experiment_facts *experiment;
    int experiments;
};

/* Both fill lists of `out`; mistakes are noted. `published` comes first: a claim without
 * numbers of its own takes them from there. */
void published_read(const struct claims_source *s, struct config *out);
void claims_read(const struct claims_source *s, struct config *out);

#endif
