/* queries.h -- the named queries of results/queries/, for `posbench query NAME`. A new query is
 * a new .sql file whose first line is "-- what it answers". */
#ifndef QUERIES_H
#define QUERIES_H

int query_count(void);
const char *query_name(int i);        /* the file's stem; sorted */
const char *query_description(int i); /* one line */
const char *query_sql(int i);
int query_find(const char *name); /* index, or -1 */

#endif
