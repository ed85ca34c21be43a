/* store_merge_internal.h -- what the files of a merge share: store_merge.c, which leads, and
 * those for runs and for rows that belong to no run. */
#ifndef STORE_MERGE_INTERNAL_H
#define STORE_MERGE_INTERNAL_H

#include "store_internal.h"
#include "store_merge.h"

enum { KEY_TEXT = 512, DIFFERENCE_TEXT = 1024 };

#define PROVENANCE                                                               \
    "version, git_commit, dirty, compiler, flags, kernel_isa, blas, blas_core, " \
    "blas_threads, cpu, host, yaml_hash"

/* Two connections, one that writes and one that reads, so that every check of store_open
 * also holds for a part, and an older part is read as if it were up to date. */
struct merge {
    struct store *to, *from;
    const struct merge_hooks *hooks;
    struct merge_counts *counts;
    struct provenance_pair {
        int64_t from, to;
    } * provenance; /* [provenances] */
    int provenances;
};

/* --- the parts of a merge --- */

enum status merge_all_runs(const struct merge *m, struct err *e);
/* Published numbers, claims, and events of no run. */
enum status merge_other_rows(const struct merge *m, struct err *e);

/* --- statements --- */

enum status merge_prepare(struct store *s, const char *sql, sqlite3_stmt **q,
                          struct err *e);
/* *row: there is one. */
enum status merge_next(struct store *s, sqlite3_stmt *q, bool *row, struct err *e);
/* Binds columns first .. first+n-1 of `row` to the parameters from `at` on. */
enum status merge_bind_row(struct store *s, sqlite3_stmt *q, int at, sqlite3_stmt *row,
                           int first, int n, struct err *e);
/* Runs a statement that answers at most one row, and makes it ready for another time. */
enum status merge_step_once(struct store *s, sqlite3_stmt *q, struct err *e);
/* A statement with one number. */
enum status merge_with_id(struct store *s, const char *sql, int64_t id, struct err *e);

/* --- what came from a part --- */

/* Runs by identity and other rows by table and id that came from a part since `to` was
 * opened: to them no part has an older right. They are noted in a temporary table: the
 * connection's own, and rolled back with the part. */
enum status merge_begin_notes(const struct merge *m, struct err *e);
enum status merge_note(const struct merge *m, const char *what, struct err *e);
enum status merge_noted(const struct merge *m, const char *what, bool *out, struct err *e);

/* --- comparing --- */

/* How rows are named: their first `keys` columns tell which one it is. */
struct row_names {
    const char *what;
    int keys;
};

/* "metric id token_error 100" */
void merge_key_text(const struct row_names *names, sqlite3_stmt *row, char text[KEY_TEXT]);

/* 0: what the two rows say is the same, as far as the second goes. Else an order of no
 * other meaning than being the same for everybody, and `text` says where they differ. */
int merge_row_order(const struct merge *m, const struct row_names *names, sqlite3_stmt *a,
                    sqlite3_stmt *b, char text[DIFFERENCE_TEXT]);

#endif
