/* metavariables.h -- what may be typed in place of a metavariable, for completion.
 *
 * The value of a flag or an argument of a command is a metavariable, a word in lower case that
 * is typed as it is, or several of them separated by '|': "DB", "failed|all", "RUN|FILE". A
 * leading '=' marks a value that may be left out (command.h). */
#ifndef METAVARIABLES_H
#define METAVARIABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "command.h"

/* Names in the user's files; the command that completes reads them there. */
enum listed { LISTED_EXPERIMENTS, LISTED_CLAIMS, LISTED_RUNS };

/* Receives the candidates, a line each: "candidate TAB what it means". A line ":file", ":db" or
 * ":dir" leaves the completion to the shell. */
struct offers {
    FILE *out;
    const char *typed; /* the whole word at the cursor */
    size_t before;     /* length of the part before what is offered: "--only=" "encoder=" */
    size_t kept;       /* length of the part before what the shell replaces */
    void (*list)(struct offers *o, enum listed what); /* offers them */
    const struct invocation *invocation;              /* for `list` */
};

/* Prints `word` when what is typed is its beginning. `about` may be "". */
void offers_add(struct offers *o, const char *word, const char *about);

/* Offers the values of `kind`, such as "RUN|FILE". */
void metavariables_offer(struct offers *o, const char *kind);

/* Returns true when each part of `kind` is a metavariable or a word in lower case. */
bool metavariables_known(const char *kind);

/* An argument of a command, from its usage line "[FILE]" or "DB...". */
enum { POSITION_TEXT = 80, POSITIONS_MAX = 4 };
struct position {
    char kind[POSITION_TEXT];
    bool repeats;
};
/* Returns how many there are. */
int command_positions(const struct command *c, struct position out[POSITIONS_MAX]);

#endif
