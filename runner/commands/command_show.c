/* command_show.c -- shows one task with samples, one encoder, or one run, in full.
 *
 * The name is looked up among tasks, then encoders, then runs of the database (a number is an id,
 * anything else the beginning of an identity). The output is text or, with --markdown, the
 * reference page.
 * Pitfall: a run's text comes from the database and must go through clean_line, text_table or
 * json_show. A task hides an encoder of the same name, and an encoder hides a run. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "cli.h"
#include "command.h"
#include "encoder_picture.h"
#include "json_text.h"
#include "targets.h"
#include "reference.h"
#include "rows.h"
#include "run_yaml.h"
#include "sample_text.h"
#include "store.h"
#include "stored_run.h"
#include "text_table.h"

/* SAMPLES_MAX: the limit of --count; `gen` writes more. LEAST_PREFIX: the fewest letters of an
 * identity that name a run, so that a short word names none by accident (the same as in
 * stored_run.c). */
enum { NAMES_MAX = 128, SAMPLES_MAX = 10000, LEAST_PREFIX = 4 };

/* ---- a task ---- */

static enum status show_samples(const struct sample_source *s, long n, bool colour,
                                struct err *e)
{
    struct sample x;
    enum status st = sample_init(s, &x, e);
    if (st)
        return st;
    printf("\nSamples of %s, seed %" PRIu64 "; \"a[b]\": after a the answer b is scored;\n"
           "\"a(b)\": b is trained on but not scored\n",
           s->split, s->seed);
    for (long i = 0; i < n; i++) {
        int scored = 0;
        sample_draw(s, (uint64_t)i, &x);
        for (int t = 0; t < x.length; t++)
            scored += x.scored[t];
        printf("\nSample %ld: %d tokens, %d scored", i, x.length, scored);
        if (x.determined < scored)
            printf(", %d of them determined by what is visible", x.determined);
        puts("");
        sample_show(s, &x, colour, stdout);
    }
    sample_free(&x);
    return ST_OK;
}

static enum status show_task(const struct invocation *v, struct err *e)
{
    const char *split = flag_text(v, "split", "id");
    const char *const *set;
    const int n_set = flag_list(v, "set", &set);
    const long dflt_seed = strcmp(split, "train") == 0 ? 1 : 0;
    struct sample_source source;
    long n = 0, seed = 0;
    enum status st = flag_integer(v, "count", 0, SAMPLES_MAX, 3, &n, e);
    if (!st)
        st = flag_integer(v, "seed", 0, 2147483647, dflt_seed, &seed, e);
    if (!st)
        st = sample_source_init(argument_at(v, 0), split, (uint64_t)seed, set, n_set,
                                &source, e);
    if (st)
        return st;
    reference_task_text(source.task, &source.options, stdout);
    return n > 0 ? show_samples(&source, n, cli_colour(v, stdout), e) : ST_OK;
}

/* ---- a run ---- */

/* Prints a column's name and value on each line; NULL is left out. */
static enum status print_pairs(void *context, int columns, const char *const *names,
                               const char *const *cells, struct err *e)
{
    (void)context;
    (void)e;
    for (int i = 0; i < columns; i++)
        if (cells[i] && *cells[i])
            clean_line(stdout, "%-16s%s", names[i], cells[i]);
    return ST_OK;
}

static enum status print_line(void *context, int columns, const char *const *names,
                              const char *const *cells, struct err *e)
{
    (void)context;
    (void)columns;
    (void)names;
    (void)e;
    clean_line(stdout, "  %s", store_cell(cells[0]));
    return ST_OK;
}

static enum status add_metrics(void *context, int columns, const char *const *names,
                               const char *const *cells, struct err *e)
{
    struct text_table *t = context;
    (void)e;
    for (int i = t->columns; i < columns; i++)
        text_table_column(t, names[i], i > 0);
    for (int i = 0; i < columns; i++)
        text_table_text(t, cells[i] ? cells[i] : "n/a");
    return ST_OK;
}

static enum status print_event(void *context, int columns, const char *const *names,
                               const char *const *cells, struct err *e)
{
    (void)columns;
    (void)names;
    (void)e;
    int *rows = context;
    if ((*rows)++ == 0)
        puts("\nEvents:");
    clean_line(stdout, "  %s %s: %s", store_cell(cells[0]), store_cell(cells[1]),
               store_cell(cells[2]));
    return ST_OK;
}

static enum status print_config(void *context, int columns, const char *const *names,
                                const char *const *cells, struct err *e)
{
    (void)context;
    (void)columns;
    (void)names;
    const char *stored = store_cell(cells[0]);
    json_error_t fault;
    json_t *config;
    json_read(stored, strlen(stored), 0, &config, &fault);
    char *text = config ? json_show(config, JSON_INDENT(2) | JSON_SORT_KEYS) : NULL;
    json_decref(config);
    if (!text)
        return err_set(e, ST_DB, "the stored configuration cannot be read: %s",
                       config ? "no memory" : fault.text);
    printf("\nConfiguration:\n%s\n", text);
    free(text);
    return ST_OK;
}

static const char run_sql[] =
    "SELECT r.id AS run, r.identity, r.state,"
    " r.removed || '; \"posbench rm --undo identity=' || r.identity || '\" brings it back'"
    "   AS removed, r.error, r.experiment, r.profile, r.cell,"
    " r.task || ' version ' || r.task_version AS task, r.variant AS encoder, r.seed,"
    " r.steps, r.parameters, iif(r.flops IS NULL, NULL, printf('%.3g', r.flops)) AS flops,"
    " iif(r.wall_s IS NULL, NULL, printf('%.1f s, %.1f s of CPU', r.wall_s, r.cpu_s))"
    "   AS time,"
    " CAST(round(r.tokens_per_s) AS INTEGER) AS tokens_per_s,"
    " iif(r.peak_memory_mib IS NULL, NULL, printf('%.0f MiB', r.peak_memory_mib))"
    "   AS peak_memory, r.started, r.ended,"
    " 'posbench ' || p.version || ' ' || p.git_commit ||"
    "   iif(p.dirty, ' with changes', '') AS program,"
    " p.compiler || ' ' || p.flags AS compiler, p.blas, p.blas_core, p.kernel_isa,"
    " p.cpu, p.host"
    " FROM run AS r LEFT JOIN provenance AS p ON p.id = r.provenance_id WHERE r.id = ?1";

static const char metric_sql[] =
    "SELECT split, step, iif(accuracy IS NULL, NULL, printf('%.3f', 100 * accuracy))"
    "   AS 'accuracy %',"
    " iif(sequence_error IS NULL, NULL, printf('%.3f', 100 * sequence_error))"
    "   AS 'seq. err %',"
    " iif(loss IS NULL, NULL, printf('%.5g', loss)) AS loss,"
    " iif(perplexity IS NULL, NULL, printf('%.5g', perplexity)) AS perplexity,"
    " iif(chance IS NULL, NULL, printf('%.2f', 100 * chance)) AS 'chance %'"
    " FROM v_result WHERE run_id = ?1 ORDER BY split";

static const char no_metric_sql[] =
    "SELECT iif(removed IS NULL, 'none yet', 'left out: the run is marked as removed')"
    " FROM run WHERE id = ?1";

static const char event_sql[] =
    "SELECT time, level, text FROM event WHERE run_id = ?1 ORDER BY id";

static enum status print_run(struct store *db, const char *id, struct err *e)
{
    const char *const params[] = {id};
    struct text_table metrics;
    int events = 0;
    enum status st = store_query(db, run_sql, params, 1, print_pairs, NULL, e);
    if (!st) {
        puts("\nMetrics at the last measured step:");
        text_table_init(&metrics, PRINT_TEXT, stdout);
        st = store_query(db, metric_sql, params, 1, add_metrics, &metrics, e);
        if (!st && metrics.columns == 0)
            st = store_query(db, no_metric_sql, params, 1, print_line, NULL, e);
        if (!st)
            st = text_table_end(&metrics, e);
        text_table_drop(&metrics);
    }
    if (!st)
        st = store_query(db, event_sql, params, 1, print_event, &events, e);
    if (!st)
        st = store_query(db, "SELECT config FROM run WHERE id = ?1", params, 1,
                         print_config, NULL, e);
    return st;
}

struct matches {
    int n;
    char id[32];
};

static enum status take_match(void *context, int columns, const char *const *names,
                              const char *const *cells, struct err *e)
{
    (void)columns;
    (void)names;
    (void)e;
    struct matches *m = context;
    m->n++;
    snprintf(m->id, sizeof m->id, "%s", cells[0]);
    return ST_OK;
}

/* Finds a run by its id (a number), or by at least LEAST_PREFIX first letters of its identity. */
static enum status find_run(struct store *db, const char *name, struct matches *m,
                            struct err *e)
{
    const char *const params[] = {name};
    enum status st = store_query(db,
                                 "SELECT id FROM run WHERE id = CAST(?1 AS INTEGER)"
                                 " AND ?1 = CAST(id AS TEXT)",
                                 params, 1, take_match, m, e);
    if (!st && !m->n && strlen(name) >= LEAST_PREFIX)
        st =
            store_query(db, "SELECT id FROM run WHERE substr(identity, 1, length(?1)) = ?1",
                        params, 1, take_match, m, e);
    return st;
}

static enum status nothing(const char *name, const char *where, struct err *e)
{
    const char *names[NAMES_MAX];
    int n = 0;
    for (int i = 0; i < task_count() && n < NAMES_MAX; i++)
        names[n++] = task_at(i)->name;
    for (int i = 0; i < encoder_count() && n < NAMES_MAX; i++)
        names[n++] = encoder_at(i)->name;
    return err_set(e, ST_NOTFOUND, "no task or encoder \"%s\", and no such run in %s%s",
                   name, where,
                   suggest_or(name, names, n,
                              "; \"posbench list tasks\", \"list encoders\" and "
                              "\"list runs\" name them"));
}

/* --- a run as JSON --- */

/* Returns the answer of a query as an array of objects; NULL: an error, see *st. */
static json_t *rows_json(struct store *db, const char *sql, const char *id, enum status *st,
                         struct err *e)
{
    const char *const params[] = {id};
    char *text = NULL;
    size_t bytes = 0;
    json_t *rows = NULL;
    json_error_t fault;
    FILE *out = open_memstream(&text, &bytes);
    if (out)
        *st = rows_print(db, sql, params, 1, PRINT_JSON, out, NULL, e);
    if (!out || fclose(out) != 0)
        *st = err_set(e, ST_NOMEM, "no memory for a run as JSON");
    else if (*st == ST_OK && json_read(text, bytes, 0, &rows, &fault) != ST_OK)
        *st = err_set(e, ST_DB, "the run cannot be written as JSON: %s", fault.text);
    free(text);
    return rows;
}

static enum status add_part(struct store *db, const char *name, const char *sql,
                            const char *id, json_t *to, struct err *e)
{
    enum status st = ST_OK;
    json_t *rows = rows_json(db, sql, id, &st, e);
    if (rows && json_object_set_new(to, name, rows) != 0)
        return err_set(e, ST_NOMEM, "no memory for a run as JSON");
    return st;
}

/* Replaces the text of `config` by the object that it holds. */
static enum status unfold_config(json_t *run, struct err *e)
{
    const char *text = json_string_value(json_object_get(run, "config"));
    json_error_t fault;
    json_t *config = NULL;
    if (json_read(text ? text : "", text ? strlen(text) : 0, 0, &config, &fault) != ST_OK)
        return err_set(e, ST_DB, "the stored configuration cannot be read: %s", fault.text);
    return json_object_set_new(run, "config", config) == 0
               ? ST_OK
               : err_set(e, ST_NOMEM, "no memory for a run as JSON");
}

static enum status print_run_json(struct store *db, const char *id, struct err *e)
{
    static const char run_sql_json[] =
        "SELECT r.id AS run, r.identity, r.state, r.removed, r.error, r.experiment,"
        " r.profile, r.cell, r.task, r.task_version, r.encoder, r.variant, r.seed, r.steps,"
        " r.parameters, r.flops, r.wall_s, r.cpu_s, r.tokens_per_s, r.peak_memory_mib,"
        " r.started, r.ended, r.attempts, p.version, p.git_commit, p.dirty, p.compiler,"
        " p.flags, p.blas, p.blas_core, p.kernel_isa, p.cpu, p.host, r.config"
        " FROM run AS r LEFT JOIN provenance AS p ON p.id = r.provenance_id"
        " WHERE r.id = CAST(?1 AS INTEGER)";
    enum status st = ST_OK;
    json_t *rows = rows_json(db, run_sql_json, id, &st, e);
    json_t *run = json_incref(json_array_get(rows, 0));
    json_decref(rows);
    if (st == ST_OK)
        st = unfold_config(run, e);
    if (st == ST_OK)
        st = add_part(db, "metrics",
                      "SELECT split, step, metric AS name, value, count, total FROM v_score"
                      " WHERE run_id = CAST(?1 AS INTEGER) ORDER BY split, metric",
                      id, run, e);
    if (st == ST_OK)
        st = add_part(db, "events",
                      "SELECT time, level, text FROM event"
                      " WHERE run_id = CAST(?1 AS INTEGER) ORDER BY id",
                      id, run, e);
    if (st == ST_OK && json_object_set_new(run, "schema", json_integer(1)) != 0)
        st = err_set(e, ST_NOMEM, "no memory for a run as JSON");
    if (st == ST_OK)
        return print_json(run, JSON_INDENT(1), stdout, e);
    json_decref(run);
    return st;
}

/* Prints the run as an experiment file. */
static enum status show_yaml(const struct invocation *v, struct err *e)
{
    char path[PATH_MAX];
    struct stored_run f = {0};
    enum status st =
        stored_run_open(target_database(v, "", path), argument_at(v, 0), &f, e);
    if (st == ST_OK)
        st = run_yaml_write(&f.run, stdout, e);
    stored_run_free(&f);
    return st;
}

static enum status show_run(const struct invocation *v, struct err *e)
{
    const char *name = argument_at(v, 0);
    char path[PATH_MAX];
    struct store *db = NULL;
    struct matches m = {0};
    target_database(v, "", path);
    enum status st = store_open(path, STORE_READ, &db, e);
    if (st == ST_NOTFOUND && !flag_given(v, "db"))
        return nothing(name, path, e);
    if (!st)
        st = find_run(db, name, &m, e);
    if (!st && m.n == 0)
        st = nothing(name, path, e);
    if (!st && m.n > 1)
        st = err_set(e, ST_USAGE, "%d runs begin with \"%s\"; type more of it", m.n, name);
    if (!st)
        st = flag_given(v, "json") ? print_run_json(db, m.id, e) : print_run(db, m.id, e);
    store_close(db);
    return st;
}

/* Refuses a flag that has no effect on what is shown. */
static enum status refuse_flags(const struct invocation *v, const char *what, struct err *e)
{
    static const char *const samples_only[] = {"count", "split", "seed", "set"};
    for (int i = 0; i < 4; i++)
        if (flag_given(v, samples_only[i]))
            return err_set(e, ST_USAGE, "--%s chooses samples of a task, but \"%s\" is %s",
                           samples_only[i], argument_at(v, 0), what);
    return ST_OK;
}

/* Prints the file docs/reference/tasks/NAME.md or docs/reference/encoders/NAME.md. */
static enum status print_page(const struct task *t, const struct encoder *c,
                              const char *name, struct err *e)
{
    if (!t && !c)
        return err_set(e, ST_USAGE,
                       "--markdown is for tasks and encoders, but \"%s\" is neither", name);
    if (c) {
        reference_encoder_page(c, stdout);
        return ST_OK;
    }
    reference_task_page(t, stdout);
    return sample_gallery(t, stdout, e);
}

/* Prints the file docs/reference/encoders/NAME.svg. */
static enum status print_picture(const struct encoder *c, const char *name, struct err *e)
{
    if (!c)
        return err_set(e, ST_USAGE, "--svg is for encoders, but \"%s\" is none", name);
    return encoder_picture(c, stdout, e);
}

/* Refuses flags that are only for runs. */
static enum status run_flags(const struct invocation *v, const struct task *t,
                             const struct encoder *c, struct err *e)
{
    static const char *const runs_only[] = {"yaml", "json"};
    const bool page = flag_given(v, "markdown") || flag_given(v, "svg");
    if (flag_given(v, "yaml") && flag_given(v, "json"))
        return err_set(e, ST_USAGE, "--yaml and --json: choose one");
    if (flag_given(v, "markdown") && flag_given(v, "svg"))
        return err_set(e, ST_USAGE, "--markdown and --svg: choose one");
    for (int i = 0; i < 2; i++)
        if (flag_given(v, runs_only[i]) && (t || c || page))
            return err_set(e, ST_USAGE, "--%s is for runs, but \"%s\" is %s", runs_only[i],
                           argument_at(v, 0),
                           t   ? "a task"
                           : c ? "an encoder"
                               : "asked for as a page");
    return ST_OK;
}

static enum status run(const struct invocation *v, struct err *e)
{
    const char *name = argument_at(v, 0);
    const struct task *t = task_find(name);
    const struct encoder *c = t ? NULL : encoder_find(name);
    const bool picture = flag_given(v, "svg"), page = flag_given(v, "markdown") || picture;
    const enum status asked = run_flags(v, t, c, e);
    if (asked)
        return asked;
    if (t && !page)
        return show_task(v, e);
    const enum status st = refuse_flags(v,
                                        t   ? "asked for as a page"
                                        : c ? "an encoder"
                                            : "no task",
                                        e);
    if (st)
        return st;
    if (picture)
        return print_picture(c, name, e);
    if (page)
        return print_page(t, c, name, e);
    if (!c)
        return flag_given(v, "yaml") ? show_yaml(v, e) : show_run(v, e);
    reference_encoder_text(c, stdout);
    return ST_OK;
}

static const struct flag flags[] = {
    {"count", 'n', "N", false, "samples of a task (default 3)"},
    {"split", 0, "SPLIT", false, "split to draw from, or train (default id)"},
    {"seed", 0, "N", false, "data seed (default 0); for train the run's seed (default 1)"},
    {"set", 0, "OPTION=VALUE", true,
     "change an option of the task, after the split's own changes (repeatable)"},
    {"markdown", 0, NULL, false, "the reference page of a task or an encoder"},
    {"svg", 0, NULL, false, "the picture of an encoder's reference page"},
    {"json", 0, NULL, false,
     "a run as a JSON object, with its metrics, events and settings"},
    {"yaml", 0, NULL, false, "the run as an experiment file that asks for it alone"},
    FLAG_DB,
    {0},
};

const struct command command_show = {
    .name = "show",
    .group = GROUP_LOOK,
    .summary = "explain a task (with samples), an encoder, or a run in full",
    .arguments = "TASK|ENCODER|RUN",
    .min_args = 1,
    .max_args = 1,
    .examples = "posbench show flip_flop -n 1 --set length=32\n"
                "posbench show selective_copy --split ood_sparse\n"
                "posbench show rope\n"
                "posbench show 12\n"
                "posbench show 12 --yaml > again.yaml",
    .flags = flags,
    .run = run,
};
