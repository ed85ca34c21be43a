/* eval_store.h -- the answers to a split, kept in the database (table evaluation). */
#ifndef EVAL_STORE_H
#define EVAL_STORE_H

#include <jansson.h>

#include "store.h"
#include "stored_run.h"

/* What the questions are: the task's options under the split, so that one sweep's answers can be
 * told apart; NULL: no memory. */
json_t *eval_split_options(const struct run_spec *r, const struct split_spec *split);

/* Keeps the answers to the first `sequences` of the split in the database (store_evaluation). */
enum status eval_store(const char *db, const struct stored_run *f,
                       const struct split_spec *split, int sequences,
                       const struct metric_row *m, int n, struct err *e);

#endif
