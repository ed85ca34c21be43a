/* The report: what it says of the numbers, that names are text, and what it leaves out without
 * gnuplot. tests/browser tries how it looks and works in a browser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filled_store.h"
#include "report.h"
#include "small_picture.h"
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

/* Replaces gnuplot: writes a mark with a text as gnuplot would. */
static enum status draw(FILE *script, FILE *picture, struct err *e)
{
    (void)script;
    (void)e;
    fputs("<?xml version=\"1.0\"?>\n<svg width=\"9\">"
          "<g onmousemove=\"gnuplot_svg.showHypertext(evt,'seed 3, run 17: 0.5')\" "
          "onmouseout=\"gnuplot_svg.hideHypertext()\"><title> </title>\n<use/></g>"
          "<g id=\"gnuplot_plot_1\" ><title>gnuplot_plot_1</title></g>"
          "<g id=\"a\">\n</g><g fill=\"none\" stroke-linecap=\"butt\" "
          "stroke-linejoin=\"miter\"><use/></g></svg>\n",
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
    q.database = q.database ? q.database : hostile;
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
    assert_has(
        text,
        "alpha has the lowest error, 1.30 % over 5 seeds; its seeds tend to lie below "
        "those of gamma (20.30 %); not told apart from beta (1.50 %).");
    assert_has(text, "15 runs of 1 experiment and 3 encoders, 15 of them done");
    assert_has(text, "Above each experiment&#39;s tests stands what they ask");
    assert_has(text, "Chance is a blind guess, majority always the commonest answer");
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
                     "guess.</li>\n</ul>\n"
                     "<p class=notes>Too few seeds to tell encoders apart.</p>\n");
    free(text);
}

/* Where many tests of an experiment have too few, the end of the list tells it once. */
static void few_seeds_are_told_once_a_list(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    for (int i = 0; i < 10; i++) {
        const int64_t id =
            add_run(f->store, (struct fake_run){.variant = i % 2 ? "beta" : "alpha",
                                                .seed = i / 2 + 1});
        put_split(f->store, id, "id", i % 2 ? 900 : 100 + i, 1000, 0);
        if (i < 2) {
            put_split(f->store, id, "ood_a", 100 + 100 * i, 1000, 0);
            put_split(f->store, id, "ood_b", 100 + 100 * i, 1000, 0);
        }
    }
    char *text = page(f, (struct report_request){0}, ST_OK, &undrawn);
    assert_has(text, "its seeds tend to lie below those of beta");
    assert_has(text,
               "over 1 seed.</li>\n</ul>\n<p class=notes>In 2 of these 3 tests, where a "
               "sentence names none but the first, there are too few seeds to tell "
               "encoders apart.</p>\n");
    const char *first = strstr(text, "too few seeds to tell");
    assert_non_null(first);
    assert_null(strstr(first + 1, "too few seeds to tell"));
    free(text);
}

static const struct option noise[] = {
    {.name = "p", .type = OPTION_REAL, .hi = 1, .help = "another option"},
    {.name = "p_noise", .type = OPTION_REAL, .hi = 1, .help = "share of <noise>"},
    {0},
};

static bool find_task(const char *name, struct report_task *out)
{
    *out = (struct report_task){"repeat what came first", noise};
    return strcmp(name, "flip_flop") == 0;
}

/* They are above the findings of an experiment, long before its tables. A value may read as if
 * it named an option. */
static void what_tests_ask_stands_above_what_came_out(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    for (int i = 0; i < 2; i++) {
        const int64_t id = add_run(
            f->store,
            (struct fake_run){.variant = i ? "beta" : "alpha",
                              .more = "\"task\": {\"name\": \"t\", \"options\": {\"p\": 1, "
                                      "\"p_noise\": 0.5}}, \"splits\": {\"ood_far\": "
                                      "{\"options\": {\"p\": 1, \"p_noise\": 0.9, "
                                      "\"corpus\": \"a, p 2\"}}}"});
        put_split(f->store, id, "ood_far", 300 + 100 * i, 1000, 1);
    }
    char *text = page(f, (struct report_request){.task = find_task}, ST_OK, &undrawn);
    char *end = strstr(text, "<section id=heads>");
    assert_non_null(end);
    *end = '\0';
    assert_has(text, "<p>The task: repeat what came first.</p>\n<ul class=notes>\n"
                     "<li>ood_far: p_noise 0.9 (in training 0.5), corpus a, p 2.</li>\n"
                     "<li>p_noise: share of &#60;noise&#62;.</li>\n</ul>\n"
                     "<ul class=findings>\n<li><b>");
    free(text);
}

/* In a text most next tokens are wrong for every encoder, so tables and the sentence use
 * perplexity. */
static void texts_are_judged_by_perplexity(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    for (int i = 0; i < 2; i++) {
        const int64_t id =
            add_run(f->store, (struct fake_run){.variant = i ? "beta" : "alpha"});
        put_split(f->store, id, "id", 300 + 100 * i, 1000, 1);
        put(f->store, id, "id", "bits_per_byte", 2 + i);
    }
    char *text = page(f, (struct report_request){0}, ST_OK, &undrawn);
    assert_has(text, "alpha has the lowest perplexity, 1.350 over 1 seed."); /* exp(0.3) */
    assert_null(strstr(text, "No test is larger than training"));
    assert_has(text, "<h2>How far beyond training</h2>\n"
                     "<p>Texts are not answered right or wrong, so no ratio of theirs");
    free(text);
}

/* The best encoder is first, as in the findings; an encoder without a number is last. */
static void the_leaderboard_begins_with_the_best(void **state)
{
    static const char *const names[] = {"absent", "wordy", "clear"};
    struct fixture *f = *state;
    struct err undrawn;
    for (int i = 0; i < 3; i++) {
        const int64_t id = add_run(f->store, (struct fake_run){.variant = names[i]});
        const struct metric_row rows[] = {
            {"id", "token_error", 100, i ? 0.1 * i : (double)NAN, -1, -1},
            {"id", "perplexity", 100, i ? 9.0 - i : (double)NAN, -1, -1},
            {"id", "bits_per_byte", 100, i ? 3.0 - i : (double)NAN, -1, -1},
            {"ood", "token_error", 100, i ? 0.1 * i : (double)NAN, -1, -1},
            {"ood", "perplexity", 100, i ? 9.0 - i : (double)NAN, -1, -1},
        };
        assert_ok(store_metrics(f->store, id, rows, 5, &err));
    }
    char *text = page(f, (struct report_request){0}, ST_OK, &undrawn);
    const char *at = strstr(text, "<table id=board");
    static const char *const order[] = {"clear", "wordy", "absent", /* of the text */
                                        "wordy", "clear", "absent"};
    for (int i = 0; i < 6; i++) {
        char cell[32];
        snprintf(cell, sizeof cell, ">%s</a></td>", order[i]);
        assert_non_null(at);
        at = strstr(at, "<a href=\"#recipe-");
        assert_non_null(at);
        at = strchr(at, '>');
        assert_memory_equal(at, cell, strlen(cell));
    }
    assert_has(text, "#board td.test { overflow-wrap: normal; }");
    free(text);
}

/* When means are equal, all their encoders are named, and 0 is called no error. */
static void all_that_lead_are_named(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    add_seeds(f, "gamma", 5, 0.0, 0.0);
    add_seeds(f, "beta", 5, 0.20, 0.01);
    add_seeds(f, "alpha", 4, 0.0, 0.0);
    char *text = page(f, (struct report_request){0}, ST_OK, &undrawn);
    assert_has(text,
               "alpha and gamma make no error over 4 to 5 seeds; the first one&#39;s seeds "
               "tend to lie below those of beta (23.00 %).");
    free(text);
}

/* A reader copies a command of the page and runs it: it asks for the same picture, and a name
 * is one word of it. */
static void commands_ask_for_the_same_and_quote_names(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    add_seeds(f, "alpha", 5, 0.010, 0.001);
    char *text = page(f, (struct report_request){.profile = "qu*"}, ST_OK, &undrawn);
    assert_has(text, "<code>posbench plot seeds flip_flop --profile &#39;qu*&#39; --db "
                     "&#39;&#60;/script&#62;&#60;b onclick=&#34;x(&#39;\\&#39;&#39;1"
                     "&#39;\\&#39;&#39;)&#34;&#62;&#38;$`");
    free(text);
    text = page(f, (struct report_request){.database = "results.db"}, ST_OK, &undrawn);
    assert_has(text, "<code>posbench plot seeds flip_flop -o seeds.svg</code>");
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
    assert_null(strstr(script + 1, "</script>")); /* the page's own is the only one */
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
    assert_has(text, "<g><title>seed 3, run 17: 0.5</title>\n<use/></g><g></g>"
                     "<g fill=\"none\"><use/></g></svg>");
    assert_null(strstr(text, "gnuplot_svg"));
    assert_null(strstr(text, "<?xml"));
    assert_has(text,
               "download=\"seeds.csv\" href=\"data:text/csv;charset=utf-8,panel%2Cseries");
    free(text);
}

/* A report can have one kind of picture only. */
static void pictures_can_be_chosen(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    add_seeds(f, "alpha", 2, 0.1, 0.01);
    char *text = page(f, (struct report_request){.plots = "curves,seeds"}, ST_OK, &undrawn);
    assert_has(text, "posbench plot seeds");
    free(text);
    text = page(f, (struct report_request){.plots = "curves"}, ST_OK, &undrawn);
    assert_null(strstr(text, "posbench plot seeds"));
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

/* Shows how to repeat the runs of a row, and how its settings differ from the first. */
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

/* Names and numbers are shown as stored: no seed is rounded, and a name of digits is no
 * number. */
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
    assert_has(text, "<td class=name>1e5</td><td class=n>1234567891</td>");
    free(text);
}

/* A run of two experiments has a row in each; links lead to one of them. */
static void runs_and_settings_lead_to_each_other(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    const struct run_row again = {.identity = "flip_flop/quick//alpha/1/100",
                                  .experiment = "other",
                                  .profile = "quick",
                                  .cell = "",
                                  .task = "flip_flop",
                                  .encoder = "alpha",
                                  .variant = "alpha",
                                  .config = "{\"seed\": 1, \"train\": {\"steps\": 100}}",
                                  .task_version = 1,
                                  .seed = 1};
    int64_t same;
    add_seeds(f, "alpha", 2, 0.1, 0.01);
    assert_ok(store_run(f->store, &again, &same, NULL, &err));
    add_run(f->store,
            (struct fake_run){
                .variant = "beta", .seed = 1, .state = "failed", .error = "no <memory>"});
    char *text = page(f, (struct report_request){0}, ST_OK, &undrawn);
    assert_has(text, "<tr id=\"run-1\"><td class=n>1</td><td class=name>flip_flop</td>");
    assert_has(text, "<tr><td class=n>1</td><td class=name>other</td>");
    assert_has(text, "<td class=n><a href=\"#recipe-1\">1</a></td>");
    assert_has(text, "<td class=name>failed:<wbr> no &#60;memory&#62;</td>");
    assert_has(text, "<details id=\"recipe-1\"><summary>flip_flop, quick, alpha: runs 1 2");
    assert_has(text, "<details><summary>other, quick, alpha: runs 1");
    assert_has(text, "<p>Runs: <a href=\"#run-1\">1</a>, <a href=\"#run-2\">2</a></p>");
    free(text);
}

/* One picture has all claims; it is next to their table and not among those of experiments. */
static void claims_are_drawn_where_they_are_judged(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    add_seeds(f, "alpha", 2, 0.1, 0.01);
    add_seeds(f, "beta", 2, 0.2, 0.01);
    const struct claim_row claim = {"c",         "t",           "flip_flop", "",
                                    "id",        "token_error", "alpha",     "beta",
                                    (double)NAN, (double)NAN};
    char *none = page(f, (struct report_request){.profile = "quick"}, ST_OK, &undrawn);
    assert_has(none,
               "<h2>Claims of papers</h2>\n<p>The experiment file of these runs has no");
    assert_null(strstr(none, "exact rank test over seeds"));
    free(none);
    assert_ok(store_claims(f->store, &claim, 1, &err));
    char *text = page(f, (struct report_request){0}, ST_OK, &undrawn);
    /* Interval and verdict may seem to disagree; the page explains it. */
    assert_non_null(strstr(text, "exact rank test over seeds (docs/STATISTICS.md): two"));
    const char *figure = strstr(text, "<code>posbench plot claims --db ");
    assert_non_null(figure);
    assert_true(figure < strstr(text, "<section id=leaderboard>"));
    assert_null(strstr(figure + strlen("<code>p"), "posbench plot claims"));
    free(text);
}

/* Text between backquotes in the program's sentences is code on the page. */
static void commands_in_sentences_are_code(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    add_seeds(f, "alpha", 2, 0.1, 0.01);
    const struct claim_row claims[] = {
        {"c", "t", "flip_flop", "", "id", "token_error", "alpha", "beta", NAN, NAN},
        {"none", "t", "flip_flop", "", "id", "token_error", "beta", "gamma", NAN, NAN},
    };
    assert_ok(store_claims(f->store, claims, 2, &err));
    char *text = page(f, (struct report_request){.database = "db"}, ST_OK, &undrawn);
    assert_has(text, "; <code>posbench claims &#34;*&#34;</code> lists them.");
    *strstr(text, "<script") = '\0';
    assert_null(strchr(strstr(text, "<main>"), '`'));
    free(text);
}

/* Two runs of one layer and two heads; the second is shown with its head 1 open at `token`. */
struct looked {
    struct look_run_kind run[2];
    struct look_kind of_head[2];
    char kind[1][LOOK_TOKEN_TEXT], token[3][LOOK_TOKEN_TEXT];
    double mean[2];
    uint8_t scored[3];
    float gate[2][3][3], attention[2][3][3];
    char names[5][16];
    struct report_look look;
    struct report_looks all;
};

static void fill_look(struct looked *x, const char *token, double at, double other)
{
    static const float gate[3][3] = {{1, NAN, NAN}, {1, 0.25F, NAN}, {1, 0.25F, 0.5F}};
    *x = (struct looked){
        .run = {{1, 7, 0, 0, {"a", false, 0.6, 0.5, 0.1}},
                {2, 8, 0, 1, {"", false, at, other, 0.9}}},
        .of_head = {{"\"a\"", false, 0.625, 0.5, 0.125},
                    {"", false, (double)NAN, (double)NAN, (double)NAN}},
        .mean = {0.375, (double)NAN},
        .scored = {0, 1, 0},
        .names = {"flip_flop", "quick", "", "beta", "read <r> it"},
    };
    snprintf(x->run[1].kind.names, LOOK_NAMES_TEXT, "\"%s\"", token);
    snprintf(x->kind[0], LOOK_TOKEN_TEXT, "%s", token);
    for (int i = 0; i < 3; i++)
        snprintf(x->token[i], LOOK_TOKEN_TEXT, "%s", i == 1 ? " " : token);
    for (int h = 0; h < 2; h++) {
        memcpy(x->gate[h], gate, sizeof gate);
        memcpy(x->attention[h], gate, sizeof gate);
    }
    x->look = (struct report_look){.experiment = x->names[0],
                                   .profile = x->names[1],
                                   .cell = x->names[2],
                                   .variant = x->names[3],
                                   .task = x->names[4],
                                   .plane = "gate",
                                   .run = x->run,
                                   .runs = 2,
                                   .shown = 1,
                                   .sequences = 32,
                                   .layers = 1,
                                   .heads = 2,
                                   .of_head = x->of_head,
                                   .kind = x->kind,
                                   .mean = x->mean,
                                   .kinds = 1,
                                   .token = x->token,
                                   .scored = x->scored,
                                   .gate = &x->gate[0][0][0],
                                   .attention = &x->attention[0][0][0],
                                   .tokens = 3};
    x->all = (struct report_looks){.at = &x->look, .n = 1, .gated = 2};
}

static void it_says_what_a_head_counts(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    struct looked x;
    add_seeds(f, "beta", 2, 0.1, 0.01);
    fill_look(&x, "w", 0.97, 0.03);
    char *text = page(f, (struct report_request){.looks = &x.all}, ST_OK, &undrawn);
    assert_has(
        text,
        "<b>The gate of layer 0, head 1, as scored places see it, opens at "
        "&#34;w&#34;: mean 0.97 there, 0.03 elsewhere. It counts &#34;w&#34;; the other "
        "seed follows no kind clearly.</b> This is run 2 (seed 8), of 2 with weights "
        "the one");
    assert_has(text, "with the highest product of two numbers, how far the two means lie "
                     "apart and the size of the correlation:</p>");
    assert_has(text, "<p>The task: read &#60;r&#62; it.</p>");
    /* The chosen head is large; its query is place 1, which sees two tokens. */
    assert_has(text, "<figure class=\"head chosen\" data-layer=0 data-head=1>");
    assert_has(text, "<figure class=\"head\" data-layer=0 data-head=0>");
    assert_has(text, "<p class=strip><span class=g15 title=1.00>w</span><span class=g4 "
                     "title=0.25>\u2423</span></p>");
    assert_has(text, "<input type=range min=0 max=1 value=1 step=1 data-part=head>");
    assert_has(text, "the largest weight is darkest; on average it is 1.00</span>");
    assert_null(strstr(text, "data-part=layer")); /* there is only one layer */
    assert_has(text, "<td class=n>0.625</td><td class=n>0.500</td><td class=n>0.12</td>"
                     "<td class=n>0.38</td></tr>");
    assert_has(text, "<td class=n>0.970</td><td class=n>0.030</td><td class=n>0.90</td>");
    free(text);
    fill_look(&x, "w", 0.03, 0.97);
    text = page(f, (struct report_request){.looks = &x.all}, ST_OK, &undrawn);
    assert_has(text,
               "closes at &#34;w&#34;: mean 0.03 there, 0.97 elsewhere. It counts every "
               "token but &#34;w&#34;; the other seed follows no kind clearly.</b>");
    free(text);
    fill_look(&x, "w", 0.97, 0.03);
    x.run[0].kind = (struct look_kind){"\"a\"", false, 0.95, 0.02, 0.9};
    text = page(f, (struct report_request){.looks = &x.all}, ST_OK, &undrawn);
    assert_has(text, "It counts &#34;w&#34;; the other seed counts another kind.</b>");
    free(text);
    fill_look(&x, "w", 0.40, 0.20);
    x.run[1].kind.behind = true;
    text = page(f, (struct report_request){.looks = &x.all}, ST_OK, &undrawn);
    assert_has(
        text,
        "No gate of these runs follows some kind of token: closest comes that of "
        "layer 0, head 1 at what stands behind &#34;w&#34;, as scored places see it with "
        "mean 0.40 there and "
        "0.20 elsewhere.</b>");
    free(text);
}

/* A plug-in's token, and a reason from outside, are text. */
static void tokens_are_text(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    struct looked x;
    add_seeds(f, "beta", 2, 0.1, 0.01);
    fill_look(&x, "</p><b a=\"'", 0.97, 0.03);
    char *text = page(f, (struct report_request){.looks = &x.all}, ST_OK, &undrawn);
    assert_null(strstr(text, "<b a"));
    assert_has(text, "title=1.00>&#60;/p&#62;&#60;b a=&#34;&#39;</span>");
    free(text);
}

static void missing_weights_are_said_to_be_missing(void **state)
{
    struct fixture *f = *state;
    struct err undrawn;
    struct report_looks none = {.gated = 3, .why = {.msg = "<x>: is damaged"}};
    add_seeds(f, "beta", 2, 0.1, 0.01);
    char *text = page(f, (struct report_request){.looks = &none}, ST_OK, &undrawn);
    assert_has(text,
               "The weights of the 3 runs whose encoders have gates are not beside the "
               "database, or cannot be used: &#60;x&#62;: is damaged. "
               "<code>posbench run --rerun all</code> keeps them.");
    free(text);
    none.gated = 0;
    text = page(f, (struct report_request){.looks = &none}, ST_OK, &undrawn);
    assert_has(text, "No run&#39;s encoder has gates to look at.");
    free(text);
}

/* Two by two pixels, 0 1 / 0.5 1 of 1, have the bytes that Python's zlib and struct write. */
static void a_small_picture_is_a_png(void **state)
{
    static const float value[] = {0, 1, 0.5F, 1};
    char *text = NULL;
    size_t bytes = 0;
    (void)state;
    FILE *out = open_memstream(&text, &bytes);
    small_picture(out, value, 2);
    fclose(out);
    assert_string_equal(
        text, "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACBAMAAACAmBAXAAAAMFBMVE"
              "X////u8pnc5TO32SyMzkZgwl81t3k0on8zjYQyeIoyY4s2T4A5PHU9KGpAFV9EAVTl9RuNAAAAD0"
              "lEQVR4AQEEAPv/AA8AjwDAAJ8hphQVAAAAAElFTkSuQmCC");
    free(text);
}

/* Checks the ends of the palette, and that the ink is legible on each shade. */
static void shades_go_from_white_to_dark(void **state)
{
    char colour[8];
    (void)state;
    shade_colour(0, colour);
    assert_string_equal(colour, "#ffffff");
    assert_string_equal(shade_ink(0), "#000000");
    shade_colour(SHADES - 1, colour);
    assert_string_equal(colour, "#440154");
    assert_string_equal(shade_ink(SHADES - 1), "#ffffff");
    assert_int_equal(shade_of((double)NAN), 0);
    assert_int_equal(shade_of(-1), 0);
    assert_int_equal(shade_of(0.5), 8);
    assert_int_equal(shade_of(2), 15);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_says_who_leads_and_who_is_not_told_apart),
        TEST(few_seeds_are_said_to_be_few),
        TEST(few_seeds_are_told_once_a_list),
        TEST(what_tests_ask_stands_above_what_came_out),
        TEST(texts_are_judged_by_perplexity),
        TEST(the_leaderboard_begins_with_the_best),
        TEST(all_that_lead_are_named),
        TEST(commands_ask_for_the_same_and_quote_names),
        TEST(names_are_text),
        TEST(marks_tell_their_text_without_a_script),
        TEST(pictures_can_be_chosen),
        TEST(without_gnuplot_the_numbers_are_there),
        TEST(it_needs_a_run_that_is_done),
        TEST(names_and_seeds_of_digits_are_not_rounded),
        TEST(it_says_what_a_head_counts),
        TEST(tokens_are_text),
        TEST(missing_weights_are_said_to_be_missing),
        cmocka_unit_test(a_small_picture_is_a_png),
        cmocka_unit_test(shades_go_from_white_to_dark),
        TEST(claims_are_drawn_where_they_are_judged),
        TEST(commands_in_sentences_are_code),
        TEST(settings_say_how_to_repeat_and_what_differs),
        TEST(runs_and_settings_lead_to_each_other),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
