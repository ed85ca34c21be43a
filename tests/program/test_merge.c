/* The command merge: shards with the spools and weights next to them, what stops it, and its
 * messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "filled_store.h"
#include "merge_parts.h"
#include "program.h"
#include "lock.h"
#include "small_matrix.h"
#include "spool.h"

static const char yaml[] =
    "version: 1\ndefaults:\n  seeds: [1, 2, 3]\n  model: {layers: 1, heads: 2, dim: 16}\n"
    "  train: {steps: 4, warmup: 2, batch: 4, shards: 2}\nexperiments:\n  flip:\n"
    "    task: {name: flip_flop, length: 16}\n    splits: {id: {count: 10}}\n"
    "    encoders: [rope, {name: cope, p_max: 5}]\n";

static const char yaml_of_text[] = /* two more runs */
    "  read:\n    seeds: [1, 2]\n    task: {name: text, vocabulary: 300, context: 16}\n"
    "    splits: {id: {count: 10}, ood_twice: {count: 10}}\n    encoders: [rope]\n";

static void posbench(const struct fixture *f, int code, const char *arguments,
                     const char *words)
{
    struct program p;
    RUN(&p, "-C %s %s", f->folder, arguments);
    if (p.code != code || !strstr(p.err, words))
        fail_msg("posbench %s: exit code %d\n%s%s", arguments, p.code, p.out, p.err);
    program_free(&p);
}

static void shards_merged_are_what_one_machine_makes(void **state)
{
    static const char rows[] =
        "SELECT r.id, identity, state, attempts, split, step, name, value, count, total "
        "FROM run AS r LEFT JOIN metric ON run_id = r.id ORDER BY 1, 5, 6, 7";
    const struct fixture *f = *state;
    char path[160], model[256], both[sizeof yaml + sizeof yaml_of_text];
    snprintf(path, sizeof path, "%s/experiments.yaml", f->folder);
    snprintf(both, sizeof both, "%s%s", yaml, yaml_of_text);
    write_text(path, both);
    static const char *const wrong[] = {"0/2", "3/2", "a/2",   "2",    "2/",
                                        "/2",  "1/0", "1/2/3", "-1/2", "1/99999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char arguments[64];
        snprintf(arguments, sizeof arguments, "plan --shard=%s", wrong[i]);
        posbench(f, 2, arguments, "is not I/N");
    }
    posbench(f, 0, "run --db one.db", "8 runs done");
    posbench(f, 0, "run --shard 1/2", " done, 0 skipped");
    posbench(f, 0, "run --shard 2/2", " done, 0 skipped");
    posbench(f, 0, "run --shard 9/9", "0 runs done");
    posbench(f, 0,
             "merge --db all.db results-9-of-9.db results-2-of-2.db results-1-of-2.db", "");
    struct part one = open_part(f, "one"), all = open_part(f, "all");
    char *a = rows_of(one.store, rows), *b = rows_of(all.store, rows);
    assert_true(strlen(a) > 500);
    assert_string_equal(a, b);
    char *identity = rows_of(all.store, "SELECT identity FROM run LIMIT 1");
    identity[strlen(identity) - 2] = '\0';
    snprintf(model, sizeof model, "%s.models/%s.safetensors", all.path, identity);
    assert_int_equal(access(model, R_OK), 0);
    free(a);
    free(b);
    free(identity);
    store_close(one.store);
    store_close(all.store);
    /* A second merge has nothing to do, and the matrix is complete. */
    posbench(f, 0, "merge --db all.db results-1-of-2.db", "0 runs added, 0 replaced");
    posbench(f, 0, "run --db all.db", "0 runs done, 8 skipped");
}

/* Makes a run of `db` look as if its worker had ended and its scheduler was killed: the
 * database says that it is running, and its numbers are in its spool. */
static void unfold(const char *db, char identity[IDENTITY_TEXT])
{
    const struct run_cost cost = {.steps = 4, .parameters = 7, .flops = 1e6, .wall_s = 1};
    const struct metric_row m = {"id", "token_error", 4, 0.125, 1, 8};
    const uint8_t bits[2] = {0xff, 0x01};
    struct store *s = NULL;
    struct spool_writer w;
    char path[512];
    assert_ok(store_open(db, STORE_WRITE, &s, &err));
    char *rows = rows_of(s, "SELECT identity FROM run WHERE state = 'done' LIMIT 1");
    snprintf(identity, IDENTITY_TEXT, "%.*s", IDENTITY_TEXT - 1, rows);
    free(rows);
    store_close(s);
    execute(db,
            "UPDATE run SET state = 'running' WHERE id = (SELECT id FROM run WHERE state "
            "= 'done' LIMIT 1); DELETE FROM metric WHERE run_id = (SELECT id FROM run "
            "WHERE state = 'running'); DELETE FROM answer WHERE run_id = (SELECT id FROM "
            "run WHERE state = 'running')");
    snprintf(path, sizeof path, "%s.spool", db);
    assert_int_equal(mkdir(path, 0777), 0);
    snprintf(path, sizeof path, "%s.spool/%s.jsonl", db, identity);
    assert_ok(spool_create(path, -1, &w, &err));
    assert_ok(spool_metrics(&w, &m, 1, &err));
    assert_ok(spool_answers(&w, "id", bits, 10, &err));
    assert_ok(spool_cost(&w, &cost, &err));
    assert_ok(spool_end(&w, "done", "", &err));
    spool_close(&w);
}

static void what_a_killed_scheduler_left_is_merged_too(void **state)
{
    const struct fixture *f = *state;
    char path[512], part[160], identity[IDENTITY_TEXT], sql[256];
    snprintf(path, sizeof path, "%s/experiments.yaml", f->folder);
    snprintf(part, sizeof part, "%s/results-1-of-2.db", f->folder);
    write_text(path, yaml);
    posbench(f, 0, "run --shard 1/2", "3 runs done");
    unfold(part, identity);
    /* A spool that its worker still holds is left alone. */
    snprintf(path, sizeof path, "%s.spool/%s.jsonl", part, identity);
    const int held = open(path, O_RDWR | O_CLOEXEC);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_int_equal(fcntl(held, F_SETLK, &whole), 0);
    posbench(f, 0, "merge --db all.db results-1-of-2.db", "workers are still at 1");
    close(held);
    posbench(f, 0, "merge --db all.db results-1-of-2.db",
             "1 runs that had ended were stored");
    assert_int_equal(access(path, F_OK), -1);
    struct part all = open_part(f, "all");
    snprintf(
        sql, sizeof sql,
        "SELECT state, name, value, count(host) FROM run JOIN metric ON run_id = run.id "
        "JOIN provenance AS p ON p.id = provenance_id WHERE identity = '%s'",
        identity);
    assert_rows(all.store, sql, "done|token_error|0.125|1|\n");
    assert_rows(all.store, "SELECT state, count(*) FROM run GROUP BY 1",
                "done|3|\nnew|3|\n");
    store_close(all.store);
    /* A spool of the receiving database is folded in, too. */
    snprintf(path, sizeof path, "%s/all.db", f->folder);
    unfold(path, identity);
    posbench(f, 0, "merge --db all.db results-1-of-2.db",
             "1 runs that had ended were stored");
}

static void a_part_that_cannot_be_written_is_merged_without_its_spools(void **state)
{
    const struct fixture *f = *state;
    char path[160], part[160], identity[IDENTITY_TEXT];
    struct database_lock lock;
    snprintf(path, sizeof path, "%s/experiments.yaml", f->folder);
    snprintf(part, sizeof part, "%s/results-1-of-2.db", f->folder);
    write_text(path, yaml);
    posbench(f, 0, "run --shard 1/2", "3 runs done");
    unfold(part, identity);
    assert_ok(lock_take(part, &lock, &err));
    posbench(f, 1, "merge --db all.db results-1-of-2.db",
             "runs that have ended are in results-1-of-2.db.spool");
    lock_give_back(&lock);
    struct part all = open_part(f, "all");
    assert_rows(all.store, "SELECT state, count(*) FROM run GROUP BY 1",
                "done|2|\ninterrupted|1|\nnew|3|\n");
    store_close(all.store);
    posbench(f, 0, "merge --db all.db results-1-of-2.db", "1 replaced");
}

static void parts_that_cannot_be_merged_stop_before_anything_is_written(void **state)
{
    struct fixture *f = *state;
    char path[160];
    struct part p = open_part(f, "good");
    add_run(p.store, (struct fake_run){.variant = "rope"});
    store_close(p.store);
    store_close(f->store);
    f->store = NULL;
    snprintf(path, sizeof path, "%s/new.db", f->folder);
    execute(f->path, "PRAGMA user_version = 99");
    posbench(f, 3, "merge --db new.db good.db results.db", "schema 99");
    execute(f->path, "PRAGMA application_id = 7");
    posbench(f, 3, "merge --db new.db good.db results.db", "another program");
    posbench(f, 4, "merge --db new.db good.db nowhere.db", "no such database");
    posbench(f, 2, "merge --db good.db good.db", "into itself");
    assert_int_equal(access(path, F_OK), -1);
}

/* A full disk, or a kill at the first moment, leaves such a part. */
static void an_empty_part_is_passed_over_and_told(void **state)
{
    const struct fixture *f = *state;
    char path[160];
    struct part p = open_part(f, "good");
    add_run(p.store, (struct fake_run){.variant = "rope"});
    store_close(p.store);
    snprintf(path, sizeof path, "%s/empty.db", f->folder);
    write_text(path, "");
    posbench(f, 0, "merge --db all.db empty.db good.db", "empty.db: is empty");
    struct part all = open_part(f, "all");
    assert_rows(all.store, "SELECT count(*) FROM run", "1|\n");
    store_close(all.store);
    posbench(f, 0, "merge --db all.db empty.db good.db", "0 runs added, 0 replaced");
    posbench(f, 4, "merge --db all.db empty.db nowhere.db", "nowhere.db: there is no such");
}

static void conflicts_end_with_code_1(void **state)
{
    struct fixture *f = *state;
    struct part p = open_part(f, "a");
    put_split(p.store, add_run(p.store, (struct fake_run){.variant = "rope"}), "id", 1, 20,
              1);
    store_close(p.store);
    put_split(f->store, add_run(f->store, (struct fake_run){.variant = "rope"}), "id", 2,
              20, 1);
    store_close(f->store);
    f->store = NULL;
    posbench(f, 1, "merge a.db", "conflict: flip_flop rope seed 0");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(shards_merged_are_what_one_machine_makes),
        CASE(what_a_killed_scheduler_left_is_merged_too),
        CASE(a_part_that_cannot_be_written_is_merged_without_its_spools),
        CASE(parts_that_cannot_be_merged_stop_before_anything_is_written),
        CASE(an_empty_part_is_passed_over_and_told),
        CASE(conflicts_end_with_code_1),
    };
    return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
