/* verify.c -- a spool of today against what the database has of the run, bit by bit.
 *
 * Numbers, sorted alike on both sides, are walked through together; then answers, places,
 * the run's own row, and weights as bits; verify_provenance tells what else is different
 * here. A verdict leaves with counts and the first difference.
 * The trap: a metric that the run's program did not know yet is no difference
 * (later_names); and a database of a stranger may have NULL where the schema wants
 * a value. */
#include "verify.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "provenance.h"

enum { NUMBER_TEXT = 48, ROW_TEXT = 224, STEP_TEXT = 16 };

/* Only the first difference is kept. */
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

struct numbers {
    const struct metric_row **row; /* [n], by step, split and name */
    int n, next;
    struct verdict *v;
};

static int compare_rows(const void *a, const void *b)
{
    const struct metric_row *x = *(const struct metric_row *const *)a;
    const struct metric_row *y = *(const struct metric_row *const *)b;
    int order = (x->step > y->step) - (x->step < y->step);
    if (order == 0)
        order = strcmp(x->split, y->split);
    return order ? order : strcmp(x->name, y->name);
}

static const char *row_text(const struct metric_row *m, char text[ROW_TEXT])
{
    snprintf(text, ROW_TEXT, "%s of %s at step %d", m->name, m->split, m->step);
    return text;
}

/* "0.25, 3 of 12" */
static const char *number_text(const struct metric_row *m, char text[NUMBER_TEXT])
{
    const int n = isnan(m->value) ? snprintf(text, NUMBER_TEXT, "n/a")
                                  : snprintf(text, NUMBER_TEXT, "%.17g", m->value);
    if (m->total >= 0)
        snprintf(text + n, (size_t)(NUMBER_TEXT - n), ", %lld of %lld", (long long)m->count,
                 (long long)m->total);
    return text;
}

static bool same_number(const struct metric_row *a, const struct metric_row *b)
{
    const bool value = isnan(a->value) ? isnan(b->value) : a->value == b->value;
    return value && a->count == b->count && a->total == b->total;
}

/* What training gives now and the database has not, up to a row of it (NULL: the end). */
static void skip_to(struct numbers *x, const struct metric_row *stored)
{
    char row[ROW_TEXT];
    for (; x->next < x->n; x->next++) {
        if (stored && compare_rows(&x->row[x->next], &stored) >= 0)
            return;
        differs(x->v, "%s is not stored", row_text(x->row[x->next], row));
    }
}

static int64_t integer_or_none(const char *cell)
{
    return cell ? (int64_t)strtoll(cell, NULL, 10) : -1;
}

/* A column that may not be NULL is NULL in a database from a stranger. */
static const char *word(const char *cell)
{
    return cell ? cell : "";
}

static enum status compare_stored(void *context, int columns, const char *const *names,
                                  const char *const *cells, struct err *e)
{
    struct numbers *x = context;
    const struct metric_row stored = {.step = (int)integer_or_none(cells[0]),
                                      .split = word(cells[1]),
                                      .name = word(cells[2]),
                                      .value =
                                          cells[3] ? strtod(cells[3], NULL) : (double)NAN,
                                      .count = integer_or_none(cells[4]),
                                      .total = integer_or_none(cells[5])};
    const struct metric_row *const key = &stored;
    char row[ROW_TEXT], was[NUMBER_TEXT], is[NUMBER_TEXT];
    (void)columns;
    (void)names;
    (void)e;
    skip_to(x, key);
    if (x->next == x->n || compare_rows(&x->row[x->next], &key) != 0) {
        differs(x->v, "%s is stored and does not come about now", row_text(key, row));
        return ST_OK;
    }
    const struct metric_row *now = x->row[x->next++];
    if (!same_number(key, now))
        differs(x->v, "%s: stored %s, now %s", row_text(key, row), number_text(key, was),
                number_text(now, is));
    x->v->numbers++;
    return ST_OK;
}

/* Names of metrics that the program of the run may not have known: rows of a name that
 * is not stored at all say nothing about it. */
static const char *const later_names[] = {"seen", "token_error_unseen", "longest"};

struct known_names {
    bool stored[sizeof later_names / sizeof *later_names];
};

static enum status note_name(void *context, int columns, const char *const *names,
                             const char *const *cells, struct err *e)
{
    struct known_names *k = context;
    (void)columns;
    (void)names;
    (void)e;
    for (size_t i = 0; i < sizeof later_names / sizeof *later_names; i++)
        if (strcmp(word(cells[0]), later_names[i]) == 0)
            k->stored[i] = true;
    return ST_OK;
}

static bool comparable(const struct known_names *k, const char *name)
{
    for (size_t i = 0; i < sizeof later_names / sizeof *later_names; i++)
        if (strcmp(name, later_names[i]) == 0)
            return k->stored[i];
    return true;
}

static enum status compare_numbers(struct store *db, const struct stored_run *f,
                                   const struct spool *now, int last, struct verdict *v,
                                   struct err *e)
{
    char step[STEP_TEXT];
    const char *const params[] = {f->id, step};
    const int n = spool_metric_count(now);
    struct numbers x = {.v = v};
    struct known_names known = {{false}};
    snprintf(step, sizeof step, "%d", last);
    x.row = calloc((size_t)n + 1, sizeof(void *));
    if (!x.row)
        return err_set(e, ST_NOMEM, "no memory to compare %d numbers", n);
    enum status st = store_query(
        db, "SELECT DISTINCT name FROM metric WHERE run_id = CAST(?1 AS INTEGER)", params,
        1, note_name, &known, e);
    for (int i = 0; i < n; i++)
        if (comparable(&known, spool_metric(now, i)->name))
            x.row[x.n++] = spool_metric(now, i);
    qsort(x.row, (size_t)x.n, sizeof(void *), compare_rows);
    if (st == ST_OK)
        st = store_query(
            db,
            "SELECT step, split, name, value, count, total FROM metric "
            "WHERE run_id = CAST(?1 AS INTEGER) AND step <= CAST(?2 AS INTEGER) "
            "ORDER BY step, split, name",
            params, 2, compare_stored, &x, e);
    if (st == ST_OK)
        skip_to(&x, NULL);
    free(x.row);
    return st;
}

/* --- answers --- */

struct sets {
    const struct spool *now;
    struct verdict *v;
};

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c - 'A' + 10; /* as SQL's hex writes */
}

/* Bit i of what SQL's hex wrote. */
static int bit_of(const char *hex, int64_t i)
{
    const char *byte = hex + i / 8 * 2;
    const unsigned high = (unsigned)hex_digit(byte[0]), low = (unsigned)hex_digit(byte[1]);
    return (int)((high << 4 | low) >> (i % 8) & 1);
}

static enum status compare_set(void *context, int columns, const char *const *names,
                               const char *const *cells, struct err *e)
{
    const struct sets *x = context;
    const char *split = word(cells[0]), *hex = word(cells[2]);
    const int count = (int)integer_or_none(cells[1]);
    int n = 0;
    const uint8_t *bits = spool_answers_of(x->now, split, &n);
    (void)columns;
    (void)names;
    (void)e;
    if (!bits || n != count || strlen(hex) != 2 * (((size_t)n + 7) / 8)) {
        differs(x->v, "answers to %s: stored %d, now %d", split, count, bits ? n : 0);
        return ST_OK;
    }
    for (int i = 0; i < n; i++) {
        const int was = bit_of(hex, i), is = bits[i / 8] >> (i % 8) & 1;
        if (was != is)
            differs(x->v, "answer to sequence %d of %s: stored as %s, now %s", i, split,
                    was ? "right" : "wrong", is ? "right" : "wrong");
    }
    x->v->answers++;
    return ST_OK;
}

static enum status compare_answers(struct store *db, const struct stored_run *f,
                                   const struct spool *now, struct verdict *v,
                                   struct err *e)
{
    const char *const params[] = {f->id};
    struct sets x = {now, v};
    int expected = 0, n;
    const int before = v->answers;
    for (int i = 0; i < f->run.splits; i++)
        expected += spool_answers_of(now, f->run.split[i].name, &n) != NULL;
    const enum status st = store_query(db,
                                       "SELECT split, count, hex(bits) FROM answer WHERE "
                                       "run_id = CAST(?1 AS INTEGER) ORDER BY split",
                                       params, 1, compare_set, &x, e);
    if (st == ST_OK && v->answers - before < expected)
        differs(v, "answers to %d of %d splits are not stored",
                expected - (v->answers - before), expected);
    return st;
}

/* --- places --- */

static enum status compare_place_set(void *context, int columns, const char *const *names,
                                     const char *const *cells, struct err *e)
{
    const struct sets *x = context;
    const char *split = word(cells[0]), *hex = word(cells[2]);
    const int64_t count = integer_or_none(cells[1]);
    const struct place_row *now = spool_places_of(x->now, split);
    (void)columns;
    (void)names;
    (void)e;
    if (!now || now->count != count || !now->bits != !cells[2]) {
        differs(x->v, "places of %s: stored %lld, now %lld", split, (long long)count,
                now ? (long long)now->count : 0LL);
        return ST_OK;
    }
    for (int64_t i = 0; now->bits && i < count; i++) {
        const int was = bit_of(hex, i), is = now->bits[i / 8] >> (i % 8) & 1;
        if (was != is)
            differs(x->v, "place %lld of %s: stored as %s, now %s", (long long)i, split,
                    was ? "right" : "wrong", is ? "right" : "wrong");
    }
    if (strcmp(now->strata, word(cells[3])) != 0)
        differs(x->v, "strata of %s: stored %.80s, now %.80s", split, word(cells[3]),
                now->strata);
    return ST_OK;
}

/* Runs of before schema 4 have none. */
static enum status compare_places(struct store *db, const struct stored_run *f,
                                  const struct spool *now, struct verdict *v, struct err *e)
{
    const char *const params[] = {f->id};
    struct sets x = {now, v};
    return store_query(db,
                       "SELECT split, count, iif(bits IS NULL, NULL, hex(bits)), strata "
                       "FROM place WHERE run_id = CAST(?1 AS INTEGER) ORDER BY split",
                       params, 1, compare_place_set, &x, e);
}

/* --- the run's row --- */

struct own_row {
    const struct run_spec *run;
    const struct run_cost *cost; /* NULL: it was not trained to its end */
    struct verdict *v;
};

static void compare_word(struct verdict *v, const char *name, const char *was,
                         const char *is)
{
    if (!was || strcmp(was, is) != 0)
        differs(v, "%s of the run: stored %.80s, now %s", name, was ? was : "nothing", is);
}

static void compare_whole(struct verdict *v, const char *name, const char *was, int64_t is)
{
    char text[NUMBER_TEXT];
    snprintf(text, sizeof text, "%lld", (long long)is);
    compare_word(v, name, was, text);
}

static enum status compare_columns(void *context, int columns, const char *const *names,
                                   const char *const *cells, struct err *e)
{
    const struct own_row *x = context;
    (void)columns;
    (void)e;
    compare_word(x->v, names[0], cells[0], x->run->task->name);
    compare_whole(x->v, names[1], cells[1], x->run->task->version);
    compare_word(x->v, names[2], cells[2], x->run->encoder);
    compare_word(x->v, names[3], cells[3], x->run->variant);
    compare_whole(x->v, names[4], cells[4], (int64_t)x->run->seed);
    if (!x->cost)
        return ST_OK;
    compare_whole(x->v, names[5], cells[5], x->cost->steps);
    compare_whole(x->v, names[6], cells[6], x->cost->parameters);
    if (!cells[7] || strtod(cells[7], NULL) != x->cost->flops)
        differs(x->v, "%s of the run: stored %.80s, now %.17g", names[7],
                cells[7] ? cells[7] : "nothing", x->cost->flops);
    return ST_OK;
}

static enum status compare_own_row(struct store *db, const struct stored_run *f,
                                   const struct run_cost *cost, struct verdict *v,
                                   struct err *e)
{
    const char *const params[] = {f->id};
    struct own_row x = {&f->run, cost, v};
    return store_query(db,
                       "SELECT task, task_version, encoder, variant, seed, steps, "
                       "parameters, flops FROM run WHERE id = CAST(?1 AS INTEGER)",
                       params, 1, compare_columns, &x, e);
}

enum status verify_spool(struct store *db, const struct stored_run *f,
                         const struct spool *now, int last, bool whole, struct verdict *out,
                         struct err *e)
{
    if (strcmp(f->identity, f->run.identity) != 0)
        differs(out, "the stored settings are those of run %s, not of %s", f->run.identity,
                f->identity);
    enum status st = compare_numbers(db, f, now, last, out, e);
    if (st == ST_OK && whole)
        st = compare_answers(db, f, now, out, e);
    if (st == ST_OK && whole)
        st = compare_places(db, f, now, out, e);
    if (st == ST_OK)
        st = compare_own_row(db, f, whole ? spool_cost_of(now) : NULL, out, e);
    return st;
}

/* --- weights --- */

/* Bits, so that -0 is not 0 and a NaN is itself. */
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

enum status verify_weights(const struct run_spec *r, const char *stored, const char *now,
                           struct verdict *out, struct err *e)
{
    struct model *a = NULL, *b = NULL;
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
