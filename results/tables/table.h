/* table.h -- encoder x split tables, with spread over seeds, floors and footnotes.
 *
 * Only runs that differ in nothing but the seed are averaged. Whatever else varies (cell,
 * encoder, split, settings) and is not asked for as rows or columns becomes another key
 * of the rows. */
#ifndef TABLE_H
#define TABLE_H

#include <stdio.h>

#include "store.h"
#include "text_table.h"

/* What stands behind a mean over seeds. */
enum spread {
    SPREAD_STD,
    SPREAD_CI /* 95 % interval */,
    SPREAD_RANGE /* least and most */
};

/* Which means are bold, or have a star. */
enum best_rule {
    BEST_INTERVAL, /* the best, and all that lie within its 95 % interval */
    BEST_MEAN,     /* the best alone, and its equals */
    BEST_RULES
};

/* Where the papers' numbers stand. */
enum published_place {
    PUBLISHED_NOT,
    PUBLISHED_BELOW, /* in rows below, with the difference */
    PUBLISHED_BESIDE /* in the same cell: ours (paper) */
};

struct table_request {
    const char *experiment;  /* glob; NULL: all */
    const char *profile;     /* glob; NULL: all */
    const char *metrics;     /* "token_error,perplexity"; NULL: token_error, and
                               sequence_error where it differs */
    const char *rows, *cols; /* experiment, profile, task, cell, encoder (or variant),
                                split, seed, test; NULL: encoder, split */
    bool merge; /* an encoder's name for its variant, where an experiment has one of it */
    enum print_format format;
    bool macros;  /* instead of tables a \newcommand for each number (table_export.h) */
    bool explain; /* below each table for people: the runs behind each of its cells */
    bool bold;    /* on a terminal: the best */
    bool strata;  /* errors in the hard places beside those in all (table_strata.h) */
    enum published_place published;
    enum spread spread;
    enum best_rule best;
    const char *sort;    /* a column, by whose means rows are ordered, the best first; or
                            "name"; NULL: as the runs came (table_names.h) */
    const char *caption; /* instead of the title; NULL: none */
    /* "OLD=NEW": how a heading is printed (table_names.h); CSV and JSON keep the old. */
    const char *const *names;
    int n_names;
    /* filter.h; all must match. Without a filter on the split, the splits valid and train
     * are left out, since they are no tests, unless a run has no others, or `published`
     * asks for them. */
    const char *const *filters;
    int n_filters;
};

/* Prints to `out`. Text, Markdown and LaTeX: a table per experiment, profile and metric,
 * errors in percent. CSV: a line per cell; JSON: one object, "schema": 1; both with
 * fractions as stored. ST_NOTFOUND: no run matches (JSON: an object without tables);
 * ST_USAGE: unknown key or metric. */
enum status table_print(struct store *s, const struct table_request *q, FILE *out,
                        struct err *e);

/* Who is told what tests ask: first the tests of an experiment and profile, then a line for
 * each of their splits, "ood_sparse:" and "p_ignore 0.98 (id 0.8).", as below a table; and, as
 * often as there are runs of them, the options that the lines name (split_text_names). */
struct split_listener {
    enum status (*tests)(void *to, const char *experiment, const char *profile,
                         const char *task, struct err *e);
    void (*split)(void *to, const char *name, const char *asks);
    void (*options)(void *to, const char *options);
    void *to;
};

/* What the tests of all experiments ask, in the order of their tables: experiment, profile and
 * filters of the request count. No run is no error. */
enum status table_splits(struct store *s, const struct table_request *q,
                         const struct split_listener *listener, struct err *e);

#endif
