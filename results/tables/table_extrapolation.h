/* table_extrapolation.h -- how far beyond the sizes of training each encoder answers right.
 *
 * The ratio of a split is the least factor by which it raises an integer option of its task
 * over training: 4 where training has strings of up to 20 symbols and the split of up to 80; 2
 * where it raises one option twofold and another threefold. A split that changes no option has
 * the training law, ratio 1. A split that changes options but raises no integer (sparser,
 * denser) has no ratio and is left out.
 *
 * A seed passes a ratio when on each split with it the accuracy over scored tokens has a lower
 * 95 % bound of at least 99 %: Wilson's, one-sided, as if tokens were independent. Its score is
 * the largest ratio that it passes together with all smaller ones. A cell has the median over
 * seeds, the lower of the middle two for an even number, and the number of seeds that pass the
 * training law. Splits of fewer than 268 answers cannot pass and decide nothing.
 *
 * Cells of a grid that differ only in train.lr are one cell here, which has for each encoder the
 * learning rate with the smallest mean loss on `valid` after the last step. */
#ifndef TABLE_EXTRAPOLATION_H
#define TABLE_EXTRAPOLATION_H

#include "table.h"

/* Prints a table per profile, tasks down and encoders across; for programs one row per cell with
 * the columns profile, experiment, cell, task, encoder, chosen (the learning rate), ratio (0:
 * none is passed), asked (the largest ratio there is), solved, seeds. Uses of `q` only the choice
 * of runs and the format. ST_NOTFOUND: no run with numbers matches. */
enum status table_extrapolation(struct store *s, const struct table_request *q, FILE *out,
                                struct err *e);

#endif
