/* The views of schema.sql against values worked by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "approx.h"
#include "filled_store.h"
#include "store_differ.h"
#include "queries.h"
#include "statistics.h"

/* An answer as text: cells joined by "|", rows by "\n"; NULL is "-". */
struct answer {
    char text[8192];
};

static enum status append_row(void *context, int columns, const char *const *names,
                              const char *const *cells, struct err *e)
{
    struct answer *a = context;
    (void)names;
    (void)e;
    for (int i = 0; i < columns; i++) {
        const size_t used = strlen(a->text);
        snprintf(a->text + used, sizeof a->text - used, "%s%s",
                 i      ? "|"
                 : used ? "\n"
                        : "",
                 cells[i] ? cells[i] : "-");
    }
    return ST_OK;
}

static void assert_answer(struct store *s, const char *sql, const char *want)
{
    struct answer a = {.text = ""};
    assert_ok(store_query(s, sql, NULL, 0, append_row, &a, &err));
    assert_string_equal(a.text, want);
}

static double number(struct store *s, const char *sql)
{
    struct answer a = {.text = ""};
    assert_ok(store_query(s, sql, NULL, 0, append_row, &a, &err));
    assert_string_not_equal(a.text, "");
    assert_string_not_equal(a.text, "-");
    return strtod(a.text, NULL);
}

static void put_at(struct store *s, int64_t run, int step, const char *name, double value)
{
    const struct metric_row m = {.split = "id",
                                 .name = name,
                                 .step = step,
                                 .value = value,
                                 .count = -1,
                                 .total = -1};
    assert_ok(store_metrics(s, run, &m, 1, &err));
}

/* token_error 0.1, 0.2, 0.6: mean 0.3, deviations -0.2, -0.1, 0.3, their squares sum to 0.14,
 * std sqrt(0.07), half-width 4.302653 * sqrt(0.07 / 3). As a rate: 0.3 * 0.7 * 3 / 0.07 = 9
 * independent tries, so Wilson's limits are the roots of (m - x)^2 = k x (1 - x) with k =
 * 4.302653^2 / 9. */
static void summary_of_three_seeds_as_worked_by_hand(void **state)
{
    const struct fixture *f = *state;
    const int wrong[] = {10, 20, 60};
    const double half = 4.3026527297 * sqrt(0.07 / 3);
    const double k = 4.3026527297 * 4.3026527297 / 9;
    for (int i = 0; i < 3; i++)
        put_split(f->store,
                  add_run(f->store, (struct fake_run){.variant = "cope", .seed = i}), "id",
                  wrong[i], 100, 1);
#define FIELD(x) \
    number(f->store, "SELECT " x " FROM v_summary WHERE metric = 'token_error'")
    assert_near(FIELD("mean"), 0.3, 1e-15);
    assert_near(FIELD("std"), sqrt(0.07), 1e-15);
    assert_near(FIELD("min"), 0.1, 1e-15);
    assert_near(FIELD("max"), 0.6, 1e-15);
    const double low = FIELD("low"), high = FIELD("high");
    assert_near((0.3 - low) * (0.3 - low), k * low * (1 - low), 1e-9);
    assert_near((0.3 - high) * (0.3 - high), k * high * (1 - high), 1e-9);
    assert_true(0 < low && low < 0.3 && 0.3 < high && high < 1);
#undef FIELD
    /* The loss of these runs has the same values but is no rate. */
    assert_near(number(f->store, "SELECT low FROM v_summary WHERE metric = 'loss'"),
                0.3 - half, 1e-9);
    assert_answer(
        f->store,
        "SELECT experiment, profile, cell, task, encoder, variant, split, n, runs, "
        "count, total FROM v_summary WHERE metric = 'token_error'",
        "flip_flop|quick||flip_flop|cope|cope|id|3|3|90|300");
}

static void one_seed_has_a_mean_and_no_spread(void **state)
{
    const struct fixture *f = *state;
    put(f->store, add_run(f->store, (struct fake_run){.variant = "cope"}), "id", "loss", 2);
    assert_answer(f->store, "SELECT n, mean, std, low, high FROM v_summary", "1|2|-|-|-");
}

/* 40 values 1..40: the interval needs df = 39, beyond the view's table. */
static void intervals_agree_with_the_c_code_for_any_number_of_seeds(void **state)
{
    const struct fixture *f = *state;
    double x[40];
    for (int i = 0; i < 40; i++) {
        const int64_t id =
            add_run(f->store, (struct fake_run){.variant = "cope", .seed = i});
        x[i] = i + 1;
        put(f->store, id, "id", "loss", x[i]);
        if (i != 1 && i != 10 && i != 30 && i != 31 && i != 39)
            continue;
        const double mean = statistics_mean(x, i + 1), std = statistics_std(x, i + 1);
        const struct interval want = statistics_mean_interval(mean, std, i + 1);
        assert_near(number(f->store, "SELECT std FROM v_summary"), std, 1e-12);
        assert_near(number(f->store, "SELECT low FROM v_summary"), want.low, 1e-6);
        assert_near(number(f->store, "SELECT high FROM v_summary"), want.high, 1e-6);
    }
}

static void t_quantiles_of_the_view_are_those_of_the_c_code(void **state)
{
    const struct fixture *f = *state;
    char sql[80];
    for (int df = 1; df <= 30; df++) {
        snprintf(sql, sizeof sql, "SELECT t FROM v_student_t WHERE df = %d", df);
        assert_near(number(f->store, sql), statistics_student_quantile(0.975, df), 2e-9);
    }
}

static void runs_that_are_not_done_are_not_averaged(void **state)
{
    const struct fixture *f = *state;
    const char *const states[] = {"done", "failed", "interrupted", "new"};
    for (int i = 0; i < 4; i++)
        put(f->store,
            add_run(f->store,
                    (struct fake_run){.variant = "cope", .seed = i, .state = states[i]}),
            "id", "loss", i);
    assert_answer(f->store, "SELECT n, runs, mean FROM v_summary", "1|1|0");
}

static void missing_values_count_as_runs_and_not_as_numbers(void **state)
{
    const struct fixture *f = *state;
    const double value[] = {1, (double)NAN, 3};
    for (int i = 0; i < 3; i++)
        put(f->store, add_run(f->store, (struct fake_run){.variant = "cope", .seed = i}),
            "id", "loss", value[i]);
    assert_answer(f->store, "SELECT runs, n, mean, min, max FROM v_summary", "3|2|2|1|3");
}

/* Equal names with other settings, another profile, cell or split are kept apart. */
static void what_differs_in_more_than_the_seed_is_never_averaged(void **state)
{
    const struct fixture *f = *state;
    const struct fake_run runs[] = {
        {.variant = "cope", .seed = 1},
        {.variant = "cope", .seed = 2},
        {.variant = "cope", .seed = 1, .steps = 200},
        {.variant = "cope", .seed = 1, .profile = "paper"},
        {.variant = "cope", .seed = 1, .cell = "model.dim=2"},
        {.variant = "cope(p_max=2)", .encoder = "cope", .seed = 1},
    };
    for (int i = 0; i < 6; i++)
        put(f->store, add_run(f->store, runs[i]), "id", "loss", i);
    put(f->store, add_run(f->store, runs[1]), "ood", "loss", 10);
    assert_answer(f->store,
                  "SELECT profile, cell, recipe, split, n, mean FROM v_summary "
                  "ORDER BY mean",
                  "quick||1|id|2|0.5\nquick||2|id|1|2\npaper||1|id|1|3\n"
                  "quick|model.dim=2|1|id|1|4\nquick||3|id|1|5\nquick||1|ood|1|10");
}

static void results_are_those_of_the_last_step(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "cope", .seed = 3});
    put_at(f->store, id, 50, "token_error", 0.9);
    put_at(f->store, id, 50, "accuracy", 0.1);
    put_split(f->store, id, "id", 25, 100, 4);
    assert_answer(f->store,
                  "SELECT run_id, variant, seed, state, steps, split, step, accuracy, "
                  "token_error, sequence_error, loss, tokens, sequences, chance, majority, "
                  "ceiling FROM v_result",
                  "1|cope|3|done|100|id|100|0.75|0.25|0.4|0.25|100|10|0.5|0.52|1");
    assert_near(number(f->store, "SELECT perplexity FROM v_result"), exp(0.25), 1e-15);
}

/* A row of token_error shows the reference as an error, one of accuracy as an accuracy. */
static void references_are_told_as_accuracies_and_as_errors(void **state)
{
    const struct fixture *f = *state;
    put_split(f->store, add_run(f->store, (struct fake_run){.variant = "cope"}), "id", 52,
              100, 4);
    assert_answer(f->store,
                  "SELECT majority, ceiling, chance_error, majority_error, ceiling_error, "
                  "token_error < majority_error + 0.05 FROM v_result",
                  "0.52|1|0.5|0.48|0|1");
}

/* 2.5 s of wall time and 2 s of CPU: another process had the core for a fifth of the time. */
static void speed_is_told_of_a_core_too(void **state)
{
    const struct fixture *f = *state;
    put_split(f->store, add_run(f->store, (struct fake_run){.variant = "cope"}), "id", 1,
              100, 4);
    assert_answer(f->store,
                  "SELECT tokens_per_s, tokens_per_cpu_s FROM v_result UNION ALL "
                  "SELECT tokens_per_s, tokens_per_cpu_s FROM v_run",
                  "1000|1250\n1000|1250");
    assert_answer(f->store, query_sql(query_find("slowest_runs")),
                  "1|flip_flop|quick||cope|0|100|2|2.5|1250|1000|0.5|64");
}

static void assert_same_interval(struct store *s, const char *where, int count, int total,
                                 const double *value, int n)
{
    char sql[128];
    const struct interval want = statistics_rate_interval(
        statistics_mean(value, n), statistics_std(value, n), n, count, total);
    snprintf(sql, sizeof sql, "SELECT low FROM v_summary WHERE metric = '%s'", where);
    assert_near(number(s, sql), want.low, 1e-9);
    snprintf(sql, sizeof sql, "SELECT high FROM v_summary WHERE metric = '%s'", where);
    assert_near(number(s, sql), want.high, 1e-9);
    assert_true(want.low >= 0 && want.high <= 1 && want.low < want.high);
}

/* Student's interval of 0, 0 and 0.09 would begin at -0.099. */
static void the_interval_of_a_rate_stays_between_0_and_1(void **state)
{
    const struct fixture *f = *state;
    const int wrong[] = {0, 0, 9};
    const double error[] = {0, 0, 0.09}, accuracy[] = {1, 1, 0.91}, sequence[] = {0, 0, 0};
    for (int i = 0; i < 3; i++)
        put_split(f->store,
                  add_run(f->store, (struct fake_run){.variant = "cope", .seed = i}), "id",
                  wrong[i], 100, 0);
    assert_same_interval(f->store, "token_error", 9, 300, error, 3);
    assert_same_interval(f->store, "accuracy", 291, 300, accuracy, 3);
    /* With 0 of 30 wrong the interval reaches 9.5 %; it is not [0, 0]. */
    assert_same_interval(f->store, "sequence_error", 0, 30, sequence, 3);
    assert_near(number(f->store, "SELECT high FROM v_summary WHERE metric = "
                                 "'sequence_error'"),
                statistics_zero_bound(30), 1e-12);
    assert_near(number(f->store, "SELECT low FROM v_summary WHERE metric = "
                                 "'sequence_accuracy'"),
                1 - statistics_zero_bound(30), 1e-12);
    /* A loss is no rate. */
    assert_true(number(f->store, "SELECT low FROM v_summary WHERE metric = 'loss'") < 0);
}

/* Wilson's interval of 81 of 263 is 0.2553 to 0.3662 in R. G. Newcombe, Statistics in Medicine
 * 17 (1998) 857, table I. */
static void one_seed_has_the_interval_of_its_places(void **state)
{
    const struct fixture *f = *state;
    put_split(f->store, add_run(f->store, (struct fake_run){.variant = "cope"}), "id", 81,
              263, 1);
    assert_same_interval(f->store, "token_error", 81, 263, (const double[]){81.0 / 263}, 1);
    assert_near(number(f->store, "SELECT low FROM v_summary WHERE metric = 'token_error'"),
                0.2553, 5e-5);
    assert_near(number(f->store, "SELECT high FROM v_summary WHERE metric = 'token_error'"),
                0.3662, 5e-5);
}

/* Equal values in all seeds leave the uncertainty of a count of that size. */
static void seeds_without_spread_have_the_interval_of_all_places(void **state)
{
    const struct fixture *f = *state;
    const double error[] = {0.1, 0.1, 0.1};
    for (int i = 0; i < 3; i++)
        put_split(f->store,
                  add_run(f->store, (struct fake_run){.variant = "cope", .seed = i}), "id",
                  10, 100, 0);
    assert_same_interval(f->store, "token_error", 30, 300, error, 3);
}

/* Means and spreads of numbers that rounding makes hard: a small spread on a large mean,
 * values of several sizes and signs, the smallest and the largest numbers. The bits are equal
 * where SQLite adds as C does; since 3.43 it adds with a correction. */
static void means_and_spreads_are_those_of_statistics(void **state)
{
    static const double hard[][4] = {{1e9 + 0.001, 1e9 + 0.002, 1e9, 1e9 - 0.003},
                                     {0.1, 0.2, 0.3, 0.7},
                                     {1e-17, 1.0, 3e7, -2.5},
                                     {5e-324, 1e-310, 3e-308, 2e-308},
                                     {1e150, 3e150, 2e150, 2.5e150},
                                     {1.0 / 3, 2.0 / 3, 1.0 / 7, 0.0}};
    const struct fixture *f = *state;
    char name[32], sql[128];
    int64_t id[4];
    for (int i = 0; i < 4; i++)
        id[i] = add_run(f->store, (struct fake_run){.variant = "cope", .seed = i});
    for (size_t k = 0; k < sizeof hard / sizeof *hard; k++) {
        snprintf(name, sizeof name, "number_%zu", k);
        for (int i = 0; i < 4; i++)
            put(f->store, id[i], "id", name, hard[k][i]);
        const double mean = statistics_mean(hard[k], 4), std = statistics_std(hard[k], 4);
        snprintf(sql, sizeof sql, "SELECT mean FROM v_summary WHERE metric = '%s'", name);
        assert_near(number(f->store, sql), mean, 1e-12 * fabs(mean));
        snprintf(sql, sizeof sql, "SELECT std FROM v_summary WHERE metric = '%s'", name);
        /* A rounded mean can change it by this much. */
        assert_near(number(f->store, sql), std, 1e-12 * std + 1e-15 * fabs(mean));
    }
}

static void an_unavailable_split_is_there_without_numbers(void **state)
{
    const struct fixture *f = *state;
    put_split(f->store, add_run(f->store, (struct fake_run){.variant = "absolute"}), "ood",
              -1, 100, 0);
    assert_answer(f->store,
                  "SELECT split, accuracy, token_error, perplexity, tokens, chance "
                  "FROM v_result",
                  "ood|-|-|-|100|0.5");
}

static void curves_have_every_step(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "rope", .seed = 1});
    put_at(f->store, id, 50, "token_error", 0.5);
    put_at(f->store, id, 100, "token_error", 0.25);
    put_at(f->store, id, 100, "loss", 1.5);
    assert_answer(f->store,
                  "SELECT variant, seed, split, step, token_error, loss FROM v_curve "
                  "ORDER BY step",
                  "rope|1|id|50|0.5|-\nrope|1|id|100|0.25|1.5");
}

static void add_published(struct store *s, const char *cell, const char *encoder,
                          const char *metric, double value)
{
    const struct published_row p = {.paper = "a",
                                    .source = "Table 2",
                                    .experiment = cell[0] ? "grid" : "flip_flop",
                                    .cell = cell,
                                    .encoder = encoder,
                                    .split = "id",
                                    .metric = metric,
                                    .unit = "fraction",
                                    .value = value,
                                    .std = (double)NAN};
    assert_ok(store_published(s, &p, 1, &err));
}

static void published_numbers_stand_beside_ours(void **state)
{
    const struct fixture *f = *state;
    for (int i = 0; i < 2; i++)
        put_split(f->store,
                  add_run(f->store, (struct fake_run){.variant = "cope(p_max=64)",
                                                      .encoder = "cope",
                                                      .seed = i}),
                  "id", 25, 100, 5);
    add_published(f->store, "", "cope", "token_error", 0.125);
    assert_answer(
        f->store,
        "SELECT paper, source, experiment, cell, encoder, split, metric, unit, "
        "published, published_std, profile, variant, n, ours, ours_std, difference "
        "FROM v_published_vs_ours",
        "a|Table 2|flip_flop||cope|id|token_error|fraction|0.125|-|quick|"
        "cope(p_max=64)|2|0.25|0|0.125");
}

static void an_error_without_unit_stands_beside_both_of_ours(void **state)
{
    const struct fixture *f = *state;
    put_split(f->store, add_run(f->store, (struct fake_run){.variant = "cope"}), "id", 25,
              100, 5);
    add_published(f->store, "", "cope", "error", 0.125);
    assert_answer(f->store,
                  "SELECT metric, published, ours FROM v_published_vs_ours ORDER BY metric",
                  "sequence_error|0.125|0.5\ntoken_error|0.125|0.25");
}

/* "cope" could be either of two variants, and the number of a grid's cell belongs to no other
 * cell. */
static void published_numbers_stay_alone_when_in_doubt(void **state)
{
    const struct fixture *f = *state;
    const char *const variants[] = {"cope(p_max=2)", "cope(p_max=4)"};
    for (int i = 0; i < 2; i++)
        put_split(
            f->store,
            add_run(f->store, (struct fake_run){.variant = variants[i], .encoder = "cope"}),
            "id", 25, 100, 5);
    add_published(f->store, "", "cope", "token_error", 0.125);
    put_split(f->store,
              add_run(f->store, (struct fake_run){.experiment = "grid",
                                                  .cell = "model.dim=4",
                                                  .variant = "cope"}),
              "id", 25, 100, 5);
    add_published(f->store, "model.dim=2", "cope", "token_error", 0.5);
    assert_answer(
        f->store,
        "SELECT cell, published, profile, ours FROM v_published_vs_ours ORDER BY cell",
        "|0.125|-|-\nmodel.dim=2|0.5|-|-");
}

static void the_plain_variant_goes_by_the_encoders_name(void **state)
{
    const struct fixture *f = *state;
    add_run(f->store, (struct fake_run){.variant = "cope"});
    add_run(f->store, (struct fake_run){.variant = "cope(p_max=4)", .encoder = "cope"});
    assert_answer(f->store, "SELECT name, variant FROM v_variant_name ORDER BY name",
                  "cope|cope\ncope(p_max=4)|cope(p_max=4)");
}

static void progress_counts_states(void **state)
{
    const struct fixture *f = *state;
    const char *const states[] = {"done", "done", "failed", "interrupted", "new", "new"};
    for (int i = 0; i < 6; i++)
        add_run(f->store,
                (struct fake_run){.variant = "cope", .seed = i, .state = states[i]});
    assert_answer(
        f->store,
        "SELECT experiment, profile, runs, new, running, done, failed, interrupted, "
        "wall_s, mean_wall_s FROM v_progress",
        "flip_flop|quick|6|2|0|2|1|1|5|2.5");
}

static void in_the_shell(const char *options, const char *path, const char *sql,
                         const char *want)
{
    char command[1024], line[64] = "";
    snprintf(command, sizeof command, "sqlite3 %s '%s' \"%s\" 2>&1", options, path, sql);
    FILE *shell = popen(command, "r");
    assert_non_null(shell);
    if (!fgets(line, sizeof line, shell))
        line[0] = '\0';
    if (pclose(shell) != 0 || strcmp(line, want) != 0)
        fail_msg("%s: %s", sql, line);
}

/* The views use no function of posbench and no SQL newer than the installed shell's. */
static void every_view_works_in_the_plain_shell(void **state)
{
    struct fixture *f = *state;
    struct answer views = {.text = ""};
    char sql[256], *rest = NULL;
    put_split(f->store, add_run(f->store, (struct fake_run){.variant = "cope"}), "id", 25,
              100, 5);
    add_published(f->store, "", "cope", "error", 0.125);
    assert_ok(store_query(f->store, "SELECT name FROM sqlite_schema WHERE type = 'view'",
                          NULL, 0, append_row, &views, &err));
    assert_non_null(strstr(views.text, "v_summary"));
    store_close(f->store);
    f->store = NULL;
    in_the_shell(
        "", f->path,
        "INSERT INTO stratum SELECT id, 'id', 'ignores', 4, 5, 8, NULL FROM run;"
        "INSERT INTO evaluation (run_id, variant, split, options, sequences, name, "
        "value) SELECT id, 'cope', 'id', '{}', 9, 'loss', 0.5 FROM run",
        "");
    for (const char *view = strtok_r(views.text, "\n", &rest); view;
         view = strtok_r(NULL, "\n", &rest)) {
        snprintf(sql, sizeof sql, "SELECT count(*) > 0 FROM (SELECT * FROM %s)", view);
        in_the_shell("-readonly", f->path, sql, "1\n");
    }
}

static void views_keep_their_columns(void **state)
{
    const struct fixture *f = *state;
    assert_answer(
        f->store, "SELECT group_concat(name) FROM pragma_table_info('run')",
        "id,identity,experiment,profile,cell,task,task_version,encoder,variant,seed,"
        "config,state,error,steps,parameters,flops,wall_s,cpu_s,tokens_per_s,"
        "peak_memory_mib,started,ended,provenance_id,removed,attempts,weights_hash,recipe_id");
    assert_answer(f->store, "SELECT group_concat(name) FROM pragma_table_info('metric')",
                  "id,run_id,split,step,name,value,count,total");
    assert_answer(f->store,
                  "SELECT group_concat(name, ', ') FROM pragma_table_info('curve')",
                  "run_id, split, step, " STORE_CURVE_VALUES);
    assert_answer(f->store, "SELECT group_concat(name) FROM pragma_table_info('v_curve')",
                  "run_id,experiment,profile,cell,task,encoder,variant,seed,recipe,state,"
                  "split,step,accuracy,token_error,sequence_error,perplexity,loss,tokens,"
                  "sequences");
    assert_answer(f->store, "SELECT group_concat(name) FROM pragma_table_info('v_summary')",
                  "experiment,profile,cell,task,encoder,variant,recipe,split,metric,runs,n,"
                  "mean,std,min,max,low,high,count,total");
    assert_answer(f->store,
                  "SELECT count(*) FROM sqlite_schema WHERE type = 'table' "
                  "AND sql NOT LIKE '%STRICT' AND sql NOT LIKE '%STRICT, WITHOUT ROWID'",
                  "0");
}

static void named_queries_run_and_describe_themselves(void **state)
{
    const struct fixture *f = *state;
    struct answer a = {.text = ""};
    put_split(f->store, add_run(f->store, (struct fake_run){.variant = "cope"}), "id", 25,
              100, 5);
    assert_true(query_count() >= 7);
    for (int i = 0; i < query_count(); i++) {
        assert_true(strlen(query_description(i)) > 10);
        assert_int_equal(query_find(query_name(i)), i);
        assert_ok(store_query(f->store, query_sql(i), NULL, 0, append_row, &a, &err));
    }
    assert_int_equal(query_find("no_such_query"), -1);
}

static void a_named_query_gives_the_numbers_worked_by_hand(void **state)
{
    const struct fixture *f = *state;
    const int wrong[] = {0, 1, 2}; /* 1 % is solved */
    for (int i = 0; i < 3; i++)
        put_split(f->store,
                  add_run(f->store, (struct fake_run){.variant = "cope", .seed = i}), "id",
                  wrong[i], 100, 1);
    assert_answer(f->store, query_sql(query_find("seeds_solved")),
                  "flip_flop|quick||cope|1|id|3|2|0.667");
    assert_answer(f->store, query_sql(query_find("accuracy_by_split")),
                  "flip_flop|quick||cope|1|id|3|99|1|98|100|50");
}

/* For each encoder the value with the smallest mean loss is chosen; test seeds do not count. */
static void tuned_chooses_by_the_mean_loss_on_valid(void **state)
{
    const struct fixture *f = *state;
    static const struct {
        const char *profile, *variant, *lr;
        int seed;
        double loss;
    } runs[] = {
        {"tune", "rope", "0.001", 101, 0.5}, {"tune", "rope", "0.001", 102, 0.1},
        {"tune", "rope", "0.003", 101, 0.3}, {"tune", "rope", "0.003", 102, 0.2},
        {"tune", "cope", "0.001", 101, 0.1}, {"tune", "cope", "0.003", 101, 0.2},
        {"quick", "cope", "0.003", 1, 0.0},
    };
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        char cell[32];
        snprintf(cell, sizeof cell, "train.lr=%s", runs[i].lr);
        const int64_t id = add_run(f->store, (struct fake_run){.profile = runs[i].profile,
                                                               .cell = cell,
                                                               .variant = runs[i].variant,
                                                               .seed = runs[i].seed,
                                                               .lr = runs[i].lr});
        put(f->store, id, "valid", "loss", runs[i].loss);
        put(f->store, id, "valid", "token_error", runs[i].loss / 10);
    }
    assert_answer(f->store, query_sql(query_find("tuned")),
                  "flip_flop|cope|0.001|chosen|1|0.1|0.1|1\n"
                  "flip_flop|cope|0.003||1|0.2|0.2|2\n"
                  "flip_flop|rope|0.001||2|0.3|0.5|3\n"
                  "flip_flop|rope|0.003|chosen|2|0.25|0.3|2.5");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(summary_of_three_seeds_as_worked_by_hand),
        CASE(one_seed_has_a_mean_and_no_spread),
        CASE(intervals_agree_with_the_c_code_for_any_number_of_seeds),
        CASE(t_quantiles_of_the_view_are_those_of_the_c_code),
        CASE(runs_that_are_not_done_are_not_averaged),
        CASE(missing_values_count_as_runs_and_not_as_numbers),
        CASE(what_differs_in_more_than_the_seed_is_never_averaged),
        CASE(results_are_those_of_the_last_step),
        CASE(references_are_told_as_accuracies_and_as_errors),
        CASE(speed_is_told_of_a_core_too),
        CASE(the_interval_of_a_rate_stays_between_0_and_1),
        CASE(one_seed_has_the_interval_of_its_places),
        CASE(seeds_without_spread_have_the_interval_of_all_places),
        CASE(means_and_spreads_are_those_of_statistics),
        CASE(an_unavailable_split_is_there_without_numbers),
        CASE(curves_have_every_step),
        CASE(published_numbers_stand_beside_ours),
        CASE(an_error_without_unit_stands_beside_both_of_ours),
        CASE(published_numbers_stay_alone_when_in_doubt),
        CASE(the_plain_variant_goes_by_the_encoders_name),
        CASE(progress_counts_states),
        CASE(every_view_works_in_the_plain_shell),
        CASE(views_keep_their_columns),
        CASE(named_queries_run_and_describe_themselves),
        CASE(tuned_chooses_by_the_mean_loss_on_valid),
        CASE(a_named_query_gives_the_numbers_worked_by_hand),
    };
    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
