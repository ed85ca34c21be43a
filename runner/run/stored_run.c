#include "stored_run.h"

#include <stdio.h>
#include <string.h>

enum { LEAST_PREFIX = 4 };

struct search {
    struct stored_run *out;
    int n;
    bool exact; /* by its id */
};

/* Columns that the schema wants filled: in a stranger's database they need not be. */
static const char *word(const char *cell)
{
    return cell ? cell : "";
}

static enum status take_run(void *context, int columns, const char *const *names,
                            const char *const *cells, struct err *e)
{
    struct search *s = context;
    struct stored_run *f = s->out;
    (void)columns;
    (void)names;
    if (s->exact)
        return ST_OK;
    s->exact = strcmp(word(cells[4]), "1") == 0;
    s->n = s->exact ? 1 : s->n + 1;
    snprintf(f->id, sizeof f->id, "%s", word(cells[0]));
    snprintf(f->identity, sizeof f->identity, "%s", word(cells[1]));
    snprintf(f->state, sizeof f->state, "%s", word(cells[2]));
    stored_run_free(f);
    const enum status st = run_spec_parse(word(cells[3]), &f->run, e);
    snprintf(f->run.profile, sizeof f->run.profile, "%s", word(cells[5]));
    snprintf(f->run.cell, sizeof f->run.cell, "%s", word(cells[6]));
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
    snprintf(identity, IDENTITY_TEXT, "%s", word(cells[0]));
    return ST_OK;
}

/* The view leaves out what is marked as removed. */
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
        "SELECT run_id, identity, state, config, CAST(run_id AS TEXT) = ?1 AS exact, "
        "profile, cell FROM v_run WHERE exact OR substr(identity, 1, length(?1)) = ?1 "
        "ORDER BY exact DESC",
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

void stored_run_notes(const struct run_spec *r, struct checkpoint_note out[STORED_NOTES])
{
    out[0] = (struct checkpoint_note){"format", "posbench"};
    out[1] = (struct checkpoint_note){"identity", r->identity};
    out[2] = (struct checkpoint_note){"config", r->config};
}

enum status stored_run_weights(const char *path, struct model *m, struct err *e)
{
    const enum status st = checkpoint_load_model(path, m, e);
    if (st != ST_NOTFOUND)
        return st;
    return err_set(e, st,
                   "%s: no weights of this run were kept; run it again with --rerun all to "
                   "have them",
                   path);
}
