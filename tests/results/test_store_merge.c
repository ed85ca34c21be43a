/* Merging databases: in any order, any number of times, and nothing is overwritten. */
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
#include "store_merge.h"

enum { PARTS = 3 };

/* --- hooks that remember --- */

struct heard {
    struct merge_counts counts;
    char conflicts[4096];
    bool refuse;
};

static void hear_conflict(void *context, const char *text)
{
    struct heard *h = context;
    const size_t used = strlen(h->conflicts);
    snprintf(h->conflicts + used, sizeof h->conflicts - used, "%s\n", text);
}

static int no_steps(void *context, const char *identity, bool here)
{
    (void)context;
    (void)here;
    assert_non_null(identity);
    return 0;
}

static enum status hear_files(void *context, const struct merge_run *run,
                              char hash[MERGE_HASH], struct err *e)
{
    const struct heard *h = context;
    assert_non_null(run->identity);
    assert_string_equal(hash, "");
    return h->refuse ? err_set(e, ST_IO, "no room for files") : ST_OK;
}

static enum status merge_into(struct store *to, const char *path, struct heard *h)
{
    const struct merge_hooks hooks = {
        .context = h, .conflict = hear_conflict, .steps = no_steps, .files = hear_files};
    return store_merge(to, path, &hooks, &h->counts, &err);
}

static void merge_well(struct store *to, const char *path)
{
    struct heard h = {.refuse = false};
    assert_ok(merge_into(to, path, &h));
    assert_string_equal(h.conflicts, "");
    assert_int_equal(h.counts.conflicts, 0);
}

/* --- what is in a database, without ids --- */

static const char content[] =
    "SELECT 1, r.identity, r.experiment, r.profile, r.state, r.error, r.steps, r.wall_s, "
    "r.started, r.ended, r.attempts, p.host FROM run AS r LEFT JOIN provenance AS p "
    "ON p.id = provenance_id "
    "UNION ALL SELECT 2, identity, split, name, step, value, count, total, 0, 0, 0, 0 "
    "FROM metric JOIN run ON run.id = run_id "
    "UNION ALL SELECT 3, identity, split, count, hex(bits), 0, 0, 0, 0, 0, 0, 0 "
    "FROM answer JOIN run ON run.id = run_id "
    "UNION ALL SELECT 4, identity, time, level, text, 0, 0, 0, 0, 0, 0, 0 "
    "FROM event LEFT JOIN run ON run.id = run_id "
    "UNION ALL SELECT 5, paper, experiment, encoder, split, metric, value, 0, 0, 0, 0, 0 "
    "FROM published "
    "UNION ALL SELECT 6, name, text, experiment, less, than, 0, 0, 0, 0, 0, 0 FROM claim "
    "UNION ALL SELECT 7, host, version, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM provenance "
    "ORDER BY 1, 2, 3, 4, 5, 6";

static const char everything[] =
    "SELECT 1, identity, state, error, steps, attempts, peak_memory_mib, 0, 0 FROM run "
    "UNION ALL SELECT 2, identity, split, name, step, value, count, total, 0 "
    "FROM metric JOIN run ON run.id = run_id "
    "UNION ALL SELECT 3, identity, split, count, hex(bits), 0, 0, 0, 0 "
    "FROM answer JOIN run ON run.id = run_id "
    "UNION ALL SELECT 4, identity, time, level, text, 0, 0, 0, 0 "
    "FROM event LEFT JOIN run ON run.id = run_id ORDER BY 1, 2, 3, 4, 5";

/* --- three shards with something of everything --- */

static int64_t provenance_of(struct store *s, const char *host)
{
    const struct provenance p = {.version = "1",
                                 .commit = "c",
                                 .compiler = "cc",
                                 .flags = "",
                                 .kernel_isa = "naive",
                                 .blas = "b",
                                 .blas_core = "Haswell",
                                 .cpu = "cpu",
                                 .host = host,
                                 .yaml_hash = "y"};
    int64_t id = 0;
    assert_ok(store_provenance(s, &p, &id, &err));
    return id;
}

/* Adds what the experiment file says besides runs. */
static void add_papers(struct store *s)
{
    const struct claim_row claim = {.id = "C1",
                                    .text = "t",
                                    .experiment = "flip_flop",
                                    .cell = "",
                                    .split = "id",
                                    .metric = "token_error",
                                    .less = "rope",
                                    .than = "cope",
                                    .published_less = 0.1,
                                    .published_than = (double)NAN};
    const struct published_row row = {"p",  "T2",    "flip_flop", "",    "rope",
                                      "id", "error", "fraction",  0.018, (double)NAN};
    assert_ok(store_claims(s, &claim, 1, &err));
    assert_ok(store_published(s, &row, 1, &err));
}

static void add_attempt(struct store *s, int seed, const char *state, int64_t made_by)
{
    const uint8_t bits[2] = {0xff, 0x01};
    struct fake_run r = {.variant = "rope", .seed = seed, .state = "new"};
    const int64_t id = add_run(s, r);
    assert_ok(store_begin(s, id, made_by, &err));
    r.state = state;
    r.error = "it broke";
    if (strcmp(state, "done") == 0) {
        put_split(s, id, "id", 5, 20, 1);
        assert_ok(store_answers(s, id, "id", bits, 10, &err));
        assert_ok(store_event(s, id, "caveat", "id: something", &err));
    }
    add_run(s, r);
}

/* Run `number` is done in part `number` alone. Run 10 is done in part 1, failed or interrupted
 * in the others; 11 is done in all, with the same numbers; 12 is new in all. */
static void fill_part(struct store *s, int number)
{
    static const char *const states[] = {"failed", "done", "interrupted"};
    char host[8];
    snprintf(host, sizeof host, "node%d", number);
    const int64_t made_by = provenance_of(s, host);
    add_attempt(s, number, "done", made_by);
    add_attempt(s, 10, states[number], made_by);
    add_attempt(s, 11, "done", made_by);
    add_run(s, (struct fake_run){.variant = "rope", .seed = 12, .state = "new"});
    add_papers(s);
}

static void make_parts(const struct fixture *f, struct part part[PARTS])
{
    for (int i = 0; i < PARTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "part%d", i);
        part[i] = open_part(f, name);
        fill_part(part[i].store, i);
        store_close(part[i].store);
        part[i].store = NULL;
    }
}

static void any_order_and_number_gives_the_same_rows(void **state)
{
    static const int orders[][PARTS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                        {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const struct fixture *f = *state;
    struct part part[PARTS];
    char *first = NULL;
    make_parts(f, part);
    for (int o = 0; o < 6; o++) {
        char name[16];
        snprintf(name, sizeof name, "order%d", o);
        struct part out = open_part(f, name);
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < PARTS; i++)
                merge_well(out.store, part[orders[o][i]].path);
            char *rows = rows_of(out.store, content);
            if (!first)
                first = rows;
            else {
                assert_string_equal(rows, first);
                free(rows);
            }
        }
        store_close(out.store);
    }
    assert_true(strlen(first) > 1000);
    free(first);
}

static void the_better_state_wins(void **state)
{
    const struct fixture *f = *state;
    struct part part[PARTS];
    make_parts(f, part);
    for (int i = 0; i < PARTS; i++)
        merge_well(f->store, part[i].path);
    assert_rows(f->store, "SELECT seed, state, error FROM run ORDER BY seed",
                "0|done|-|\n1|done|-|\n2|done|-|\n10|done|-|\n11|done|-|\n12|new|-|\n");
    assert_rows(f->store,
                "SELECT seed, host, count(m.id) FROM run JOIN provenance AS p ON p.id = "
                "provenance_id JOIN metric AS m ON run_id = run.id WHERE seed < 11 "
                "GROUP BY 1, 2 ORDER BY 1",
                "0|node0|9|\n1|node1|9|\n2|node2|9|\n10|node1|9|\n");
    assert_rows(f->store, "SELECT count(*), count(DISTINCT run_id) FROM event", "5|5|\n");
    assert_rows(f->store, "SELECT count(*) FROM published, claim, provenance", "3|\n");
}

static void other_bits_are_told_and_change_nothing(void **state)
{
    const struct fixture *f = *state;
    struct part part[PARTS];
    struct heard h = {.refuse = false};
    make_parts(f, part);
    merge_well(f->store, part[0].path);
    char *before = rows_of(f->store, "SELECT * FROM metric, run ORDER BY 1, 8");
    /* Changes the last bit of one number of run 0, which is not in part 1, ... */
    execute(part[0].path,
            "UPDATE metric SET value = 0.25000000000000006 WHERE name = 'token_error' AND "
            "run_id = (SELECT id FROM run WHERE seed = 0)");
    /* ... and one answer of run 11. */
    execute(part[0].path, "UPDATE answer SET bits = x'fe01' WHERE "
                          "run_id = (SELECT id FROM run WHERE seed = 11)");
    assert_ok(merge_into(f->store, part[0].path, &h));
    assert_int_equal(h.counts.conflicts, 2);
    assert_non_null(strstr(h.conflicts, "metric id token_error 100: value is 0.25 in "));
    assert_non_null(strstr(h.conflicts, "0.25000000000000006 in "));
    assert_non_null(strstr(h.conflicts, "answers id: bits"));
    assert_non_null(strstr(h.conflicts, "node0"));
    char *after = rows_of(f->store, "SELECT * FROM metric, run ORDER BY 1, 8");
    assert_string_equal(before, after);
    free(before);
    free(after);
    /* A missing number is a difference, too. */
    h = (struct heard){.refuse = false};
    execute(part[0].path, "DELETE FROM metric WHERE name = 'loss'");
    assert_ok(merge_into(f->store, part[0].path, &h));
    assert_non_null(strstr(h.conflicts, "metric id loss 100 is only in "));
    /* The same when it is the last number, on either side. */
    h = (struct heard){.refuse = false};
    execute(part[1].path, "DELETE FROM metric WHERE name = 'token_error'");
    assert_ok(merge_into(f->store, part[1].path, &h));
    assert_int_equal(h.counts.conflicts, 1); /* run 11 is in both */
    assert_non_null(strstr(h.conflicts, "metric id token_error 100 is only in "));
    assert_non_null(strstr(h.conflicts, "results.db; made by"));
    h = (struct heard){.refuse = false};
    execute(
        part[1].path,
        "INSERT INTO metric (run_id, split, name, step, value, count, total) SELECT "
        "run_id, split, n, step, v, 5, 20 FROM metric, (SELECT 'token_error' AS n, 0.25 "
        "AS v UNION ALL SELECT 'zeal', 1.0) WHERE name = 'accuracy'");
    assert_ok(merge_into(f->store, part[1].path, &h));
    assert_non_null(strstr(h.conflicts, "metric id zeal 100 is only in "));
    assert_non_null(strstr(h.conflicts, "part1.db; made by"));
}

/* A run stored before schema 4 has no places, and another run was evaluated again. Neither is
 * a difference: the merge takes both from the part that has them, in any order. */
static void places_come_from_whoever_has_them(void **state)
{
    static const char rows[] =
        "SELECT seed, hex(p.bits), v.value, s.name, s.value, wrong, places FROM run JOIN place AS "
        "p ON p.run_id = run.id JOIN evaluation AS v USING (run_id) JOIN stratum AS s "
        "USING (run_id, split)";
    static const int orders[2][PARTS + 1] = {{0, 1, 2, 1}, {1, 0, 2, 1}};
    const struct fixture *f = *state;
    struct part part[PARTS];
    make_parts(f, part);
    const char *with = part[1].path;
    execute(with,
            "INSERT INTO place (run_id, split, count, bits) "
            "SELECT id, 'id', 8, x'07' FROM run WHERE seed = 11;"
            "INSERT INTO stratum SELECT id, 'id', 'ignores', 4, 5, 8, NULL FROM run "
            "WHERE seed = 11;"
            "INSERT INTO evaluation (run_id, variant, split, options, sequences, name, "
            "value) SELECT id, 'rope', 'id', '{}', 9, 'loss', 0.5 FROM run "
            "WHERE seed = 11");
    for (int o = 0; o < 2; o++) {
        struct part out = open_part(f, o ? "order1" : "order0");
        for (int i = 0; i < PARTS + 1; i++)
            merge_well(out.store, part[orders[o][i]].path);
        assert_rows(out.store, rows, "11|07|0.5|ignores|4|5|8|\n");
        store_close(out.store);
    }
    struct heard h = {.refuse = false};
    merge_well(f->store, with);
    execute(with, "UPDATE place SET bits = x'08'");
    assert_ok(merge_into(f->store, with, &h));
    assert_int_equal(h.counts.conflicts, 1);
    assert_non_null(strstr(h.conflicts, "places id: bits"));
    /* Other sums for the same places, and sums that one side lacks. */
    execute(with, "UPDATE place SET bits = x'07'; UPDATE stratum SET wrong = 4");
    h = (struct heard){.refuse = false};
    assert_ok(merge_into(f->store, with, &h));
    assert_non_null(strstr(h.conflicts, "stratum id ignores 4: wrong is 5 in "));
    execute(with, "UPDATE stratum SET wrong = 5, value = 3");
    h = (struct heard){.refuse = false};
    assert_ok(merge_into(f->store, with, &h));
    assert_non_null(strstr(h.conflicts, "stratum id ignores 3 is only in "));
    /* Sums without places are refused, and nothing is taken; from the conflict before it the
     * smaller row stayed. */
    execute(with, "UPDATE stratum SET value = 4; DELETE FROM place");
    h = (struct heard){.refuse = false};
    assert_int_equal(merge_into(f->store, with, &h), ST_DB);
    assert_rows(f->store, rows, "11|07|0.5|ignores|3|5|8|\n");
}

/* Two parts have run 11 with different numbers; a third agrees with the first. A database
 * without the run gets the one that ended first, in any order; one that has it keeps its own. */
static void of_conflicting_parts_the_earliest_stays_in_any_order(void **state)
{
    static const int orders[][PARTS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                        {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const char *const ended[PARTS] = {"2001-03", "2001-01", "2001-02"};
    static const char numbers[] =
        "SELECT host, value FROM metric JOIN run ON run.id = run_id "
        "JOIN provenance AS p ON p.id = provenance_id "
        "WHERE seed = 11 AND name = 'token_error'";
    const struct fixture *f = *state;
    struct part part[PARTS];
    make_parts(f, part);
    for (int i = 0; i < PARTS; i++) {
        char sql[256];
        snprintf(
            sql, sizeof sql,
            "UPDATE run SET ended = '%s' WHERE seed = 11; UPDATE metric SET value = "
            "0.25 + 0.25 * (%d = 1) WHERE name = 'token_error' AND run_id = (SELECT id "
            "FROM run WHERE seed = 11)",
            ended[i], i);
        execute(part[i].path, sql);
    }
    for (int o = 0; o < 6; o++) {
        char name[16];
        struct heard h = {.refuse = false};
        snprintf(name, sizeof name, "order%d", o);
        struct part out = open_part(f, name);
        for (int i = 0; i < PARTS; i++)
            assert_ok(merge_into(out.store, part[orders[o][i]].path, &h));
        assert_true(h.counts.conflicts > 0);
        assert_non_null(strstr(h.conflicts, "metric id token_error 100"));
        assert_rows(out.store, numbers, "node1|0.5|\n");
        assert_rows(out.store, "SELECT count(*) FROM run", "6|\n");
        store_close(out.store);
    }
    /* A run that is there when the database is opened takes precedence. */
    merge_well(f->store, part[0].path);
    store_close(f->store);
    struct fixture *again = *state;
    assert_ok(store_open(f->path, STORE_WRITE, &again->store, &err));
    for (int i = 1; i < PARTS; i++) {
        struct heard h = {.refuse = false};
        assert_ok(merge_into(f->store, part[i].path, &h));
    }
    assert_rows(f->store,
                "SELECT value FROM metric JOIN run ON run.id = run_id WHERE "
                "seed = 11 AND name = 'token_error'",
                "0.25|\n");
}

/* Returns the rows after merging two parts; merging them again changes nothing. */
static char *rows_of_both(const struct fixture *f, const char *first, const char *second)
{
    struct heard h = {.refuse = false};
    struct part out = open_part(f, "out");
    assert_ok(merge_into(out.store, first, &h));
    assert_ok(merge_into(out.store, second, &h));
    char *rows = rows_of(out.store, everything);
    assert_ok(merge_into(out.store, first, &h));
    assert_rows(out.store, everything, rows);
    store_close(out.store);
    assert_int_equal(unlink(out.path), 0);
    return rows;
}

/* Copies of one database in which something of run 11, or of run 10, which is not done, was
 * changed: only their content tells them apart. */
static void of_parts_that_ended_together_the_content_decides(void **state)
{
    static const char *const changes[] = {
        "UPDATE metric SET value = 0.75 WHERE name = 'token_error'",
        "UPDATE answer SET bits = x'fe01'",
        "DELETE FROM metric WHERE name = 'loss'",
        "UPDATE run SET steps = 9 WHERE seed = 11",
        "UPDATE run SET peak_memory_mib = 1 WHERE seed = 11",
        "UPDATE event SET text = 'id: other'",
        "UPDATE run SET peak_memory_mib = 2 WHERE seed = 10",
    };
    const struct fixture *f = *state;
    struct part part[PARTS];
    char path[160], command[400];
    make_parts(f, part);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        snprintf(path, sizeof path, "%s/copy.db", f->folder);
        snprintf(command, sizeof command, "cp '%s' '%s'", part[0].path, path);
        assert_int_equal(system(command), 0);
        execute(path, changes[i]);
        char *rows = rows_of_both(f, part[0].path, path);
        char *backwards = rows_of_both(f, path, part[0].path);
        assert_string_equal(rows, backwards);
        free(rows);
        free(backwards);
    }
}

static void other_published_numbers_and_claims_are_told(void **state)
{
    const struct fixture *f = *state;
    struct part part[PARTS];
    struct heard h = {.refuse = false};
    make_parts(f, part);
    merge_well(f->store, part[0].path);
    execute(part[1].path, "UPDATE published SET value = 0.5; UPDATE claim SET less = 'no'");
    assert_ok(merge_into(f->store, part[1].path, &h));
    assert_int_equal(h.counts.conflicts, 2);
    assert_non_null(strstr(h.conflicts, "published p T2"));
    assert_non_null(strstr(h.conflicts, "claim C1: less is rope in "));
    /* Both came from parts, so the same one is kept in any order. */
    assert_rows(f->store, "SELECT value, less FROM published, claim", "0.018|no|\n");
    struct part out = open_part(f, "backwards");
    assert_ok(merge_into(out.store, part[1].path, &h));
    assert_ok(merge_into(out.store, part[0].path, &h));
    assert_rows(out.store, "SELECT value, less FROM published, claim", "0.018|no|\n");
    store_close(out.store);
    /* Rows that were there before take precedence. */
    out = open_part(f, "part2");
    assert_ok(merge_into(out.store, part[1].path, &h));
    assert_rows(out.store, "SELECT value, less FROM published, claim", "0.018|rope|\n");
    store_close(out.store);
}

static void what_was_removed_stays_removed_until_run_again(void **state)
{
    const struct fixture *f = *state;
    struct part part[PARTS];
    struct heard h = {.refuse = false};
    make_parts(f, part);
    /* A run removed in a part is treated as absent. */
    execute(part[0].path, "UPDATE run SET removed = '2999' WHERE seed = 11");
    merge_well(f->store, part[0].path);
    assert_rows(f->store, "SELECT count(*) FROM run WHERE seed = 11", "0|\n");
    merge_well(f->store, part[1].path);
    assert_rows(f->store, "SELECT count(*) FROM v_run WHERE seed = 11", "1|\n");
    /* A run removed here is brought back by a newer result, not by an older one. */
    execute(f->path, "UPDATE run SET removed = '2999' WHERE seed = 11");
    assert_ok(merge_into(f->store, part[1].path, &h));
    assert_int_equal(h.counts.removed, 1);
    assert_rows(f->store, "SELECT count(*) FROM v_run WHERE seed = 11", "0|\n");
    execute(f->path, "UPDATE run SET removed = '2000' WHERE seed = 11");
    merge_well(f->store, part[1].path);
    assert_rows(f->store, "SELECT removed FROM run WHERE seed = 11", "-|\n");
}

/* Run 10 was begun once in each part; another profile of part 1 includes it, too. */
static void attempts_and_memberships_of_all_parts_are_joined(void **state)
{
    static const int orders[][PARTS] = {{0, 1, 2}, {2, 1, 0}};
    const struct fixture *f = *state;
    struct part part[PARTS];
    make_parts(f, part);
    execute(part[1].path, "INSERT INTO membership (run_id, experiment, profile, cell) "
                          "SELECT id, 'flip_flop', 'other', 'c' FROM run WHERE seed = 10");
    for (int o = 0; o < 2; o++) {
        struct part out = open_part(f, o ? "forth" : "back");
        for (int round = 0; round < 2; round++)
            for (int i = 0; i < PARTS; i++)
                merge_well(out.store, part[orders[o][i]].path);
        assert_rows(out.store,
                    "SELECT n, host, a.state, a.reason FROM attempt AS a JOIN run ON "
                    "run.id = run_id JOIN provenance AS p ON p.id = a.provenance_id "
                    "WHERE seed = 10 ORDER BY n",
                    "1|node0|failed|it broke|\n2|node1|done|-|\n"
                    "3|node2|interrupted|it broke|\n");
        assert_rows(out.store, "SELECT attempts FROM run WHERE seed = 10", "3|\n");
        assert_rows(out.store,
                    "SELECT m.profile, m.cell FROM membership AS m JOIN run ON run.id = "
                    "run_id WHERE seed = 10 AND m.profile = 'other'",
                    "other|c|\n");
        store_close(out.store);
    }
}

static void a_run_at_work_elsewhere_is_interrupted_here(void **state)
{
    const struct fixture *f = *state;
    struct part p = open_part(f, "working");
    const int64_t id =
        add_run(p.store, (struct fake_run){.variant = "rope", .state = "new"});
    assert_ok(store_begin(p.store, id, provenance_of(p.store, "h"), &err));
    merge_well(f->store, p.path); /* while the part is open for writing */
    assert_rows(f->store, "SELECT state, error LIKE '%had not ended%', attempts FROM run",
                "interrupted|1|1|\n");
    store_close(p.store);
}

static void a_failure_on_the_way_takes_the_part_back(void **state)
{
    const struct fixture *f = *state;
    struct part part[PARTS];
    struct heard h = {.refuse = true};
    make_parts(f, part);
    char *before = rows_of(f->store, content);
    assert_int_equal(merge_into(f->store, part[0].path, &h), ST_IO);
    char *after = rows_of(f->store, content);
    assert_string_equal(before, after);
    free(before);
    free(after);
    merge_well(f->store, part[0].path);
}

static void an_older_part_is_merged_as_it_is(void **state)
{
    const struct fixture *f = *state;
    char path[160], command[512];
    snprintf(path, sizeof path, "%s/old.db", f->folder);
    snprintf(command, sizeof command, "cp '%s/results_v1.db' '%s'", TEST_DATA, path);
    assert_int_equal(system(command), 0);
    merge_well(f->store, path);
    merge_well(f->store, path);
    assert_rows(f->store, "SELECT state, count(*) FROM v_run GROUP BY 1",
                "done|4|\nfailed|1|\n");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(any_order_and_number_gives_the_same_rows),
        CASE(the_better_state_wins),
        CASE(other_bits_are_told_and_change_nothing),
        CASE(places_come_from_whoever_has_them),
        CASE(of_conflicting_parts_the_earliest_stays_in_any_order),
        CASE(of_parts_that_ended_together_the_content_decides),
        CASE(other_published_numbers_and_claims_are_told),
        CASE(what_was_removed_stays_removed_until_run_again),
        CASE(attempts_and_memberships_of_all_parts_are_joined),
        CASE(a_run_at_work_elsewhere_is_interrupted_here),
        CASE(a_failure_on_the_way_takes_the_part_back),
        CASE(an_older_part_is_merged_as_it_is),
    };
    return cmocka_run_group_tests_name("store_merge", tests, NULL, NULL);
}
