/* Two connections, one that writes and one that reads, so that every check of store_open
 * also holds for a part, and an older part is read as if it were up to date. */
#include "store_merge.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

enum { KEY_TEXT = 512, DIFFERENCE_TEXT = 1024 };

/* Columns that the two tables of a run must agree in, the first `keys` of them naming the
 * row. */
struct part_of_run {
    const char *what, *select, *insert, *remove;
    int keys;
    bool compared;
};

static const struct part_of_run parts_of_run[] = {
    {.what = "metric",
     .select = "SELECT split, name, step, value, count, total FROM metric "
               "WHERE run_id = ?1 ORDER BY 1, 2, 3",
     .insert = "INSERT INTO metric (run_id, split, name, step, value, count, total) "
               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
     .remove = "DELETE FROM metric WHERE run_id = ?1",
     .keys = 3,
     .compared = true},
    {.what = "answers",
     .select = "SELECT split, count, bits FROM answer WHERE run_id = ?1 ORDER BY 1",
     .insert = "INSERT INTO answer (run_id, split, count, bits) VALUES (?1, ?2, ?3, ?4)",
     .remove = "DELETE FROM answer WHERE run_id = ?1",
     .keys = 1,
     .compared = true},
    {.what = "event",
     .select = "SELECT time, level, text FROM event WHERE run_id = ?1 ORDER BY id",
     .insert = "INSERT INTO event (run_id, time, level, text) VALUES (?1, ?2, ?3, ?4)",
     .remove = "DELETE FROM event WHERE run_id = ?1"},
};
enum { PARTS_OF_RUN = sizeof parts_of_run / sizeof *parts_of_run };

/* What must be equal of two done runs; the id is a key of no meaning. */
static const struct part_of_run run_itself = {
    .what = "run",
    .select = "SELECT 1, config, task, task_version, encoder, variant, seed, steps, "
              "parameters, flops FROM run WHERE id = ?1",
    .keys = 1,
};

#define PROVENANCE                                                               \
    "version, git_commit, dirty, compiler, flags, kernel_isa, blas, blas_core, " \
    "blas_threads, cpu, host, yaml_hash"

/* A run that another process had begun is not being run here. */
#define STATE "iif(state = 'running', 'interrupted', state)"
#define RUN_COLUMNS                                                                     \
    "identity, experiment, profile, cell, task, task_version, encoder, variant, seed, " \
    "config, state, error, steps, parameters, flops, wall_s, cpu_s, tokens_per_s, "     \
    "peak_memory_mib, started, ended, attempts, provenance_id"
enum { RUN_VALUES = 22 /* without provenance_id */ };

#define RUN_TAKEN                                                                       \
    "identity, experiment, profile, cell, task, task_version, encoder, variant, "       \
    "seed, config, " STATE ", "                                                         \
    "iif(state = 'running', 'was begun and had not ended when it was merged', error), " \
    "steps, parameters, flops, wall_s, cpu_s, tokens_per_s, peak_memory_mib, started, " \
    "ended, attempts"
static const char select_run[] =
    "SELECT " RUN_TAKEN ", provenance_id, id FROM run WHERE removed IS NULL ORDER BY id";

/* All that is taken of a run besides its numbers, answers and events. */
static const struct part_of_run whole_run = {
    .what = "run",
    .select = "SELECT " RUN_TAKEN ", " PROVENANCE " FROM run LEFT JOIN provenance AS p "
              "ON p.id = provenance_id WHERE run.id = ?1",
};

/* The state, and what decides between two runs of one state: a text, the greater of which
 * ended later. Of two with the same text their content decides. */
static const char select_rank[] =
    "SELECT run.id, " STATE ", coalesce(ended, '') || '|' || coalesce(started, '') || '|' "
    "|| coalesce(wall_s, '') || '|' || coalesce(cpu_s, '') || '|' || coalesce(error, '') "
    "|| '|' || attempts || '|' || profile || '|' || cell || '|' || coalesce(version || "
    "git_commit || flags || kernel_isa || blas_core || cpu || host || yaml_hash, ''), "
    "coalesce(removed, ''), coalesce(ended, ''), experiment || iif(cell = '', '', ' ') || "
    "cell || ' ' || variant || ' seed ' || seed || ' (' || substr(identity, 1, 8) || ')', "
    "coalesce('posbench ' || version || ' ' || git_commit || ', ' || kernel_isa || "
    "', BLAS core ' || blas_core || ', ' || host, 'nowhere') "
    "FROM run LEFT JOIN provenance AS p ON p.id = provenance_id WHERE identity = ?1";

struct rank {
    int64_t id; /* 0: there is no such run */
    char state[16], order[KEY_TEXT], removed[32], ended[32], name[KEY_TEXT];
    char maker[KEY_TEXT], identity[KEY_TEXT];
};

struct merge {
    struct store *to, *from;
    const struct merge_hooks *hooks;
    struct merge_counts *counts;
    struct provenance_pair {
        int64_t from, to;
    } * provenance; /* [provenances] */
    int provenances;
};

/* --- statements --- */

static enum status prepare(struct store *s, const char *sql, sqlite3_stmt **q,
                           struct err *e)
{
    return sqlite3_prepare_v2(s->db, sql, -1, q, NULL) == SQLITE_OK
               ? ST_OK
               : store_failed(s, "merging", e);
}

/* *row: there is one. */
static enum status next(struct store *s, sqlite3_stmt *q, bool *row, struct err *e)
{
    const int code = sqlite3_step(q);
    *row = code == SQLITE_ROW;
    return code == SQLITE_ROW || code == SQLITE_DONE ? ST_OK
                                                     : store_failed(s, "merging", e);
}

/* Binds columns first .. first+n-1 of `row` to the parameters from `at` on. */
static enum status bind_row(struct store *s, sqlite3_stmt *q, int at, sqlite3_stmt *row,
                            int first, int n, struct err *e)
{
    for (int i = 0; i < n; i++)
        if (sqlite3_bind_value(q, at + i, sqlite3_column_value(row, first + i)) !=
            SQLITE_OK)
            return store_failed(s, "merging", e);
    return ST_OK;
}

static enum status step_once(struct store *s, sqlite3_stmt *q, struct err *e)
{
    bool row;
    const enum status st = next(s, q, &row, e);
    sqlite3_reset(q);
    return st;
}

/* A statement with one number. */
static enum status with_id(struct store *s, const char *sql, int64_t id, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = prepare(s, sql, &q, e);
    if (st == ST_OK && sqlite3_bind_int64(q, 1, id) != SQLITE_OK)
        st = store_failed(s, "merging", e);
    if (st == ST_OK)
        st = step_once(s, q, e);
    sqlite3_finalize(q);
    return st;
}

/* --- what came from a part --- */

/* Runs by identity and other rows by table and id that came from a part since `into` was
 * opened: to them no part has an older right. The table is temporary: the connection's own,
 * and rolled back with the part. */
static const char make_merged[] =
    "CREATE TEMP TABLE IF NOT EXISTS merged (what TEXT PRIMARY KEY) WITHOUT ROWID";

static enum status note_merged(const struct merge *m, const char *what, struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = prepare(m->to, "INSERT OR IGNORE INTO temp.merged VALUES (?1)", &q, e);
    if (st == ST_OK && sqlite3_bind_text(q, 1, what, -1, SQLITE_STATIC) != SQLITE_OK)
        st = store_failed(m->to, "merging", e);
    if (st == ST_OK)
        st = step_once(m->to, q, e);
    sqlite3_finalize(q);
    return st;
}

static enum status was_merged(const struct merge *m, const char *what, bool *out,
                              struct err *e)
{
    sqlite3_stmt *q = NULL;
    enum status st = prepare(m->to, "SELECT 1 FROM temp.merged WHERE what = ?1", &q, e);
    if (st == ST_OK && sqlite3_bind_text(q, 1, what, -1, SQLITE_STATIC) != SQLITE_OK)
        st = store_failed(m->to, "merging", e);
    if (st == ST_OK)
        st = next(m->to, q, out, e);
    sqlite3_finalize(q);
    return st;
}

/* --- comparing --- */

static int real_order(double x, double y)
{
    uint64_t p, q; /* bit for bit: 0 is not -0 */
    memcpy(&p, &x, sizeof p);
    memcpy(&q, &y, sizeof q);
    return x == y ? (p > q) - (p < q) : x > y ? 1 : -1;
}

/* 0: the same; else an order of no other meaning than being the same for everybody. */
static int value_order(sqlite3_stmt *a, sqlite3_stmt *b, int i)
{
    const int type = sqlite3_column_type(a, i), other = sqlite3_column_type(b, i);
    if (type != other)
        return type - other;
    if (type == SQLITE_NULL)
        return 0;
    if (type == SQLITE_FLOAT)
        return real_order(sqlite3_column_double(a, i), sqlite3_column_double(b, i));
    if (type == SQLITE_INTEGER) {
        const int64_t x = sqlite3_column_int64(a, i), y = sqlite3_column_int64(b, i);
        return (x > y) - (x < y);
    }
    const void *x = sqlite3_column_blob(a, i), *y = sqlite3_column_blob(b, i);
    const int n = sqlite3_column_bytes(a, i), m = sqlite3_column_bytes(b, i);
    const int shorter = n < m ? n : m;
    const int order = shorter ? memcmp(x, y, (size_t)shorter) : 0;
    return order ? order : n - m;
}

/* "0.25", "nothing", "(2500 bytes)" */
static void value_text(sqlite3_stmt *row, int i, char *text, size_t room)
{
    char real[REAL_TEXT];
    switch (sqlite3_column_type(row, i)) {
    case SQLITE_NULL:
        snprintf(text, room, "nothing");
        break;
    case SQLITE_FLOAT:
        store_real_text(sqlite3_column_double(row, i), real);
        snprintf(text, room, "%s", real);
        break;
    case SQLITE_BLOB:
        snprintf(text, room, "other bits");
        break;
    default:
        snprintf(text, room, "%.80s", (const char *)sqlite3_column_text(row, i));
    }
}

/* "metric id token_error 100" */
static void key_text(const struct part_of_run *p, sqlite3_stmt *row, char text[KEY_TEXT])
{
    size_t used = (size_t)snprintf(text, KEY_TEXT, "%s", p->what);
    if (p == &run_itself)
        return;
    for (int i = 0; i < p->keys && used < KEY_TEXT; i++)
        used += (size_t)snprintf(text + used, KEY_TEXT - used, " %.80s",
                                 (const char *)sqlite3_column_text(row, i));
}

/* 0: what the two rows say is the same, as far as the second goes. If not, `text` says
 * where they differ. */
static int row_order(const struct merge *m, const struct part_of_run *p, sqlite3_stmt *a,
                     sqlite3_stmt *b, char text[DIFFERENCE_TEXT])
{
    char key[KEY_TEXT], x[96], y[96];
    for (int i = 0; i < sqlite3_column_count(b); i++) {
        const int order = value_order(a, b, i);
        if (order == 0)
            continue;
        key_text(p, a, key);
        value_text(a, i, x, sizeof x);
        value_text(b, i, y, sizeof y);
        if (i < p->keys)
            snprintf(text, DIFFERENCE_TEXT, "%s is only in one of the two", key);
        else
            snprintf(text, DIFFERENCE_TEXT, "%s: %s is %s in %s and %s in %s", key,
                     sqlite3_column_name(a, i), x, m->to->path, y, m->from->path);
        return order;
    }
    return 0;
}

static enum status open_both(const struct merge *m, const struct part_of_run *p, int64_t to,
                             int64_t from, sqlite3_stmt **a, sqlite3_stmt **b,
                             struct err *e)
{
    enum status st = prepare(m->to, p->select, a, e);
    if (st == ST_OK)
        st = prepare(m->from, p->select, b, e);
    if (st == ST_OK && sqlite3_bind_int64(*a, 1, to) != SQLITE_OK)
        st = store_failed(m->to, "merging", e);
    if (st == ST_OK && sqlite3_bind_int64(*b, 1, from) != SQLITE_OK)
        st = store_failed(m->from, "merging", e);
    return st;
}

/* Both are in the order of their keys. *order, 0 before, stays so and `text` empty when they
 * are the same. */
static enum status compare(const struct merge *m, const struct part_of_run *p, int64_t to,
                           int64_t from, int *order, char text[DIFFERENCE_TEXT],
                           struct err *e)
{
    sqlite3_stmt *a = NULL, *b = NULL;
    bool more_a = true, more_b = true;
    enum status st = open_both(m, p, to, from, &a, &b, e);
    while (st == ST_OK && more_a && more_b && *order == 0) {
        st = next(m->to, a, &more_a, e);
        if (st == ST_OK)
            st = next(m->from, b, &more_b, e);
        if (st == ST_OK && more_a != more_b) {
            char key[KEY_TEXT];
            key_text(p, more_a ? a : b, key);
            snprintf(text, DIFFERENCE_TEXT, "%s is only in %s", key,
                     more_a ? m->to->path : m->from->path);
            *order = more_a ? 1 : -1;
        } else if (st == ST_OK && more_a)
            *order = row_order(m, p, a, b, text);
    }
    sqlite3_finalize(a);
    sqlite3_finalize(b);
    return st;
}

static enum status compare_runs(const struct merge *m, int64_t to, int64_t from,
                                char text[DIFFERENCE_TEXT], struct err *e)
{
    int order = 0;
    text[0] = '\0';
    enum status st = compare(m, &run_itself, to, from, &order, text, e);
    for (int i = 0; i < PARTS_OF_RUN && st == ST_OK && order == 0; i++)
        if (parts_of_run[i].compared)
            st = compare(m, &parts_of_run[i], to, from, &order, text, e);
    return st;
}

/* *order: of all that would be taken, also of what two runs need not agree in. */
static enum status order_contents(const struct merge *m, int64_t to, int64_t from,
                                  int *order, struct err *e)
{
    char text[DIFFERENCE_TEXT];
    enum status st = compare(m, &whole_run, to, from, order, text, e);
    for (int i = 0; i < PARTS_OF_RUN && st == ST_OK && *order == 0; i++)
        st = compare(m, &parts_of_run[i], to, from, order, text, e);
    return st;
}

static void copy_text(char *to, size_t room, sqlite3_stmt *row, int i)
{
    const char *text = (const char *)sqlite3_column_text(row, i);
    snprintf(to, room, "%s", text ? text : "");
}

static enum status read_rank(struct store *s, const char *identity, struct rank *out,
                             struct err *e)
{
    sqlite3_stmt *q = NULL;
    bool row = false;
    *out = (struct rank){0};
    snprintf(out->identity, sizeof out->identity, "%s", identity);
    enum status st = prepare(s, select_rank, &q, e);
    if (st == ST_OK && sqlite3_bind_text(q, 1, identity, -1, SQLITE_STATIC) != SQLITE_OK)
        st = store_failed(s, "merging", e);
    if (st == ST_OK)
        st = next(s, q, &row, e);
    if (st == ST_OK && row) {
        out->id = sqlite3_column_int64(q, 0);
        copy_text(out->state, sizeof out->state, q, 1);
        copy_text(out->order, sizeof out->order, q, 2);
        copy_text(out->removed, sizeof out->removed, q, 3);
        copy_text(out->ended, sizeof out->ended, q, 4);
        copy_text(out->name, sizeof out->name, q, 5);
        copy_text(out->maker, sizeof out->maker, q, 6);
    }
    sqlite3_finalize(q);
    return st;
}

static int state_rank(const char *state)
{
    static const char *const rising[] = {"new", "interrupted", "failed", "done"};
    for (int i = 0; i < 4; i++)
        if (strcmp(rising[i], state) == 0)
            return i;
    return 0;
}

static bool is_done(const struct rank *r)
{
    return strcmp(r->state, "done") == 0;
}

/* *out: above 0 when the run there is the better one, below when the one here is, 0 when
 * they are alike in everything. A total order: the same one is left in any order of parts. */
static enum status prefer(const struct merge *m, const struct rank *here,
                          const struct rank *there, int *out, struct err *e)
{
    const int by_state = state_rank(there->state) - state_rank(here->state);
    const int by_time = strcmp(there->order, here->order);
    *out = by_state ? by_state : is_done(there) ? -by_time : by_time;
    return *out ? ST_OK : order_contents(m, here->id, there->id, out, e);
}

/* --- copying --- */

static int64_t new_provenance(const struct merge *m, int64_t from)
{
    for (int i = 0; i < m->provenances; i++)
        if (m->provenance[i].from == from)
            return m->provenance[i].to;
    return 0;
}

static enum status copy_part(const struct merge *m, const struct part_of_run *p, int64_t to,
                             int64_t from, struct err *e)
{
    sqlite3_stmt *q = NULL, *add = NULL;
    bool row = true;
    enum status st = with_id(m->to, p->remove, to, e);
    if (st == ST_OK)
        st = prepare(m->from, p->select, &q, e);
    if (st == ST_OK)
        st = prepare(m->to, p->insert, &add, e);
    if (st == ST_OK && sqlite3_bind_int64(q, 1, from) != SQLITE_OK)
        st = store_failed(m->from, "merging", e);
    if (st == ST_OK)
        st = next(m->from, q, &row, e);
    while (st == ST_OK && row) {
        if (sqlite3_bind_int64(add, 1, to) != SQLITE_OK)
            st = store_failed(m->to, "merging", e);
        if (st == ST_OK)
            st = bind_row(m->to, add, 2, q, 0, sqlite3_column_count(q), e);
        if (st == ST_OK)
            st = step_once(m->to, add, e);
        if (st == ST_OK)
            st = next(m->from, q, &row, e);
    }
    sqlite3_finalize(q);
    sqlite3_finalize(add);
    return st;
}

/* The row of table run, new or in the place of the one that is there (`id` > 0). */
static enum status put_run(const struct merge *m, sqlite3_stmt *run, int64_t *id,
                           struct err *e)
{
    static const char insert[] =
        "INSERT INTO run (" RUN_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
        "?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)";
    static const char update[] =
        "UPDATE run SET removed = NULL, (" RUN_COLUMNS ") = (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
        "?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23) "
        "WHERE identity = ?1";
    sqlite3_stmt *q = NULL;
    const int64_t provenance = new_provenance(m, sqlite3_column_int64(run, RUN_VALUES));
    enum status st = prepare(m->to, *id ? update : insert, &q, e);
    if (st == ST_OK)
        st = bind_row(m->to, q, 1, run, 0, RUN_VALUES, e);
    if (st == ST_OK && provenance &&
        sqlite3_bind_int64(q, RUN_VALUES + 1, provenance) != SQLITE_OK)
        st = store_failed(m->to, "merging", e);
    if (st == ST_OK)
        st = step_once(m->to, q, e);
    if (st == ST_OK && *id == 0)
        *id = sqlite3_last_insert_rowid(m->to->db);
    sqlite3_finalize(q);
    return st;
}

static enum status take_run(const struct merge *m, sqlite3_stmt *run, int64_t to,
                            int64_t from, struct err *e)
{
    enum status st = put_run(m, run, &to, e);
    for (int i = 0; i < PARTS_OF_RUN && st == ST_OK; i++)
        st = copy_part(m, &parts_of_run[i], to, from, e);
    return st;
}

static void tell_run(const struct merge *m, const struct rank *here,
                     const struct rank *there, const char *difference)
{
    char text[4 * KEY_TEXT + DIFFERENCE_TEXT];
    m->counts->conflicts++;
    snprintf(text, sizeof text, "%s: %s; made by %s, and by %s", here->name, difference,
             here->maker, there->maker);
    m->hooks->conflict(m->hooks->context, text);
}

/* --- one run --- */

enum choice { KEEP, TAKE, SAME, CONFLICT, CONFLICT_TAKE, REMOVED };

static enum status choose_done(const struct merge *m, const struct rank *here,
                               const struct rank *there, enum choice *out,
                               char difference[DIFFERENCE_TEXT], struct err *e)
{
    bool merged = false;
    int better = 0;
    enum status st = compare_runs(m, here->id, there->id, difference, e);
    if (st == ST_OK && difference[0])
        st = was_merged(m, here->identity, &merged, e);
    if (st == ST_OK)
        st = prefer(m, here, there, &better, e);
    if (!difference[0])
        *out = better > 0 ? TAKE : SAME;
    else
        *out = merged && better > 0 ? CONFLICT_TAKE : CONFLICT;
    return st;
}

static enum status choose(const struct merge *m, const struct rank *here,
                          const struct rank *there, enum choice *out,
                          char difference[DIFFERENCE_TEXT], struct err *e)
{
    int better = 0;
    enum status st = ST_OK;
    difference[0] = '\0';
    if (here->id == 0)
        *out = TAKE;
    else if (here->removed[0]) /* what was removed comes back when it was run again since */
        *out = is_done(there) && strcmp(there->ended, here->removed) > 0 ? TAKE : REMOVED;
    else if (is_done(here) && is_done(there))
        return choose_done(m, here, there, out, difference, e);
    else {
        st = prefer(m, here, there, &better, e);
        *out = better > 0 ? TAKE : better < 0 ? KEEP : SAME;
    }
    return st;
}

static enum status merge_run(const struct merge *m, sqlite3_stmt *run, struct err *e)
{
    struct rank here, there;
    enum choice choice = KEEP;
    char difference[DIFFERENCE_TEXT];
    const char *identity = (const char *)sqlite3_column_text(run, 0);
    enum status st = read_rank(m->to, identity, &here, e);
    if (st == ST_OK)
        st = read_rank(m->from, identity, &there, e);
    if (st == ST_OK)
        st = choose(m, &here, &there, &choice, difference, e);
    if (st)
        return st;
    if (choice == CONFLICT || choice == CONFLICT_TAKE)
        tell_run(m, &here, &there, difference);
    const bool takes = choice == TAKE || choice == CONFLICT_TAKE;
    m->counts->removed += choice == REMOVED;
    m->counts->same += choice == SAME || choice == KEEP;
    if (takes) {
        /* A done run that was there before stays one that was there before. */
        if (!is_done(&here) || here.removed[0])
            st = note_merged(m, identity, e);
        if (st == ST_OK)
            st = take_run(m, run, here.id, there.id, e);
        m->counts->added += here.id == 0;
        m->counts->replaced += here.id != 0;
    }
    if (st == ST_OK && (takes || choice == SAME))
        st = m->hooks->carried(m->hooks->context, identity, there.state, takes, e);
    return st;
}

static enum status merge_runs(const struct merge *m, struct err *e)
{
    sqlite3_stmt *run = NULL;
    bool row = true;
    enum status st = prepare(m->from, select_run, &run, e);
    while (st == ST_OK && row) {
        st = next(m->from, run, &row, e);
        if (st == ST_OK && row)
            st = merge_run(m, run, e);
    }
    sqlite3_finalize(run);
    return st;
}

/* --- what belongs to no run --- */

/* Rows of one table by their keys, the first columns. */
struct keyed {
    const char *table, *select, *insert, *remove;
    const char *find; /* the columns of `select`, and the id */
    int keys;
};

static const struct keyed published = {
    .table = "published",
    .select =
        "SELECT paper, source, experiment, cell, encoder, split, metric, unit, value, "
        "std FROM published ORDER BY id",
    .find =
        "SELECT paper, source, experiment, cell, encoder, split, metric, unit, value, "
        "std, id FROM published WHERE (paper, source, experiment, cell, encoder, split, "
        "metric) = (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    .remove = "DELETE FROM published WHERE id = ?1",
    .insert = "INSERT INTO published (paper, source, experiment, cell, encoder, split, "
              "metric, unit, value, std) "
              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    .keys = 7};
static const struct keyed claims = {
    .table = "claim",
    .select = "SELECT name, text, experiment, cell, split, metric, less, than, "
              "published_less, published_than FROM claim ORDER BY id",
    .find = "SELECT name, text, experiment, cell, split, metric, less, than, "
            "published_less, published_than, id FROM claim WHERE name = ?1",
    .remove = "DELETE FROM claim WHERE id = ?1",
    .insert = "INSERT INTO claim (name, text, experiment, cell, split, metric, less, than, "
              "published_less, published_than) "
              "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    .keys = 1};
static const struct keyed events = {
    .table = "event",
    .select = "SELECT time, level, text FROM event WHERE run_id IS NULL ORDER BY id",
    .find = "SELECT time, level, text, id FROM event WHERE run_id IS NULL AND "
            "(time, level, text) = (?1, ?2, ?3)",
    .remove = "DELETE FROM event WHERE id = ?1",
    .insert = "INSERT INTO event (time, level, text) VALUES (?1, ?2, ?3)",
    .keys = 3};

/* False: they differ, which was told. */
static bool agrees(const struct merge *m, const struct keyed *k, sqlite3_stmt *here,
                   sqlite3_stmt *there)
{
    char text[DIFFERENCE_TEXT] = "";
    const struct part_of_run p = {.what = k->table, .keys = k->keys};
    if (row_order(m, &p, here, there, text) == 0)
        return true;
    m->counts->conflicts++;
    m->hooks->conflict(m->hooks->context, text);
    return false;
}

/* An order of rows that differ, of no other meaning than being the same for everybody. */
static bool comes_before(sqlite3_stmt *a, sqlite3_stmt *b)
{
    int order = 0;
    for (int i = 0; i < sqlite3_column_count(a) && order == 0; i++) {
        const double x = sqlite3_column_double(a, i), y = sqlite3_column_double(b, i);
        const char *s = (const char *)sqlite3_column_text(a, i);
        const char *t = (const char *)sqlite3_column_text(b, i);
        order = (x > y) - (x < y);
        order = order ? order : strcmp(s ? s : "", t ? t : "");
    }
    return order < 0;
}

static void row_text(const struct keyed *k, int64_t id, char text[KEY_TEXT])
{
    snprintf(text, KEY_TEXT, "%s %lld", k->table, (long long)id);
}

static enum status insert_row(const struct merge *m, const struct keyed *k,
                              sqlite3_stmt *row, struct err *e)
{
    char text[KEY_TEXT];
    sqlite3_stmt *q = NULL;
    enum status st = prepare(m->to, k->insert, &q, e);
    if (st == ST_OK)
        st = bind_row(m->to, q, 1, row, 0, sqlite3_column_count(row), e);
    if (st == ST_OK)
        st = step_once(m->to, q, e);
    sqlite3_finalize(q);
    row_text(k, sqlite3_last_insert_rowid(m->to->db), text);
    return st ? st : note_merged(m, text, e);
}

/* Instead of one that another part brought and that comes behind it. */
static enum status replace_row(const struct merge *m, const struct keyed *k, int64_t id,
                               sqlite3_stmt *row, struct err *e)
{
    char text[KEY_TEXT];
    bool merged = false;
    row_text(k, id, text);
    enum status st = was_merged(m, text, &merged, e);
    if (st || !merged)
        return st;
    st = with_id(m->to, k->remove, id, e);
    return st ? st : insert_row(m, k, row, e);
}

static enum status merge_row(const struct merge *m, const struct keyed *k,
                             sqlite3_stmt *row, struct err *e)
{
    sqlite3_stmt *find = NULL;
    bool found = false, replaces = false;
    int64_t id = 0;
    enum status st = prepare(m->to, k->find, &find, e);
    if (st == ST_OK)
        st = bind_row(m->to, find, 1, row, 0, k->keys, e);
    if (st == ST_OK)
        st = next(m->to, find, &found, e);
    if (st == ST_OK && found) {
        replaces = !agrees(m, k, find, row) && comes_before(row, find);
        id = sqlite3_column_int64(find, sqlite3_column_count(row));
    }
    sqlite3_finalize(find);
    if (st == ST_OK && !found)
        return insert_row(m, k, row, e);
    return st == ST_OK && replaces ? replace_row(m, k, id, row, e) : st;
}

static enum status merge_rows(const struct merge *m, const struct keyed *k, struct err *e)
{
    sqlite3_stmt *row = NULL;
    bool more = true;
    enum status st = prepare(m->from, k->select, &row, e);
    while (st == ST_OK && more) {
        st = next(m->from, row, &more, e);
        if (st == ST_OK && more)
            st = merge_row(m, k, row, e);
    }
    sqlite3_finalize(row);
    return st;
}

/* Its row here, found or added. */
static enum status merge_one_provenance(struct merge *m, sqlite3_stmt *row, struct err *e)
{
    static const char find[] =
        "SELECT id FROM provenance WHERE (" PROVENANCE ") = (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
        "?8, ?9, ?10, ?11, ?12)";
    static const char insert[] =
        "INSERT INTO provenance (" PROVENANCE ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
        "?9, ?10, ?11, ?12) RETURNING id";
    struct provenance_pair pair = {.from = sqlite3_column_int64(row, 0)};
    enum status st = ST_OK;
    for (int i = 0; i < 2 && st == ST_OK && pair.to == 0; i++) {
        sqlite3_stmt *q = NULL;
        bool found = false;
        st = prepare(m->to, i ? insert : find, &q, e);
        if (st == ST_OK)
            st = bind_row(m->to, q, 1, row, 1, 12, e);
        if (st == ST_OK)
            st = next(m->to, q, &found, e);
        if (st == ST_OK && found)
            pair.to = sqlite3_column_int64(q, 0);
        while (st == ST_OK && found) /* RETURNING wants to be read to its end */
            st = next(m->to, q, &found, e);
        sqlite3_finalize(q);
    }
    struct provenance_pair *more =
        realloc(m->provenance, ((size_t)m->provenances + 1) * sizeof *more);
    if (!more)
        return err_set(e, ST_NOMEM, "%s: no memory to merge it", m->from->path);
    m->provenance = more;
    m->provenance[m->provenances++] = pair;
    return st;
}

static enum status merge_provenance(struct merge *m, struct err *e)
{
    sqlite3_stmt *row = NULL;
    bool more = true;
    enum status st =
        prepare(m->from, "SELECT id, " PROVENANCE " FROM provenance ORDER BY id", &row, e);
    while (st == ST_OK && more) {
        st = next(m->from, row, &more, e);
        if (st == ST_OK && more)
            st = merge_one_provenance(m, row, e);
    }
    sqlite3_finalize(row);
    return st;
}

enum status store_merge(struct store *into, struct store *part,
                        const struct merge_hooks *hooks, struct merge_counts *counts,
                        struct err *e)
{
    struct merge m = {.to = into, .from = part, .hooks = hooks, .counts = counts};
    assert(into->writable);
    /* The part may be written meanwhile: a transaction shows one moment of it. */
    enum status st = store_exec(part, "BEGIN", "merging", e);
    if (st == ST_OK)
        st = store_exec(into, "BEGIN IMMEDIATE", "merging", e);
    if (st == ST_OK)
        st = store_exec(into, make_merged, "merging", e);
    if (st == ST_OK)
        st = merge_provenance(&m, e);
    if (st == ST_OK)
        st = merge_runs(&m, e);
    if (st == ST_OK)
        st = merge_rows(&m, &events, e);
    if (st == ST_OK)
        st = merge_rows(&m, &published, e);
    if (st == ST_OK)
        st = merge_rows(&m, &claims, e);
    if (st == ST_OK)
        st = store_exec(into, "COMMIT", "merging", e);
    if (!sqlite3_get_autocommit(into->db))
        sqlite3_exec(into->db, "ROLLBACK", NULL, NULL, NULL);
    if (!sqlite3_get_autocommit(part->db))
        sqlite3_exec(part->db, "ROLLBACK", NULL, NULL, NULL);
    free(m.provenance);
    return st;
}
