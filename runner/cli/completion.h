/* completion.h -- scripts that complete a command line in bash, zsh and fish, made of the
 * tables of the commands. */
#ifndef COMPLETION_H
#define COMPLETION_H

#include <stdio.h>

#include "command.h"

/* ST_USAGE: no such shell, with a suggestion. */
enum status completion_print(const char *shell, FILE *out, struct err *e);

/* An argument of a command, from its usage line "[FILE]" or "DB...". */
enum { POSITION_TEXT = 80, POSITIONS_MAX = 4 };
struct position {
    char kind[POSITION_TEXT]; /* values.h */
    bool optional, repeats;
};
/* How many there are. */
int completion_positions(const struct command *c, struct position out[POSITIONS_MAX]);

#endif
