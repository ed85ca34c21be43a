/* command.h -- the contract of a subcommand.
 *
 * A command is one file, runner/command_<name>.c, that ends in
 *     const struct command command_<name> = { .name = "<name>", ... };
 * The build finds it. Its flags are a table, from which parsing and help are made, so
 * that no flag can be documented without being read or the other way round. */
#ifndef COMMAND_H
#define COMMAND_H

#include <stdbool.h>

#include "status.h"

struct flag {
    const char *name; /* without "--" */
    char letter;      /* 'o' for -o; 0: none */
    /* "FILE", a name of metavariables.h; NULL: a switch; "=below|beside": a switch that may
     * have a value, behind '=' alone, else it is "". */
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
    /* Data goes to stdout, all else to stderr through progress.h. The status decides the
     * exit code (main.c). */
    enum status (*run)(const struct invocation *v, struct err *e);
};

int command_count(void);
const struct command *command_at(int i); /* in name order */

/* What the user typed for this command. Unknown names assert. */
bool flag_given(const struct invocation *v, const char *name);
const char *flag_text(const struct invocation *v, const char *name, const char *dflt);
/* ST_USAGE when the text is not an integer in lo..hi. */
enum status flag_integer(const struct invocation *v, const char *name, long lo, long hi,
                         long dflt, long *out, struct err *e);
/* All values of a repeated flag, in order. */
int flag_list(const struct invocation *v, const char *name, const char *const **values);
int argument_count(const struct invocation *v);
const char *argument_at(const struct invocation *v, int i);

/* The program's own path, for messages and lists of processes. */
const char *program_path(const struct invocation *v);
/* The file to start workers from: this very program, also when its path leads to another
 * by now because it was built anew. */
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
