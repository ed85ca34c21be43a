/* store_differ.h -- do two runs differ, and where: SQL that is the same for a run begun
 * again, for a merge and for `verify` (store_compare.c). */
#ifndef STORE_DIFFER_H
#define STORE_DIFFER_H

#include "store_internal.h"

/* Columns are lists such as "split, name, step". */
struct store_table {
    const char *name, *label; /* label: in words for people */
    const char *keys;         /* what tells its rows apart; "": nothing does */
    const char *values;
    const char *order; /* of its rows when they are copied */
    bool later;        /* a run may have no rows here: that is no difference */
    /* Of these only the splits of which the other run has rows in table `with`; there every
     * row counts. NULL: all. */
    const char *with;
};

/* What is measured of a run and must come out the same, bit for bit. */
enum {
    MEASURED_METRIC,
    MEASURED_CURVE,
    MEASURED_ANSWER,
    MEASURED_PLACE,
    MEASURED_STRATUM, /* behind `place`, to whose rows its own refer */
    MEASURED_TABLES
};
extern const struct store_table store_measured[MEASURED_TABLES];
/* Columns of `curve` besides its key, as schema.sql has them. */
#define STORE_CURVE_VALUES                                                       \
    "accuracy, accuracy_count, accuracy_total, token_error, token_error_count, " \
    "token_error_total, sequence_accuracy, sequence_accuracy_count, "            \
    "sequence_accuracy_total, sequence_error, sequence_error_count, "            \
    "sequence_error_total, loss, perplexity, chance, majority, majority_count, " \
    "majority_total, ceiling, ceiling_count, ceiling_total, bits_per_byte, word_perplexity"
/* Of its row: what made it, and what has no clock in it. */
#define STORE_RUN_MADE    "task, task_version, encoder, variant, seed"
#define STORE_RUN_COUNTED "steps, parameters"
#define STORE_RUN_SETTLED "config, " STORE_RUN_MADE ", " STORE_RUN_COUNTED ", flops"

/* Where one of the two runs is. */
struct store_side {
    const char *tables; /* before the names of tables: "main.", "temp.before_" */
    const char *id;     /* SQL for the run's id there */
    const char *name;   /* for people */
};

/* Appends `pattern` for each of the columns, with the column for each "$". */
void store_for_each(sqlite3_str *out, const char *columns, const char *between,
                    const char *pattern);

/* Appends a SELECT of one column: a line for each row of `table` that is not the same on
 * both sides, in the order of its keys: "metric id loss 100: value is 1 in A and 2 in B". */
void store_differing_rows(sqlite3_str *out, const struct store_table *table,
                          const struct store_side *a, const struct store_side *b);

/* Appends SQL for the first difference of the two runs' rows in `columns`, NULL when there
 * is none. */
void store_differing_run(sqlite3_str *out, const char *columns, const struct store_side *a,
                         const struct store_side *b);

/* Appends SQL for the first difference of the two runs, '' when there is none: of their
 * rows, then of what was measured. */
void store_first_difference(sqlite3_str *out, const struct store_side *a,
                            const struct store_side *b);

/* Appends "CASE WHEN <a column of aliases a and b differs> THEN ': it is X in A and Y in
 * B' ... END". */
void store_differing_column(sqlite3_str *out, const char *columns,
                            const struct store_side *a, const struct store_side *b);

/* shown(value, other): as people read the first; a real with as many digits as read back to
 * it, of bytes the first bit that the other has not. */
enum status store_add_shown(struct store *s, struct err *e);

/* Carries out what was appended, which may be several statements, and frees it. */
enum status store_exec_built(struct store *s, sqlite3_str *sql, const char *doing,
                             struct err *e);

#endif
