/* table_learning.h -- notes below a table: have its runs learnt what they were trained on?
 *
 * A mean over seeds hides that some seeds have solved a task and others have not begun to. A
 * table of unfinished trainings is a snapshot, in which the order of encoders may be that of
 * their learning rates. Both are judged on `valid`, never on a test split:
 *   solved        at most 1 % of the scored tokens wrong
 *   at chance     not solved, and at least nine tenths of the errors of always giving the
 *                 commonest answer
 *   not finished  more than 1 % wrong in the mean of the seeds, and a mean loss that has
 *                 fallen by more than a tenth in the last tenth of the steps */
#ifndef TABLE_LEARNING_H
#define TABLE_LEARNING_H

#include "prose.h"
#include "table_section.h"

/* Writes "Seeds with ...: none 0 of 5 (2 at chance); rope 5 of 5."; empty when nothing is known.
 * Leaves texts out, because no run solves them. */
void table_learning_solved(const struct table_section *s, struct prose *p);

/* Writes "Not finished, ...: none. Its numbers are a snapshot."; empty when all trainings were
 * finished or nothing is known. */
void table_learning_unfinished(const struct table_section *s, struct prose *p);

#endif
