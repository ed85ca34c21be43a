/* stored_run.h -- a run of the database by the name that a user types, and its weights. */
#ifndef STORED_RUN_H
#define STORED_RUN_H

#include "checkpoint.h"
#include "config.h"
#include "store.h"

enum { STORED_ID_TEXT = 24, STORED_STATE_TEXT = 16 };

struct stored_run {
    char id[STORED_ID_TEXT];
    char identity[IDENTITY_TEXT]; /* as stored; run.identity is that of the settings */
    char state[STORED_STATE_TEXT];
    struct run_spec run; /* profile and cell too */
};

/* A number is a run's id; else at least four letters that begin its identity. ST_NOTFOUND:
 * no such run; ST_USAGE: several. On success free with stored_run_free. */
enum status stored_run_find(struct store *db, const char *db_path, const char *name,
                            struct stored_run *out, struct err *e);
void stored_run_free(struct stored_run *f); /* accepts a zeroed struct */

/* Opens the database to read and finds the run. */
enum status stored_run_open(const char *db_path, const char *name, struct stored_run *out,
                            struct err *e);

/* The notes of a file of weights, in the order format, identity, config. */
enum { STORED_NOTES = 3 };
void stored_run_notes(const struct run_spec *r, struct checkpoint_note out[STORED_NOTES]);

/* Loads the run's weights from `path`, with the remedy when there are none. */
enum status stored_run_weights(const char *path, struct model *m, struct err *e);

#endif
