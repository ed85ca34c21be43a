/* table.h -- prints tables of encoders by splits, with spread over seeds, floors and footnotes.
 *
 * Only runs that differ in nothing but the seed are averaged. A dimension that varies besides
 * (cell, encoder, split, settings) and is neither rows nor columns becomes a further key of the
 * rows. */
#ifndef TABLE_H
#define TABLE_H

#include <stdio.h>

#include "store.h"
#include "text_table.h"

/* The spread that is printed after a mean over seeds. */
enum spread {
    SPREAD_STD,
    SPREAD_CI /* 95 % interval */,
    SPREAD_RANGE /* minimum and maximum */
};

/* Which means are bold or have a star. */
enum best_rule {
    BEST_INTERVAL, /* the best, and all within its 95 % interval */
    BEST_MEAN,     /* the best, and those equal to it */
    BEST_RULES
};

/* Where the numbers of papers are printed. */
enum published_place {
    PUBLISHED_NOT,
    PUBLISHED_BELOW, /* in rows below, with the difference to ours */
    PUBLISHED_BESIDE /* in the same cell: ours (paper) */
};

struct table_request {
    const char *experiment;  /* glob; NULL: all */
    const char *profile;     /* glob; NULL: all */
    const char *metrics;     /* "token_error,perplexity"; NULL: token_error, and
                               sequence_error where it differs; of texts perplexity
                               and bits_per_byte instead */
    const char *rows, *cols; /* experiment, profile, task, cell, encoder (or variant),
                                split, seed, test; NULL: encoder, split */
    bool merge; /* an encoder's name replaces its variant when an experiment has only one */
    enum print_format format;
    bool macros;  /* a \newcommand for each number instead of tables (table_export.h) */
    bool explain; /* list the runs behind each cell below each table for people */
    bool bold;    /* print the best in bold, on a terminal */
    bool strata;  /* print errors in the hard places beside those in all (table_strata.h) */
    enum published_place published;
    enum spread spread;
    enum best_rule best;
    const char *sort;    /* the column whose means order the rows, best first; or "name";
                            NULL: the order of the runs (table_names.h) */
    const char *caption; /* replaces the title; NULL: none */
    /* "OLD=NEW" renames a heading (table_names.h); CSV and JSON keep the old name. */
    const char *const *names;
    int n_names;
    /* Filters of filter.h; all must match. The split train is always left out. Without a filter
     * on the split, so is valid, which is no test, unless a run has no other split or
     * `published` asks for it. */
    const char *const *filters;
    int n_filters;
};

/* Prints to `out`. Formats for people have a table per experiment, profile and metric, with
 * errors in percent. CSV has a line per cell, JSON one object, "schema": 1; both hold fractions
 * as stored. ST_NOTFOUND: no run matches (JSON also prints an object without tables). ST_USAGE:
 * unknown key or metric. */
enum status table_print(struct store *s, const struct table_request *q, FILE *out,
                        struct err *e);

/* Receives the settings of splits: first a call for the tests of an experiment and profile, then
 * one for each of their splits, "ood_sparse:" and "p_ignore 0.98 (id 0.8).", as below a table,
 * and for each of their runs one with the options that these lines name (split_text_names). */
struct split_listener {
    enum status (*tests)(void *to, const char *experiment, const char *profile,
                         const char *task, struct err *e);
    void (*split)(void *to, const char *name, const char *asks);
    void (*options)(void *to, const char *options);
    void *to;
};

/* Reports the settings of the splits of all experiments to `listener`, in the order of their
 * tables. Uses only experiment, profile and filters of the request. No run is no error. */
enum status table_splits(struct store *s, const struct table_request *q,
                         const struct split_listener *listener, struct err *e);

#endif
