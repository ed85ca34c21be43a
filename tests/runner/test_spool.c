/* Spools: what a worker wrote comes back, and what it did not finish does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "program.h"
#include "spool.h"

static char folder[SCRATCH_TEXT], path[SCRATCH_TEXT + 32], db_path[SCRATCH_TEXT + 32];
static struct spool_writer writer;

static int setup(void **state)
{
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/run.jsonl", folder);
    snprintf(db_path, sizeof db_path, "%s/results.db", folder);
    return spool_create(path, -1, &writer, NULL) != ST_OK;
}

static int teardown(void **state)
{
    (void)state;
    spool_close(&writer);
    scratch_remove(folder);
    return 0;
}

static const struct metric_row rows[] = {
    {.split = "id", .name = "loss", .step = 10, .value = 0.1, .count = -1, .total = -1},
    {.split = "id",
     .name = "token_error",
     .step = 20,
     .value = 1.0 / 3.0,
     .count = 1,
     .total = 3},
    {.split = "ood", .name = "loss", .step = 20, .value = NAN, .count = -1, .total = -1},
    {.split = "ood",
     .name = "perplexity",
     .step = 20,
     .value = INFINITY,
     .count = -1,
     .total = -1},
};
enum { ROWS = sizeof rows / sizeof *rows };

static const struct run_cost cost = {.steps = 20,
                                     .parameters = 5000000000,
                                     .flops = 1.5e15,
                                     .wall_s = 2.5,
                                     .cpu_s = 2.25,
                                     .tokens_per_s = 1234.5,
                                     .peak_memory_mib = 77.0};

static void write_run(void)
{
    const uint8_t bits[] = {0xff, 0x03};
    const struct place_row places = {"id", 10, bits, "{\"ignores\":[[0,1,3],[5,0,7]]}"};
    const struct place_row many = {"ood", INT64_C(1) << 33, NULL, "{}"};
    assert_int_equal(spool_places(&writer, &places, NULL), ST_OK);
    assert_int_equal(spool_places(&writer, &many, NULL), ST_OK);
    assert_int_equal(spool_metrics(&writer, rows, ROWS, NULL), ST_OK);
    assert_int_equal(spool_answers(&writer, "id", bits, 10, NULL), ST_OK);
    assert_int_equal(spool_event(&writer, "caveat", "ood: \"quoted\"\nline", NULL), ST_OK);
    assert_int_equal(spool_cost(&writer, &cost, NULL), ST_OK);
    assert_int_equal(spool_end(&writer, "done", "", NULL), ST_OK);
}

/* Appends text to the file unchanged. */
static void append_text(const char *text)
{
    const int fd = open(path, O_WRONLY | O_APPEND);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* --- in a database --- */

static enum status collect(void *context, int columns, const char *const *names,
                           const char *const *cells, struct err *e)
{
    char *out = context;
    (void)names;
    (void)e;
    for (int i = 0; i < columns; i++)
        snprintf(out + strlen(out), 2048 - strlen(out), "%s%s", i ? "|" : "",
                 cells[i] ? cells[i] : "NULL");
    snprintf(out + strlen(out), 2048 - strlen(out), "\n");
    return ST_OK;
}

static void expect_rows(struct store *db, const char *sql, const char *want)
{
    char got[2048] = "";
    assert_int_equal(store_query(db, sql, NULL, 0, collect, got, NULL), ST_OK);
    assert_string_equal(got, want);
}

static struct store *database(int64_t *run)
{
    struct store *db = NULL;
    struct err e = {.msg = ""};
    const struct run_row row = {.identity = "00ff",
                                .experiment = "e",
                                .profile = "quick",
                                .cell = "",
                                .task = "flip_flop",
                                .encoder = "rope",
                                .variant = "rope",
                                .config = "{}",
                                .task_version = 1,
                                .seed = 1};
    if (store_open(db_path, STORE_WRITE, &db, &e) != ST_OK)
        fail_msg("%s", e.msg);
    assert_int_equal(store_run(db, &row, run, NULL, NULL), ST_OK);
    return db;
}

static void a_whole_spool_becomes_rows(void **state)
{
    struct spool *s;
    int64_t run;
    (void)state;
    struct store *db = database(&run);
    write_run();
    assert_int_equal(spool_read(path, &s, NULL), ST_OK);
    assert_string_equal(spool_state(s), "done");
    /* Folding a second time changes nothing. */
    assert_int_equal(spool_fold(s, db, run, NULL, NULL, NULL), ST_OK);
    assert_int_equal(spool_fold(s, db, run, NULL, NULL, NULL), ST_OK);
    expect_rows(db, "SELECT split, name, step, value, count, total FROM metric ORDER BY id",
                "id|loss|10|0.1|NULL|NULL\n"
                "id|token_error|20|0.3333333333333333|1|3\n"
                "ood|loss|20|NULL|NULL|NULL\n"
                "ood|perplexity|20|inf|NULL|NULL\n");
    expect_rows(db, "SELECT value = 1.0 / 3 FROM metric WHERE name = 'token_error'", "1\n");
    expect_rows(db, "SELECT split, count, hex(bits) FROM answer", "id|10|FF03\n");
    expect_rows(db, "SELECT split, count, hex(bits) FROM place ORDER BY id",
                "id|10|FF03\nood|8589934592|\n");
    expect_rows(
        db, "SELECT split, name, value, wrong, places, nats FROM stratum ORDER BY value",
        "id|ignores|0|1|3|NULL\nid|ignores|5|0|7|NULL\n");
    expect_rows(db, "SELECT level, text FROM event", "caveat|ood: \"quoted\"\nline\n");
    expect_rows(db,
                "SELECT state, error, steps, parameters, flops, wall_s, cpu_s, "
                "tokens_per_s, peak_memory_mib FROM run",
                "done|NULL|20|5000000000|1.5e+15|2.5|2.25|1234.5|77\n");
    spool_free(s);
    store_close(db);
}

static void a_failed_run_keeps_its_curve_and_its_reason(void **state)
{
    struct spool *s;
    int64_t run;
    (void)state;
    struct store *db = database(&run);
    assert_int_equal(spool_metrics(&writer, rows, 1, NULL), ST_OK);
    assert_int_equal(spool_end(&writer, "failed", "the loss is nan", NULL), ST_OK);
    assert_int_equal(spool_read(path, &s, NULL), ST_OK);
    assert_int_equal(spool_fold(s, db, run, NULL, NULL, NULL), ST_OK);
    expect_rows(db, "SELECT state, error FROM run", "failed|the loss is nan\n");
    expect_rows(db, "SELECT count(*) FROM metric", "1\n");
    spool_free(s);
    store_close(db);
}

/* --- files --- */

static void the_newest_value_is_found(void **state)
{
    const struct metric_row again = {
        .split = "id", .name = "loss", .step = 20, .value = 0.05};
    struct spool *s;
    (void)state;
    write_run();
    assert_int_equal(spool_metrics(&writer, &again, 1, NULL), ST_OK);
    assert_int_equal(spool_read(path, &s, NULL), ST_OK);
    assert_true(spool_value(s, "id", "loss") == 0.05);
    assert_true(isnan(spool_value(s, "id", "accuracy")));
    spool_free(s);
}

static void a_torn_last_line_is_ignored(void **state)
{
    struct spool *s;
    (void)state;
    assert_int_equal(spool_metrics(&writer, rows, 1, NULL), ST_OK);
    append_text("{\"type\":\"end\",\"state\":\"done\",\"reason\":\"\"}");
    assert_int_equal(spool_read(path, &s, NULL), ST_OK);
    assert_null(spool_state(s));
    assert_true(spool_value(s, "id", "loss") == 0.1);
    spool_free(s);
}

#define PLACES(n, bits, strata)                                        \
    "{\"type\":\"places\",\"split\":\"id\",\"n\":" n ",\"bits\":" bits \
    ",\"strata\":" strata "}\n"

/* Nats of a text keep all digits, and are null where the model had diverged. */
static void the_nats_of_places_are_kept(void **state)
{
    static const char strata[] =
        "{\"position\":[[0,1,3,0.30000000000000004],[1,0,5,null]]}";
    const struct place_row p = {"id", 8, (const uint8_t *)"\xff", strata};
    struct spool *s;
    int64_t run;
    (void)state;
    struct store *db = database(&run);
    assert_int_equal(spool_places(&writer, &p, NULL), ST_OK);
    assert_int_equal(spool_read(path, &s, NULL), ST_OK);
    assert_int_equal(spool_fold(s, db, run, "done", "", NULL), ST_OK);
    expect_rows(db, "SELECT name, value, wrong, places, nats FROM stratum ORDER BY value",
                "position|0|1|3|0.30000000000000004\nposition|1|0|5|NULL\n");
    spool_free(s);
    store_close(db);
}

static void a_damaged_line_is_told_by_its_number(void **state)
{
    static const char *const bad[] = {
        "not json\n",
        "{\"type\":\"strange\"}\n",
        "[1]\n",
        "{\"type\":\"metric\",\"split\":\"id\"}\n",
        "{\"type\":\"event\",\"level\":1,\"text\":\"\"}\n",
        "{\"type\":\"cost\",\"steps\":4}\n",
        "{\"type\":\"answers\",\"split\":\"id\",\"n\":9,\"bits\":\"ff\"}\n",
        "{\"type\":\"answers\",\"split\":\"id\",\"n\":8,\"bits\":\"fg\"}\n",
        "{\"type\":\"answers\",\"split\":\"id\",\"n\":-1,\"bits\":\"\"}\n",
        PLACES("9", "\"ff\"", "{}"),
        PLACES("8", "\"fg\"", "{}"),
        PLACES("-1", "\"\"", "{}"),
        PLACES("8", "\"ff\"", "[]"),
        PLACES("8", "\"ff\"", "{\"ignores\":7}"),
        PLACES("8", "\"ff\"", "{\"ignores\":[[1,2]]}"),
        PLACES("8", "\"ff\"", "{\"ignores\":[[1,2,\"3\"]]}"),
        PLACES("8", "\"ff\"", "{\"position\":[[1,2,3,\"4\"]]}"),
        PLACES("8", "\"ff\"", "{\"position\":[[1,2,3,4.0,5]]}"),
        "{\"type\":\"end\",\"state\":\"excellent\",\"reason\":\"\"}\n",
        /* done, but without its costs */
        "{\"type\":\"end\",\"state\":\"done\",\"reason\":\"\"}\n",
    };
    struct err e;
    struct spool *s;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        spool_close(&writer);
        assert_int_equal(spool_create(path, -1, &writer, NULL), ST_OK);
        assert_int_equal(spool_metrics(&writer, rows, 2, NULL), ST_OK);
        append_text(bad[i]);
        assert_int_equal(spool_read(path, &s, &e), ST_RANGE);
        if (!strstr(e.msg, "run.jsonl:3:"))
            fail_msg("%s: %s", bad[i], e.msg);
    }
}

static void no_file_is_told_apart(void **state)
{
    struct spool *s;
    struct err e;
    (void)state;
    assert_int_equal(unlink(path), 0);
    assert_int_equal(spool_read(path, &s, &e), ST_NOTFOUND);
}

static void text_that_is_not_utf8_does_not_get_lost(void **state)
{
    struct spool *s;
    (void)state;
    assert_int_equal(spool_end(&writer, "failed", "file \xff\xfe", NULL), ST_OK);
    assert_int_equal(spool_read(path, &s, NULL), ST_OK);
    assert_string_equal(spool_reason(s), "file ??");
    spool_free(s);
}

/* The limit on file sizes acts like a full disk. */
static void a_failed_write_leaves_whole_lines(void **state)
{
    struct rlimit before, small;
    struct spool *s;
    struct err e;
    int written = 0;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1000;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    while (written < 100 && spool_metrics(&writer, rows, 1, &e) == ST_OK)
        written++;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_in_range(written, 1, 20);
    assert_non_null(strstr(e.msg, "make room"));
    assert_int_equal(spool_end(&writer, "failed", "full", NULL), ST_OK);
    assert_int_equal(spool_read(path, &s, NULL), ST_OK);
    assert_string_equal(spool_state(s), "failed");
    spool_free(s);
}

/* --- progress --- */

static void progress_goes_down_the_pipe_and_back(void **state)
{
    const struct run_progress sent = {.phase = "train",
                                      .step = 7,
                                      .steps = 100,
                                      .loss = NAN,
                                      .tokens_per_s = 12.5,
                                      .flops = 1e12};
    struct run_progress got;
    char line[512];
    int end[2];
    (void)state;
    assert_int_equal(pipe(end), 0);
    const struct spool_writer w = {.file = -1, .live = end[1]};
    spool_progress(&w, &sent);
    const ssize_t n = read(end[0], line, sizeof line);
    assert_in_range(n, 10, sizeof line);
    assert_int_equal(line[n - 1], '\n');
    assert_true(spool_progress_parse(line, (size_t)n - 1, &got));
    assert_string_equal(got.phase, "train");
    assert_int_equal(got.step, 7);
    assert_int_equal(got.steps, 100);
    assert_true(isnan(got.loss));
    assert_true(got.tokens_per_s == 12.5 && got.flops == 1e12);
    assert_false(spool_progress_parse("{\"type\":\"end\"}", 14, &got));
    assert_false(spool_progress_parse("", 0, &got));
    close(end[0]);
    close(end[1]);
}

static void a_full_pipe_never_makes_a_worker_wait(void **state)
{
    const struct run_progress p = {.phase = "train"};
    int end[2];
    (void)state;
    assert_int_equal(pipe(end), 0);
    struct spool_writer w;
    spool_close(&writer);
    assert_int_equal(spool_create(path, end[1], &w, NULL), ST_OK);
    for (int i = 0; i < 2000; i++)
        spool_progress(&w, &p);
    spool_close(&w);
    close(end[0]);
    close(end[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_whole_spool_becomes_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(a_failed_run_keeps_its_curve_and_its_reason, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_newest_value_is_found, setup, teardown),
        cmocka_unit_test_setup_teardown(a_torn_last_line_is_ignored, setup, teardown),
        cmocka_unit_test_setup_teardown(the_nats_of_places_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_line_is_told_by_its_number, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(no_file_is_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(text_that_is_not_utf8_does_not_get_lost, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_failed_write_leaves_whole_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(progress_goes_down_the_pipe_and_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_full_pipe_never_makes_a_worker_wait, setup,
                                        teardown),
    };
    return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
