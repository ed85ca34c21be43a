/* stored_run.c -- finds a run of the database by the name that a user types, and loads its
 * weights.
 *
 * The name is a number or the beginning of an identity. The result is the run with its parsed
 * settings, or the reason why there is none: unknown, removed, several. Weights are loaded after
 * their identity, their hash and their tensors were checked.
 * Pitfall: a number is tried as an id first, then as the beginning of an identity. Cells may be
 * NULL in a stranger's database. */
#include "stored_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_PREFIX = 4 }; /* the same as in stored_run.h and command_show.c */

struct search {
    struct stored_run *out;
    int n;
    bool exact; /* by its id */
};

static enum status take_run(void *context, int columns, const char *const *names,
                            const char *const *cells, struct err *e)
{
    struct search *s = context;
    struct stored_run *f = s->out;
    (void)columns;
    (void)names;
    if (s->exact)
        return ST_OK;
    s->exact = strcmp(store_cell(cells[4]), "1") == 0;
    s->n = s->exact ? 1 : s->n + 1;
    snprintf(f->id, sizeof f->id, "%s", store_cell(cells[0]));
    snprintf(f->identity, sizeof f->identity, "%s", store_cell(cells[1]));
    snprintf(f->state, sizeof f->state, "%s", store_cell(cells[2]));
    snprintf(f->weights_hash, sizeof f->weights_hash, "%s", store_cell(cells[7]));
    stored_run_free(f);
    const enum status st = run_spec_parse(store_cell(cells[3]), &f->run, e);
    snprintf(f->run.profile, sizeof f->run.profile, "%s", store_cell(cells[5]));
    snprintf(f->run.cell, sizeof f->run.cell, "%s", store_cell(cells[6]));
    return st;
}

void stored_run_free(struct stored_run *f)
{
    run_spec_free(&f->run);
    f->run = (struct run_spec){0};
}

static enum status take_identity(void *context, int columns, const char *const *names,
                                 const char *const *cells, struct err *e)
{
    char *identity = context;
    (void)columns;
    (void)names;
    (void)e;
    snprintf(identity, IDENTITY_TEXT, "%s", store_cell(cells[0]));
    return ST_OK;
}

/* Reports that there is no such run; the view leaves out removed runs. */
static enum status none(struct store *db, const char *db_path, const char *name,
                        struct err *e)
{
    const char *const params[] = {name};
    char identity[IDENTITY_TEXT] = "";
    const enum status st =
        store_query(db,
                    "SELECT identity FROM run WHERE removed IS NOT NULL AND "
                    "(CAST(id AS TEXT) = ?1 OR (length(?1) >= 4 AND "
                    "substr(identity, 1, length(?1)) = ?1)) "
                    "ORDER BY CAST(id AS TEXT) = ?1 DESC LIMIT 1",
                    params, 1, take_identity, identity, e);
    if (st)
        return st;
    if (identity[0])
        return err_set(e, ST_NOTFOUND,
                       "run \"%s\" in %s is marked as removed; \"posbench rm --undo "
                       "identity=%s\" brings it back",
                       name, db_path, identity);
    return err_set(e, ST_NOTFOUND, "no run \"%s\" in %s; \"posbench list runs\" names them",
                   name, db_path);
}

enum status stored_run_find(struct store *db, const char *db_path, const char *name,
                            struct stored_run *out, struct err *e)
{
    const char *const params[] = {name};
    struct search s = {.out = out};
    *out = (struct stored_run){0};
    enum status st = store_query(
        db,
        "SELECT id, identity, state, config, CAST(id AS TEXT) = ?1 AS exact, "
        "profile, cell, weights_hash FROM run WHERE removed IS NULL AND (exact OR "
        "substr(identity, 1, length(?1)) = ?1)"
        " ORDER BY exact DESC",
        params, 1, take_run, &s, e);
    if (st == ST_OK && (s.n == 0 || (!s.exact && strlen(name) < LEAST_PREFIX)))
        st = none(db, db_path, name, e);
    else if (st == ST_OK && s.n > 1)
        st = err_set(e, ST_USAGE, "%d runs begin with \"%s\"; type more of it", s.n, name);
    if (st)
        stored_run_free(out);
    return st;
}

enum status stored_run_open(const char *db_path, const char *name, struct stored_run *out,
                            struct err *e)
{
    struct store *db = NULL;
    enum status st = store_open(db_path, STORE_READ, &db, e);
    if (st == ST_OK)
        st = stored_run_find(db, db_path, name, out, e);
    store_close(db);
    return st;
}

void stored_run_notes(const struct run_spec *r, struct safetensors_note out[STORED_NOTES])
{
    out[0] = (struct safetensors_note){"format", "posbench"};
    out[1] = (struct safetensors_note){"identity", r->identity};
    out[2] = (struct safetensors_note){"config", r->config};
}

/* Refuses weights that are not finite, with which a model would score as if it knew nothing. */
static enum status check_finite(const char *path, struct model *m, struct err *e)
{
    for (int t = 0; t < model_tensor_count(m); t++) {
        const struct tensor *x = model_tensor(m, t);
        const real *w = model_weights(m) + x->offset;
        for (size_t i = 0; i < (size_t)x->rows * (size_t)x->columns; i++)
            if (!isfinite(w[i]))
                return err_set(
                    e, ST_IO,
                    "%s: number %zu of %s is not finite, so the file is damaged; "
                    "restore a copy, or run it again with --rerun all",
                    path, i, x->name);
    }
    return ST_OK;
}

/* Checks that the file is the run's: its identity inside, and the hash of its bytes. */
static enum status check_owner(const struct stored_weights *f, struct err *e)
{
    const char *const path = f->path;
    char *identity = NULL, hash[WEIGHTS_HASH];
    enum status st = safetensors_note_read(path, "identity", &identity, e);
    if (st == ST_OK && (!identity || strcmp(identity, f->identity) != 0))
        st = err_set(e, ST_IO,
                     "%s: holds the weights of run %.32s, not of %.32s; put the right file "
                     "there, or run it again with --rerun all",
                     path, identity ? identity : "(none)", f->identity);
    free(identity);
    if (st || !f->hash[0])
        return st;
    st = model_files_hash(path, hash, e);
    if (st == ST_OK && strcmp(hash, f->hash) != 0)
        st = err_set(e, ST_IO,
                     "%s: is not the file that the run left: its bytes have changed, or it "
                     "is of another training; restore a copy, or run it again with --rerun "
                     "all",
                     path);
    return st;
}

enum status stored_weights_find(const char *db_path, const struct stored_run *f,
                                struct stored_weights *out, struct err *e)
{
    snprintf(out->identity, sizeof out->identity, "%s", f->identity);
    snprintf(out->hash, sizeof out->hash, "%s", f->weights_hash);
    return model_files_weights_path(db_path, f->identity, f->weights_hash, out->path, e);
}

enum status stored_weights_load(const struct stored_weights *w, struct model *m,
                                struct err *e)
{
    const char *const path = w->path;
    enum status st = w->identity[0] ? check_owner(w, e) : ST_OK;
    if (st == ST_OK)
        st = safetensors_load_model(path, m, e);
    if (st == ST_OK)
        st = check_finite(path, m, e);
    if (st != ST_NOTFOUND)
        return st;
    return err_set(e, st,
                   "%s: no weights of this run were kept; run it again with --rerun all to "
                   "have them",
                   path);
}

struct run_row stored_run_row(const struct run_spec *r)
{
    return (struct run_row){.identity = r->identity,
                            .experiment = r->experiment,
                            .profile = r->profile,
                            .cell = r->cell,
                            .task = r->task->name,
                            .encoder = r->encoder,
                            .variant = r->variant,
                            .config = r->config,
                            .task_version = r->task->version,
                            .seed = (int64_t)r->seed};
}
