/* eval_store.h -- stores the answers to a split in the database (table evaluation). */
#ifndef EVAL_STORE_H
#define EVAL_STORE_H

#include <jansson.h>

#include "store.h"
#include "stored_run.h"

/* Returns the task's options under the split, which tell the answers of a sweep apart; NULL: no
 * memory. */
json_t *eval_split_options(const struct run_spec *r, const struct split_spec *split);

/* Stores the answers to the first `sequences` of the split in the database (store_evaluation). */
enum status eval_store(const char *db, const struct stored_run *f,
                       const struct split_spec *split, int sequences,
                       const struct metric_row *m, int n, struct err *e);

#endif
