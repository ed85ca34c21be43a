/* table_rates.h -- chooses which of several learning rates is counted. */
#ifndef TABLE_RATES_H
#define TABLE_RATES_H

#include "table_data.h"

enum { RATE_CELL = 256 };

/* Returns the word of a cell's name with the learning rate, "train.lr=0.001", and its *bytes; ""
 * when there is none. */
const char *table_rates_of(const char *cell, int *bytes);

/* Removes the learning rate from a cell's name: "model.dim=64 train.lr=0.001" becomes
 * "model.dim=64". */
void table_rates_cell(const char *whole, char cell[RATE_CELL]);

/* Returns the loss of a record's run on `valid` after the last step. NaN: not known. */
double table_rates_loss(const struct table_data *d, const struct record *r);

/* Keeps, for each experiment, profile, encoder and cell without its learning rate, the records of
 * the rate with the smallest mean loss on `valid`, the first among equals. Their cells lose the
 * rate, and they are ordered by the first run of any of the rates. *several: some had more than
 * one rate. ST_NOMEM. */
enum status table_rates_choose(struct table_data *d, bool *several, struct err *e);

#endif
