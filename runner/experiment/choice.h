/* choice.h -- finds the chosen values of tuned settings from what a database has.
 *
 * The trials of a choice are ordinary runs. When all have ended, the value with the smallest mean
 * loss on `valid` after the last step is chosen, and the first one listed among equals; a value
 * with a trial that diverged is never chosen. The choice itself is not stored: it follows from
 * the losses. */
#ifndef CHOICE_H
#define CHOICE_H

#include "config.h"
#include "store.h"

struct choice {
    int first, end; /* runs of the config */
    int trials;     /* how many of them are trials */
    int open;       /* trials that have not ended */
    int failed;     /* trials that failed, except by diverging */
    int value;      /* index of the chosen value; -1: not yet chosen, or all diverged */
};

struct choices {
    int n;
    struct choice *at; /* [n], in the order of the config; owned */
    int *of;           /* [config->runs]: choice of a run, -1: none; owned */
};

/* Finds the choices of the config. `db` may be NULL: there is no database yet. On success free
 * *out with choices_free. */
enum status choices_read(const struct config *c, struct store *db, struct choices *out,
                         struct err *e);
void choices_free(struct choices *c); /* accepts a zeroed struct */

/* Returns true when run `i` of the config counts in tables: it is not tuned, or has the chosen
 * value. */
bool choices_counts(const struct choices *c, const struct config *config, int i);

#endif
