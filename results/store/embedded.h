/* embedded.h -- schema.sql and the named queries, written into the program by embed.cmake. */
#ifndef EMBEDDED_H
#define EMBEDDED_H

struct embedded_query {
    const char *name;  /* file stem */
    const char *about; /* its first comment line */
    const char *sql;
};

extern const char embedded_schema[];
extern const struct embedded_query embedded_queries[]; /* in name order; ends with {0} */

#endif
