/* The page: what it says of the numbers, that names are text, and what a missing gnuplot
 * leaves. How it looks and works in a browser: tests/browser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filled_store.h"
#include "report.h"
#include "store_matrix.h"

static const char hostile[] = "</script><b onclick=\"x('1')\">&$`\n";

static void add_seeds(struct fixture *f, const char *variant, int n, double first,
                      double step)
{
    for (int seed = 1; seed <= n; seed++) {
        const int64_t id = add_run(
            f->store,
            (struct fake_run){.variant = variant, .encoder = variant, .seed = seed});
        const struct metric_row rows[] = {
            {"id", "chance", 100, 0.5, -1, -1},
            {"id", "token_error", 100, first + step * seed, 10L * seed, 1000},
        };
        assert_ok(store_metrics(f->store, id, rows, 2, &err));
    }
}

/* Stands for gnuplot: a mark with a text as gnuplot writes it. */
static enum status draw(FILE *script, FILE *picture, struct err *e)
{
    (void)script;
    (void)e;
    fputs("<?xml version=\"1.0\"?>\n<svg width=\"9\">"
          "<g onmousemove=\"gnuplot_svg.showHypertext(evt,'seed 3, run 17: 0.5')\" "
          "onmouseout=\"gnuplot_svg.hideHypertext()\"><title> </title>\n<use/></g>"
          "<g id=\"gnuplot_plot_1\" ><title>gnuplot_plot_1</title></g>"
          "<g id=\"a\"></g></svg>\n",
          picture);
    return ST_OK;
}

static enum status draw_nothing(FILE *script, FILE *picture, struct err *e)
{
    (void)script;
    (void)picture;
    return err_set(e, ST_IO, "gnuplot is not installed");
}

static char *page(struct fixture *f, struct report_request q, enum status want,
                  struct err *undrawn)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    assert_non_null(out);
    q.program = "posbench";
    q.database = hostile;
    q.draw = q.draw ? q.draw : draw;
    const enum status st = report_write(f->store, &q, out, undrawn, &err);
    fclose(out);
    if (st != want)
        fail_msg("%d: %s", st, err.msg);
    return text;
}

static void assert_has(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("the page lacks \"%s\"", words);
}

static void it_says_who_leads_and_who_is_not_told_apart(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    add_seeds(f, "alpha", 5, 0.010, 0.001);
    add_seeds(f, "beta", 5, 0.012, 0.001); /* p 0.22 by the table of the rank-sum test */
    add_seeds(f, "gamma", 5, 0.200, 0.001);
    char *text = page(f, (struct report_request){0}, ST_OK, &undrawn);
    assert_has(text, "alpha has the lowest error, 1.30 % over 5 seeds; its seeds lie below "
                     "those of gamma (20.30 %); not told apart from beta (1.50 %).");
    assert_has(text, "15 runs of 1 experiments and 3 encoders, 15 of them done");
    assert_string_equal(undrawn.msg, "");
    free(text);
}

static void few_seeds_are_said_to_be_few(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    add_seeds(f, "alpha", 3, 0.45, 0.01);
    add_seeds(f, "gamma", 3, 0.90, 0.01);
    char *text = page(f, (struct report_request){0}, ST_OK, &undrawn);
    assert_has(text, "alpha has the lowest error, 47.00 % over 3 seeds, no better than a "
                     "guess; too few seeds to tell encoders apart.");
    free(text);
}

static void names_are_text(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    add_seeds(f, hostile, 2, 0.1, 0.01);
    add_seeds(f, "beta", 2, 0.2, 0.01);
    char *text = page(f, (struct report_request){0}, ST_OK, &undrawn);
    const char *script = strstr(text, "</script>");
    assert_null(strstr(text, "<b onclick"));
    assert_non_null(script);
    assert_null(strstr(script + 1, "</script>")); /* that of the page is the only one */
    assert_has(text,
               "&#60;/script&#62;&#60;b onclick=&#34;x(&#39;1&#39;)&#34;&#62;&#38;$`");
    free(text);
}

static void marks_tell_their_text_without_a_script(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    add_seeds(f, "alpha", 2, 0.1, 0.01);
    char *text = page(f, (struct report_request){0}, ST_OK, &undrawn);
    assert_has(
        text,
        "<g><title>seed 3, run 17: 0.5</title>\n<use/></g><g></g><g id=\"a\"></g></svg>");
    assert_null(strstr(text, "gnuplot_svg"));
    assert_null(strstr(text, "<?xml"));
    assert_has(text,
               "download=\"seeds.csv\" href=\"data:text/csv;charset=utf-8,panel%2Cseries");
    free(text);
}

static void without_gnuplot_the_numbers_are_there(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    add_seeds(f, "alpha", 2, 0.1, 0.01);
    char *text = page(f, (struct report_request){.draw = draw_nothing}, ST_OK, &undrawn);
    assert_has(text, "Not drawn: gnuplot is not installed");
    assert_has(text, "11.50");
    assert_string_equal(undrawn.msg, "gnuplot is not installed");
    free(text);
}

static void it_needs_a_run_that_is_done(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    free(page(f, (struct report_request){0}, ST_NOTFOUND, &undrawn));
    add_seeds(f, "alpha", 1, 0.1, 0.01);
    free(page(f, (struct report_request){.experiment = "other"}, ST_NOTFOUND, &undrawn));
}

/* What repeats the runs of a row, and in what it differs from the first. */
static void settings_say_how_to_repeat_and_what_differs(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    add_seeds(f, "alpha", 2, 0.1, 0.01);
    const int64_t id = add_run(
        f->store, (struct fake_run){
                      .variant = "beta(p=1)", .encoder = "beta", .lr = "0.5", .seed = 1});
    const struct metric_row row = {"id", "token_error", 100, 0.3, 3, 10};
    assert_ok(store_metrics(f->store, id, &row, 1, &err));
    char *text = page(f, (struct report_request){0}, ST_OK, &undrawn);
    assert_has(text, "posbench run FILE.yaml --profile quick --only experiment=flip_flop "
                     "--only variant=&#39;beta(p=1)&#39;");
    assert_has(text, "lr=0.5");
    assert_has(text, "flip_flop, quick, alpha: runs 1 2, seeds 1 2</summary>");
    free(text);
}

/* As they are stored: no rounding of a seed, no number made of a commit of digits. */
static void names_and_seeds_of_digits_are_not_rounded(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    const int64_t id =
        add_run(f->store,
                (struct fake_run){.variant = "1e5", .encoder = "none", .seed = 1234567891});
    const struct metric_row row = {"id", "token_error", 100, 0.3, 3, 10};
    assert_ok(store_metrics(f->store, id, &row, 1, &err));
    char *text = page(f, (struct report_request){0}, ST_OK, &undrawn);
    assert_has(text, "<td>1e5</td><td class=n>1234567891</td>");
    free(text);
}

/* All claims in one picture, beside their table and not among those of experiments. */
static void claims_are_drawn_where_they_are_judged(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    add_seeds(f, "alpha", 2, 0.1, 0.01);
    add_seeds(f, "beta", 2, 0.2, 0.01);
    const struct claim_row claim = {"c",         "t",           "flip_flop", "",
                                    "id",        "token_error", "alpha",     "beta",
                                    (double)NAN, (double)NAN};
    assert_ok(store_claims(f->store, &claim, 1, &err));
    char *text = page(f, (struct report_request){0}, ST_OK, &undrawn);
    const char *figure = strstr(text, "<code>posbench plot claims -o claims.svg</code>");
    assert_non_null(figure);
    assert_true(figure < strstr(text, "<section id=leaderboard>"));
    assert_null(strstr(figure + strlen("<code>p"), "posbench plot claims"));
    free(text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_says_who_leads_and_who_is_not_told_apart),
        TEST(few_seeds_are_said_to_be_few),
        TEST(names_are_text),
        TEST(marks_tell_their_text_without_a_script),
        TEST(without_gnuplot_the_numbers_are_there),
        TEST(it_needs_a_run_that_is_done),
        TEST(names_and_seeds_of_digits_are_not_rounded),
        TEST(claims_are_drawn_where_they_are_judged),
        TEST(settings_say_how_to_repeat_and_what_differs),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
