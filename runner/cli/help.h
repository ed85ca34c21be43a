/* help.h -- prints the help of the program. Lines hold at most 80 columns. */
#ifndef HELP_H
#define HELP_H

#include <stdio.h>

#include "command.h"

struct note {
    const char *what, *text;
};

struct notes {
    const char *title;
    int column;              /* where the texts begin, in the help */
    const struct note *note; /* ends with {0} */
};

/* What both the help and the manual page say besides the tables of the commands. */
extern const char help_summary[], help_examples[]; /* examples: '\n' between them */
extern const struct notes help_notes[];            /* ends with {0} */

/* Prints the two commonest calls, for a call without a command. */
void help_short(FILE *out);
/* Prints examples, usage and options; `c` NULL: of the program with all its commands. */
void help_print(FILE *out, const struct command *c);
/* Prints version, commit, compiler, BLAS, SQLite and kernels, a line each. */
void help_version(FILE *out);

/* Prints `text` and a newline, broken between words. The first line starts at column `at`,
 * where the cursor is; further lines are indented to `indent`. */
void help_wrap(FILE *out, int at, int indent, const char *text);

#endif
