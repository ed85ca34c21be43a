/* store_differ.h -- SQL that finds the differences between two runs, for a run begun again, for a
 * merge and for `verify` (store_compare.c). */
#ifndef STORE_DIFFER_H
#define STORE_DIFFER_H

#include "store_internal.h"

/* A table whose rows are compared or copied. Columns are lists such as "split, name, step". */
struct store_table {
    const char *name, *label; /* label: in words for people */
    const char *keys;         /* columns that tell its rows apart; "": none do */
    const char *values;
    const char *order; /* order in which its rows are copied */
    bool later;        /* a run may lack rows here: that is no difference */
    /* Only splits for which the other run has rows in table `with` are compared, with all
     * their rows. NULL: all splits. */
    const char *with;
};

/* The tables with the measurements of a run, which must be equal bit for bit. */
enum {
    MEASURED_METRIC,
    MEASURED_CURVE,
    MEASURED_ANSWER,
    MEASURED_PLACE,
    MEASURED_STRATUM, /* after `place`, to whose rows its rows refer */
    MEASURED_TABLES
};
extern const struct store_table store_measured[MEASURED_TABLES];
/* The columns of `curve` besides its key, in the order of schema.sql. */
#define STORE_CURVE_VALUES                                                       \
    "accuracy, accuracy_count, accuracy_total, token_error, token_error_count, " \
    "token_error_total, sequence_accuracy, sequence_accuracy_count, "            \
    "sequence_accuracy_total, sequence_error, sequence_error_count, "            \
    "sequence_error_total, loss, perplexity, chance, majority, majority_count, " \
    "majority_total, ceiling, ceiling_count, ceiling_total, bits_per_byte, word_perplexity"
/* Columns of `run`: the settings that made it, and the results that do not depend on a clock. */
#define STORE_RUN_MADE    "task, task_version, encoder, variant, seed"
#define STORE_RUN_COUNTED "steps, parameters"
#define STORE_RUN_SETTLED "config, " STORE_RUN_MADE ", " STORE_RUN_COUNTED ", flops"

/* One of the two runs. */
struct store_side {
    const char *tables; /* prefix of its tables: "main.", "temp.before_" */
    const char *id;     /* SQL for its id there */
    const char *name;   /* in words for people */
};

/* Appends `pattern` for each of the columns, with `between` between two; each "$" becomes the
 * column. */
void store_for_each(sqlite3_str *out, const char *columns, const char *between,
                    const char *pattern);

/* Appends a SELECT of one column: a line for each row of `table` that differs between the sides,
 * in the order of the keys: "metric id loss 100: value is 1 in A and 2 in B". */
void store_differing_rows(sqlite3_str *out, const struct store_table *table,
                          const struct store_side *a, const struct store_side *b);

/* Appends SQL for the first difference between the two rows of `run` in `columns`; NULL: none. */
void store_differing_run(sqlite3_str *out, const char *columns, const struct store_side *a,
                         const struct store_side *b);

/* Appends SQL for the first difference between the two runs, in their rows and then in what was
 * measured; '': none. */
void store_first_difference(sqlite3_str *out, const struct store_side *a,
                            const struct store_side *b);

/* Appends "CASE WHEN <a column of aliases a and b differs> THEN ': it is X in A and Y in
 * B' ... END". */
void store_differing_column(sqlite3_str *out, const char *columns,
                            const struct store_side *a, const struct store_side *b);

/* Adds the SQL function shown(value, other), which writes the first value for people: a real with
 * as many digits as read back to it, a blob as the first bit that differs from the other. */
enum status store_add_shown(struct store *s, struct err *e);

/* Executes the appended text, which may be several statements, and frees it. */
enum status store_exec_built(struct store *s, sqlite3_str *sql, const char *doing,
                             struct err *e);

#endif
