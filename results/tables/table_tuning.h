/* table_tuning.h -- below a table whose settings were tuned: what was chosen, of what. */
#ifndef TABLE_TUNING_H
#define TABLE_TUNING_H

#include "prose.h"
#include "table_section.h"

/* Reads the trials (identities.h, TUNING_PROFILE) of the database into *d. */
enum status table_tuning_load(struct store *s, struct table_data *d, struct err *e);

/* "Chosen by the mean loss on valid, ...: rope train.lr=0.003 (0.001 0.51, 0.003 0.32, 0.01
 * 0.35), ...": for each recipe of the table that was tuned the values that were tried, with
 * their losses, and whether the chosen one is the least or the greatest of them. Empty where
 * nothing was tuned. */
void table_tuning_say(const struct table_section *s, struct prose *p);

/* The same of the runs of a profile that match the filters, where no table is. */
enum status table_tuning_of(struct store *s, const struct table_request *q, struct prose *p,
                            struct err *e);

/* "Parameters: none 100416, absolute 100288, ...", where something was tuned; else empty. */
void table_tuning_parameters(const struct table_section *s, struct prose *p);

#endif
