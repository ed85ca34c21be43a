/* table_names.h -- under which names a table's headings are printed, and how its rows are
 * ordered. */
#ifndef TABLE_NAMES_H
#define TABLE_NAMES_H

#include "table_section.h"

/* Reads q->names into d->renamed. Of "OLD=NEW" the OLD is a heading as it is printed, or the
 * name of an encoder, which then changes in the names of its variants: "cope=CoPE" makes
 * "cope(p_max=64)" "CoPE(p_max=64)". ST_USAGE with a suggestion: there is no such heading, or
 * two could not be told apart. Without records nothing is read. */
enum status table_names_load(struct table_data *d, const struct table_request *q,
                             struct err *e);

/* How an interned heading is printed; NULL for NULL. */
const char *table_name(const struct table_data *d, const char *heading);

/* The recipe of a record by what tells it from the others of the table: its variant, behind
 * experiment, profile and cell where these vary. */
enum { RECIPE_NAME = 512 };
void table_recipe_name(const struct table_section *s, const struct record *r,
                       char text[RECIPE_NAME]);
/* The same without the variant; "" where nothing varies. */
void table_place_name(const struct table_section *s, const struct record *r,
                      char text[RECIPE_NAME]);

/* ST_USAGE with a suggestion: `key` is neither "name" nor a column of any of the tables. */
enum status table_order_check(const struct table_data *d, struct table_shape shape,
                              const char *key, struct err *e);

/* Orders the rows that share what leads them: "name": by name, numbers within by their size;
 * else by the means of this column, the best first, those without one last. As they were
 * where `key` is NULL or the table has no such column. */
enum status table_order(struct table_section *s, const char *key, struct err *e);

#endif
