/* metavariables.h -- what may be typed where a metavariable stands: for completion.
 *
 * The value of a flag and an argument of a command are a metavariable, a word in lower
 * case that is typed as it stands, or several with '|' between them: "DB", "failed|all",
 * "RUN|FILE". '=' before them: it may be left out (command.h). */
#ifndef METAVARIABLES_H
#define METAVARIABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "command.h"

/* Names that lie in the user's files; whoever completes looks there. */
enum listed { LISTED_EXPERIMENTS, LISTED_CLAIMS, LISTED_RUNS };

/* Where candidates go: a line each, "candidate TAB what it means". What shells do best is
 * a line ":file", ":db" or ":dir". */
struct offers {
    FILE *out;
    const char *typed; /* the whole word at the cursor */
    size_t before;     /* its letters before what is offered: "--only=" "encoder=" */
    size_t kept;       /* its letters before those that the shell replaces */
    void (*list)(struct offers *o, enum listed what); /* offers them */
    const struct invocation *invocation;              /* for `list` */
};

/* Prints `word` when it goes on with what is typed. `about` may be "". */
void offers_add(struct offers *o, const char *word, const char *about);

/* Offers what may stand for `kind`, "RUN|FILE". */
void metavariables_offer(struct offers *o, const char *kind);

/* Is each part of `kind` a metavariable, or a word in lower case? */
bool metavariables_known(const char *kind);

/* An argument of a command, from its usage line "[FILE]" or "DB...". */
enum { POSITION_TEXT = 80, POSITIONS_MAX = 4 };
struct position {
    char kind[POSITION_TEXT];
    bool repeats;
};
/* How many there are. */
int command_positions(const struct command *c, struct position out[POSITIONS_MAX]);

#endif
