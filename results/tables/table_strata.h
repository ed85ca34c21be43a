/* table_strata.h -- errors in the hard places of a split, beside the mean over all places.
 *
 * A mean hides where errors are: an encoder that fails wherever a write is far back looks good
 * when few writes are. For each stratum of the task, the places with the greatest values and
 * those with the smallest are candidates: as many values as hold at most a quarter of the
 * places, but at least one. The hard places are those where all encoders together err most, so
 * that they are the same for all encoders, and filters do not change them. */
#ifndef TABLE_STRATA_H
#define TABLE_STRATA_H

#include "table_section.h"

/* Fills d->hard, and the hard places and errors of each record. */
enum status table_strata_load(struct store *s, struct table_data *d, struct err *e);

struct hard_cell {
    const struct hard_places *where; /* NULL: not known, or not the same for all runs */
    int64_t wrong, places;           /* sums over the seeds */
    double error;                    /* wrong / places; NaN: no places */
};
struct hard_cell table_strata_cell(const struct table_section *s, int row, int col);

/* Writes "ignores 57 and more (24 % of the places)". Returns text. */
enum { HARD_TEXT = 160 };
char *table_strata_text(const struct hard_places *h, char text[HARD_TEXT]);

#endif
