/* command_export.c -- writes the weights of a run to a separate file, for use elsewhere. */
#include <unistd.h>

#include "command.h"

#include "safetensors.h"
#include "output.h"
#include "targets.h"
#include "lock.h"
#include "stored_run.h"

static enum status write_weights(const struct run_spec *r, struct model *m,
                                 const char *path, bool replace, struct err *e)
{
    struct safetensors_note notes[STORED_NOTES];
    struct output *o = NULL;
    stored_run_notes(r, notes);
    enum status st = output_open(path, replace, &o, e);
    if (st == ST_OK)
        st = safetensors_print_model(output_file(o), m, notes, STORED_NOTES, e);
    if (st == ST_OK ||
        (st == ST_IO && o)) /* output_commit names the file that could not be written */
        st = output_commit(o, e);
    output_close(o);
    return st;
}

/* Adds the path of the weights to the error: the text that gives the model its size is missing,
 * but the weights are there. */
static enum status say_where(const char *db, const struct stored_run *f, struct err *e)
{
    struct stored_weights w;
    struct err ignored;
    if (stored_weights_find(db, f, &w, &ignored) != ST_OK || access(w.path, R_OK) != 0)
        return ST_CONFIG;
    const struct err why = *e;
    return err_set(e, ST_CONFIG, "%s; export checks the weights with it; they lie in %s",
                   why.msg, w.path);
}

static enum status run(const struct invocation *v, struct err *e)
{
    const char *path = flag_text(v, "output", NULL);
    struct stored_run f = {0};
    struct model *m = NULL;
    struct stored_weights weights;
    char db[PATH_MAX];
    target_database(v, "", db);
    if (!path)
        return err_set(e, ST_USAGE, "-o FILE.safetensors is needed");
    enum status st = stored_run_open(db, argument_at(v, 0), &f, e);
    if (st == ST_CONFIG && f.identity[0])
        st = say_where(db, &f, e);
    if (st == ST_OK)
        st = stored_weights_find(db, &f, &weights, e);
    if (st == ST_OK)
        st = model_open(&f.run.model, f.run.seed, &m, e);
    if (st == ST_OK)
        st = stored_weights_load(&weights, m, e);
    if (st == ST_OK)
        st = write_weights(&f.run, m, path, flag_given(v, "force"), e);
    model_close(m);
    stored_run_free(&f);
    return st;
}

static const struct flag flags[] = {
    {"output", 'o', "FILE", false, "file to write, safetensors; - is standard output"},
    {"force", 'f', NULL, false, "replace FILE if it is there"},
    FLAG_DB,
    {0},
};

const struct command command_export = {
    .name = "export",
    .group = GROUP_DATA,
    .summary = "write the trained weights of a run to a safetensors file",
    .arguments = "RUN",
    .min_args = 1,
    .max_args = 1,
    .examples = "posbench export 12 -o cope.safetensors\n"
                "posbench export 3fa9 -o model.safetensors --force --db trial.db",
    .flags = flags,
    .run = run,
};
