/* verify.c -- compares a spool of today with what the database holds of the run, bit by bit.
 *
 * The spool goes into a database of its own, as the spool of any run does. The two runs are
 * compared as a merge compares them (store_compare.c), then their weights are compared as bits.
 * verify_provenance lists what else is different here. The verdict holds counts and the first
 * difference. */
#include "verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "provenance.h"
#include "run_state.h"
#include "store_compare.h"

/* Records a difference; only the first one is kept. */
static void differs(struct verdict *v, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void differs(struct verdict *v, const char *fmt, ...)
{
    va_list args;
    if (v->difference[0])
        return;
    va_start(args, fmt);
    vsnprintf(v->difference, sizeof v->difference, fmt, args);
    va_end(args);
}

/* --- numbers --- */

static enum status fold(const struct spool *now, const struct run_spec *r, int last,
                        struct store *made, int64_t *id, struct err *e)
{
    const struct run_row row = stored_run_row(r);
    const enum status st = store_run(made, &row, id, NULL, e);
    return st ? st : spool_fold(now, made, *id, last ? RUN_INTERRUPTED : RUN_DONE, NULL, e);
}

enum status verify_spool(const char *db_path, const struct stored_run *f,
                         const struct spool *now, const char *scratch, int last,
                         struct verdict *out, struct err *e)
{
    struct store_comparison c = {0};
    struct store *made = NULL;
    int64_t id = 0;
    if (strcmp(f->identity, f->run.identity) != 0)
        differs(out, "the stored settings are those of run %s, not of %s", f->run.identity,
                f->identity);
    enum status st = store_open(scratch, STORE_WRITE, &made, e);
    if (st == ST_OK)
        st = fold(now, &f->run, last, made, &id, e);
    if (st == ST_OK)
        st = store_compare(made, id, db_path, f->id, last, &c, e);
    store_close(made);
    if (st == ST_OK && c.difference[0])
        differs(out, "%s", c.difference);
    snprintf(out->flops, sizeof out->flops, "%s", c.flops);
    out->numbers = (int)c.numbers;
    out->answers = (int)c.answers;
    return st;
}

/* --- weights --- */

/* Compares bits, so that -0 differs from 0 and a NaN equals itself. */
static bool same_bits(const real *a, const real *b, size_t n)
{
    return memcmp((const unsigned char *)a, (const unsigned char *)b, n * sizeof *a) == 0;
}

static void compare_tensor(const struct tensor *t, const real *was, const real *is,
                           struct verdict *v)
{
    const size_t n = (size_t)t->rows * (size_t)t->columns;
    v->tensors++;
    if (same_bits(was, is, n))
        return;
    for (size_t i = 0; i < n; i++)
        if (!same_bits(&was[i], &is[i], 1)) {
            differs(v, "weight %s[%zu]: stored %.9g, now %.9g", t->name, i, (double)was[i],
                    (double)is[i]);
            return;
        }
}

/* Compares the identity in the file of weights with that of the run: two files may have been
 * swapped. */
static void compare_owner(const struct run_spec *r, const char *stored, struct verdict *v)
{
    char *identity = NULL;
    struct err why;
    if (safetensors_note_read(stored, "identity", &identity, &why) == ST_OK && identity &&
        strcmp(identity, r->identity) != 0)
        differs(v,
                "%s: belongs to another run: it holds the weights of %.32s, not of %.32s",
                stored, identity, r->identity);
    free(identity);
}

enum status verify_weights(const struct run_spec *r, const char *stored, const char *now,
                           struct verdict *out, struct err *e)
{
    struct model *a = NULL, *b = NULL;
    compare_owner(r, stored, out);
    enum status st = model_open(&r->model, r->seed, &a, e);
    if (st == ST_OK)
        st = model_open(&r->model, r->seed, &b, e);
    if (st == ST_OK)
        st = safetensors_load_model(now, b, e);
    if (st == ST_OK) {
        struct err why;
        st = safetensors_load_model(stored, a, &why);
        if (st == ST_IO) {
            differs(out, "the stored weights: %s", why.msg);
            st = ST_OK;
        } else if (st == ST_OK)
            for (int i = 0; i < model_tensor_count(a); i++) {
                const struct tensor *t = model_tensor(a, i);
                compare_tensor(t, model_weights(a) + t->offset,
                               model_weights(b) + t->offset, out);
            }
        else
            st = err_set(e, st, "%s", why.msg);
    }
    model_close(a);
    model_close(b);
    return st;
}

/* --- provenance --- */

enum { PROVENANCE_COLUMNS = 8 };

static enum status compare_provenance(void *context, int columns, const char *const *names,
                                      const char *const *cells, struct err *e)
{
    const struct provenance p = provenance_here(NULL);
    const char *const here[PROVENANCE_COLUMNS] = {
        p.version, p.commit, p.compiler, p.flags, p.kernel_isa, p.blas, p.blas_core, p.cpu};
    FILE *out = context;
    (void)e;
    for (int i = 0; i < columns && i < PROVENANCE_COLUMNS; i++)
        if (cells[i] && strcmp(cells[i], here[i]) != 0)
            clean_line(out, "%s: was %s, is %s", names[i], cells[i], here[i]);
    if (p.dirty)
        fprintf(out, "the sources here have changes beyond their commit\n");
    return ST_OK;
}

enum status verify_provenance(struct store *db, const struct stored_run *f, char **out,
                              struct err *e)
{
    const char *const params[] = {f->id};
    size_t bytes = 0;
    char *text = NULL;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        return err_set(e, ST_NOMEM, "no memory to compare programs");
    enum status st = store_query(
        db,
        "SELECT p.version, p.git_commit AS \"commit\", p.compiler, p.flags, p.kernel_isa, "
        "p.blas, p.blas_core, p.cpu FROM run JOIN provenance AS p "
        "ON p.id = run.provenance_id WHERE run.id = CAST(?1 AS INTEGER)",
        params, 1, compare_provenance, stream, e);
    if (fclose(stream) != 0 && st == ST_OK)
        st = err_set(e, ST_NOMEM, "no memory to compare programs");
    if (st) {
        free(text);
        return st;
    }
    *out = text;
    return ST_OK;
}
