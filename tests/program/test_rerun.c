/* Runs that are done and begun again: nothing of the old results is lost before new ones
 * replace them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "filled_store.h"
#include "spool.h"
#include "store_answer.h"

static const struct provenance old_machine = {"1",        "c1",   "gcc",  "-O2",
                                              "isa",      "blas", "core", "cpu",
                                              "old host", "hash", false,  1},
                               new_machine = {"2",        "c2",   "gcc",  "-O2",
                                              "isa",      "blas", "core", "cpu",
                                              "new host", "hash", false,  1};

/* Everything of the row that a rerun must leave alone; its times are long past. */
static const char row[] =
    "SELECT state, error, steps, wall_s, started, ended, provenance_id "
    "FROM run",
                  old_row[] = "done|-|100|2.5|2001|2002|1",
                  numbers[] =
                      "SELECT split, name, value, (SELECT hex(bits) FROM answer), "
                      "(SELECT group_concat(text) FROM event WHERE level = 'caveat')"
                      "FROM metric",
                  old_numbers[] = "id|loss|0.5|0F|id: beware",
                  sums[] = "SELECT split, name, value, wrong, places FROM stratum",
                  said[] = "SELECT n, state, provenance_id, reason FROM attempt ORDER BY n";

/* Runs `sql` on a connection of its own: the store has no function for made-up states. */
static void sqlite_run(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static const struct place_row old_places = {"id", 8, (const uint8_t *)"\x07",
                                            "{\"ignores\":[[0,1,4],[2,4,4]]}"};
static const struct place_row new_places = {"id", 8, (const uint8_t *)"\x0b",
                                            "{\"ignores\":[[0,5,8]]}"};

/* Makes a run that was done and was begun again by another machine; returns its id. */
static int64_t begun_again_with(const struct fixture *f, bool had_places)
{
    int64_t old = 0, new = 0;
    const uint8_t bits[] = {0x0F};
    assert_ok(store_provenance(f->store, &old_machine, &old, &err));
    assert_ok(store_provenance(f->store, &new_machine, &new, &err));
    const int64_t id =
        add_run(f->store, (struct fake_run){.variant = "cope", .state = "new"});
    const struct run_cost cost = {.steps = 100, .wall_s = 2.5};
    assert_ok(store_begin(f->store, id, old, &err));
    put(f->store, id, "id", "loss", 0.5);
    assert_ok(store_answers(f->store, id, "id", bits, 8, &err));
    if (had_places)
        assert_ok(store_places(f->store, id, &old_places, &err));
    assert_ok(store_event(f->store, id, "caveat", "id: beware", &err));
    assert_ok(store_done(f->store, id, &cost, &err));
    sqlite_run(f->path, "UPDATE run SET started = '2001', ended = '2002'");
    assert_ok(store_begin(f->store, id, new, &err));
    return id;
}

static int64_t begun_again(const struct fixture *f)
{
    return begun_again_with(f, false);
}

static void report_numbers(const struct spool_writer *w, double loss, const uint8_t bits[1])
{
    const struct metric_row m = {"id", "loss", 100, loss, -1, -1};
    assert_ok(spool_metrics(w, &m, 1, &err));
    assert_ok(spool_places(w, &new_places, &err));
    assert_ok(spool_answers(w, "id", bits, 8, &err));
}

/* Returns what the worker of the rerun reported; `end` NULL: it did not come to an end. */
static struct spool *report(const struct fixture *f, double loss, const uint8_t bits[1],
                            const char *end, const char *reason)
{
    char path[128];
    struct spool_writer w;
    struct spool *s = NULL;
    const struct run_cost cost = {.steps = 100, .wall_s = 9};
    snprintf(path, sizeof path, "%s/run.jsonl", f->folder);
    assert_ok(spool_create(path, -1, &w, &err));
    report_numbers(&w, loss, bits);
    assert_ok(spool_event(&w, "caveat", "id: be careful", &err));
    assert_ok(spool_event(&w, "info", "hello", &err));
    assert_ok(spool_cost(&w, &cost, &err));
    if (end)
        assert_ok(spool_end(&w, end, reason, &err));
    spool_close(&w);
    assert_ok(spool_read(path, &s, &err));
    return s;
}

/* Folds the spool twice, as when a scheduler is killed before removing it. */
static void fold(const struct fixture *f, int64_t id, struct spool *s)
{
    if (spool_fold(s, f->store, id, NULL, NULL, &err) != ST_OK)
        fail_msg("%s", err.msg);
    assert_ok(spool_fold(s, f->store, id, NULL, NULL, &err));
    spool_free(s);
}

static void beginning_again_takes_nothing_away(void **state)
{
    const struct fixture *f = *state;
    begun_again(f);
    assert_answer(f->store, row, old_row);
    assert_answer(f->store, numbers, old_numbers);
    assert_answer(f->store, "SELECT attempts FROM run", "2");
    assert_answer(f->store, said, "1|done|1|-;2|running|2|-");
}

static void an_end_that_is_done_replaces_all_of_it(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = begun_again(f);
    fold(f, id, report(f, 0.5, (const uint8_t[]){0x0F}, "done", ""));
    assert_answer(f->store,
                  "SELECT state, wall_s, started > '2001', ended > '2002', provenance_id "
                  "FROM run",
                  "done|9|1|1|2");
    assert_answer(f->store, numbers, "id|loss|0.5|0F|id: be careful");
    assert_answer(f->store, said, "1|done|1|-;2|done|2|-");
    assert_answer(f->store, "SELECT text FROM event WHERE level = 'info'", "hello");
}

static void other_numbers_than_before_are_told(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = begun_again(f);
    fold(f, id, report(f, 0.25, (const uint8_t[]){0x1F}, "done", ""));
    assert_answer(f->store, numbers, "id|loss|0.25|1F|id: be careful");
    assert_answer(
        f->store, "SELECT text FROM event WHERE level = 'warning'",
        "done again with other results: 1 numbers, 1 points of curves and the answers to 1 "
        "splits differ, first metric id loss 100: value is 0.5 in the old results and "
        "0.25 in the new ones; the old ones are of posbench 1 c1, isa, BLAS core core, old host");
}

static void other_places_than_before_are_told(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = begun_again_with(f, true);
    fold(f, id, report(f, 0.5, (const uint8_t[]){0x0F}, "done", ""));
    assert_answer(f->store, "SELECT hex(bits) FROM place", "0B");
    assert_answer(
        f->store, "SELECT substr(text, 1, 146) FROM event WHERE level = 'warning'",
        "done again with other results: 0 numbers, 0 points of curves and the answers to 0 "
        "splits differ, first places id: bits is 1 at 2 in the old result");
    assert_answer(f->store, sums, "id|ignores|0|5|8");
}

/* An old result from before schema 4 has no places, which is not worth a warning. */
static void places_that_were_not_kept_before_are_added(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = begun_again(f);
    fold(f, id, report(f, 0.5, (const uint8_t[]){0x0F}, "done", ""));
    assert_answer(f->store, "SELECT hex(bits) FROM place", "0B");
    assert_answer(f->store, sums, "id|ignores|0|5|8");
    assert_answer(f->store, "SELECT count(*) FROM event WHERE level = 'warning'", "0");
}

/* The bits are equal, but the strata of the places differ. */
static void other_sums_than_before_are_told(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = begun_again_with(f, true);
    sqlite_run(f->path, "UPDATE place SET bits = x'0B'");
    fold(f, id, report(f, 0.5, (const uint8_t[]){0x0F}, "done", ""));
    assert_answer(
        f->store,
        "SELECT substr(text, instr(text, 'first'), 81) FROM event WHERE level = 'warning'",
        "first stratum id ignores 0: wrong is 1 in the old results and 5 in the new ones; ");
    assert_answer(f->store, sums, "id|ignores|0|5|8");
}

static void numbers_that_are_missing_are_told(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = begun_again(f);
    put(f->store, id, "id", "chance", 0.5);
    fold(f, id, report(f, 0.5, (const uint8_t[]){0x0F}, "done", ""));
    assert_answer(f->store, "SELECT substr(text, 1, 58) FROM event WHERE level = 'warning'",
                  "done again with other results: 1 numbers, 1 points of curv");
    assert_answer(f->store, numbers, "id|loss|0.5|0F|id: be careful");
}

static void any_other_end_leaves_it_as_it_was(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = begun_again(f);
    fold(f, id, report(f, 0.25, (const uint8_t[]){0x1F}, "failed", "out of luck"));
    assert_answer(f->store, row, old_row);
    assert_answer(f->store, numbers, old_numbers);
    assert_answer(f->store, said, "1|done|1|-;2|failed|2|out of luck");
}

static void an_end_without_a_spool_leaves_it_as_it_was(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = begun_again(f);
    for (int i = 0; i < 2; i++)
        assert_ok(store_stopped(f->store, id, "interrupted", "killed", &err));
    assert_answer(f->store, row, old_row);
    assert_answer(f->store, numbers, old_numbers);
    assert_answer(f->store, said, "1|done|1|-;2|interrupted|2|killed");
}

/* The scheduler was killed, and the run is requested again. */
static void one_that_never_ended_is_told_when_it_is_begun_once_more(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = begun_again(f);
    assert_ok(store_begin(f->store, id, 1, &err));
    assert_answer(f->store, row, old_row);
    assert_answer(f->store, numbers, old_numbers);
    assert_answer(f->store, said,
                  "1|done|1|-;2|interrupted|2|it did not end;3|running|1|-");
    fold(f, id, report(f, 0.25, (const uint8_t[]){0x0F}, "done", ""));
    assert_answer(f->store, "SELECT state, wall_s, provenance_id FROM run", "done|9|1");
}

/* The old numbers are deleted in the same transaction that stores the new ones. */
static void a_fold_that_fails_leaves_it_as_it_was(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = begun_again(f);
    struct spool *s = report(f, 0.25, (const uint8_t[]){0x1F}, "done", "");
    /* An index that refuses the new row: the smallest integer has no absolute value. */
    sqlite_run(f->path,
               "CREATE INDEX no ON run (abs(-9223372036854775807 - (wall_s = 9.0)))");
    assert_int_equal(spool_fold(s, f->store, id, NULL, NULL, &err), ST_DB);
    assert_answer(f->store, row, old_row);
    assert_answer(f->store, numbers, old_numbers);
    sqlite_run(f->path, "DROP INDEX no");
    fold(f, id, s);
    assert_answer(f->store, numbers, "id|loss|0.25|1F|id: be careful");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(beginning_again_takes_nothing_away),
        TEST(an_end_that_is_done_replaces_all_of_it),
        TEST(other_numbers_than_before_are_told),
        TEST(other_places_than_before_are_told),
        TEST(places_that_were_not_kept_before_are_added),
        TEST(other_sums_than_before_are_told),
        TEST(numbers_that_are_missing_are_told),
        TEST(any_other_end_leaves_it_as_it_was),
        TEST(an_end_without_a_spool_leaves_it_as_it_was),
        TEST(one_that_never_ended_is_told_when_it_is_begun_once_more),
        TEST(a_fold_that_fails_leaves_it_as_it_was),
    };
    return cmocka_run_group_tests_name("rerun", tests, NULL, NULL);
}
