/* store_differ.h -- do two runs differ, and where: SQL that is the same for a run begun
 * again and for a merge. */
#ifndef STORE_DIFFER_H
#define STORE_DIFFER_H

#include "store_internal.h"

/* Columns are lists such as "split, name, step". */
struct store_table {
    const char *name, *label; /* label: in words for people */
    const char *keys;         /* what tells its rows apart; "": nothing does */
    const char *values;
    const char *more; /* goes with them when a row is copied, and says nothing new */
    bool later;       /* a run may have no rows here: that is no difference */
};

/* What is measured of a run and must come out the same, bit for bit. */
enum { MEASURED_TABLES = 3 };
extern const struct store_table store_measured[MEASURED_TABLES];
/* Of its row: what made it, and what has no clock in it. */
#define STORE_RUN_SETTLED \
    "config, task, task_version, encoder, variant, seed, steps, parameters, flops"

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

/* Appends SQL for the first difference of the two runs, '' when there is none: of their
 * rows, then of what was measured. */
void store_first_difference(sqlite3_str *out, const struct store_side *a,
                            const struct store_side *b);

/* Appends "CASE WHEN <a column of aliases a and b differs> THEN ': it is X in A and Y in
 * B' ... END". */
void store_differing_column(sqlite3_str *out, const char *columns,
                            const struct store_side *a, const struct store_side *b);

/* shown(value): as people read it; a real with as many digits as read back to it. */
enum status store_add_shown(struct store *s, struct err *e);

/* Carries out what was appended, which may be several statements, and frees it. */
enum status store_exec_built(struct store *s, sqlite3_str *sql, const char *doing,
                             struct err *e);

#endif
