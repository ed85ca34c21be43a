/* compare.h -- compares two encoders, or two databases, on the same test examples.
 *
 * Every run stores which sequences of a split it got right, and all runs of a split answer
 * the same sequences. Where both sides have done runs of one experiment, profile, cell and
 * split, paired.h compares them. For texts, where every sequence has a mistake, the perplexities
 * of the seeds are compared. When runs of one variant have several settings, those with most
 * seeds done count, and the newest of equals. */
#ifndef COMPARE_H
#define COMPARE_H

#include "store.h"
#include "text_table.h"

struct compare_request {
    struct store *a, *b;         /* the same store when encoders are compared */
    const char *name_a, *name_b; /* encoders or variants, or the names of databases */
    bool databases;              /* compares each variant of `a` with the same one of `b` */
    const char *profile;         /* glob; NULL: all */
    const char *const *filters;  /* KEY=GLOB */
    int n_filters;
    enum print_format format;
};

/* Prints a row per split. ST_NOTFOUND: there is nothing that both sides answered. */
enum status compare_print(const struct compare_request *q, FILE *out, struct err *e);

#endif
