/* A merge that is killed at any moment, or meets a full disk, loses nothing, and repeating it
 * leaves the same files and rows as a merge that was left alone.
 *
 * A moment is one of the merge's calls that change files (fault.h). 200 of them, evenly spread
 * over all, get a signal, and at 50 the disk fills up for good. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "model_files.h"
#include "checkpoint.h"
#include "small_matrix.h"
#include "sweep.h"
#include "tree.h"

enum { PATH_TEXT = 256, SEEN_MAX = 512, KILLS = 200, LEVELS = 50, CALLS_MAX = 1 << 16 };

#define MERGE "merge part.db --db all.db"

static const char yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  model: {layers: 1, heads: 2, dim: 16}\n"
    "  train: {steps: 6, warmup: 1, batch: 2, eval_every: 3, eval_count: 3}\n"
    "experiments:\n"
    "  flip:\n"
    "    seeds: [1, 2, 3, 4, 5, 6, 7, 8]\n"
    "    task: {name: flip_flop, length: 16}\n"
    "    splits: {valid: {count: 5}, id: {count: 9}}\n"
    "    encoders: [absolute]\n"
    "claims:\n"
    "  - {id: same, text: equal, experiment: flip, split: id, metric: token_error,\n"
    "     less: absolute, than: absolute}\n";

static char folder[PATH_TEXT], before[PATH_TEXT], now[PATH_TEXT], after[PATH_TEXT];

/* --- two databases with something of everything --- */

static void path_in(const char *where, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", where, name);
}

static void forget(const char *where)
{
    static const char *const suffix[] = {".fired", ".err", ".out"};
    char path[PATH_TEXT + 16];
    for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
        snprintf(path, sizeof path, "%s%s", where, suffix[i]);
        unlink(path);
    }
}

static sqlite3 *open_in(const char *where, const char *name)
{
    char path[PATH_MAX];
    sqlite3 *db = NULL;
    path_in(where, name, path);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    return db;
}

static void execute(const char *name, const char *sql)
{
    sqlite3 *db = open_in(before, name);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void find_identity(const char *name, int seed, char identity[IDENTITY_TEXT])
{
    sqlite3 *db = open_in(before, name);
    sqlite3_stmt *q = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT identity FROM run WHERE seed = ?1", -1, &q, NULL),
        SQLITE_OK);
    sqlite3_bind_int(q, 1, seed);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    snprintf(identity, IDENTITY_TEXT, "%s", (const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
    sqlite3_close(db);
}

static int step_of(const char *where, const char *name, const char *identity)
{
    char db[PATH_MAX];
    path_in(where, name, db);
    return checkpoint_step_of(db, identity);
}

static void train(const char *name, int seed, const char *fault, int code)
{
    char command[PATH_TEXT];
    snprintf(command, sizeof command,
             "run tiny.yaml --jobs 1 --checkpoint-every 0 --db %s --only seed=%d", name,
             seed);
    assert_int_equal(command_in(before, command, fault, false), code);
    forget(before);
}

/* Tells the run's worker to stop after that many steps; it makes several calls for each. */
static void stop_at(const char *name, int seed, int steps)
{
    char fault[64], identity[IDENTITY_TEXT];
    for (int call = 10, got = 0; got < steps; call += 10) {
        snprintf(fault, sizeof fault, "worker:stop:%d", call);
        train(name, seed, fault, 1);
        find_identity(name, seed, identity);
        got = step_of(before, name, identity);
        assert_true(call < 2000);
    }
}

static void remove_weights(const char *name, int seed)
{
    char db[PATH_MAX], path[PATH_MAX], identity[IDENTITY_TEXT];
    find_identity(name, seed, identity);
    path_in(before, name, db);
    assert_int_equal(model_files_weights_path(db, identity, "", path, NULL), ST_OK);
    assert_int_equal(unlink(path), 0);
}

/* Changes a run's weights, their hash and one number, as another program would make them. */
static void change_weights(const char *name, int seed)
{
    char db[PATH_MAX], path[PATH_MAX], sql[PATH_TEXT], identity[IDENTITY_TEXT];
    char hash[WEIGHTS_HASH];
    find_identity(name, seed, identity);
    path_in(before, name, db);
    assert_int_equal(model_files_weights_path(db, identity, "", path, NULL), ST_OK);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, -4, SEEK_END), 0); /* the low bits of the last weight */
    const int byte = fgetc(f);
    assert_int_equal(fseek(f, -4, SEEK_END), 0);
    assert_int_equal(fputc(byte ^ 1, f), byte ^ 1);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(model_files_hash(path, hash, NULL), ST_OK);
    snprintf(
        sql, sizeof sql,
        "UPDATE run SET weights_hash = '%s' WHERE seed = %d; UPDATE metric SET value = "
        "value + 1 WHERE name = 'loss' AND run_id = (SELECT id FROM run WHERE seed = %d)",
        hash, seed, seed);
    execute(name, sql);
}

/* Makes both databases. Runs by seed, here | there: 1 done | done without weights; 2 done
 * without weights | done; 3 and 4 interrupted, of which 3 is further there and 4 here; 5
 * interrupted | done; 6 - | done; 7 done | -; 8 done with other weights and removed | done
 * later. */
static int make_both(void **state)
{
    char path[PATH_MAX];
    (void)state;
    scratch_make(folder);
    snprintf(before, sizeof before, "%.200s/before", folder);
    snprintf(now, sizeof now, "%.200s/now", folder);
    snprintf(after, sizeof after, "%.200s/after", folder);
    assert_int_equal(mkdir(before, 0777), 0);
    path_in(before, "tiny.yaml", path);
    write_text(path, yaml);
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "part.db" : "all.db";
        train(name, 1, NULL, 0);
        train(name, 2, NULL, 0);
        stop_at(name, 3, i ? 4 : 2);
        stop_at(name, 4, i ? 2 : 4);
        if (i == 0)
            stop_at(name, 5, 2);
        else
            train(name, 5, NULL, 0);
        train(name, i ? 6 : 7, NULL, 0);
        train(name, 8, NULL, 0);
    }
    remove_weights("part.db", 1);
    remove_weights("all.db", 2);
    /* The run 3 that is further has the earlier end. */
    execute("all.db", "UPDATE run SET ended = '2030-01-01T00:00:00.000Z' WHERE seed = 3");
    /* Run 8 has other weights here, which stay until the run from there is stored. */
    change_weights("all.db", 8);
    execute("all.db", "UPDATE run SET removed = '2001-01-01T00:00:00.000Z' WHERE seed = 8");
    tree_copy(before, after);
    assert_int_equal(command_in(after, MERGE, NULL, false), 0);
    forget(after);
    return 0;
}

static int remove_both(void **state)
{
    (void)state;
    tree_remove(folder);
    return 0;
}

/* --- what is there --- */

static void print_rows(sqlite3 *db, const char *table, FILE *to)
{
    sqlite3_stmt *q = NULL;
    const bool keyed = strcmp(table, "curve") == 0 || strcmp(table, "stratum") == 0;
    char *sql = sqlite3_mprintf("SELECT * FROM \"%w\" ORDER BY %s", table,
                                keyed ? "1, 2, 3, 4" : "id");
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    fprintf(to, "%s\n", table);
    while (sqlite3_step(q) == SQLITE_ROW)
        for (int i = 0, n = sqlite3_column_count(q); i < n; i++) {
            const unsigned char *bytes = sqlite3_column_blob(q, i);
            for (int k = 0; k < sqlite3_column_bytes(q, i); k++)
                fprintf(to, bytes[k] >= ' ' && bytes[k] < 127 ? "%c" : "\\%02x", bytes[k]);
            fputc(i + 1 < n ? '|' : '\n', to);
        }
    sqlite3_finalize(q);
    sqlite3_free(sql);
}

/* Returns all rows of all tables with their ids, and the names of all files with a digest of
 * their bytes, except the database's own. The caller frees the text. */
static char *everything(const char *where)
{
    char *text = NULL, models[PATH_MAX];
    size_t bytes;
    sqlite3_stmt *tables = NULL;
    FILE *to = open_memstream(&text, &bytes);
    char *names = tree_names(where);
    sqlite3 *db = open_in(where, "all.db");
    assert_non_null(to);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT name FROM sqlite_schema WHERE type = "
                                        "'table' ORDER BY name",
                                        -1, &tables, NULL),
                     SQLITE_OK);
    while (sqlite3_step(tables) == SQLITE_ROW)
        print_rows(db, (const char *)sqlite3_column_text(tables, 0), to);
    sqlite3_finalize(tables);
    sqlite3_close(db);
    path_in(where, "all.db.models", models);
    /* tree_digest includes the path, so both copies get the same name. */
    char same[PATH_MAX];
    snprintf(same, sizeof same, "%.200s/models", folder);
    tree_copy(models, same);
    fprintf(to, "%s%016llx\n", names, (unsigned long long)tree_digest(same));
    tree_remove(same);
    free(names);
    assert_int_equal(fclose(to), 0);
    return text;
}

/* True when the weights of the run are there, in their place or waiting. */
static bool has_weights(const char *where, const char *identity, const char *stored)
{
    char db[PATH_MAX], path[PATH_MAX], hash[WEIGHTS_HASH];
    path_in(where, "all.db", db);
    return model_files_weights_path(db, identity, stored, path, NULL) == ST_OK &&
           model_files_hash(path, hash, NULL) == ST_OK && strcmp(hash, stored) == 0;
}

/* Checks a copy, since opening may repair the database. */
static void check_nothing_is_lost(const char *fault)
{
    static const char sql[] =
        "SELECT seed, identity, state, coalesce(weights_hash, ''), "
        "(SELECT count(*) FROM metric WHERE run_id = r.id) FROM run AS r";
    char copy[PATH_TEXT + 8];
    sqlite3_stmt *q = NULL;
    int runs = 0;
    snprintf(copy, sizeof copy, "%s.copy", now);
    tree_copy(now, copy);
    sqlite3 *db = open_in(copy, "all.db");
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    for (; sqlite3_step(q) == SQLITE_ROW; runs++) {
        const int seed = sqlite3_column_int(q, 0);
        const char *identity = (const char *)sqlite3_column_text(q, 1);
        const char *state = (const char *)sqlite3_column_text(q, 2);
        const char *stored = (const char *)sqlite3_column_text(q, 3);
        const bool done = strcmp(state, "done") == 0;
        if (done && sqlite3_column_int(q, 4) == 0)
            fail_msg("%s: run %d is done and has no numbers", fault, seed);
        /* Run 2 lost its weights before. */
        if (done && !has_weights(copy, identity, stored) && seed != 2)
            fail_msg("%s: run %d has lost its weights", fault, seed);
        if (!done &&
            step_of(copy, "all.db", identity) < step_of(before, "all.db", identity))
            fail_msg("%s: run %d has lost its checkpoint", fault, seed);
        if (!done && strcmp(state, "new") != 0 && seed < 3)
            fail_msg("%s: run %d is %s", fault, seed, state);
    }
    sqlite3_finalize(q);
    sqlite3_close(db);
    tree_remove(copy);
    assert_true(runs == 7 || runs == 8); /* run 6 is only there */
}

/* --- moments --- */

static uint64_t seen[SEEN_MAX];
static int n_seen;

/* Disturbs the merge; false: the merge makes fewer calls. */
static bool disturb(const char *fault)
{
    char fired[PATH_TEXT + 16];
    tree_copy(before, now);
    command_in(now, MERGE, fault, false);
    snprintf(fired, sizeof fired, "%s.fired", now);
    const bool has_fired = access(fired, F_OK) == 0;
    forget(now);
    return has_fired;
}

/* Only the folder that is left decides what follows, so equal folders are checked once. */
static void check_rest(const char *fault, const char *undisturbed)
{
    const uint64_t digest = tree_digest(now);
    for (int i = 0; i < n_seen; i++)
        if (seen[i] == digest)
            return;
    check_nothing_is_lost(fault);
    const int code = command_in(now, MERGE, NULL, false);
    char *rest = everything(now);
    if (code != 0)
        fail_msg("%s: the same merge ends with %d", fault, code);
    if (strcmp(rest, undisturbed) != 0)
        fail_msg("%s: the same merge ends otherwise:\n%s\n%s", fault, rest, undisturbed);
    free(rest);
    forget(now);
    if (n_seen < SEEN_MAX)
        seen[n_seen++] = digest;
}

/* Returns how many calls of this kind an undisturbed merge makes. */
static int count_calls(enum fault f)
{
    char fault[64];
    int some = 0, many = CALLS_MAX; /* reached; not reached */
    while (many - some > 1) {
        const int middle = some + (many - some) / 2;
        snprintf(fault, sizeof fault, "merge:%s:%d", fault_word(f), middle);
        if (disturb(fault))
            some = middle;
        else
            many = middle;
        tree_remove(now);
    }
    return some;
}

static void disturb_at(const enum fault *faults, int n_faults, int moments)
{
    char *undisturbed = everything(after), fault[64];
    const int calls = count_calls(faults[0]);
    n_seen = 0;
    assert_true(calls > LEVELS);
    for (int i = 0; i < moments; i++) {
        const int call = 1 + (int)((long)i * calls / moments);
        snprintf(fault, sizeof fault, "merge:%s:%d", fault_word(faults[i % n_faults]),
                 call);
        assert_true(disturb(fault));
        check_rest(fault, undisturbed);
        tree_remove(now);
    }
    print_message("%d moments of %d calls, %d different ends\n", moments, calls, n_seen);
    free(undisturbed);
}

static void killed_at_any_moment_it_loses_nothing(void **state)
{
    static const enum fault signals[] = {FAULT_KILL, FAULT_INTERRUPT, FAULT_STOP};
    (void)state;
    disturb_at(signals, 3, KILLS);
}

static void on_a_disk_that_fills_up_it_loses_nothing(void **state)
{
    static const enum fault full[] = {FAULT_DISK};
    (void)state;
    disturb_at(full, 1, LEVELS);
}

/* The checks above compare with this merge. */
static void left_alone_it_takes_what_is_better(void **state)
{
    char identity[IDENTITY_TEXT], db[PATH_MAX];
    (void)state;
    path_in(after, "all.db", db);
    for (int seed = 1; seed <= 8; seed++) {
        find_identity(seed == 6 ? "part.db" : "all.db", seed, identity);
        const bool interrupted = seed == 3 || seed == 4;
        assert_int_equal(model_files_has_weights(db, identity, ""), !interrupted);
        const int here = step_of(before, "all.db", identity);
        const int there = step_of(before, "part.db", identity);
        const int further = here > there ? here : there;
        assert_int_equal(step_of(after, "all.db", identity), interrupted ? further : 0);
        assert_true(!interrupted || further >= 4);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        fault_arm(argv[1]);
        return posbench_main(argc, argv);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(left_alone_it_takes_what_is_better),
        cmocka_unit_test(killed_at_any_moment_it_loses_nothing),
        cmocka_unit_test(on_a_disk_that_fills_up_it_loses_nothing),
    };
    return cmocka_run_group_tests_name("merge anywhere", tests, make_both, remove_both);
}
