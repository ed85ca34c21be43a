/* command.h -- the contract of a subcommand.
 *
 * A command is one file, runner/commands/command_<name>.c, that ends in
 *     const struct command command_<name> = { .name = "<name>", ... };
 * The build finds it. Parsing and help are both made from its table of flags, so that every
 * flag is read and documented. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>

#include "status.h"

struct flag {
    const char *name; /* without "--" */
    char letter;      /* 'o' for -o; 0: none */
    /* "FILE", a name of metavariables.h; NULL: a flag without a value; "=below|beside": the
     * value is optional and only accepted after '='; "" when it is left out. */
    const char *value;
    bool repeated;    /* may be given several times */
    const char *help; /* one line, with default and unit */
};

struct invocation; /* opaque: cli.c */

enum group { GROUP_RUN, GROUP_LOOK, GROUP_DATA, GROUP_INTERNAL /* not in help */ };

struct command {
    const char *name; /* file stem; also what the user types */
    enum group group;
    const char *summary;      /* one line */
    const char *arguments;    /* "[FILE]", for the usage line; names of metavariables.h */
    int min_args, max_args;   /* positional arguments; max -1: any number */
    const char *examples;     /* lines "posbench run --profile quick", '\n' between */
    const struct flag *flags; /* ends with {0}; NULL: none */
    /* Data goes to stdout, everything else to stderr through progress.h. The status decides the
     * exit code (main.c). */
    enum status (*run)(const struct invocation *v, struct err *e);
};

int command_count(void);
const struct command *command_at(int i); /* in name order */

/* Tells what the user typed for this command. An unknown name trips an assertion. */
bool flag_given(const struct invocation *v, const char *name);
const char *flag_text(const struct invocation *v, const char *name, const char *dflt);
/* Returns ST_USAGE when the text is not an integer in lo..hi. */
enum status flag_integer(const struct invocation *v, const char *name, long lo, long hi,
                         long dflt, long *out, struct err *e);
/* Sets *values to all values of a repeated flag, in order; returns how many there are. */
int flag_list(const struct invocation *v, const char *name, const char *const **values);
int argument_count(const struct invocation *v);
const char *argument_at(const struct invocation *v, int i);

/* Returns the program's own path, for messages and lists of processes. */
const char *program_path(const struct invocation *v);
/* Returns the file to start workers from: this very program, even when its path holds another
 * one by now because it was rebuilt. */
const char *program_file(const struct invocation *v);

/* Flags that several commands share; include them by value in a command's table. */
#define FLAG_DB                                                                 \
    {                                                                           \
        "db", 0, "DB", false,                                                   \
            "results database (default: results.db beside the experiment file)" \
    }
#define FLAG_PROFILE                                                  \
    {                                                                 \
        "profile", 0, "PROFILE", false,                               \
            "size of the matrix: smoke, quick, paper (default quick)" \
    }
#define FLAG_ONLY                                                                           \
    {                                                                                       \
        "only", 0, "KEY=GLOB", true,                                                        \
            "only runs that match, e.g. encoder=cope*,rope or train.lr=0.001 (repeatable: " \
            "all must match)"                                                               \
    }
#define FLAG_SET                                                                           \
    {                                                                                      \
        "set", 0, "KEY=VALUE", true, "change a setting, e.g. train.steps=100 (repeatable)" \
    }

#endif
