/* table_extrapolation.h -- how far beyond the sizes of training each encoder answers right.
 *
 * The ratio of a split is the least factor among the integer options of its task that it
 * raises over training: 4 where training has strings of up to 20 symbols and the split of up
 * to 80; 2 where it raises one option twofold and another threefold.
 * A split that changes no option has the training law, ratio 1; one that changes options but
 * raises no integer (sparser, denser) has no ratio and is left out.
 *
 * A seed passes a ratio when on each split of it the accuracy over scored tokens has a lower
 * 95 % bound of at least 99 %: Wilson's, one-sided, as if tokens were independent. What counts
 * of a seed is the largest ratio that it passes together with all smaller ones. A cell is the
 * median over seeds, of an even number the lower of the middle two; beside it the seeds that
 * pass the training law. Splits of fewer than 268 answers cannot pass and decide nothing.
 *
 * Cells of a grid that differ in train.lr alone are one cell here: for each encoder the
 * learning rate with the smallest mean loss on `valid` after the last step. */
#ifndef TABLE_EXTRAPOLATION_H
#define TABLE_EXTRAPOLATION_H

#include "table.h"

/* A table a profile: tasks down, encoders across; for programs one row a cell with the
 * columns profile, experiment, cell, task, encoder, chosen (the learning rate), ratio (0: at
 * none),
 * asked (the largest ratio there is), solved, seeds. Of `q` counts what chooses runs, and
 * the format. ST_NOTFOUND: no run with numbers matches. */
enum status table_extrapolation(struct store *s, const struct table_request *q, FILE *out,
                                struct err *e);

#endif
