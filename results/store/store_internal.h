/* store_internal.h -- an open database, as the files of results/ share it. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <sqlite3.h>

#include "store.h"

enum { SCHEMA_VERSION = 6, APPLICATION_ID = 0x706F7362 /* "posb" */ };

struct store {
    sqlite3 *db;
    char *path; /* owned */
    bool writable;
    bool at_rest;     /* opened to read, and nobody writes to it */
    int schema;       /* version when the file was opened; 0: it was new */
    int together;     /* depth of store_together */
    bool failed;      /* a part of store_together failed, so that all is rolled back */
    int64_t replaced; /* run whose old numbers are set aside (store_replace); 0: none */
    struct store_patience patience;
    int waiting_ms; /* present wait for the lock of another process, so far */
    int waited_ms;  /* the longest such wait */
};

/* Reports the connection's last error as "PATH: DOING: what; the remedy". */
enum status store_failed(const struct store *s, const char *doing, struct err *e);

/* Lets a new connection wait while another process holds a lock. */
void store_wait_for_locks(struct store *s);

/* Returns "file:PATH?PARAMETERS" for SQLite. The caller frees it; NULL: no memory. */
char *store_uri(const char *path, const char *parameters);

/* Runs statements without an answer; `doing` is for store_failed. */
enum status store_exec(struct store *s, const char *sql, const char *doing, struct err *e);

/* Hardens a connection before its first statement: no trigger runs, the schema cannot be written,
 * and limits are near what posbench needs (store_guard.c). */
enum status store_harden(struct store *s, struct err *e);
/* Checks a database of SCHEMA_VERSION. ST_DB: one of our tables, indices or views is missing or
 * is not as schema.sql makes it, or there is a trigger. */
enum status store_check_objects(struct store *s, struct err *e);

/* SQL expression for a row of `run`: the settings that runs of one recipe share
 * (recipe.settings). */
#define STORE_SETTINGS                                    \
    "variant || char(10) || task_version || char(10) || " \
    "json_remove(config, '$.seed')"

/* SQL SELECT that makes rows of `stratum` from `places`, SQL for rows of run_id, split and strata.
 * strata is {"ignores": [[value, wrong, places], ...], ...}; for a text each entry is [value,
 * wrong, places, nats]. The table refuses values that are no numbers. */
#define STORE_STRATA(places)                                                         \
    "SELECT p.run_id, p.split, s.key, json_extract(v.value, '$[0]'), "               \
    "json_extract(v.value, '$[1]'), json_extract(v.value, '$[2]'), "                 \
    "json_extract(v.value, '$[3]') FROM " places " AS p, json_each(p.strata) AS s, " \
    "json_each(s.value) AS v"

/* Gives a new run its recipe, which is added when it is missing; within a transaction. */
enum status store_recipe(struct store *s, int64_t run_id, struct err *e);

/* SQL that changes the tables and indices of schema `from` to the next schema. Views are made
 * anew afterwards. */
struct migration {
    int from;
    const char *sql;
};
extern const struct migration store_migrations[]; /* ends with {0} */

/* Takes the steps from schema `from` to SCHEMA_VERSION, makes the views anew and checks
 * references and objects, inside a transaction that holds the write lock. On failure the
 * caller's ROLLBACK restores the old database. */
enum status store_migrate(struct store *s, int from, const struct migration *steps,
                          struct err *e);
/* The same for a file, after a copy "FILE.backup-v<from>" (with ".2" and so on after it when the
 * name is taken) that has passed PRAGMA integrity_check. copy[] receives its name; a caller who
 * cannot commit removes it. */
enum { BACKUP_NAME = 4096 };
enum status store_migrate_file(struct store *s, int from, const struct migration *steps,
                               char copy[BACKUP_NAME], struct err *e);
/* The same for a file that is only read and stays as it is: replaces the connection by one to a
 * copy in memory, which is brought up to date. */
enum status store_migrate_copy(struct store *s, int from, struct err *e);

/* Calls `start` (may be NULL) with the statement before its first row, then `row` for each
 * row; see store_query. */
typedef enum status (*store_each_fn)(void *context, sqlite3_stmt *row, struct err *e);
enum status store_each(struct store *s, const char *sql, const char *const *params,
                       int n_params, store_each_fn start, store_each_fn row, void *context,
                       struct err *e);

/* The same with a statement that the user typed: ST_USAGE when the statement is wrong. */
enum status store_each_typed(struct store *s, const char *sql, store_each_fn start,
                             store_each_fn row, void *context, struct err *e);

#endif
