/* values.h -- what may be typed where a metavariable stands: for completion.
 *
 * The value of a flag and an argument of a command are a metavariable of this table, a
 * word in lower case that is typed as it stands, or several with '|' between them:
 * "DB", "failed|all", "RUN|FILE". */
#ifndef VALUES_H
#define VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum value_how {
    VALUE_FREE,   /* nothing to offer */
    VALUE_WORDS,  /* words that the program knows */
    VALUE_LISTED, /* the first column of "posbench list ..." */
    VALUE_PATH    /* FILE, DB (a file *.db) or DIR; shells do it */
};

struct value {
    const char *name; /* "ENCODER"; "encoder=": behind this key of a KEY=... */
    enum value_how how;
    void (*words)(FILE *out); /* WORDS: each with a blank before it */
    const char *list;         /* LISTED: "runs" */
};

extern const struct value values[]; /* ends with {0} */

/* The metavariable of `length` letters; NULL: none. */
const struct value *value_find(const char *name, size_t length);

/* Are all parts of `kind` in the table, or words in lower case? */
bool value_known(const char *kind);

#endif
