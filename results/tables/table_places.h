/* table_places.h -- the rows and columns of a table, and which of its cells a record is in. */
#ifndef TABLE_PLACES_H
#define TABLE_PLACES_H

#include "table_section.h"

/* Fills rows, columns and keys of *s from its members, and makes its cells, each with the
 * records that belong to it and nothing else. */
enum status table_places_fill(struct table_section *s, struct err *e);

#endif
