/* table_splits.h -- what the splits of each experiment ask, for whoever speaks of tests before
 * their tables are printed. */
#ifndef TABLE_SPLITS_H
#define TABLE_SPLITS_H

#include "table.h"

/* Whom it is told: first the tests of an experiment and profile, then a line for each of their
 * splits, "ood_sparse:" and "p_ignore 0.98 (id 0.8).", as below a table. */
struct split_listener {
    enum status (*tests)(void *to, const char *experiment, const char *profile,
                         const char *task, struct err *e);
    void (*split)(void *to, const char *name, const char *asks);
    void *to;
};

/* Experiment, profile and filters of the request count. No run is no error. */
enum status table_splits(struct store *s, const struct table_request *q,
                         const struct split_listener *listener, struct err *e);

#endif
