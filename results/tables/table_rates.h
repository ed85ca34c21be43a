/* table_rates.h -- of several learning rates that were tried the one that is counted. */
#ifndef TABLE_RATES_H
#define TABLE_RATES_H

#include "table_data.h"

enum { RATE_CELL = 256 };

/* The word of a cell's name that says the learning rate, "train.lr=0.001"; "" without one. */
const char *table_rates_of(const char *cell, int *bytes);

/* "model.dim=64 train.lr=0.001" -> "model.dim=64" */
void table_rates_cell(const char *whole, char cell[RATE_CELL]);

/* Of a record's run on `valid`, after the last step. NaN: not known. */
double table_rates_loss(const struct table_data *d, const struct record *r);

/* Leaves, of each experiment, profile, encoder and cell without its learning rate, the records
 * of the rate with the smallest mean loss on `valid`, of equals the first; their cells are
 * without the rate from then on, and they stand as
 * the first run of any of the rates came. *several: some had more than one. ST_NOMEM. */
enum status table_rates_choose(struct table_data *d, bool *several, struct err *e);

#endif
