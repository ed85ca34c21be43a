/* compare.h -- two encoders, or two databases, on the same test examples.
 *
 * Every run stores which sequences of a split it got right, and all runs of a split answer
 * the same sequences. Where both sides have done runs of one experiment, profile, cell and
 * split, paired.h compares them. Of texts, of which no sequence is without a mistake, the
 * perplexities of the seeds are compared. Of runs of one variant with several settings, those with
 * most seeds done count, of these the newest. */
#ifndef COMPARE_H
#define COMPARE_H

#include "store.h"
#include "text_table.h"

struct compare_request {
    struct store *a, *b;         /* the same one when encoders are compared */
    const char *name_a, *name_b; /* encoders or variants, or the names of databases */
    bool databases;              /* each variant of `a` with the same variant of `b` */
    const char *profile;         /* glob; NULL: every */
    const char *const *filters;  /* KEY=GLOB */
    int n_filters;
    enum print_format format;
};

/* A row a split. ST_NOTFOUND when there is nothing that both answered. */
enum status compare_print(const struct compare_request *q, FILE *out, struct err *e);

#endif
