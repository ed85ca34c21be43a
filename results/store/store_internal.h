/* store_internal.h -- what the files of results/ share about an open database. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <sqlite3.h>

#include "store.h"

enum { SCHEMA_VERSION = 6, APPLICATION_ID = 0x706F7362 /* "posb" */ };

struct store {
    sqlite3 *db;
    char *path; /* owned */
    bool writable;
    bool at_rest; /* opened to read, and nobody writes to it */
    int schema;   /* as the file was found; 0: it was new */
    int together; /* depth of store_together */
    bool failed;  /* within it, so that all is taken back */
    int64_t
        replaced; /* run whose numbers of before are set aside (store_replace); 0: none */
    struct store_patience patience;
    int waiting_ms; /* for the lock of another process, so far */
    int waited_ms;  /* the longest such wait */
};

/* Turns the connection's last error into "PATH: DOING: what; the remedy". */
enum status store_failed(const struct store *s, const char *doing, struct err *e);

/* Of a connection just opened: lets it wait where another process holds a lock. */
void store_wait_for_locks(struct store *s);

/* "file:PATH?PARAMETERS" for SQLite, to be freed; NULL: no memory. */
char *store_uri(const char *path, const char *parameters);

/* Runs statements that answer nothing; `doing` is for store_failed. */
enum status store_exec(struct store *s, const char *sql, const char *doing, struct err *e);

/* Before the first statement of a connection: nothing in the file is trusted to do
 * anything, and limits are near what posbench needs. */
enum status store_harden(struct store *s, struct err *e);
/* ST_DB when a table, index or view of ours is missing or is not as schema.sql makes it, or
 * when there is a trigger. Of a database of SCHEMA_VERSION. */
enum status store_check_objects(struct store *s, struct err *e);

/* SQL for a row of `run`: what runs of one recipe have in common (recipe.settings). */
#define STORE_SETTINGS                                    \
    "variant || char(10) || task_version || char(10) || " \
    "json_remove(config, '$.seed')"

/* SELECT for rows of `stratum` from `places`, SQL for rows of run_id, split and strata, where
 * strata is {"ignores": [[value, wrong, places], ...], ...}, of a text [value, wrong, places,
 * nats]. What is no number is refused by the table. */
#define STORE_STRATA(places)                                                         \
    "SELECT p.run_id, p.split, s.key, json_extract(v.value, '$[0]'), "               \
    "json_extract(v.value, '$[1]'), json_extract(v.value, '$[2]'), "                 \
    "json_extract(v.value, '$[3]') FROM " places " AS p, json_each(p.strata) AS s, " \
    "json_each(s.value) AS v"

/* Gives a run that is new here its recipe, found or new; within a transaction. */
enum status store_recipe(struct store *s, int64_t run_id, struct err *e);

/* What turns a database of schema `from` into the next one: its tables and indices. Views
 * need no mention. */
struct migration {
    int from;
    const char *sql;
};
extern const struct migration store_migrations[]; /* ends with {0} */

/* Inside a transaction that holds the write lock: steps from schema `from` to
 * SCHEMA_VERSION, makes the views anew, checks references. On failure the caller's
 * ROLLBACK restores the old database. */
enum status store_migrate(struct store *s, int from, const struct migration *steps,
                          struct err *e);
/* The same for a file: first a copy "FILE.backup-v<from>" (with ".2" and so on behind it
 * when that is taken), which has passed PRAGMA integrity_check. Its name is left in copy[]:
 * who cannot commit removes it. */
enum { BACKUP_NAME = 4096 };
enum status store_migrate_file(struct store *s, int from, const struct migration *steps,
                               char copy[BACKUP_NAME], struct err *e);
/* A file that is only read stays as it is: the connection is replaced by one to a copy
 * in memory, which is brought up to date. */
enum status store_migrate_copy(struct store *s, int from, struct err *e);

/* Calls `start` (may be NULL) with the statement before its first row, then `row` for each
 * row; see store_query. */
typedef enum status (*store_each_fn)(void *context, sqlite3_stmt *row, struct err *e);
enum status store_each(struct store *s, const char *sql, const char *const *params,
                       int n_params, store_each_fn start, store_each_fn row, void *context,
                       struct err *e);

/* The same with a statement that the user typed: what is wrong with it is ST_USAGE. */
enum status store_each_typed(struct store *s, const char *sql, store_each_fn start,
                             store_each_fn row, void *context, struct err *e);

#endif
