/* Runs of a merge, with their metrics, answers and events. */
#include <stdio.h>
#include <string.h>

#include "store_merge_internal.h"

/* Columns that the two tables of a run must agree in. */
struct part_of_run {
    struct row_names names;
    const char *select, *insert, *remove;
    bool compared;
};

/* An attempt that another process had begun is not under way here. */
#define ATTEMPT_STATE "iif(state = 'running', 'interrupted', state)"

static const struct part_of_run parts_of_run[] = {
    {.names = {"metric", 3},
     .select = "SELECT split, name, step, value, count, total, last FROM metric "
               "WHERE run_id = ?1 ORDER BY 1, 2, 3",
     .insert = "INSERT INTO metric (run_id, split, name, step, value, count, total, last) "
               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
     .remove = "DELETE FROM metric WHERE run_id = ?1",
     .compared = true},
    {.names = {"answers", 1},
     .select = "SELECT split, count, bits FROM answer WHERE run_id = ?1 ORDER BY 1",
     .insert = "INSERT INTO answer (run_id, split, count, bits) VALUES (?1, ?2, ?3, ?4)",
     .remove = "DELETE FROM answer WHERE run_id = ?1",
     .compared = true},
    {.names = {"event", 0},
     .select = "SELECT time, level, text FROM event WHERE run_id = ?1 ORDER BY id",
     .insert = "INSERT INTO event (run_id, time, level, text) VALUES (?1, ?2, ?3, ?4)",
     .remove = "DELETE FROM event WHERE run_id = ?1"},
    {.names = {"attempt", 1},
     .select = "SELECT n, provenance_id, started, ended, " ATTEMPT_STATE ", reason "
               "FROM attempt WHERE run_id = ?1 ORDER BY n",
     .insert = "INSERT INTO attempt (run_id, n, provenance_id, started, ended, state, "
               "reason) VALUES (?1, ?2, (SELECT here FROM temp.merged_provenance WHERE "
               "there = ?3), ?4, ?5, ?6, ?7)",
     .remove = "DELETE FROM attempt WHERE run_id = ?1"},
};
enum { PARTS_OF_RUN = sizeof parts_of_run / sizeof *parts_of_run };

/* What must be equal of two done runs. */
static const struct part_of_run run_itself = {
    .names = {"run", 0},
    .select = "SELECT config, task, task_version, encoder, variant, seed, steps, "
              "parameters, flops FROM run WHERE id = ?1",
};

/* A run that another process had begun is not being run here. */
#define STATE "iif(state = 'running', 'interrupted', state)"
#define RUN_COLUMNS                                                                     \
    "identity, experiment, profile, cell, task, task_version, encoder, variant, seed, " \
    "config, state, error, steps, parameters, flops, wall_s, cpu_s, tokens_per_s, "     \
    "peak_memory_mib, started, ended, attempts, weights_hash, provenance_id"
enum { RUN_VALUES = 23 /* without provenance_id */ };

#define RUN_TAKEN                                                                       \
    "identity, experiment, profile, cell, task, task_version, encoder, variant, "       \
    "seed, config, " STATE ", "                                                         \
    "iif(state = 'running', 'was begun and had not ended when it was merged', error), " \
    "steps, parameters, flops, wall_s, cpu_s, tokens_per_s, peak_memory_mib, started, " \
    "ended, attempts, weights_hash"
static const char select_run[] =
    "SELECT " RUN_TAKEN ", provenance_id, id FROM run WHERE removed IS NULL ORDER BY id";

/* All that is taken of a run besides its numbers, answers and events. */
static const struct part_of_run whole_run = {
    .names = {"run", 0},
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
    "', BLAS core ' || blas_core || ', ' || host, 'nowhere'), coalesce(weights_hash, '') "
    "FROM run LEFT JOIN provenance AS p ON p.id = provenance_id WHERE identity = ?1";

struct rank {
    int64_t id; /* 0: there is no such run */
    char state[16], order[KEY_TEXT], removed[32], ended[32], name[KEY_TEXT];
    char maker[KEY_TEXT], identity[KEY_TEXT], hash[MERGE_HASH];
};

/* --- comparing --- */

static enum status open_both(const struct merge *m, const struct part_of_run *p, int64_t to,
                             int64_t from, sqlite3_stmt **a, sqlite3_stmt **b,
                             struct err *e)
{
    enum status st = merge_prepare(m->to, p->select, a, e);
    if (st == ST_OK)
        st = merge_prepare(m->from, p->select, b, e);
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
        st = merge_next(m->to, a, &more_a, e);
        if (st == ST_OK)
            st = merge_next(m->from, b, &more_b, e);
        if (st == ST_OK && more_a != more_b) {
            char key[KEY_TEXT];
            merge_key_text(&p->names, more_a ? a : b, key);
            snprintf(text, DIFFERENCE_TEXT, "%s is only in %s", key,
                     more_a ? m->to->path : m->from->path);
            *order = more_a ? 1 : -1;
        } else if (st == ST_OK && more_a)
            *order = merge_row_order(m, &p->names, a, b, text);
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

/* *order: of all that would be taken, also of what two runs need not agree in; but for the
 * attempts, whose provenance has other numbers here and there. */
static enum status order_contents(const struct merge *m, int64_t to, int64_t from,
                                  int *order, struct err *e)
{
    char text[DIFFERENCE_TEXT];
    enum status st = compare(m, &whole_run, to, from, order, text, e);
    for (int i = 0; i < PARTS_OF_RUN - 1 && st == ST_OK && *order == 0; i++)
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
    enum status st = merge_prepare(s, select_rank, &q, e);
    if (st == ST_OK && sqlite3_bind_text(q, 1, identity, -1, SQLITE_STATIC) != SQLITE_OK)
        st = store_failed(s, "merging", e);
    if (st == ST_OK)
        st = merge_next(s, q, &row, e);
    if (st == ST_OK && row) {
        out->id = sqlite3_column_int64(q, 0);
        copy_text(out->state, sizeof out->state, q, 1);
        copy_text(out->order, sizeof out->order, q, 2);
        copy_text(out->removed, sizeof out->removed, q, 3);
        copy_text(out->ended, sizeof out->ended, q, 4);
        copy_text(out->name, sizeof out->name, q, 5);
        copy_text(out->maker, sizeof out->maker, q, 6);
        copy_text(out->hash, sizeof out->hash, q, 7);
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
    enum status st = merge_with_id(m->to, p->remove, to, e);
    if (st == ST_OK)
        st = merge_prepare(m->from, p->select, &q, e);
    if (st == ST_OK)
        st = merge_prepare(m->to, p->insert, &add, e);
    if (st == ST_OK && sqlite3_bind_int64(q, 1, from) != SQLITE_OK)
        st = store_failed(m->from, "merging", e);
    if (st == ST_OK)
        st = merge_next(m->from, q, &row, e);
    while (st == ST_OK && row) {
        if (sqlite3_bind_int64(add, 1, to) != SQLITE_OK)
            st = store_failed(m->to, "merging", e);
        if (st == ST_OK)
            st = merge_bind_row(m->to, add, 2, q, 0, sqlite3_column_count(q), e);
        if (st == ST_OK)
            st = merge_step_once(m->to, add, e);
        if (st == ST_OK)
            st = merge_next(m->from, q, &row, e);
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
        "?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24)";
    static const char update[] =
        "UPDATE run SET removed = NULL, (" RUN_COLUMNS ") = (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
        "?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24) "
        "WHERE identity = ?1";
    sqlite3_stmt *q = NULL;
    const int64_t provenance = new_provenance(m, sqlite3_column_int64(run, RUN_VALUES));
    enum status st = merge_prepare(m->to, *id ? update : insert, &q, e);
    if (st == ST_OK)
        st = merge_bind_row(m->to, q, 1, run, 0, RUN_VALUES, e);
    if (st == ST_OK && provenance &&
        sqlite3_bind_int64(q, RUN_VALUES + 1, provenance) != SQLITE_OK)
        st = store_failed(m->to, "merging", e);
    if (st == ST_OK)
        st = merge_step_once(m->to, q, e);
    if (st == ST_OK && *id == 0)
        *id = sqlite3_last_insert_rowid(m->to->db);
    sqlite3_finalize(q);
    return st ? st : store_recipe(m->to, *id, e);
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
        st = merge_noted(m, here->identity, &merged, e);
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
        if (!is_done(here) && !is_done(there))
            better = m->hooks->progress(m->hooks->context, here->identity, true) -
                     m->hooks->progress(m->hooks->context, here->identity, false);
        if (!better)
            st = prefer(m, here, there, &better, e);
        *out = better > 0 ? TAKE : better < 0 ? KEEP : SAME;
    }
    return st;
}

/* Experiments and profiles that ask for the run there ask for it here too. */
static enum status merge_memberships(const struct merge *m, const char *identity,
                                     struct err *e)
{
    sqlite3_stmt *row = NULL, *add = NULL;
    bool more = true;
    enum status st =
        merge_prepare(m->from,
                      "SELECT r.identity, s.experiment, s.profile, s.cell FROM "
                      "membership AS s JOIN run AS r ON r.id = s.run_id WHERE "
                      "r.identity = ?1 ORDER BY s.id",
                      &row, e);
    if (st == ST_OK)
        st = merge_prepare(m->to,
                           "INSERT INTO membership (run_id, experiment, profile, cell) "
                           "SELECT id, ?2, ?3, ?4 FROM run WHERE identity = ?1 ON CONFLICT "
                           "(run_id, experiment, profile) DO NOTHING",
                           &add, e);
    if (st == ST_OK && sqlite3_bind_text(row, 1, identity, -1, SQLITE_STATIC) != SQLITE_OK)
        st = store_failed(m->from, "merging", e);
    while (st == ST_OK && more) {
        st = merge_next(m->from, row, &more, e);
        if (st == ST_OK && more)
            st = merge_bind_row(m->to, add, 1, row, 0, 4, e);
        if (st == ST_OK && more)
            st = merge_step_once(m->to, add, e);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(add);
    return st;
}

/* Tells of the run and stores the hash of the weights that it has now. */
static enum status carry(const struct merge *m, const struct rank *here,
                         const struct rank *there, bool takes, bool numbers, struct err *e)
{
    const struct rank *const from = numbers || here->id == 0 ? there : here;
    char hash[MERGE_HASH], before[MERGE_HASH];
    sqlite3_stmt *q = NULL;
    snprintf(hash, sizeof hash, "%s", from->hash);
    snprintf(before, sizeof before, "%s", takes ? there->hash : here->hash);
    enum status st = m->hooks->carried(m->hooks->context, there->identity,
                                       takes ? there->state : here->state,
                                       numbers ? MERGED_NUMBERS : MERGED_SAME, hash, e);
    if (st || strcmp(hash, before) == 0)
        return st;
    st = merge_prepare(
        m->to, "UPDATE run SET weights_hash = nullif(?2, '') WHERE identity = ?1", &q, e);
    if (st == ST_OK &&
        (sqlite3_bind_text(q, 1, there->identity, -1, SQLITE_STATIC) != SQLITE_OK ||
         sqlite3_bind_text(q, 2, hash, -1, SQLITE_STATIC) != SQLITE_OK))
        st = store_failed(m->to, "merging", e);
    if (st == ST_OK)
        st = merge_step_once(m->to, q, e);
    sqlite3_finalize(q);
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
            st = merge_note(m, identity, e);
        if (st == ST_OK)
            st = take_run(m, run, here.id, there.id, e);
        m->counts->added += here.id == 0;
        m->counts->replaced += here.id != 0;
    }
    if (st == ST_OK)
        st = merge_memberships(m, identity, e);
    if (st == ST_OK && choice != REMOVED)
        st = carry(
            m, &here, &there, takes,
            takes && (here.id == 0 || !is_done(&here) || difference[0] || here.removed[0]),
            e);
    return st;
}

enum status merge_all_runs(const struct merge *m, struct err *e)
{
    sqlite3_stmt *run = NULL;
    bool row = true;
    enum status st = merge_prepare(m->from, select_run, &run, e);
    while (st == ST_OK && row) {
        st = merge_next(m->from, run, &row, e);
        if (st == ST_OK && row)
            st = merge_run(m, run, e);
    }
    sqlite3_finalize(run);
    return st;
}
