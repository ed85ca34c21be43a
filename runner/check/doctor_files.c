/* doctor_files.c -- checks that the weights beside the database are those of its runs. */
#include "doctor.h"

#include <stdio.h>
#include <string.h>

#include "identities.h"
#include "model_files.h"

struct weights {
    const char *db_path;
    int right, missing;
    char first[IDENTITY_TEXT]; /* the first run whose weights are missing */
};

/* Checks the weights of one run. Columns: identity, hash of the weights. */
static enum status compare(void *context, int columns, const char *const *names,
                           const char *const *cells, struct err *e)
{
    struct weights *w = context;
    char path[PATH_MAX], found[WEIGHTS_HASH] = "";
    (void)columns;
    (void)names;
    (void)e;
    if (!cells[0] || !cells[1])
        return ST_OK;
    if (model_files_weights_path(w->db_path, cells[0], cells[1], path, NULL) == ST_OK &&
        model_files_hash(path, found, NULL) == ST_OK && strcmp(found, cells[1]) == 0) {
        w->right++;
        return ST_OK;
    }
    if (w->missing++ == 0)
        snprintf(w->first, sizeof w->first, "%s", cells[0]);
    return ST_OK;
}

static void check_weights(struct doctor *d, struct store *db, const char *db_path)
{
    struct weights w = {.db_path = db_path};
    struct err e = {.msg = ""};
    if (store_query(db,
                    "SELECT identity, weights_hash FROM run WHERE state = 'done' AND "
                    "removed IS NULL AND weights_hash <> '" WEIGHTS_NONE "'",
                    NULL, 0, compare, &w, &e) != ST_OK)
        doctor_say(d, DOCTOR_FAULT, "weights", "see `integrity`", "%.300s", e.msg);
    else if (w.missing)
        doctor_say(
            d, DOCTOR_ADVICE, "weights",
            "copy the files from where they are, or train these runs again with "
            "`posbench run --rerun all --only ...`; their numbers are right",
            "%d of %d runs that are done have other weights than they ended with, or "
            "none, the first one %s",
            w.missing, w.missing + w.right, w.first);
    else if (w.right)
        doctor_say(d, DOCTOR_FINE, "weights", NULL,
                   "%d runs have the weights with which they ended", w.right);
}

void doctor_files(struct doctor *d, const char *db_path)
{
    struct store *db = NULL;
    struct err e;
    const int waiting = model_files_waiting(db_path);
    if (store_open(db_path, STORE_READ, &db, &e) != ST_OK)
        return; /* doctor_database reports the error */
    check_weights(d, db, db_path);
    store_close(db);
    if (waiting)
        doctor_say(
            d, DOCTOR_ADVICE, "waiting",
            "the next run or merge puts them in their places, or removes them",
            "%d files in %s.models were left by a command that was killed, or belong "
            "to one that is at work",
            waiting, db_path);
}
