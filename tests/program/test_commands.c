/* The commands that show results: list, show, bench, query, table, claims and compare, on a
 * small matrix that `run` trained once for all tests. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <sqlite3.h>

#include "approx.h"
#include "command_bed.h"
#include "encoder.h"
#include "queries.h"
#include "task.h"

/* ---- list ---- */

static void tasks_and_encoders_are_all_listed(void **state)
{
    (void)state;
    json_t *tasks = json_of("list tasks --json");
    json_t *encoders = json_of("list encoders -o json");
    assert_int_equal(json_array_size(tasks), task_count());
    for (int i = 0; i < task_count(); i++) {
        assert_string_equal(text_at(tasks, (size_t)i, "task"), task_at(i)->name);
        assert_string_equal(text_at(tasks, (size_t)i, "source"), task_at(i)->source);
        assert_int_equal(number_at(tasks, (size_t)i, "version"), task_at(i)->version);
    }
    assert_int_equal(json_array_size(encoders), encoder_count());
    for (int i = 0; i < encoder_count(); i++)
        assert_string_equal(text_at(encoders, (size_t)i, "encoder"), encoder_at(i)->name);
    json_decref(tasks);
    json_decref(encoders);
}

static void lists_come_in_every_format(void **state)
{
    (void)state;
    expect("list encoders", 0, "rope ", NULL);
    expect("list encoders -o csv", 0, "encoder,summary,version,source\n", NULL);
    expect("list encoders -o md", 0, "| encoder | summary | version | source |", NULL);
    expect("list commands -o latex", 0, "\\toprule", NULL);
    expect("list commands", 0, "query", NULL);
    expect("list plots", 0, "position_attention", NULL);
    expect("plot atention", 2, NULL, "did you mean \"attention\"");
    expect("plot x", 2, NULL, "curves, distance");
    expect("list encoders -o cvs", 2, NULL, "csv");
    expect("list encoders -o csv --json", 2, NULL, "choose one");
}

static void experiments_are_counted(void **state)
{
    (void)state;
    json_t *rows = json_of("list experiments --json");
    assert_int_equal(json_array_size(rows), 1);
    assert_string_equal(text_at(rows, 0, "experiment"), "flip_flop");
    assert_int_equal(number_at(rows, 0, "cells"), 1);
    assert_int_equal(number_at(rows, 0, "seeds"), 2);
    assert_int_equal(number_at(rows, 0, "runs"), 4);
    assert_string_equal(text_at(rows, 0, "encoders"), "rope cope(p_max=5)");
    json_decref(rows);
    rows = json_of("list experiments --profile other --json");
    assert_int_equal(number_at(rows, 0, "runs"), 2);
    json_decref(rows);
    expect("list experiments nothing.yaml", 2, NULL, "nothing.yaml");
    expect("list claims", 0, "cope errs less than rope", NULL);
    expect("list claims -o csv", 0,
           "C1,cope errs less than rope,flip_flop,,id,token_error,", NULL);
}

static void runs_are_filtered(void **state)
{
    (void)state;
    json_t *rows = json_of("list runs --json --only encoder=cope --only seed=2");
    assert_int_equal(json_array_size(rows), 1);
    assert_string_equal(text_at(rows, 0, "variant"), "cope(p_max=5)");
    assert_string_equal(text_at(rows, 0, "state"), "done");
    assert_int_equal(number_at(rows, 0, "seed"), 2);
    assert_int_equal(strlen(text_at(rows, 0, "identity")), 32);
    json_decref(rows);
    rows = json_of("list runs --json");
    assert_int_equal(json_array_size(rows), 4);
    json_decref(rows);
    rows = json_of("list runs --json --only state=done --profile quick");
    assert_int_equal(json_array_size(rows), 4);
    json_decref(rows);
    expect("list runs --only state=failed", 4, "state", "no run matches");
    expect("list runs --profile other", 4, "state", "none has profile=other; there ");
    expect("list runs --only encodr=x", 2, NULL, "did you mean \"encoder\"");
    expect("list runs --db nothing.db", 4, NULL, "nothing.db");
    expect("list runs nofile.yaml", 2, NULL, "nofile.yaml: there is no such experiment");
}

static void what_nothing_has_is_told_with_what_there_is(void **state)
{
    static const char *const commands[] = {
        "table",  "list runs",           "compare cope rope",
        "claims", "report -o none.html", "plot seeds"};
    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char line[96];
        snprintf(line, sizeof line, "%s --profile quik", commands[i]);
        expect(line, 4, i == 1 ? "state" : NULL, "did you mean \"quick\"?");
        snprintf(line, sizeof line, "%s --only encoder=rope,seed=1", commands[i]);
        if (i < 3)
            expect(line, 2, NULL, "as in --only encoder=rope --only seed=1");
    }
    expect("table --only split=zz", 4, NULL, "none has split=zz; there ");
    expect("table --only train.lr=1,task=x", 2, NULL, "--only train.lr=1 --only task=x");
    expect("table --only cell=model.dim=8,train.lr=1", 4, NULL, "no run matches");
}

/* A request that matches nothing has exit code 4 and prints JSON of the usual form. */
static void nothing_has_the_shape_of_something(void **state)
{
    static const char *const cases[][2] = {
        {"list runs --json --only seed=9", NULL},
        {"table --json --only seed=9", "tables"},
        {"table -o json nothing", "tables"},
        {"claims --json nothing", "claims"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct program p;
        posbench_in(&p, "%s", cases[i][0]);
        assert_int_equal(p.code, 4);
        json_t *o = json_loads(p.out, 0, NULL);
        assert_non_null(o);
        const json_t *list = cases[i][1] ? json_object_get(o, cases[i][1]) : o;
        assert_true(json_is_array(list));
        assert_int_equal(json_array_size(list), 0);
        if (cases[i][1])
            assert_int_equal(json_integer_value(json_object_get(o, "schema")), 1);
        json_decref(o);
        program_free(&p);
    }
}

static void what_would_have_no_effect_is_refused(void **state)
{
    (void)state;
    expect("list tasks --only encoder=x", 2, NULL, "--only has no effect");
    expect("list experiments --db x.db", 2, NULL, "--db has no effect");
    expect("list encoders --profile quick", 2, NULL, "--profile has no effect");
    expect("list tasks experiments.yaml", 2, NULL, "leave out \"experiments.yaml\"");
    expect("list runs --markdown", 2, NULL, "-o md");
    expect("list tasks --markdown --json", 2, NULL, "stands alone");
    expect("list taks", 2, NULL, "did you mean \"tasks\"?");
    expect("list zzzzzz", 2, NULL, "there are tasks, encoders");
}

/* ---- bench ---- */

static void check_measurement(const char *line)
{
    static const char *const numbers[] = {"layers",
                                          "heads",
                                          "dim",
                                          "length",
                                          "batch",
                                          "threads",
                                          "step_ms",
                                          "tokens_per_s",
                                          "model_gflops",
                                          "peak_fraction",
                                          "sgemm_peak_gflops",
                                          "peak_memory_mib"};
    json_t *o = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
    assert_non_null(o);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_true(json_number_value(json_object_get(o, numbers[i])) > 0);
    assert_non_null(json_string_value(json_object_get(o, "blas_core")));
    assert_non_null(json_string_value(json_object_get(o, "kernel_isa")));
    assert_non_null(json_string_value(json_object_get(o, "encoder")));
    json_decref(o);
}

/* Measures the MiB of both encoders in the given order: *a of none, *b of relative. */
static void measure_memory(const char *encoders, double *a, double *b)
{
    struct program p;
    posbench_in(&p,
                "bench --shape layers=2,heads=4,dim=128,length=256,batch=1 -r 1 --json %s",
                encoders);
    assert_int_equal(p.code, 0);
    for (const char *line = p.out; *line; line = strchr(line, '\n') + 1) {
        json_t *o = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
        const char *name = json_string_value(json_object_get(o, "encoder"));
        const double mib = json_number_value(json_object_get(o, "peak_memory_mib"));
        assert_non_null(name);
        *(strcmp(name, "none") == 0 ? a : b) = mib;
        json_decref(o);
    }
    program_free(&p);
}

/* A trainer of this size takes about 10 MiB. If both were measured in one process, the second
 * would find that memory still resident. */
static void memory_does_not_depend_on_the_order(void **state)
{
    double none = 0, relative = 0, none_last = 0, relative_first = 0;
    (void)state;
    measure_memory("--encoder none --encoder relative", &none, &relative);
    measure_memory("--encoder relative --encoder none", &none_last, &relative_first);
    assert_true(none > 1 && relative > 1);
    assert_true(fabs(none - none_last) < 1);
    assert_true(fabs(relative - relative_first) < 1);
}

static void every_encoder_is_timed_an_object_each(void **state)
{
    struct program p;
    int lines = 0;
    (void)state;
    posbench_in(&p, "bench --shape layers=2,heads=2,dim=16,length=16,batch=2 -r 1 --json");
    assert_int_equal(p.code, 0);
    for (const char *line = p.out; *line; line = strchr(line, '\n') + 1, lines++)
        check_measurement(line);
    assert_int_equal(lines, encoder_count());
    assert_non_null(strstr(p.out, "\"alibi+randomized\"")); /* which is only for sums */
    program_free(&p);
    expect("bench --shape batch=65536,length=262144", 2, NULL, "is too large");
    expect("bench --shape dims=3", 2, NULL, "is not one of");
}

/* ---- show ---- */

static void a_task_is_shown_with_scored_places(void **state)
{
    (void)state;
    struct program p;
    char written, ignored, other, answer;
    /* p_ignore 1: every instruction between write and read is an ignore, so the answer is the
     * bit after w. */
    posbench_in(&p, "show flip_flop -n 1 --set length=8 --set p_ignore=1");
    const char *sample = strstr(p.out, "Sample 0: 7 tokens, 1 scored\n");
    assert_non_null(sample);
    sample = strchr(sample, '\n');
    assert_int_equal(
        sscanf(sample, " w %c i %c i %c r[%c]", &written, &ignored, &other, &answer), 4);
    assert_int_equal(written, answer);
    program_free(&p);
    posbench_in(&p, "show flip_flop -n 2 --split ood_dense --set length=8");
    assert_int_equal(p.code, 0);
    assert_non_null(strstr(p.out, "read back (r) the bit"));
    assert_non_null(strstr(p.out, "p_ignore        0.1 ")); /* the split's own value */
    assert_non_null(strstr(p.out, "length          8 "));
    assert_non_null(strstr(p.out, "Sample 1: 7 tokens"));
    assert_null(strstr(p.out, "Sample 2"));
    program_free(&p);
    expect("show flip_flop -n 0", 0, "Splits:", NULL);
    expect("show flip_flop --split train -n 1", 0, "Samples of train, seed 1", NULL);
    expect("show flip_flop --split zzz", 4, NULL, "no split");
    expect("show flip_flp", 4, NULL, "did you mean \"flip_flop\"?");
}

static void an_encoder_is_shown_with_its_options(void **state)
{
    (void)state;
    expect("show cope", 0, "p_max", NULL);
    expect("show cope -n 3", 2, NULL, "is an encoder");
    expect("show rope --svg", 0, "<title>rope: attention", NULL);
    expect("show rope --svg -n 3", 2, NULL, "is an encoder");
    expect("show rope --svg --markdown", 2, NULL, "choose one");
    expect("show parity --svg", 2, NULL, "--svg is for encoders, but \"parity\" is none");
    expect("show 12 --svg", 2, NULL, "--svg is for encoders");
}

/* With 4 heads of 64 and 512 tokens, kerple has 8 parameters in all and one addition for each
 * pair, head and layer: 4 * 4 * 513 / 2 = 4104 FLOPs a token. Attention has 4 * 4 * 256 * 513
 * / 2. */
static void an_encoder_is_shown_with_formula_size_cost_and_behaviour(void **state)
{
    static const char *const said[] = {
        "kernel power:  logit[i][j] -= r1 (i - j)^r2",
        "Chi et al. 2022, arXiv:2205.09921v2, eq. 4",
        "longer tests      defined",
        "invariant         to a shift of all places",
        "r1 [1, 4] for all layers, r2 [1, 4] for all layers; 8",
        "4.104 kFLOPs a token forward, 0.391 % of its attention's",
    };
    (void)state;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        expect("show kerple", 0, said[i], NULL);
    expect("show cope", 0, "table [514, 64] for each layer; 131584 numbers", NULL);
    expect("show shift", 0, "chooses places for the other parts of a sum", NULL);
    expect("show none", 0, "to a shift of all places, and to the order of earlier tokens",
           NULL);
    expect("show absolute", 0, "depend on where a sequence begins", NULL);
    expect("show rope", 0, "reached; may differ at test (number", NULL);
}

/* Encoders that only choose places are exempt. */
static void every_encoder_has_a_formula(void **state)
{
    (void)state;
    for (int i = 0; i < encoder_count(); i++) {
        struct program p;
        posbench_in(&p, "show %s", encoder_at(i)->name);
        assert_int_equal(p.code, 0);
        if (!encoder_at(i)->place && !strstr(p.out, "\n\n    "))
            fail_msg("%s has no formula: begin its comment with one, five columns in",
                     encoder_at(i)->name);
        program_free(&p);
    }
}

static void a_run_is_shown_in_full(void **state)
{
    (void)state;
    struct program p;
    json_t *rows = json_of("list runs --json --only seed=1 --only encoder=cope");
    char line[64];
    posbench_in(&p, "show %d", (int)number_at(rows, 0, "run"));
    assert_int_equal(p.code, 0);
    static const char *const parts[] = {"cope(p_max=5)",  "ood_sparse",     "accuracy %",
                                        "\"p_max\": 5",   "\"length\": 16", "posbench 0.",
                                        "Configuration:", "50.00"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(p.out, parts[i]))
            fail_msg("\"%s\" is not in: %s", parts[i], p.out);
    program_free(&p);
    snprintf(line, sizeof line, "show %.8s", text_at(rows, 0, "identity"));
    expect(line, 0, "cope(p_max=5)", NULL);
    expect("show 99", 4, NULL, "no such run in results.db");
    expect("show zzzz", 4, NULL, "no such run");
    expect("show 1 --split id", 2, NULL, "--split chooses samples of a task");
    json_decref(rows);
}

/* JSON holds the numbers of the tables with their types. */
static void a_run_is_shown_as_json(void **state)
{
    (void)state;
    json_t *rows = json_of("list runs --json --only seed=1 --only encoder=cope");
    char line[64];
    snprintf(line, sizeof line, "show %d --json", (int)number_at(rows, 0, "run"));
    json_t *run = json_of(line);
    const json_t *metrics = json_object_get(run, "metrics");
    bool found = false;
    assert_int_equal(json_integer_value(json_object_get(run, "schema")), 1);
    assert_string_equal(json_string_value(json_object_get(run, "identity")),
                        text_at(rows, 0, "identity"));
    assert_int_equal(
        json_integer_value(json_object_get(
            json_object_get(json_object_get(run, "config"), "model"), "heads")),
        2);
    for (size_t i = 0; i < json_array_size(metrics); i++) {
        const json_t *m = json_array_get(metrics, i);
        if (strcmp(json_string_value(json_object_get(m, "name")), "chance") != 0)
            continue;
        assert_near(json_real_value(json_object_get(m, "value")), 0.5, 1e-12);
        found = true;
    }
    assert_true(found);
    assert_true(json_is_array(json_object_get(run, "events")));
    expect("show 1 --json --yaml", 2, NULL, "choose one");
    expect("show cope --json", 2, NULL, "--json is for runs, but \"cope\" is an encoder");
    json_decref(run);
    json_decref(rows);
}

/* The file made from a run asks for that run, which is already done. */
static void a_run_is_shown_as_a_file_that_asks_for_it(void **state)
{
    (void)state;
    struct program p;
    json_t *rows = json_of("list runs --json --only seed=1 --only encoder=cope");
    posbench_in(&p, "show %d --yaml > %s/again.yaml", (int)number_at(rows, 0, "run"),
                folder);
    assert_int_equal(p.code, 0);
    program_free(&p);
    posbench_in(&p, "run again.yaml --db results.db");
    assert_int_equal(p.code, 0);
    assert_non_null(strstr(p.err, "0 runs done, 1 skipped as done before"));
    program_free(&p);
    expect("query -o csv \"SELECT count(*) AS n FROM run\"", 0, "n\n4\n", NULL);
    expect("show flip_flop --yaml", 2, NULL,
           "--yaml is for runs, but \"flip_flop\" is a task");
    expect("show 99 --yaml", 4, NULL, "no run \"99\"");
    json_decref(rows);
}

/* Copies the database to `name` and applies `sql`. */
static void changed_copy(const char *name, const char *sql)
{
    char path[SCRATCH_TEXT + 32], line[256];
    sqlite3 *db;
    snprintf(line, sizeof line, "cp %s/results.db %s/%s", folder, folder, name);
    assert_int_equal(system(line), 0);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void an_ambiguous_identity_is_refused(void **state)
{
    (void)state;
    changed_copy("alike.db", "UPDATE run SET identity = 'abcd' || substr(identity, 5)");
    expect("show abcd --db alike.db", 2, NULL, "4 runs begin with \"abcd\"");
    expect("show abc --db alike.db", 4, NULL, "no such run");
}

/* gnuplot would draw so many for minutes, and nobody could read the picture. */
static void a_picture_of_too_many_boxes_is_refused(void **state)
{
    (void)state;
    changed_copy("wide.db",
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300)"
                 "INSERT INTO membership (run_id, experiment, profile, cell)"
                 " SELECT 1, 'e' || i, profile, cell FROM n, membership WHERE run_id = 1");
    expect("plot seeds --db wide.db -o wide.svg", 2, NULL, "boxes are too many");
    expect("plot seeds --db wide.db -o wide.gp", 2, NULL, "name an experiment");
    expect("plot seeds --db wide.db -o wide.csv", 0, NULL, NULL);
    expect("plot seeds e7 --db wide.db -o narrow.gp", 0, NULL, NULL);
    expect("plot seeds 'e[1-8]?' --db wide.db -o narrow.gp", 0, NULL, NULL);
    expect("plot seeds 'e[1-8]?' --db wide.db", 2, NULL, "is too long for a terminal");
}

static void the_database_lies_beside_the_experiment_file(void **state)
{
    (void)state;
    struct program p;
    RUN(&p, "-C / list runs %s/experiments.yaml", folder);
    assert_int_equal(p.code, 0);
    assert_non_null(strstr(p.out, "cope(p_max=5)"));
    program_free(&p);
    RUN(&p, "-C / list runs %s/experiments.yaml --db nothing.db", folder);
    assert_int_equal(p.code, 4);
    program_free(&p);
}

/* ---- query ---- */

static void queries_are_asked_in_four_ways(void **state)
{
    (void)state;
    static const char want[] = "{\"n\": 4}";
    expect("query --json \"SELECT count(*) AS n FROM run\"", 0, want, NULL);
    char line[256];
    snprintf(line, sizeof line, "query --file %s/q.sql --json", folder);
    char path[SCRATCH_TEXT + 16];
    snprintf(path, sizeof path, "%s/q.sql", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("-- a comment\nSELECT count(*) AS n\nFROM run\n", f);
    fclose(f);
    expect(line, 0, want, NULL);
    snprintf(line, sizeof line, "query --file - --json <%s", path);
    expect(line, 0, want, NULL);
    expect("query progress -o csv", 0, "flip_flop,quick,4,0,0,4,0,0", NULL);
}

/* test_table_options checks what each option does; this checks that the command reads it. */
static void options_of_tables_are_read(void **state)
{
    (void)state;
    expect("table --spread ci", 0, "mean [95 % interval] over", NULL);
    expect("table --spread iqr", 2, NULL, "--spread \"iqr\"");
    expect("table --best mean", 0, "encoders it stands beside.\n", NULL);
    expect("table --sort name --name rope=RoPE", 0, "\nRoPE ", NULL);
    expect("table --sort nmae", 2, NULL, "did you mean \"name\"");
    expect("table --caption Mine", 0, "Mine\n", NULL);
    expect("table --explain", 0, "  run  seed  token_error  state\n", NULL);
    expect("table --explain -o csv", 2, NULL, "--explain has no effect on -o csv");
    expect("table --explain -o latex", 2, NULL, "--explain prints no LaTeX");
    expect("table -o macros", 0, "\\newcommand{\\pbFlipFlop", NULL);
    expect("table -o macros --sort id", 2, NULL, "--sort has no effect on -o macros");
    expect("table --only train.lrr=1", 2, NULL, "did you mean \"train.lr\"?");
    expect("table --only encoder=rope,none", 0, "\nrope ", NULL);
}

static void the_schema_is_told(void **state)
{
    (void)state;
    json_t *rows = json_of("query --schema --json");
    bool dirty = false, variant = false;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *column = json_object_get(json_array_get(rows, i), "column");
        const char *name = text_at(rows, i, "name");
        if (!json_is_string(column))
            continue;
        /* one column described in its table, and one that a view takes from there */
        if (strcmp(name, "provenance") == 0 &&
            strcmp(json_string_value(column), "dirty") == 0)
            dirty =
                strstr(text_at(rows, i, "meaning"), "changes beyond the commit") != NULL;
        if (strcmp(name, "v_curve") == 0 &&
            strcmp(json_string_value(column), "variant") == 0)
            variant = strstr(text_at(rows, i, "meaning"), "cope(p_max=64)") != NULL;
    }
    json_decref(rows);
    assert_true(dirty && variant);
    expect("query --schema", 0, "\nv_summary, a view\nMean over seeds of every metric",
           NULL);
    expect("query --schema progress", 2, NULL, "give one of");
}

static void every_stored_query_runs(void **state)
{
    (void)state;
    struct program p;
    posbench_in(&p, "query --list");
    assert_int_equal(p.code, 0);
    for (int i = 0; i < query_count(); i++) {
        char line[128];
        assert_non_null(strstr(p.out, query_name(i)));
        snprintf(line, sizeof line, "query %s -o csv", query_name(i));
        expect(line, 0, ",", NULL);
    }
    program_free(&p);
}

/* Every command that takes filters takes the same ones. */
static void filters_mean_the_same_everywhere(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "plan", "run -n", "list runs", "table", "eval", "rm -n", "purge -n",
    };
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char line[128];
        snprintf(line, sizeof line, "%s --only encodr=x", commands[i]);
        expect(line, 2, NULL, "did you mean \"encoder\"");
        snprintf(line, sizeof line, "%s --only state=dome", commands[i]);
        expect(line, 2, NULL, "did you mean \"done\"");
        snprintf(line, sizeof line, "%s --only rope", commands[i]);
        expect(line, 2, NULL, "expected KEY=GLOB");
        expect_code(4, "%s --only 'encoder=rop\\*'", commands[i]);
        expect_code(strcmp(commands[i], "table") == 0 ? 0 : 2, "%s --only split=id",
                    commands[i]);
    }
    expect("list runs --only 'encoder=[!c]*' --only state=d* --only seed=2 -o csv", 0,
           "rope,2,done", NULL);
    expect("table --only 'encoder=[!c]*' --only state=d* -o csv", 0, "rope", NULL);
    expect("rm -n --only 'encoder=[!c]*' seed=2", 0, "rope seed 2, done", NULL);
    expect("rm -n", 2, NULL, "which runs?");
}

static void a_query_only_reads(void **state)
{
    (void)state;
    expect("query \"DELETE FROM run\"", 2, NULL, "only reading");
    expect("query \"SELECT 1; DROP TABLE run\"", 2, NULL, "one statement");
    expect("query \"SELECT x FROM run\"", 2, NULL, "x");
    expect("query progres", 4, NULL, "did you mean \"progress\"?");
    expect("query zzz", 4, NULL, "--list");
    expect("query", 2, NULL, "give one of");
    expect("query progress --list", 2, NULL, "give one of");
    expect("query --file nothing.sql", 3, NULL, "nothing.sql");
    expect("query progress --db experiments.yaml", 3, NULL, "experiments.yaml");
    expect("query progress --db nothing.db", 4, NULL, "nothing.db");
    expect("query --json \"SELECT count(*) AS n FROM run\"", 0, "4", NULL);
}

/* ---- table ---- */

static void a_table_has_encoders_splits_and_chance(void **state)
{
    (void)state;
    struct program p;
    posbench_in(&p, "table flip_flop --metric token_error --published");
    assert_int_equal(p.code, 0);
    static const char *const parts[] = {"rope",   "cope",  "id",   "ood_sparse",
                                        "chance", "50.00", "12.5", "A paper, Table 2"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(p.out, parts[i]))
            fail_msg("\"%s\" is not in: %s", parts[i], p.out);
    assert_null(strstr(p.out, "  valid")); /* no test split, so no column, ... */
    assert_null(strstr(p.out, "; valid")); /* ... no heading */
    assert_null(strstr(p.out, "Evaluated on valid"));
    program_free(&p);
    expect("table -o latex", 0, "\\toprule", NULL);
    expect("table -o csv", 0, "ood_sparse", NULL);
    expect("table -o md --metric perplexity", 0, "perplexity", NULL);
    expect("table --rows split --cols encoder", 0, "ood_sparse", NULL);
    expect("table my.yaml", 2, NULL, "say --file my.yaml");
    expect("claims my.yml", 2, NULL, "say --file my.yml");
    json_t *o = json_of("table --json --only encoder=rope");
    assert_int_equal(json_integer_value(json_object_get(o, "schema")), 1);
    json_decref(o);
}

/* --file leaves out runs of the database that have other settings. */
static void a_table_may_be_held_to_the_experiment_file(void **state)
{
    (void)state;
    struct program p;
    posbench_in(&p, "run -q --set train.steps=3 --db two.db --only encoder=rope");
    assert_int_equal(p.code, 0);
    program_free(&p);
    expect("table --db two.db", 0, "rope", NULL);
    expect("table --db two.db --file experiments.yaml", 4, NULL, "");
    expect("table --file experiments.yaml", 0, "rope", NULL);
    expect("table --file nothing.yaml", 2, NULL, "nothing.yaml");
}

static void a_wrong_table_is_refused(void **state)
{
    (void)state;
    expect("table flip_flup", 4, NULL, "");
    expect("table --metric token_eror", 2, NULL, "token_error");
    expect("table --rows encodr", 2, NULL, "encoder");
    expect("table --only encoder=zzz", 4, NULL, "");
    expect("table --profile zzz", 4, NULL, "");
    expect("table --db nothing.db", 4, NULL, "nothing.db");
}

/* ---- claims ---- */

static void claims_have_a_verdict(void **state)
{
    (void)state;
    struct program p;
    posbench_in(&p, "claims");
    assert_int_equal(p.code, 0);
    assert_non_null(strstr(p.out, "C1"));
    assert_non_null(strstr(p.out, "cope errs less than rope"));
    /* Two seeds of each. */
    assert_non_null(strstr(p.out, "too few seeds"));
    program_free(&p);
    expect("claims --profile quick -o csv", 0, "C1,", NULL);
    expect("claims \"C*\" --file experiments.yaml -o md", 0, "C1", NULL);
    json_decref(json_of("claims --json"));
    expect("claims C9", 4, NULL, "no claim matches");
    expect("claims --db nothing.db", 4, NULL, "nothing.db");
}

/* ---- compare ---- */

static void encoders_are_compared_on_the_same_sequences(void **state)
{
    (void)state;
    struct program p;
    posbench_in(&p, "compare cope rope --only experiment=flip_flop");
    assert_int_equal(p.code, 0);
    assert_non_null(strstr(p.out, "A cope, B rope; experiment flip_flop"));
    assert_non_null(strstr(p.out, "of 2\n")); /* two seeds of each */
    program_free(&p);
    json_t *one = json_of("compare cope rope --profile quick --json");
    assert_true(json_array_size(json_object_get(one, "comparisons")) > 0);
    json_decref(one);
    expect("compare cope rope -o csv --file experiments.yaml", 0, "cope,rope,flip_flop,",
           NULL);
    expect("compare cope rope --profile zzz", 4, NULL, "no run");
    expect("compare cope zzz", 4, NULL, "none has encoder=zzz");
    expect("compare cope results.db", 2, NULL, "two encoders, or two databases");
    expect("compare nothing.db results.db", 4, NULL, "nothing.db");
    expect("compare a.db results.db --db b.db", 2, NULL, "--db has no effect");
}

static void a_database_differs_from_itself_in_nothing(void **state)
{
    (void)state;
    json_t *one = json_of("compare results.db ./results.db --json");
    const json_t *all = json_object_get(one, "comparisons");
    assert_true(json_array_size(all) > 1);
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *row = json_array_get(all, i);
        assert_true(json_is_string(json_object_get(row, "variant")));
        assert_true(json_number_value(json_object_get(row, "effect")) == 0.0);
        assert_int_equal(json_integer_value(json_object_get(row, "only_a_right")), 0);
    }
    json_decref(one);
}

/* ---- one number over all tests ---- */

static void an_aggregate_is_a_table_of_its_own(void **state)
{
    (void)state;
    expect("table --aggregate --profile quick --only experiment=flip_flop", 0, "IQM", NULL);
    json_decref(json_of("table --aggregate --json --only experiment=flip_flop"));
    expect("table --aggregate --metric loss", 2, NULL, "--metric has no effect");
    expect("table --aggregate --extrapolation", 2, NULL, "two tables");
    expect("table --aggregate --profile zzz", 4, NULL, "no run matches");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_and_encoders_are_all_listed),
        cmocka_unit_test(lists_come_in_every_format),
        cmocka_unit_test(experiments_are_counted),
        cmocka_unit_test(runs_are_filtered),
        cmocka_unit_test(what_nothing_has_is_told_with_what_there_is),
        cmocka_unit_test(nothing_has_the_shape_of_something),
        cmocka_unit_test(what_would_have_no_effect_is_refused),
        cmocka_unit_test(every_encoder_is_timed_an_object_each),
        cmocka_unit_test(memory_does_not_depend_on_the_order),
        cmocka_unit_test(a_task_is_shown_with_scored_places),
        cmocka_unit_test(an_encoder_is_shown_with_its_options),
        cmocka_unit_test(an_encoder_is_shown_with_formula_size_cost_and_behaviour),
        cmocka_unit_test(every_encoder_has_a_formula),
        cmocka_unit_test(a_run_is_shown_in_full),
        cmocka_unit_test(a_run_is_shown_as_json),
        cmocka_unit_test(a_run_is_shown_as_a_file_that_asks_for_it),
        cmocka_unit_test(an_ambiguous_identity_is_refused),
        cmocka_unit_test(a_picture_of_too_many_boxes_is_refused),
        cmocka_unit_test(the_database_lies_beside_the_experiment_file),
        cmocka_unit_test(queries_are_asked_in_four_ways),
        cmocka_unit_test(options_of_tables_are_read),
        cmocka_unit_test(the_schema_is_told),
        cmocka_unit_test(every_stored_query_runs),
        cmocka_unit_test(filters_mean_the_same_everywhere),
        cmocka_unit_test(a_query_only_reads),
        cmocka_unit_test(a_table_has_encoders_splits_and_chance),
        cmocka_unit_test(a_table_may_be_held_to_the_experiment_file),
        cmocka_unit_test(a_wrong_table_is_refused),
        cmocka_unit_test(claims_have_a_verdict),
        cmocka_unit_test(encoders_are_compared_on_the_same_sequences),
        cmocka_unit_test(a_database_differs_from_itself_in_nothing),
        cmocka_unit_test(an_aggregate_is_a_table_of_its_own),
    };
    return cmocka_run_group_tests_name("commands", tests, train_once, clean_up);
}
