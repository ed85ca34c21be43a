/* stored_run.h -- finds a run of the database by the name that a user types, and its weights. */
#ifndef STORED_RUN_H
#define STORED_RUN_H

#include "safetensors.h"
#include "model_files.h"
#include "run_spec.h"
#include "store.h"

enum { STORED_ID_TEXT = 24, STORED_STATE_TEXT = 16 };

struct stored_run {
    char id[STORED_ID_TEXT];
    char identity[IDENTITY_TEXT]; /* as stored; run.identity follows from the settings */
    char state[STORED_STATE_TEXT];
    char weights_hash[WEIGHTS_HASH]; /* "": not stored */
    struct run_spec run;             /* with profile and cell */
};

/* Finds a run by its id (a number), or by at least four letters that begin its identity.
 * ST_NOTFOUND: no such run. ST_USAGE: several. On success free with stored_run_free. */
enum status stored_run_find(struct store *db, const char *db_path, const char *name,
                            struct stored_run *out, struct err *e);
void stored_run_free(struct stored_run *f); /* accepts a zeroed struct */

/* Returns the row that is stored before the run starts; it borrows the strings of `r`. */
struct run_row stored_run_row(const struct run_spec *r);

/* Opens the database for reading and finds the run. */
enum status stored_run_open(const char *db_path, const char *name, struct stored_run *out,
                            struct err *e);

/* Writes the notes of a file of weights, in the order format, identity, config. */
enum { STORED_NOTES = 3 };
void stored_run_notes(const struct run_spec *r, struct safetensors_note out[STORED_NOTES]);

/* A file of weights, the identity that it must hold ("": any, a user's own file) and the hash of
 * its bytes ("": not stored). */
struct stored_weights {
    char path[PATH_MAX];
    char identity[IDENTITY_TEXT], hash[WEIGHTS_HASH];
};

/* Returns where the run's weights are, or would be. */
enum status stored_weights_find(const char *db_path, const struct stored_run *f,
                                struct stored_weights *out, struct err *e);

/* Loads the weights if identity and hash are the run's and all numbers are finite; else ST_IO.
 * ST_NOTFOUND, with the remedy, when there are none. */
enum status stored_weights_load(const struct stored_weights *w, struct model *m,
                                struct err *e);

#endif
