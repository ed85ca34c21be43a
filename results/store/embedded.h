/* embedded.h -- schema.sql and the named queries, which embed.cmake writes into the program. */
#ifndef EMBEDDED_H
#define EMBEDDED_H

struct embedded_query {
    const char *name;  /* file stem */
    const char *about; /* its first comment line */
    const char *sql;
};

extern const char embedded_schema[];
extern const struct embedded_query embedded_queries[]; /* sorted by name; ends with {0} */

#endif
