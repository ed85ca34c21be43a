/* table_learning.h -- below a table: had its runs learnt what they were trained on?
 *
 * A mean over seeds hides that some have solved a task and others have not begun to, and a
 * table of trainings that are not finished is a snapshot, in which the order of encoders
 * may be that of their learning rates. Both are judged on `valid`, never on a test split:
 *   solved        at most 1 % of the scored tokens wrong
 *   at chance     at least nine tenths of the errors that always giving the commonest
 *                 answer makes
 *   not finished  more than 1 % wrong in the mean of the seeds, and the mean loss has
 *                 fallen by more than a tenth in the last tenth of the steps */
#ifndef TABLE_LEARNING_H
#define TABLE_LEARNING_H

#include "prose.h"
#include "table_section.h"

/* "Seeds that ...: none 0 of 5 (2 at chance), rope 5 of 5."; empty where nothing is known.
 * Of texts nothing is said: nobody has them without errors. */
void table_learning_solved(const struct table_section *s, struct prose *p);

/* "Training was not finished ...: none."; empty where it was, or nothing is known. */
void table_learning_unfinished(const struct table_section *s, struct prose *p);

#endif
