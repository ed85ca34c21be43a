/* table_names.h -- the printed names of a table's headings, and the order of its rows. */
#ifndef TABLE_NAMES_H
#define TABLE_NAMES_H

#include "table_section.h"

/* Reads q->names into d->renamed. In "OLD=NEW", OLD is a heading, or the name of an encoder, which
 * then changes in the names of its variants too: "cope=CoPE" turns "cope(p_max=64)" into
 * "CoPE(p_max=64)". ST_USAGE with a suggestion: there is no such heading, or two headings would
 * have one name. Without records nothing is read. */
enum status table_names_load(struct table_data *d, const struct table_request *q,
                             struct err *e);

/* Returns the printed name of an interned heading; NULL for NULL. */
const char *table_name(const struct table_data *d, const char *heading);

/* Writes a name for the record's recipe that is distinct in the table: experiment, profile and
 * cell where these vary, then the variant. */
enum { RECIPE_NAME = 512 };
void table_recipe_name(const struct table_section *s, const struct record *r,
                       char text[RECIPE_NAME]);
/* The same without the variant; "" when nothing varies. */
void table_place_name(const struct table_section *s, const struct record *r,
                      char text[RECIPE_NAME]);

/* Checks the key of table_order. ST_USAGE with a suggestion: it is neither "name" nor a column of
 * any of the tables. */
enum status table_order_check(const struct table_data *d, struct table_shape shape,
                              const char *key, struct err *e);

/* Orders the rows that share their leading keys. "name" orders by name, with numbers in names by
 * their value; another key by the means of that column, the best first, rows without a mean
 * last. Leaves the rows when `key` is NULL or the table has no such column. */
enum status table_order(struct table_section *s, const char *key, struct err *e);

#endif
