/* Tables as a person and a program get them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "approx.h"
#include "filled_table.h"
#include "metric_text.h"
#include "store_matrix.h"

static void put_places(const struct fixture *f, int64_t run, const char *strata)
{
    const struct place_row p = {"id", 100, NULL, strata};
    assert_ok(store_places(f->store, run, &p, &err));
}

/* alpha errs where the write is far, beta only where all writes agree, which is rare. Both err
 * most where `far` is 7 and more: (10 + 0) of 40. With the 30 places of 5 these would be more
 * than a quarter of all. */
static void hard_places_are_those_where_all_err_most(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error", .strata = true};
    const struct table_request one = {.metrics = "token_error",
                                      .strata = true,
                                      .format = PRINT_CSV,
                                      .filters = (const char *const[]){"encoder=beta"},
                                      .n_filters = 1};
    static const char *const of[][2] = {
        {"alpha",
         "{\"far\":[[0,1,50],[5,2,30],[7,4,10],[9,6,10]],\"agree\":[[0,13,90],[1,0,10]]}"},
        {"beta",
         "{\"far\":[[0,3,50],[5,0,30],[7,0,10],[9,0,10]],\"agree\":[[0,0,90],[1,3,10]]}"}};
    for (int i = 0; i < 2; i++) {
        const int64_t id = add_run(f->store, (struct fake_run){.variant = of[i][0]});
        put_split(f->store, id, "id", i ? 3 : 13, 100, 2);
        put_places(f, id, of[i][1]);
    }
    const int64_t old = add_run(f->store, (struct fake_run){.variant = "older"});
    put_split(f->store, old, "id", 50, 100, 2);
    assert_holds(f->store, &q, "alpha     13.00 | 50.00");
    assert_holds(f->store, &q, "beta       3.00 | 0");
    assert_holds(f->store, &q, "older     50.00\n");
    assert_holds(
        f->store, &q,
        "| token_error in the hard places: id, far 7 and more (20 % of the places).");
    /* The hard places are the same when rows are chosen by a filter. */
    assert_holds(f->store, &one, "hard_error,hard_count,hard_total,hard\n");
    assert_holds(f->store, &one, ",0,0,20,far 7 and more (20 % of the places)\n");
    const struct table_request plain = {.metrics = "token_error"};
    assert_lacks(f->store, &plain, "hard");
    const struct table_request loss = {.metrics = "loss", .strata = true};
    assert_lacks(f->store, &loss, "hard");
}

static void the_default_table_is_this(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error"};
    fill(f->store);
    assert_printed(
        f->store, &q,
        "flip_flop, profile quick: token_error\n"
        "Scored tokens that are wrong, %; lower is better; mean ± std over 3 seeds.\n"
        "Evaluated on id 10 sequences, 500 scored tokens; ood_sparse 10 sequences, 80\n"
        "scored tokens.\n"
        "\n"
        "encoder                      id       ood_sparse\n"
        "--------------  ---------------  ---------------\n"
        "absolute        24.00 ± 0.40       n/a[1]\n"
        "rope             2.20 ± 0.28[2]  27.50 ± 3.54[2]\n"
        "cope(p_max=64)      0 (< 0.20)*      0 (< 1.25)*\n"
        "--------------  ---------------  ---------------\n"
        "chance          50.00            50.00\n"
        "majority        48.00            48.00\n"
        "ceiling          0.00             0.00\n"
        "\n"
        "* the best mean among the encoders it stands beside, or a mean within the 95 %\n"
        "  interval of the best.\n"
        "0 (< x) no error in any seed; x is the 95 % upper bound of these seeds' rate,\n"
        "        were errors independent: further seeds may err more.\n"
        "Seeds with at most 1 % of tokens wrong on valid: absolute 3 of 3; rope 2 of 2;\n"
        "cope(p_max=64) 3 of 3.\n"
        "[1] ood_sparse: absolute has no value beyond 256 tokens\n"
        "[2] 2 of 3 seeds; seed 3 failed: the loss is not a finite number\n");
}

static void both_units_of_error_are_printed_by_default(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.format = PRINT_TEXT};
    fill(f->store);
    assert_holds(f->store, &q, "flip_flop, profile quick: token_error\n");
    assert_holds(f->store, &q, "flip_flop, profile quick: sequence_error\n");
    assert_holds(f->store, &q, "Sequences with a wrong token, %;");
}

/* With one scored token in each sequence both metrics are equal. */
static void errors_per_sequence_are_left_out_where_they_are_errors_per_token(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.format = PRINT_TEXT};
    put_split(f->store, add_run(f->store, (struct fake_run){.variant = "cope"}), "id", 1,
              10, 1);
    assert_holds(f->store, &q, "one scored token each");
    assert_holds(f->store, &q, "one seed, so no spread");
    assert_lacks(f->store, &q, "sequence_error");
}

static void the_papers_numbers_stand_below_ours(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error", .published = true};
    fill(f->store);
    add_paper(f->store);
    assert_holds(f->store, &q,
                 "rope              2.20 ± 0.28[2]  27.50 ± 3.54[2]\n"
                 "  paper                           20.30\n"
                 "  difference                      +7.20\n"
                 "cope(p_max=64)       0 (< 0.20)*      0 (< 1.25)*\n"
                 "  paper          0.030 ± 0.060\n"
                 "  difference    -0.030\n");
    assert_holds(f->store, &q,
                 "paper: arXiv 1, Table 2. difference: ours minus the paper's");
    assert_holds(f->store, &q, "does not say whether it counts tokens or sequences");
}

/* Numbers of two sources alternate in the rows. */
static void each_source_is_named_once(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error", .published = true};
    const struct published_row p[] = {
        {"arXiv 1", "Table 2", "flip_flop", "", "cope", "id", "error", "", 0.1, 0.1},
        {"arXiv 1", "Table 9", "flip_flop", "", "cope", "ood_sparse", "error", "", 0.1,
         0.1},
        {"arXiv 1", "Table 2", "flip_flop", "", "rope", "id", "error", "", 0.1, 0.1},
        {"arXiv 1", "Table 9", "flip_flop", "", "rope", "ood_sparse", "error", "", 0.1,
         0.1},
    };
    fill(f->store);
    assert_ok(store_published(f->store, p, 4, &err));
    assert_holds(f->store, &q, "paper: arXiv 1, Table 2; arXiv 1, Table 9. difference:");
}

static void what_is_infinite_is_not_the_best(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "accuracy"};
    for (int i = 0; i < 2; i++) {
        const int64_t id =
            add_run(f->store, (struct fake_run){.variant = i ? "rope" : "cope", .seed = 1});
        const struct metric_row m = {"id", "accuracy", 100, i ? (double)INFINITY : 0.5,
                                     -1,   -1};
        assert_ok(store_metrics(f->store, id, &m, 1, &err));
    }
    assert_holds(f->store, &q, "rope       inf");
    assert_lacks(f->store, &q, "inf*");
    assert_lacks(f->store, &q, "nan");
}

/* 0.1 and 1e308 have a finite mean and an infinite interval. */
static void what_is_infinite_is_not_among_the_best(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "loss"};
    static const double loss[][2] = {{0.1, 1e308}, {(double)INFINITY, (double)INFINITY}};
    for (int i = 0; i < 4; i++)
        put(f->store,
            add_run(f->store, (struct fake_run){.variant = i / 2 ? "rope" : "cope",
                                                .seed = i % 2 + 1}),
            "id", "loss", loss[i / 2][i % 2]);
    char *text = printed(f->store, &q);
    const char *rope = strstr(text, "\nrope");
    assert_non_null(rope);
    assert_true(strcspn(rope + 1, "*") > strcspn(rope + 1, "\n"));
    free(text);
}

static void the_best_of_the_finite_ones_is_marked(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "accuracy"};
    static const double accuracy[] = {0.5, (double)INFINITY, 0.75};
    static const char *const variant[] = {"cope", "rope", "none"};
    for (int i = 0; i < 3; i++)
        put(f->store, add_run(f->store, (struct fake_run){.variant = variant[i]}), "id",
            "accuracy", accuracy[i]);
    assert_holds(f->store, &q, "75.00*");
}

static void markdown_is_this(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error", .format = PRINT_MD};
    fill(f->store);
    assert_holds(
        f->store, &q,
        "### flip_flop, profile quick: token_error\n\n"
        "Scored tokens that are wrong, %; lower is better; mean ± std over 3 seeds.\n"
        "Evaluated on id 10 sequences, 500 scored tokens; ood_sparse 10 sequences, 80 "
        "scored tokens.\n\n"
        "| encoder | id | ood_sparse |\n"
        "|:---|---:|---:|\n"
        "| absolute | 24.00 ± 0.40 | n/a\\[1\\] |\n"
        "| rope | 2.20 ± 0.28\\[2\\] | 27.50 ± 3.54\\[2\\] |\n"
        "| cope(p_max=64) | **0 (\\< 0.20)** | **0 (\\< 1.25)** |\n"
        "| chance | 50.00 | 50.00 |\n");
}

static void latex_is_this(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error", .format = PRINT_LATEX};
    fill(f->store);
    assert_holds(
        f->store, &q,
        "\\caption{flip\\_flop, profile quick: token\\_error. Scored tokens that are "
        "wrong, \\%; lower is better; mean $\\pm$ std over 3 seeds.");
    assert_holds(
        f->store, &q,
        "\\begin{tabular}{lr@{}lr@{}l}\n\\toprule\n"
        "encoder & \\multicolumn{2}{c}{id} & \\multicolumn{2}{c}{ood\\_sparse} \\\\\n"
        "\\midrule\n"
        "absolute & 24 & .00 $\\pm$ 0.40 & \\multicolumn{2}{c}{n/a$^{1}$} \\\\\n"
        "rope & 2 & .20 $\\pm$ 0.28$^{2}$ & 27 & .50 $\\pm$ 3.54$^{2}$ \\\\\n"
        "cope(p\\_max=64) & \\textbf{0} & \\ \\textbf{($<$ 0.20)} & \\textbf{0} & "
        "\\ \\textbf{($<$ 1.25)} \\\\\n"
        "\\midrule\nchance & 50 & .00 & 50 & .00 \\\\\n");
    assert_holds(f->store, &q, "\\label{tab:flip_flop-quick-token_error}\n\\setbox0");
    assert_holds(f->store, &q,
                 "% needs \\usepackage{booktabs}, \\usepackage{array}, "
                 "\\usepackage{graphicx}\n\\begin{table}\n");
    assert_holds(f->store, &q, "\n$^{2}$ 2 of 3 seeds; seed 3 failed");
}

static void html_is_this(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error", .format = PRINT_HTML};
    fill(f->store);
    assert_holds(
        f->store, &q,
        "<section class=table>\n<h3>flip_flop, profile quick: token_error</h3>\n"
        "<p>Scored tokens that are wrong, %; lower is better; mean ± std over 3 seeds.");
    assert_holds(
        f->store, &q,
        "<tr><td>cope(p_max=64)</td><td class=n><strong>0 (&#60; 0.20)</strong></td>");
    assert_holds(f->store, &q, "<li>[2] 2 of 3 seeds; seed 3 failed");
}

/* Braces and environments balance, and special characters are escaped. */
static void latex_is_well_formed(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.format = PRINT_LATEX, .published = true};
    int depth = 0;
    fill(f->store);
    add_paper(f->store);
    put_split(f->store,
              add_run(f->store,
                      (struct fake_run){.variant = "odd_{name}%$#&~^\\", .encoder = "odd"}),
              "id", 3, 500, 1);
    char *text = printed(f->store, &q);
    for (const char *c = text; *c; c++) {
        const int escaped = c > text && c[-1] == '\\';
        depth += !escaped && *c == '{';
        depth -= !escaped && *c == '}';
        assert_true(depth >= 0);
        /* labels and comments may hold what running text may not */
        const char *const line = c;
        const char *start = line;
        while (start > text && start[-1] != '\n')
            start--;
        if (strncmp(start, "\\label", 6) == 0 || *start == '%')
            continue;
        assert_false(!escaped && strchr("_#~", *c) != NULL);
        assert_false(!escaped && *c == '%');
    }
    assert_int_equal(depth, 0);
    assert_int_equal(occurrences(text, "\\begin{"), occurrences(text, "\\end{"));
    assert_non_null(strstr(text, "odd\\_\\{name\\}\\%\\$\\#\\&\\textasciitilde{}"
                                 "\\textasciicircum{}\\textbackslash{}"));
    free(text);
}

static const json_t *find_cell(const json_t *root, size_t table, const char *variant,
                               const char *split)
{
    const json_t *cells =
        json_object_get(json_array_get(json_object_get(root, "tables"), table), "cells");
    for (size_t i = 0; i < json_array_size(cells); i++) {
        const json_t *c = json_array_get(cells, i);
        if (strcmp(json_string_value(json_object_get(c, "variant")), variant) == 0 &&
            strcmp(json_string_value(json_object_get(c, "split")), split) == 0)
            return c;
    }
    fail_msg("no cell %s %s", variant, split);
    return NULL;
}

static double field(const json_t *cell, const char *name)
{
    const json_t *v = json_object_get(cell, name);
    assert_true(json_is_number(v));
    return json_number_value(v);
}

static void json_has_every_number_as_stored(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.format = PRINT_JSON, .published = true};
    fill(f->store);
    add_paper(f->store);
    char *text = printed(f->store, &q);
    json_t *root = parse_json(text);
    assert_int_equal(json_integer_value(json_object_get(root, "schema")), 1);
    assert_int_equal(json_array_size(json_object_get(root, "tables")), 2);
    const json_t *c = find_cell(root, 0, "absolute", "id");
    assert_near(field(c, "mean"), 0.24, 1e-15);
    assert_near(field(c, "std"), 0.004, 1e-15);
    /* Their spread is below that of chance, so they count as 1500 tries: (m - x)^2 = k x (1 -
     * x). */
    const double low = field(c, "low"), k = 4.3026527297 * 4.3026527297 / 1500;
    assert_near((0.24 - low) * (0.24 - low), k * low * (1 - low), 1e-9);
    assert_true(0.19 < low && low < 0.24);
    assert_near(field(c, "n"), 3, 0);
    assert_near(field(c, "count"), 360, 0);
    assert_near(field(c, "total"), 1500, 0);
    assert_near(field(c, "chance"), 0.5, 0);
    assert_true(json_is_null(json_object_get(c, "bound")));
    assert_int_equal(json_array_size(json_object_get(c, "runs")), 3);
    c = find_cell(root, 0, "absolute", "ood_sparse");
    assert_true(json_is_null(json_object_get(c, "mean")));
    assert_string_equal(json_string_value(json_object_get(c, "experiment")), "flip_flop");
    c = find_cell(root, 0, "cope(p_max=64)", "id");
    assert_near(field(c, "bound"), 1 - pow(0.05, 1.0 / 1500), 1e-12);
    assert_near(field(c, "difference"), -0.0003, 1e-15);
    assert_string_equal(json_string_value(json_object_get(c, "encoder")), "cope");
    json_decref(root);
    free(text);
}

/* Every line has as many fields as the header; commas are inside quotes. */
static void csv_is_well_formed(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.format = PRINT_CSV};
    int fields = 0, want = 0, lines = 0, quoted = 0;
    fill(f->store);
    add_run(f->store, (struct fake_run){
                          .variant = "odd,\"name\"", .state = "failed", .error = "a, b"});
    char *text = printed(f->store, &q);
    for (const char *c = text; *c; c++) {
        quoted ^= *c == '"';
        fields += !quoted && (*c == ',' || *c == '\n');
        if (quoted || *c != '\n')
            continue;
        want = lines++ ? want : fields;
        assert_int_equal(fields, want);
        fields = 0;
    }
    assert_int_equal(lines, 1 + 2 * 4 * 2);
    assert_non_null(strstr(text, ",\"odd,\"\"name\"\"\","));
    assert_non_null(strstr(text, "experiment,profile,task,cell,encoder,variant,seed,split,"
                                 "metric,n,mean,std,"));
    free(text);
}

static void chance_is_in_the_metrics_own_sense(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {.metrics = "accuracy"};
    fill(f->store);
    assert_holds(f->store, &q, "chance           50.00");
    assert_holds(f->store, &q, "majority         52.00");
    assert_holds(f->store, &q, "ceiling         100.00");
    q.metrics = "perplexity";
    assert_holds(f->store, &q, "chance          2.000");
    assert_lacks(f->store, &q, "majority");
    q.metrics = "sequence_error";
    assert_lacks(f->store, &q, "chance");
}

static void csv_has_chance_in_the_metrics_own_sense_too(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {.metrics = "accuracy", .format = PRINT_CSV};
    fill(f->store);
    assert_holds(f->store, &q, ",0.5,0.52,1,");
    q.metrics = "token_error";
    assert_holds(f->store, &q, ",0.5,0.48,0,");
    q.metrics = "perplexity";
    assert_holds(f->store, &q, ",2,,,");
}

static void an_upper_bound_is_rounded_up(void **state)
{
    const struct metric_info *m = metric_info("token_error");
    char text[METRIC_TEXT];
    (void)state;
    assert_string_equal(metric_bound(m, 0.0000922289, text), "0.0093");
    assert_string_equal(metric_bound(m, 0.012404, text), "1.25");
    assert_string_equal(metric_bound(m, 0.07, text), "7.00");
    assert_string_equal(metric_bound(m, 0.0029, text), "0.29");
    assert_string_equal(metric_bound(m, 1.0, text), "100.00");
}

static void higher_is_better_for_accuracy(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "accuracy"};
    fill(f->store);
    assert_holds(f->store, &q, "cope(p_max=64)  100.00 ± 0.00*");
    assert_holds(f->store, &q, "higher is better");
    assert_lacks(f->store, &q, "76.00 ± 0.40*");
}

/* Encoders are compared within a cell of the grid, so each cell has its own best. */
static void a_grid_has_its_cells_as_rows(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error"};
    static const char *const cell[] = {"dim=2", "dim=4"};
    for (int i = 0; i < 4; i++)
        put_split(f->store,
                  add_run(f->store, (struct fake_run){.variant = i % 2 ? "rope" : "cope",
                                                      .cell = cell[i / 2]}),
                  "id", i + 1, 100, 1);
    /* a run added later is placed next to its like */
    put_split(f->store,
              add_run(f->store, (struct fake_run){.variant = "none", .cell = "dim=2"}),
              "id", 9, 100, 1);
    assert_holds(f->store, &q,
                 "cell   encoder       id\n"
                 "-----  --------  ------\n"
                 "dim=2  cope       1.00*\n"
                 "       rope       2.00\n"
                 "       none       9.00\n"
                 "-----  --------  ------\n"
                 "dim=4  cope       3.00*\n"
                 "       rope       4.00\n"
                 "-----  --------  ------\n"
                 "       chance    50.00\n");
}

static void rows_and_columns_can_be_chosen(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {.metrics = "token_error", .rows = "split", .cols = "variant"};
    fill(f->store);
    assert_holds(
        f->store, &q,
        "split           absolute             rope  cope(p_max=64)  chance  majority  "
        "ceiling\n");
    assert_holds(f->store, &q,
                 "id          24.00 ± 0.40   2.20 ± 0.28[1]     0 (< 0.20)*   50.00");
    q.rows = "seed";
    q.cols = "split";
    assert_holds(f->store, &q, "each seed by itself");
    assert_holds(f->store, &q, "absolute        1         23.60 ");
    assert_holds(
        f->store, &q,
        "\n* the best value among the encoders it stands beside.\n"
        "0 (< x) no error in this one seed; x is the 95 % upper bound of its rate, were");
    q.rows = "encoder";
    q.cols = "encoder";
    assert_fails(f->store, &q, ST_USAGE, "both");
    q.cols = "spilt";
    assert_fails(f->store, &q, ST_USAGE, "did you mean \"split\"");
}

/* Two experiments are side by side; each has one variant of cope, and a note tells their
 * names. */
static void tests_of_several_experiments_share_a_table(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {
        .metrics = "token_error", .rows = "test", .cols = "encoder", .merge = true};
    fill(f->store);
    const int64_t id = add_run(f->store, (struct fake_run){.experiment = "counting",
                                                           .cell = "task.variables=1",
                                                           .variant = "cope(p_max=16)",
                                                           .encoder = "cope",
                                                           .seed = 1});
    const struct metric_row row = {"id", "token_error", 100, 0.5, 5, 10};
    assert_ok(store_metrics(f->store, id, &row, 1, &err));
    assert_holds(
        f->store, &q,
        "\nflip_flop id                  24.00 ± 0.40   2.20 ± 0.28[1]      0 (< 0.20)*"
        "   50.00     48.00     0.00\n");
    assert_holds(f->store, &q,
                 "\ncounting task.variables=1 id                                 "
                 "50.00[3]            n/a       n/a      n/a\n");
    assert_holds(f->store, &q,
                 "cope is cope(p_max=64) in flip_flop; cope(p_max=16) in counting.\n");
}

/* Where an experiment has two variants of an encoder, each keeps its full name. */
static void variants_beside_each_other_keep_their_names(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error", .merge = true};
    fill(f->store);
    const int64_t id = add_run(
        f->store,
        (struct fake_run){.variant = "cope(p_max=16)", .encoder = "cope", .seed = 1});
    const struct metric_row row = {"id", "token_error", 100, 0.5, 5, 10};
    assert_ok(store_metrics(f->store, id, &row, 1, &err));
    assert_holds(f->store, &q, "\ncope(p_max=64) ");
    assert_holds(f->store, &q, "\ncope(p_max=16) ");
    assert_lacks(f->store, &q, "cope is ");
}

static void filters_choose_runs(void **state)
{
    const struct fixture *f = *state;
    const char *filters[] = {"encoder=c*", "split=ood_*"};
    struct table_request q = {.metrics = "token_error", .filters = filters, .n_filters = 2};
    fill(f->store);
    assert_holds(f->store, &q,
                 "encoder             ood_sparse\n"
                 "--------------  --------------\n"
                 "cope(p_max=64)      0 (< 1.25)\n");
    filters[0] = "seed=1";
    filters[1] = "split=valid";
    assert_holds(f->store, &q, "one seed");
    assert_holds(f->store, &q, "valid\n");
    filters[0] = "encodre=cope";
    assert_fails(f->store, &q, ST_USAGE, "did you mean \"encoder\"");
    filters[0] = "encoder";
    assert_fails(f->store, &q, ST_USAGE, "KEY=GLOB");
    filters[0] = "encoder=none";
    assert_fails(f->store, &q, ST_NOTFOUND, "posbench list runs");
}

static void valid_is_no_test_unless_it_is_all_there_is(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error"};
    fill(f->store);
    /* It has neither a column nor a heading; a note tells how many seeds solve it. */
    assert_lacks(f->store, &q, "  valid");
    assert_lacks(f->store, &q, "; valid");
    assert_lacks(f->store, &q, "Evaluated on valid");
    put_split(f->store,
              add_run(f->store, (struct fake_run){.experiment = "only", .variant = "cope"}),
              "valid", 1, 100, 1);
    assert_holds(f->store, &q, "only, profile quick");
    assert_holds(f->store, &q, "Evaluated on valid");
}

static void identities_choose_runs(void **state)
{
    const struct fixture *f = *state;
    const struct member_row file[] = {
        {"flip_flop/quick//absolute/1/100", "flip_flop", "paper", "model.dim=8"},
        {"flip_flop/quick//absolute/2/100", "flip_flop", "paper", "model.dim=8"},
        {"flip_flop/quick//absolute/77/100", "flip_flop", "paper", "model.dim=8"}};
    const struct table_request q = {.metrics = "token_error", .rows = "cell"};
    fill(f->store);
    assert_holds(f->store, &q, "flip_flop, profile quick");
    assert_ok(store_speak_of(f->store, file, 3, &err));
    assert_holds(f->store, &q, "over 2 seeds");
    /* They are shown as the file has them, not as they were stored. */
    assert_holds(f->store, &q, "flip_flop, profile paper");
    assert_lacks(f->store, &q, "profile quick");
    assert_lacks(f->store, &q, "rope");
}

static void a_file_without_runs_chooses_none(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error"};
    fill(f->store);
    assert_ok(store_speak_of(f->store, NULL, 0, &err));
    assert_fails(f->store, &q, ST_NOTFOUND, "no run matches");
}

/* Two seeds with 100 steps and one with 200: the exception says what differs. */
static void runs_with_other_settings_are_told_apart(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error"};
    for (int i = 0; i < 3; i++)
        put_split(f->store,
                  add_run(f->store, (struct fake_run){.variant = "cope",
                                                      .seed = i + 1,
                                                      .steps = i == 0 ? 200 : 100}),
                  "id", 10 * i, 100, 1);
    assert_holds(f->store, &q,
                 "cope {train.steps=200}      0 (< 2.96)*[1]\n"
                 "cope                    15.00 ± 7.07\n");
    assert_holds(f->store, &q, "[1] 1 of 2 seeds\n");
}

static void runs_that_are_not_done_are_told(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error"};
    fill(f->store);
    add_run(f->store, (struct fake_run){.variant = "none", .seed = 1, .state = "new"});
    add_run(f->store,
            (struct fake_run){.variant = "none", .seed = 2, .state = "interrupted"});
    assert_holds(f->store, &q, "none              n/a[3] ");
    assert_holds(f->store, &q,
                 "0 of 3 seeds; seed 1 is not done yet; seed 2 was interrupted\n");
}

static void a_database_without_numbers_says_so(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.format = PRINT_TEXT}, other = {.experiment = "x*"};
    assert_fails(f->store, &q, ST_NOTFOUND, "posbench list runs");
    add_run(f->store, (struct fake_run){.variant = "none", .state = "new"});
    assert_fails(
        f->store, &q, ST_NOTFOUND,
        "none of the runs that match is done yet: `posbench plan` shows how far they "
        "are, `posbench run` trains them");
    assert_fails(f->store, &other, ST_NOTFOUND, "no run matches");
}

static void an_unknown_metric_gets_a_suggestion(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {.metrics = "token_eror"};
    fill(f->store);
    assert_fails(f->store, &q, ST_USAGE, "did you mean \"token_error\"");
    q.metrics = "token_error,,loss";
    assert_fails(f->store, &q, ST_USAGE, "commas");
    q.metrics = "";
    assert_fails(f->store, &q, ST_USAGE, "empty");
}

static void each_experiment_and_profile_has_its_table(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {.metrics = "token_error"};
    const struct fake_run runs[] = {{.variant = "cope"},
                                    {.variant = "cope", .profile = "paper"},
                                    {.variant = "cope", .experiment = "counting"}};
    for (int i = 0; i < 3; i++)
        put_split(f->store, add_run(f->store, runs[i]), "id", 5 * (i + 1), 100, 1);
    char *text = printed(f->store, &q);
    assert_int_equal(occurrences(text, "Evaluated on"), 3);
    free(text);
    q.rows = "experiment";
    q.profile = "quick";
    assert_holds(
        f->store, &q,
        "experiment     id\n----------  -----\nflip_flop    5.00\ncounting    15.00\n");
    assert_lacks(f->store, &q, "paper");
}

/* Runs of several tables alternate in the file. Every seventh run failed and has no numbers,
 * in either split. */
static void each_of_many_cells_has_its_own_runs(void **state)
{
    enum { CELLS = 23, VARIANTS = 3, SEEDS = 2, EXPERIMENTS = 2 };
    static const char *const variant[] = {"alpha", "beta", "gamma"};
    static const char *const split[] = {"id", "ood"};
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error", .format = PRINT_CSV};
    char *cell[CELLS], line[160];
    for (int i = 0; i < CELLS; i++) {
        cell[i] = malloc(16);
        snprintf(cell[i], 16, "dim=%d", i);
    }
    for (int i = 0; i < CELLS * VARIANTS * SEEDS * EXPERIMENTS; i++) {
        const int row = i / EXPERIMENTS / SEEDS;
        const struct fake_run r = {.experiment = i % EXPERIMENTS ? "counting" : "flip_flop",
                                   .cell = cell[row / VARIANTS],
                                   .variant = variant[row % VARIANTS],
                                   .seed = i / EXPERIMENTS % SEEDS + 1,
                                   .state = i % 7 ? "done" : "failed"};
        const int64_t id = add_run(f->store, r);
        assert_int_equal(id, i + 1);
        for (int k = 0; k < 2 && i % 7; k++)
            put_split(f->store, id, split[k], i + k, 1000, 2);
    }
    char *text = printed(f->store, &q);
    for (int i = 0; i < CELLS * VARIANTS * EXPERIMENTS * 2; i++) {
        const int k = i % 2, row = i / 2 / EXPERIMENTS, experiment = i / 2 % EXPERIMENTS;
        const int a = row * SEEDS * EXPERIMENTS + experiment, b = a + EXPERIMENTS;
        const int n = (a % 7 != 0) + (b % 7 != 0);
        const double sum = (a % 7 ? a + k : 0) + (b % 7 ? b + k : 0);
        snprintf(line, sizeof line, "\n%s,quick,%s,%s,%s,%s,,%s,token_error,%d,",
                 experiment ? "counting" : "flip_flop",
                 experiment ? "counting" : "flip_flop", cell[row / VARIANTS],
                 variant[row % VARIANTS], variant[row % VARIANTS], split[k], n);
        char *at = strstr(text, line);
        if (!at)
            print_error("no line \"%s\" in\n%s\n", line, text);
        assert_non_null(at);
        assert_near(strtod(at + strlen(line), NULL), sum / n / 1000, 1e-12);
        snprintf(line, sizeof line, ",%d %d\n", a + 1, b + 1);
        assert_ptr_equal(strstr(at, line), strchr(at + 1, '\n') + 1 - strlen(line));
    }
    for (int i = 0; i < CELLS; i++)
        free(cell[i]);
    free(text);
}

static void a_run_of_two_experiments_is_in_the_tables_of_both(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error"};
    const struct run_row first = {.identity = "both",
                                  .experiment = "flip_flop",
                                  .profile = "quick",
                                  .cell = "",
                                  .task = "flip_flop",
                                  .encoder = "rope",
                                  .variant = "rope",
                                  .config = "{}",
                                  .task_version = 1,
                                  .seed = 1};
    struct run_row second = first;
    int64_t id = 0;
    second.experiment = "again";
    assert_ok(store_run(f->store, &first, &id, NULL, &err));
    assert_ok(store_run(f->store, &second, &id, NULL, &err));
    assert_ok(store_done(f->store, id, &(struct run_cost){.steps = 100}, &err));
    put_split(f->store, id, "id", 3, 100, 2);
    assert_holds(f->store, &q, "flip_flop, profile quick: token_error\n");
    assert_holds(f->store, &q, "again, profile quick: token_error\n");
}

static void numbers_are_printed_with_suitable_decimals(void **state)
{
    const struct metric_info *const error = metric_info("token_error"), *const loss =
                                                                            metric_info(
                                                                                "loss");
    char text[METRIC_TEXT];
    const double nan = (double)NAN;
    (void)state;
    assert_string_equal(metric_mean_std(error, 0.12345, 0.01, text), "12.35 ± 1.00");
    assert_string_equal(metric_mean_std(error, 0.00004, 0.00006, text), "0.0040 ± 0.0060");
    assert_string_equal(metric_mean_std(error, 0.001, nan, text), "0.10");
    assert_string_equal(metric_mean_std(error, 0, 0, text), "0.00 ± 0.00");
    assert_string_equal(metric_mean_std(error, nan, nan, text), "n/a");
    assert_string_equal(metric_mean_std(error, 1e300, nan, text), "1e+302");
    const struct metric_info *const accuracy = metric_info("accuracy");
    assert_string_equal(metric_mean_std(accuracy, 0.999987, 0.00002, text),
                        "99.9987 ± 0.0020");
    assert_string_equal(metric_mean_std(accuracy, 1, 0, text), "100.00 ± 0.00");
    assert_string_equal(metric_mean_std(accuracy, 0.5, 0.1, text), "50.00 ± 10.00");
    assert_string_equal(metric_mean_std(loss, 0.69314, 0.1, text), "0.693 ± 0.100");
    assert_string_equal(metric_mean_std(loss, 23.456, 0.1, text), "23.46 ± 0.10");
    assert_string_equal(metric_mean_std(loss, 1234567, nan, text), "1.23e+06");
    assert_string_equal(metric_mean_std(loss, (double)INFINITY, nan, text), "inf");
    assert_string_equal(metric_mean_std(metric_info("other"), 1.5, nan, text), "1.500");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_default_table_is_this),
        CASE(hard_places_are_those_where_all_err_most),
        CASE(both_units_of_error_are_printed_by_default),
        CASE(errors_per_sequence_are_left_out_where_they_are_errors_per_token),
        CASE(the_papers_numbers_stand_below_ours),
        CASE(each_source_is_named_once),
        CASE(what_is_infinite_is_not_the_best),
        CASE(what_is_infinite_is_not_among_the_best),
        CASE(the_best_of_the_finite_ones_is_marked),
        CASE(markdown_is_this),
        CASE(latex_is_this),
        CASE(html_is_this),
        CASE(latex_is_well_formed),
        CASE(json_has_every_number_as_stored),
        CASE(csv_is_well_formed),
        CASE(chance_is_in_the_metrics_own_sense),
        CASE(csv_has_chance_in_the_metrics_own_sense_too),
        CASE(an_upper_bound_is_rounded_up),
        CASE(higher_is_better_for_accuracy),
        CASE(a_grid_has_its_cells_as_rows),
        CASE(rows_and_columns_can_be_chosen),
        CASE(tests_of_several_experiments_share_a_table),
        CASE(variants_beside_each_other_keep_their_names),
        CASE(filters_choose_runs),
        CASE(valid_is_no_test_unless_it_is_all_there_is),
        CASE(identities_choose_runs),
        CASE(a_file_without_runs_chooses_none),
        CASE(runs_with_other_settings_are_told_apart),
        CASE(runs_that_are_not_done_are_told),
        CASE(a_database_without_numbers_says_so),
        CASE(an_unknown_metric_gets_a_suggestion),
        CASE(each_experiment_and_profile_has_its_table),
        CASE(each_of_many_cells_has_its_own_runs),
        CASE(a_run_of_two_experiments_is_in_the_tables_of_both),
        cmocka_unit_test(numbers_are_printed_with_suitable_decimals),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
