/* table_tuning.h -- the note below a table with tuned settings: the chosen values, and those that
 * were tried. */
#ifndef TABLE_TUNING_H
#define TABLE_TUNING_H

#include "prose.h"
#include "table_section.h"

/* Reads the trials (identities.h, TUNING_PROFILE) of the database into *d. */
enum status table_tuning_load(struct store *s, struct table_data *d, struct err *e);

/* Writes, for each tuned recipe of the table, the chosen value, whether it is the least or the
 * greatest tried, and all tried values with their losses: "Chosen by the mean loss on valid ...:
 * rope train.lr=0.003 (0.001 0.51, 0.003 0.32, 0.01 0.35); ...". Empty when nothing was
 * tuned. */
void table_tuning_say(const struct table_section *s, struct prose *p);

/* The same for the runs that match the request, without a table. */
enum status table_tuning_of(struct store *s, const struct table_request *q, struct prose *p,
                            struct err *e);

/* Writes "Parameters: none 100416, absolute 100288, ..." for tuned recipes; else nothing. */
void table_tuning_parameters(const struct table_section *s, struct prose *p);

#endif
