/* help.h -- what the program says of itself. Lines hold at most 80 columns. */
#ifndef HELP_H
#define HELP_H

#include <stdio.h>

#include "command.h"

struct note {
    const char *what, *text;
};

struct notes {
    const char *title;
    int column;              /* of the texts, in the help */
    const struct note *note; /* ends with {0} */
};

/* What the help and the manual page both say besides the tables of the commands. */
extern const char help_summary[], help_examples[]; /* examples: '\n' between them */
extern const struct notes help_notes[];            /* ends with {0} */

/* For a call without a command: the two commonest ones. */
void help_short(FILE *out);
/* Examples, usage, options; `c` NULL: the program with all its commands. */
void help_print(FILE *out, const struct command *c);
/* Version, commit, compiler, BLAS, SQLite, kernels: a line each. */
void help_version(FILE *out);

/* Prints `text` and a newline, broken between words: the first line starts at column
 * `at`, where the cursor is; further lines are indented to `indent`. */
void help_wrap(FILE *out, int at, int indent, const char *text);

#endif
