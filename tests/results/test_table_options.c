/* Options of a table: spreads, order, names, bold print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filled_table.h"

/* Losses of absolute 0.236, 0.240, 0.244: mean 0.240, deviation 0.004, and, by Student's t
 * with 2 degrees of freedom, +- 4.3027 * 0.004 / sqrt(3) = 0.0099. */
static void what_stands_behind_the_mean_can_be_chosen(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {.metrics = "loss", .spread = SPREAD_STD};
    fill(f->store);
    assert_holds(f->store, &q, "mean ± std over 3 seeds.");
    assert_holds(f->store, &q, "\nabsolute        0.240 ± 0.004  ");
    q.spread = SPREAD_CI;
    assert_holds(f->store, &q, "mean [95 % interval] over 3\nseeds.");
    assert_holds(f->store, &q, "\nabsolute        0.240 [0.230, 0.250]  ");
    assert_lacks(f->store, &q, "±");
    q.spread = SPREAD_RANGE;
    assert_holds(f->store, &q, "mean [least, most] over 3\nseeds.");
    assert_holds(f->store, &q, "\nabsolute        0.240 [0.236, 0.244]  ");
    assert_lacks(f->store, &q, "±");
}

/* Returns where `part` begins in the printed text; fails when it is not there. */
static size_t place(const char *text, const char *part)
{
    const char *at = strstr(text, part);
    if (!at)
        print_error("\"%s\" is not in:\n%s\n", part, text);
    assert_non_null(at);
    return (size_t)(at - text);
}

static void assert_order(struct store *s, const struct table_request *q, const char *a,
                         const char *b, const char *c)
{
    char *text = printed(s, q);
    assert_true(place(text, a) < place(text, b));
    assert_true(place(text, b) < place(text, c));
    free(text);
}

static void rows_are_ordered_by_a_column_or_by_name(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {.metrics = "token_error"};
    fill(f->store);
    assert_order(f->store, &q, "\nabsolute ", "\nrope ", "\ncope(");
    q.sort = "id";
    assert_order(f->store, &q, "\ncope(", "\nrope ", "\nabsolute ");
    assert_holds(f->store, &q, "\nrope             2.20 ± 0.28[1]  27.50 ± 3.54[1]\n");
    q.sort = "name";
    assert_order(f->store, &q, "\nabsolute ", "\ncope(", "\nrope ");
    /* A row without a value is last, although it came first. */
    q.sort = "ood_sparse";
    assert_order(f->store, &q, "\ncope(", "\nrope ", "\nabsolute ");
    /* The largest accuracy is the best. */
    q.sort = "id";
    q.metrics = "accuracy";
    assert_order(f->store, &q, "\ncope(", "\nrope ", "\nabsolute ");
    q.sort = "ood_sprase";
    assert_fails(f->store, &q, ST_USAGE, "did you mean \"ood_sparse\"");
    q.format = PRINT_CSV;
    q.sort = "id";
    assert_order(f->store, &q, ",cope(p_max=64),", ",rope,", ",absolute,");
}

static void numbers_in_names_are_ordered_by_their_size(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {.metrics = "token_error", .sort = "name"};
    static const char *const variants[] = {"p=16", "p=9", "P=128"};
    for (int i = 0; i < 3; i++)
        put_split(f->store, add_run(f->store, (struct fake_run){.variant = variants[i]}),
                  "id", i, 100, 1);
    assert_order(f->store, &q, "\np=9 ", "\np=16 ", "\nP=128 ");
}

/* Cells of a grid keep their place; only the rows within each are sorted. */
static void order_stays_within_what_leads_the_rows(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {.metrics = "token_error", .sort = "id"};
    for (int i = 0; i < 4; i++)
        put_split(f->store,
                  add_run(f->store, (struct fake_run){.variant = i % 2 ? "rope" : "cope",
                                                      .cell = i / 2 ? "dim=4" : "dim=2"}),
                  "id", 9 - i, 100, 1);
    assert_holds(f->store, &q,
                 "dim=2  rope       8.00*\n"
                 "       cope       9.00\n"
                 "-----  --------  ------\n"
                 "dim=4  rope       6.00*\n"
                 "       cope       7.00\n");
}

static void headings_have_the_names_that_are_asked_for(void **state)
{
    const struct fixture *f = *state;
    const char *names[] = {"cope=CoPE", "ood_sparse=sparse", "absolute=Absolute=1"};
    struct table_request q = {.metrics = "token_error", .names = names, .n_names = 3};
    fill(f->store);
    assert_holds(f->store, &q, "\nencoder                      id           sparse\n");
    assert_holds(f->store, &q, "\nCoPE(p_max=64) ");
    assert_holds(f->store, &q, "\nAbsolute=1 ");
    assert_holds(f->store, &q, "; sparse 10 sequences");
    assert_holds(f->store, &q, "Absolute=1 3 of 3; rope 2 of 2;\nCoPE(p_max=64) 3 of 3.");
    assert_holds(f->store, &q, "[1] sparse: absolute has no value");
    /* The whole name of a variant, which contains a '='. */
    names[0] = "cope(p_max=64)=CoPE";
    q.sort = "sparse";
    assert_holds(f->store, &q, "\nCoPE      ");
    assert_lacks(f->store, &q, "p_max");
    q.n_names = 1;
    q.sort = NULL;
    q.format = PRINT_CSV;
    assert_holds(f->store, &q, ",cope(p_max=64),");
}

static void names_that_would_mislead_are_refused(void **state)
{
    const struct fixture *f = *state;
    const char *name[] = {"cpoe=CoPE", "absolute=rope"};
    struct table_request q = {.metrics = "token_error", .names = name, .n_names = 1};
    fill(f->store);
    assert_fails(f->store, &q, ST_USAGE, "no heading is \"cpoe\"");
    name[0] = "cope";
    assert_fails(f->store, &q, ST_USAGE, "expected OLD=NEW");
    name[0] = "cope=";
    assert_fails(f->store, &q, ST_USAGE, "expected OLD=NEW");
    name[0] = "absolute=rope";
    assert_fails(f->store, &q, ST_USAGE,
                 "\"absolute\" and \"rope\" would both be \"rope\"");
    name[0] = "absolute=X";
    name[1] = "rope=X";
    q.n_names = 2;
    assert_fails(f->store, &q, ST_USAGE, "would both be \"X\"");
}

static void a_caption_takes_the_place_of_the_title(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {.metrics = "token_error", .caption = "Flip-flop, 100 %"};
    fill(f->store);
    assert_holds(f->store, &q, "Flip-flop, 100 %\nScored tokens");
    assert_lacks(f->store, &q, "profile quick");
    q.format = PRINT_LATEX;
    assert_holds(f->store, &q, "\\caption{Flip-flop, 100 \\%}\n\\label{");
    assert_holds(f->store, &q,
                 "\nScored tokens that are wrong, \\%; lower is better; mean");
    assert_lacks(f->store, &q, "profile quick");
}

static void the_papers_numbers_stand_in_the_same_cell(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error",
                                    .published = PUBLISHED_BESIDE};
    fill(f->store);
    add_paper(f->store);
    assert_holds(f->store, &q, "27.50 ± 3.54 (20.30)[2]\n");
    assert_holds(f->store, &q, "0 (< 0.20) (0.030)*");
    assert_lacks(f->store, &q, "difference");
    assert_lacks(f->store, &q, "\n  paper");
    assert_holds(f->store, &q, "\n(y) the paper's number: arXiv 1, Table 2.\n");
    assert_holds(f->store, &q, "does not say whether it counts tokens or sequences");
}

static void that_no_paper_has_a_number_is_said(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "loss", .published = PUBLISHED_BELOW};
    fill(f->store);
    assert_holds(f->store, &q, "\nNo paper's number is known for these cells.\n");
    add_paper(f->store);
    assert_holds(
        f->store,
        &(struct table_request){.metrics = "token_error", .published = PUBLISHED_BELOW},
        "\npaper: arXiv 1, Table 2. ");
    assert_lacks(
        f->store,
        &(struct table_request){.metrics = "token_error", .published = PUBLISHED_BELOW},
        "No paper's");
}

/* Splits of the same name in two experiments each have their own size. */
static void sizes_are_those_of_each_test(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {
        .metrics = "token_error", .rows = "test", .cols = "encoder"};
    fill(f->store);
    put_split(f->store,
              add_run(f->store, (struct fake_run){.experiment = "sort", .variant = "rope"}),
              "id", 1, 70, 1);
    assert_holds(
        f->store, &q,
        "Evaluated on flip_flop id 10 sequences, 500 scored tokens; flip_flop "
        "ood_sparse\n10 sequences, 80 scored tokens; sort id 10 sequences, 70 scored "
        "tokens.\n");
}

/* There are more tests than a heading can name. */
static void many_sizes_are_ranges(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {
        .metrics = "token_error", .rows = "test", .cols = "encoder"};
    char name[16];
    for (int i = 0; i < 13; i++) {
        snprintf(name, sizeof name, "task_%d", i);
        const int64_t id =
            add_run(f->store, (struct fake_run){.experiment = name, .variant = "rope"});
        const struct metric_row seen = {"id", "seen", 100, 0.25, 1, 4};
        put_split(f->store, id, "id", 1, 100 + i, 1);
        assert_ok(store_metrics(f->store, id, &seen, 1, &err));
    }
    assert_holds(
        f->store, &q,
        "\nEvaluated on 13 tests of 10 sequences, 100 to 112 scored tokens; of the\n"
        "sequences of a test training had seen up to 25 %.\n");
}

/* The best, 0.10, has seeds 0.09, 0.10, 0.11: its interval ends at 0.10 + 4.3027 * 0.01 /
 * sqrt(3) = 0.1248, between the near and the far mean. */
static void means_within_the_interval_of_the_best_are_bold_too(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {.metrics = "loss"};
    static const struct {
        const char *variant;
        double mean, step;
    } of[] = {{"best", 0.10, 0.01}, {"near", 0.12, 0.001}, {"far", 0.13, 0.001}};
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++)
            put(f->store,
                add_run(f->store,
                        (struct fake_run){.variant = of[i].variant, .seed = k + 1}),
                "id", "loss", of[i].mean + (k - 1) * of[i].step);
    assert_holds(f->store, &q, "best     0.100 ± 0.010*\n");
    assert_holds(f->store, &q, "near     0.120 ± 0.001*\n");
    assert_holds(f->store, &q, "far      0.130 ± 0.001\n");
    assert_holds(f->store, &q,
                 "\n* the best mean among the encoders it stands beside, or a "
                 "mean within the 95 %\n  interval of the best.\n");
    q.best = BEST_MEAN;
    assert_holds(f->store, &q, "best     0.100 ± 0.010*\n");
    assert_holds(f->store, &q, "near     0.120 ± 0.001\n");
    assert_holds(f->store, &q, "\n* the best mean among the encoders it stands beside.\n");
}

/* A list keeps all of its names; a comma within brackets does not separate. */
static void filters_take_lists(void **state)
{
    const struct fixture *f = *state;
    const char *filter = "encoder=rope,cope";
    struct table_request q = {.metrics = "token_error", .filters = &filter, .n_filters = 1};
    fill(f->store);
    add_run(f->store, (struct fake_run){.variant = "cope(p=1,q=2)", .encoder = "other"});
    assert_holds(f->store, &q, "\nrope ");
    assert_holds(f->store, &q, "\ncope(p_max=64) ");
    assert_lacks(f->store, &q, "absolute");
    filter = "variant=cope(p=1,q=2),absolute";
    assert_holds(f->store, &q, "\nabsolute ");
    assert_holds(f->store, &q, "\ncope(p=1,q=2) ");
    assert_lacks(f->store, &q, "rope");
    filter = "variant=cope(p=1,q=2)";
    assert_fails(f->store, &q, ST_NOTFOUND, "1 runs match");
    filter = "state=done,faild";
    assert_fails(f->store, &q, ST_USAGE, "did you mean \"failed\"");
}

/* Numbers are compared by value; options of tasks and encoders are nested in the
 * configuration. */
static void filters_take_settings(void **state)
{
    const struct fixture *f = *state;
    const char *filter = "train.lr=1e-3";
    struct table_request q = {.metrics = "token_error", .filters = &filter, .n_filters = 1};
    static const char *const lr[] = {"0.001", "0.003", "0.01"};
    static const char *const variant[] = {"one", "two", "three"};
    static const char *const more[] = {
        "\"task\": {\"options\": {\"length\": 16}}, \"encoder\": [{\"name\": \"cope\", "
        "\"options\": {\"p_max\": 64, \"sharp\": true}}]",
        "\"task\": {\"options\": {\"length\": 32}}", NULL};
    for (int i = 0; i < 3; i++)
        put_split(
            f->store,
            add_run(f->store,
                    (struct fake_run){.variant = variant[i], .lr = lr[i], .more = more[i]}),
            "id", 9 - i, 100, 1);
    assert_holds(f->store, &q, "\none ");
    assert_lacks(f->store, &q, "two");
    filter = "train.lr=0.003,0.01";
    assert_holds(f->store, &q, "\ntwo ");
    assert_holds(f->store, &q, "\nthree ");
    assert_lacks(f->store, &q, "\none ");
    filter = "task.length=*";
    assert_holds(f->store, &q, "\none ");
    assert_holds(f->store, &q, "\ntwo ");
    assert_lacks(f->store, &q, "three");
    filter = "encoder.sharp=true";
    assert_holds(f->store, &q, "\none ");
    assert_lacks(f->store, &q, "two");
    filter = "train.lr=5";
    assert_fails(f->store, &q, ST_NOTFOUND, "none has train.lr=5");
    filter = "tran.lr=5";
    assert_fails(f->store, &q, ST_USAGE, "did you mean \"train\"");
}

/* Numbers are aligned at the decimal point, bold ones too, and a minus is typeset as one. */
static void latex_lines_up_at_the_point(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {
        .metrics = "loss", .format = PRINT_LATEX, .spread = SPREAD_CI};
    fill(f->store);
    assert_holds(f->store, &q, "\\begin{tabular}{lr@{}lr@{}l}\n");
    assert_holds(f->store, &q, "encoder & \\multicolumn{2}{c}{id} & ");
    assert_holds(
        f->store, &q,
        "absolute & 0 & .240 [0.230, 0.250] & \\multicolumn{2}{c}{n/a$^{1}$} \\\\\n");
    assert_holds(f->store, &q, "rope & 0 & .022 [$-$0.003, 0.047]$^{2}$ & ");
    assert_holds(f->store, &q, " & \\textbf{0} & \\textbf{.000 [0.000, 0.000]} \\\\\n");
    assert_lacks(f->store, &q, "[-");
}

/* One of two columns has room for about 52 characters of this size. */
static void latex_fits_a_paper_of_two_columns(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {.metrics = "token_error", .format = PRINT_LATEX};
    fill(f->store);
    assert_holds(f->store, &q, "\\begin{table}\n");
    assert_holds(f->store, &q, "\\ifdim\\wd0>\\linewidth");
    assert_holds(f->store, &q, "\\end{table}\n");
    q.rows = "split";
    q.cols = "encoder";
    assert_holds(f->store, &q, "\\begin{table*}\n");
    assert_holds(f->store, &q, "\\end{table*}\n");
}

static void macros_name_each_number(void **state)
{
    const struct fixture *f = *state;
    const char *names[] = {"cope(p_max=64)=CoPE", "absolute=r-o-p-e"};
    struct table_request q = {.metrics = "token_error",
                              .format = PRINT_LATEX,
                              .macros = true,
                              .names = names,
                              .n_names = 1};
    fill(f->store);
    assert_holds(f->store, &q,
                 "\\newcommand{\\pbFlipFlopQuickTokenErrorAbsoluteId}{24.00}\n"
                 "\\newcommand{\\pbFlipFlopQuickTokenErrorAbsoluteIdSpread}{0.40}\n");
    assert_holds(
        f->store, &q,
        "\\newcommand{\\pbFlipFlopQuickTokenErrorCoPEOodSparse}{0}\n"
        "\\newcommand{\\pbFlipFlopQuickTokenErrorCoPEOodSparseSpread}{$<$ 1.25}\n");
    assert_lacks(f->store, &q, "tabular");
    q.n_names = 0;
    assert_holds(f->store, &q, "\\pbFlipFlopQuickTokenErrorCopePMaxSixFourId}");
    q.spread = SPREAD_RANGE;
    assert_holds(f->store, &q, "AbsoluteIdSpread}{23.60 to 24.40}\n");
    /* Two headings that differ only in characters that TeX does not allow in a name. */
    names[0] = "rope=r o p e";
    q.n_names = 2;
    assert_fails(f->store, &q, ST_USAGE, "two numbers would have the name \\pb");
}

static void the_runs_behind_each_cell_are_told(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {.metrics = "token_error", .explain = true};
    fill(f->store);
    assert_holds(f->store, &q,
                 "\n\nencoder         split       run  seed  token_error  state\n");
    assert_holds(f->store, &q,
                 "\nrope            id            4     1         2.00  done\n"
                 "rope            id            5     2         2.40  done\n"
                 "rope            id            6     3          n/a  failed\n");
    q.explain = false;
    assert_lacks(f->store, &q, "seed  token_error");
}

static void reasons_of_failed_runs_are_told_whole(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error", .format = PRINT_CSV};
    char reason[500], want[520];
    fill(f->store);
    for (size_t i = 0; i + 1 < sizeof reason; i++)
        reason[i] = (char)('a' + i % 26);
    reason[sizeof reason - 1] = '\0';
    for (int i = 1; i < 4; i++)
        add_run(f->store,
                (struct fake_run){
                    .variant = "none", .seed = i, .state = "failed", .error = reason});
    snprintf(want, sizeof want, "; seed 3 failed: %s", reason);
    assert_holds(f->store, &q, want);
}

static void labels_of_two_names_are_two(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.metrics = "token_error", .format = PRINT_LATEX};
    static const char *const name[] = {"\xc3\xa9", "\xc3\xa8"}; /* two letters e */
    for (int i = 0; i < 2; i++)
        put_split(
            f->store,
            add_run(f->store, (struct fake_run){.experiment = name[i], .variant = "rope"}),
            "id", 5, 100, 1);
    assert_holds(f->store, &q, "\\label{tab:c3a9-quick-id-token_error}\n");
    assert_holds(f->store, &q, "\\label{tab:c3a8-quick-id-token_error}\n");
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(what_stands_behind_the_mean_can_be_chosen),
        CASE(rows_are_ordered_by_a_column_or_by_name),
        CASE(numbers_in_names_are_ordered_by_their_size),
        CASE(order_stays_within_what_leads_the_rows),
        CASE(headings_have_the_names_that_are_asked_for),
        CASE(names_that_would_mislead_are_refused),
        CASE(a_caption_takes_the_place_of_the_title),
        CASE(the_papers_numbers_stand_in_the_same_cell),
        CASE(means_within_the_interval_of_the_best_are_bold_too),
        CASE(filters_take_lists),
        CASE(filters_take_settings),
        CASE(that_no_paper_has_a_number_is_said),
        CASE(sizes_are_those_of_each_test),
        CASE(many_sizes_are_ranges),
        CASE(latex_lines_up_at_the_point),
        CASE(latex_fits_a_paper_of_two_columns),
        CASE(labels_of_two_names_are_two),
        CASE(macros_name_each_number),
        CASE(the_runs_behind_each_cell_are_told),
        CASE(reasons_of_failed_runs_are_told_whole),
    };
    return cmocka_run_group_tests_name("table options", tests, NULL, NULL);
}
