/* choice.h -- which values of what an experiment tunes were chosen, by what a database has.
 *
 * The trials of a choice are runs like others. When all have ended, the value with the least
 * mean loss on `valid` after the last step is chosen, of equals the one that is listed first;
 * a value one of whose trials diverged is not. Nothing is stored of a choice: it follows from
 * the losses. */
#ifndef CHOICE_H
#define CHOICE_H

#include "config.h"
#include "store.h"

struct choice {
    int first, end; /* runs of the config */
    int trials;     /* and of these */
    int open;       /* have not ended, */
    int failed;     /* or failed otherwise than by diverging */
    int value;      /* chosen; -1: not yet, or all diverged */
};

struct choices {
    int n;
    struct choice *at; /* [n], in the order of the config; owned */
    int *of;           /* [config->runs]: choice of a run, -1: none; owned */
};

/* `db` may be NULL: there is no database yet. On success free with choices_free. */
enum status choices_read(const struct config *c, struct store *db, struct choices *out,
                         struct err *e);
void choices_free(struct choices *c); /* accepts a zeroed struct */

/* Does run `i` of the config count in tables: was it not tuned, or has the chosen value? */
bool choices_counts(const struct choices *c, const struct config *config, int i);

#endif
