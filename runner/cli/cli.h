/* cli.h -- parses a command line by the commands' own tables.
 *
 * Order of words: posbench [option]... COMMAND [option | argument]...; "--" ends the options.
 * The options of every command (cli_globals) may stand before or after its name; flag_given and
 * flag_text know them too. */
#ifndef CLI_H
#define CLI_H

#include <stdio.h>

#include "command.h"

enum cli_wish {
    CLI_NOTHING, /* no command: print a short help */
    CLI_HELP,    /* of the command, or of the program when there is none */
    CLI_VERSION,
    CLI_COMMAND
};

/* The options of every command; ends with {0}. */
extern const struct flag cli_globals[];

/* Returns NULL when there is no such command. */
const struct command *command_find(const char *name);

/* Parses the words. On success the caller frees *out with cli_free; it borrows argv. ST_USAGE:
 * an unknown command or option (with a suggestion), a missing value, too few or too many
 * arguments. *out is set in that case too when memory allowed, so that the caller can tell
 * which command was meant. */
enum status cli_parse(int argc, char *const *argv, struct invocation **out, struct err *e);
void cli_free(struct invocation *v); /* accepts NULL */

enum cli_wish cli_wish(const struct invocation *v);
const struct command *cli_command(const struct invocation *v); /* NULL: none */

/* Returns true when text on `stream` may be coloured. --no-color decides, then CLICOLOR_FORCE,
 * NO_COLOR, TERM=dumb, and whether the stream is a terminal, in this order. */
bool cli_colour(const struct invocation *v, FILE *stream);

/* Returns 0: done; 1: some runs failed; 2: usage or an invalid file; 3: the environment; 4:
 * nothing matched; 128 + signal: interrupted (`caught` 0 counts as SIGINT). */
int cli_exit_code(enum status st, int caught);

#endif
