/* rm and purge: runs leave every table, come back, or are deleted for good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/stat.h>

#include "filled_store.h"
#include "program.h"
#include "lock.h"
#include "small_matrix.h"

static const char yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  seeds: [1, 2]\n"
    "  model: {layers: 1, heads: 2, dim: 16}\n"
    "  train: {steps: 3, warmup: 1, batch: 4, shards: 2}\n"
    "experiments:\n"
    "  flip:\n"
    "    task: {name: flip_flop, length: 16}\n"
    "    splits: {id: {count: 10}}\n"
    "    encoders: [rope, absolute]\n"
    "published:\n"
    "  - {paper: p, source: s, experiment: flip, metric: token_error,\n"
    "     values: {rope: {id: 1.8}, absolute: {id: 6.8}}}\n";

/* Where the matrix was trained once, and a copy of it for each test. */
static char trained[SCRATCH_TEXT], folder[SCRATCH_TEXT];

static int train_once(void **state)
{
    char path[256];
    struct program p;
    (void)state;
    scratch_make(trained);
    snprintf(path, sizeof path, "%s/experiments.yaml", trained);
    write_text(path, yaml);
    RUN(&p, "-C %s run", trained);
    int code = p.code;
    program_free(&p);
    RUN(&p, "-C %s eval --only 'encoder=*' --split id --store", trained);
    code |= p.code;
    program_free(&p);
    return code;
}

static int remove_trained(void **state)
{
    (void)state;
    scratch_remove(trained);
    return 0;
}

static int setup(void **state)
{
    char command[256];
    (void)state;
    scratch_make(folder);
    snprintf(command, sizeof command, "cp -R %s/. %s", trained, folder);
    return system(command);
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* Returns its standard output; the caller frees it. */
static char *posbench(int code, const char *arguments)
{
    struct program p;
    RUN(&p, "-C %s %s", folder, arguments);
    if (p.code != code)
        fail_msg("posbench %s: exit code %d\n%s%s", arguments, p.code, p.out, p.err);
    char *out = strdup(p.out);
    program_free(&p);
    return out;
}

static void expect(int code, const char *arguments, const char *want)
{
    char *got = posbench(code, arguments);
    assert_string_equal(got, want);
    free(got);
}

static void expect_runs(const char *want)
{
    expect(0,
           "query -o csv \"SELECT group_concat(id, ' ') AS ids, count(*) AS n FROM run\"",
           want);
}

static int models(void)
{
    char command[256];
    char count[32] = "";
    snprintf(command, sizeof command, "ls %s/results.db.models | wc -l", folder);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    assert_non_null(fgets(count, sizeof count, f));
    pclose(f);
    return (int)strtol(count, NULL, 10);
}

#define VIEWS_WITH_VARIANT                                         \
    "FROM sqlite_schema AS s JOIN pragma_table_info(s.name) AS c " \
    "WHERE s.type = 'view' AND c.name = 'variant'"

/* Checks that the rows of rope are there, or are not, in each view that names the variant. */
static void expect_rope(bool there)
{
    char *views = posbench(0, "query -o csv \"SELECT s.name " VIEWS_WITH_VARIANT "\"");
    char *rest = NULL;
    assert_string_equal(strtok_r(views, "\n", &rest), "name");
    for (const char *view; (view = strtok_r(NULL, "\n", &rest));) {
        char query[256];
        snprintf(query, sizeof query,
                 "query -o csv \"SELECT '%s' AS view, count(*) > 0 AS there FROM %s "
                 "WHERE variant = 'rope'\"",
                 view, view);
        char want[128];
        snprintf(want, sizeof want, "view,there\n%s,%d\n", view, there);
        expect(0, query, want);
    }
    free(views);
}

/* Of the other views v_progress counts runs, v_score keeps the numbers of removed runs, for who
 * joins it with v_run, and v_student_t has no runs. */
static void a_removed_run_is_in_no_view_but_v_score_and_comes_back(void **state)
{
    static const char seen[] =
        "query -o csv \"SELECT (SELECT count(*) FROM v_run) AS a, "
        "(SELECT count(DISTINCT run_id) FROM v_result) AS b, "
        "(SELECT sum(runs) FROM v_progress) AS c, "
        "(SELECT sum(runs) FROM v_summary WHERE metric = 'loss' AND split = 'id') AS d, "
        "(SELECT count(DISTINCT run_id) FROM v_score) AS e\"";
    (void)state;
    expect(
        0,
        "query -o csv \"SELECT name FROM sqlite_schema WHERE type = 'view' AND name NOT IN "
        "(SELECT s.name " VIEWS_WITH_VARIANT ") ORDER BY name\"",
        "name\nv_progress\nv_score\nv_student_t\n");
    expect_rope(true);
    expect(0, seen, "a,b,c,d,e\n4,4,4,4,4\n");
    free(posbench(0, "rm encoder=rope seed=1"));
    expect_rope(true);
    expect(0, seen, "a,b,c,d,e\n3,3,3,3,4\n");
    free(posbench(0, "rm encoder=rope"));
    expect_rope(false);
    expect(0, seen, "a,b,c,d,e\n2,2,2,2,4\n");
    char *table = posbench(0, "table");
    assert_null(strstr(table, "rope"));
    free(table);
    expect_runs("ids,n\n1 2 3 4,4\n"); /* the rows are kept */
    free(posbench(4, "rm encoder=rope"));
    expect(0, "rm --undo encoder=rope",
           "1 flip rope seed 1, done\n2 flip rope seed 2, done\n");
    expect_rope(true);
    expect(0, seen, "a,b,c,d,e\n4,4,4,4,4\n");
}

static void a_removed_run_runs_again_when_asked_for(void **state)
{
    struct program p;
    (void)state;
    free(posbench(0, "rm seed=2"));
    RUN(&p, "-C %s run", folder);
    assert_int_equal(p.code, 0);
    assert_non_null(strstr(p.err, "2 runs done, 2 skipped"));
    program_free(&p);
    expect(0, "query -o csv \"SELECT seed, state, removed, attempts FROM run ORDER BY id\"",
           "seed,state,removed,attempts\n1,done,,1\n2,done,,2\n1,done,,1\n2,done,,2\n");
}

/* The run is named by its number and by its identity. */
static void what_asks_for_a_removed_run_is_told(void **state)
{
    static const char *const commands[] = {"verify", "eval", "export -o w.safetensors",
                                           "predict --split id --logits l.npy"};
    (void)state;
    free(posbench(0, "rm seed=1"));
    char *identity =
        posbench(0, "query -o csv \"SELECT identity FROM run WHERE id = 1\" | tail -n 1");
    identity[strcspn(identity, "\n")] = '\0';
    char undo[128];
    snprintf(undo, sizeof undo, "rm --undo identity=%s", identity);
    for (size_t i = 0; i < 2 * sizeof commands / sizeof *commands; i++) {
        struct program p;
        RUN(&p, "-C %s %s %.8s", folder, commands[i / 2], i % 2 ? "1" : identity);
        assert_int_equal(p.code, 4);
        assert_non_null(strstr(p.err, "is marked as removed"));
        assert_non_null(strstr(p.err, undo));
        program_free(&p);
    }
    char *shown = posbench(0, "show 1");
    assert_non_null(strstr(shown, "\nremoved   "));
    assert_non_null(strstr(shown, undo));
    assert_non_null(strstr(shown, "left out: the run is marked as removed"));
    free(shown);
    free(posbench(0, undo));
    shown = posbench(0, "show 1");
    assert_null(strstr(shown, "removed"));
    free(shown);
    free(identity);
}

static void a_dry_run_changes_nothing(void **state)
{
    (void)state;
    expect(0, "rm --dry-run seed=1",
           "1 flip rope seed 1, done\n3 flip absolute seed 1, done\n");
    free(posbench(4, "purge --dry-run"));
    free(posbench(0, "rm seed=1"));
    expect(0, "purge -n", "1 flip rope seed 1, done\n3 flip absolute seed 1, done\n");
    expect_runs("ids,n\n1 2 3 4,4\n");
    assert_int_equal(models(), 4);
}

static void purging_takes_rows_and_models_of_marked_runs_only(void **state)
{
    (void)state;
    free(posbench(0, "rm seed=1"));
    free(posbench(2, "purge")); /* there is no terminal to ask */
    expect_runs("ids,n\n1 2 3 4,4\n");
    expect(0, "purge --yes encoder=rope", "1 flip rope seed 1, done\n");
    expect_runs("ids,n\n2 3 4,3\n");
    assert_int_equal(models(), 3);
    free(posbench(0, "purge --yes"));
    expect_runs("ids,n\n2 4,2\n");
    assert_int_equal(models(), 2);
    expect(0, "query -o csv \"SELECT count(*) AS n FROM metric WHERE run_id IN (1, 3)\"",
           "n\n0\n");
    free(posbench(4, "purge --yes"));
}

/* A folder is put where the file was, which even root cannot remove as a file. */
static void what_cannot_be_purged_stays_marked(void **state)
{
    char command[256];
    struct program p;
    (void)state;
    free(posbench(0, "rm seed=1"));
    snprintf(command, sizeof command,
             "cd %s/results.db.models && for f in *; do rm $f; mkdir $f; done", folder);
    assert_int_equal(system(command), 0);
    RUN(&p, "-C %s purge --yes", folder);
    assert_int_equal(p.code, 3);
    assert_non_null(strstr(p.err, "cannot be removed"));
    assert_non_null(strstr(p.err, "purge again"));
    program_free(&p);
    expect(0, "purge -n", "1 flip rope seed 1, done\n3 flip absolute seed 1, done\n");
}

static void mistakes_change_nothing(void **state)
{
    (void)state;
    free(posbench(2, "rm"));
    free(posbench(2, "rm encoders=rope"));
    free(posbench(2, "rm rope"));
    free(posbench(2, "rm state=dead"));
    free(posbench(4, "rm encoder=cope"));
    free(posbench(4, "rm --db nowhere.db encoder=rope"));
    expect_runs("ids,n\n1 2 3 4,4\n");
}

static void nothing_is_removed_while_runs_are_at_work(void **state)
{
    struct database_lock lock;
    char db[256];
    (void)state;
    snprintf(db, sizeof db, "%s/results.db", folder);
    assert_ok(lock_take(db, &lock, &err));
    free(posbench(3, "rm seed=1"));
    free(posbench(0, "rm -n seed=1"));
    lock_give_back(&lock);
    free(posbench(0, "rm seed=1"));
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_removed_run_is_in_no_view_but_v_score_and_comes_back),
        CASE(a_removed_run_runs_again_when_asked_for),
        CASE(what_asks_for_a_removed_run_is_told),
        CASE(a_dry_run_changes_nothing),
        CASE(purging_takes_rows_and_models_of_marked_runs_only),
        CASE(what_cannot_be_purged_stays_marked),
        CASE(mistakes_change_nothing),
        CASE(nothing_is_removed_while_runs_are_at_work),
    };
    return cmocka_run_group_tests_name("removal", tests, train_once, remove_trained);
}
