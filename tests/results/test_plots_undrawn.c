/* Plots of values that have no place on a scale, and of text that has no room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plot_bed.h"
#include "program.h"

/* Keeps gcc from taking what open_memstream leaves for a pointer to the variable itself. */
static char *own(char *text)
{
    char *copy = strdup(text);
    assert_non_null(copy);
    free(text);
    return copy;
}

enum { LEFT_OUT = 5 }; /* index of that value of speed */

/* Returns data of one seed for any plot, with nothing left out. */
static struct plot_data one_mark(const char *panel, const char *series)
{
    struct plot_data d = {0};
    struct plot_row *r = plot_add(&d, panel, series);
    assert_non_null(r);
    for (int k = 0; k < PLOT_VALUES; k++)
        r->value[k] = k < LEFT_OUT;
    return d;
}

static char *script_of(const char *plot, const struct plot_data *d, struct plot_request *q)
{
    char *text;
    size_t n;
    TEXT_OF(text, n, plot_script(plot_find(plot), d, q, q->text ? "text" : "svg", out));
    return own(text);
}

/* The same with the title on one line. */
static char *unbroken_script_of(const char *plot, const struct plot_data *d,
                                struct plot_request *q)
{
    static const char end[] = "'.\"\\n\".'";
    char *text = script_of(plot, d, q);
    for (char *at = text; (at = strstr(at, end)) != NULL;) {
        *at = ' ';
        memmove(at + 1, at + strlen(end), strlen(at + strlen(end)) + 1);
    }
    return text;
}

static char *csv_of(const char *plot, const struct plot_data *d)
{
    char *text;
    size_t n;
    TEXT_OF(text, n, plot_csv(plot_find(plot), d, out));
    return own(text);
}

/* The scale is that of 25 and 50 %; every other seed is drawn at an edge and counted. */
static void a_seed_beyond_the_scale_is_drawn_and_counted(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {.hover = true};
    add_curves(f, "alpha", (double[]){(double)INFINITY, 0.5, 0.25});
    add_curves(f, "beta", (double[]){(double)NAN, 1e-20, -1.0});
    add_curves(f, "gamma", (double[]){0.25, 0.25, 0.25});
    struct plot_data d = read_plot(f, "seeds", &q);
    assert_int_equal(d.n, 9);
    char *text = unbroken_script_of("seeds", &d, &q);
    assert_non_null(strstr(text, "set xrange [8.91251:165.959]\nset xtics ('?' 144.544, "));
    assert_non_null(strstr(text, "alpha: 1 above the scale (>), of 3 seeds "));
    assert_non_null(
        strstr(text, "beta: 2 below the scale (<), 1 without a number (?), of 3 seeds'"));
    assert_null(strstr(text, "gamma: "));
    assert_non_null(strstr(text, "$above_0 << EOD\n100 "));
    assert_non_null(strstr(text, "$below_3 << EOD\n10 "));
    assert_non_null(strstr(text, "$unknown_3 << EOD\n144.54"));
    assert_non_null(strstr(text, "with labels hypertext point pt '>' lc"));
    assert_null(strstr(text, "inf"));
    free(text);
    text = csv_of("seeds", &d);
    assert_non_null(strstr(text, "alpha,above,inf,300,1,"));
    assert_non_null(strstr(text, "beta,none,,300,1,"));
    assert_non_null(strstr(text, "beta,below,1e-20,300,2,"));
    free(text);
    plot_data_free(&d);
}

/* There is no picture when all metrics are NULL. */
static void seeds_without_any_number_are_no_picture(void **state)
{
    struct fixture *f = *state;
    const double nan = (double)NAN;
    const struct plot_request q = {.metric = "token_error"};
    struct plot_data d = {0};
    add_curves(f, "alpha", (double[]){nan, nan, nan});
    assert_int_equal(plot_find("seeds")->read(f->store, &q, &d, &err), ST_NOTFOUND);
    plot_data_free(&d);
    assert_int_equal(plot_find("speed")->read(f->store, &q, &d, &err), ST_NOTFOUND);
    plot_data_free(&d);
}

/* The mean is over seeds with a number, and the caption counts those without. */
static void speed_says_which_seeds_it_leaves_out(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {0};
    add_curves(f, "alpha", (double[]){(double)INFINITY, 0.5, 0.25});
    add_curves(f, "beta", (double[]){(double)NAN, (double)NAN, (double)NAN});
    struct plot_data d = read_plot(f, "speed", &q);
    assert_int_equal(d.n, 2);
    char *text = script_of("speed", &d, &q);
    assert_non_null(strstr(text, "alpha: 1 of 3 seeds left out"));
    assert_non_null(strstr(text, "beta: 3 of 3 seeds left out"));
    assert_non_null(strstr(text, " 37.5 25 50\nEOD\n"));
    assert_null(strstr(text, "$mark_1"));
    free(text);
    text = csv_of("speed", &d);
    assert_non_null(strstr(text, ",0.375,0.25,0.5,2,1\r\n"));
    assert_non_null(strstr(text, "beta,,,,,0,3\r\n"));
    free(text);
    plot_data_free(&d);
}

/* 2 s of processor time for 100 steps; the wall time of a run that was paused for a day does
 * not count. */
static void speed_is_processor_time_a_step(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {0};
    add_curves(f, "alpha", (double[]){0.5, 0.5, 0.5});
    assert_int_equal(
        sqlite3_exec(f->store->db, "UPDATE run SET wall_s = 86400 WHERE id = 1", 0, 0, 0),
        SQLITE_OK);
    struct plot_data d = read_plot(f, "speed", &q);
    assert_int_equal(d.n, 1);
    assert_true(fabs(d.row[0].value[0] - 20.0) < 1e-12);
    char *text = script_of("speed", &d, &q);
    assert_non_null(strstr(text, "set xlabel 'processor ms a step, evaluations included'"));
    assert_non_null(strstr(text, "left is faster"));
    free(text);
    text = csv_of("speed", &d);
    assert_non_null(strstr(text, "panel,series,cpu_ms_per_step,mean,"));
    free(text);
    plot_data_free(&d);
}

/* Writes the key of a picture of seeds to `key`, on one line. */
static void key_of_seeds(struct fixture *f, const char *metric, bool in_text, char key[256])
{
    const struct plot *p = plot_find("seeds");
    const struct plot_request q = {.metric = metric, .text = in_text};
    struct plot_data d = {0};
    char *text;
    size_t n;
    assert_ok(p->read(f->store, &q, &d, &err));
    TEXT_OF(text, n, p->key(&d, &q, out));
    snprintf(key, 256, "%s", text);
    free(text);
    plot_data_free(&d);
}

/* The key explains the marks of the picture and no others; a loss is no rate. */
static void a_key_tells_the_marks_of_its_picture(void **state)
{
    struct fixture *f = *state;
    char key[256];
    add_curves(f, "alpha", (double[]){0.25, 0.1, 0.5});
    key_of_seeds(f, "token_error", false, key);
    assert_string_equal(key, "dot: a seed");
    add_curves(f, "beta", (double[]){0.25, 0.0, 0.5});
    key_of_seeds(f, "token_error", true, key);
    assert_string_equal(
        key, "*: a seed; o: a seed whose rate is 0, with a line to its 95 % bound; "
             "left of the dotted line: 0");
    for (int run = 1; run <= 6; run++)
        put(f->store, run, "ood_long", "loss", run == 6 ? 0.0 : 0.5);
    key_of_seeds(f, "loss", true, key);
    assert_string_equal(
        key, "*: a seed; o: a seed whose value is 0; left of the dotted line: 0");
    put(f->store, 1, "ood_long", "loss", (double)NAN);
    put(f->store, 2, "ood_long", "loss", (double)INFINITY);
    key_of_seeds(f, "loss", false, key);
    assert_string_equal(
        key, "dot: a seed; o: a seed whose value is 0; left of the dotted line: 0; "
             ">: a seed above the scale; ?: a seed without a number");
}

/* The paper's number at ood_long is beside three seeds of 1 to 100 %; a 0 is drawn with the
 * zeros. */
static void a_paper_beyond_the_scale_is_told(void **state)
{
    static const struct {
        double paper;
        const char *key, *note;
    } cases[] = {
        {1e20, "dot: a seed", "alpha: the paper's number is above the scale"},
        {1e-20, "dot: a seed", "alpha: the paper's number is below the scale"},
        {0.5, "dot: a seed; x: the paper", NULL},
        {0.0, "dot: a seed; x: the paper; left of the dotted line: 0", NULL},
    };
    struct fixture *f = *state;
    add_curves(f, "alpha", (double[]){0.25, 0.01, 0.5});
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct published_row row = {"a paper",      "t",        "flip_flop",   "",
                                          "alpha",        "ood_long", "token_error", "",
                                          cases[i].paper, (double)NAN};
        const struct plot *p = plot_find("seeds");
        struct plot_request q = {0};
        char *text, key[256];
        size_t n;
        assert_ok(store_published(f->store, &row, 1, &err));
        key_of_seeds(f, "token_error", false, key);
        assert_string_equal(key, cases[i].key);
        struct plot_data d = read_plot(f, "seeds", &q);
        TEXT_OF(text, n, p->undrawn(&d, 0, d.n, out));
        assert_string_equal(text, cases[i].note ? cases[i].note + strlen("alpha: ") : "");
        free(text);
        TEXT_OF(text, n, plot_script(p, &d, &q, "svg", out));
        assert_int_equal(strstr(text, "'0' ") != NULL, cases[i].paper <= 0.0);
        free(text);
        plot_data_free(&d);
    }
}

/* Returns three seeds of two points, of which the second of seed 2, or every one, is infinite. */
static struct plot_data points_of(int seed_at, bool all)
{
    struct plot_data d = {0};
    for (int i = 0; i < 6; i++) {
        struct plot_row *r = plot_add(&d, "box", "alpha");
        assert_non_null(r);
        for (int k = 0; k < PLOT_VALUES; k++)
            r->value[k] = 1;
        r->value[0] = 1 + i % 2;
        r->value[1] = all || i == 3 ? (double)INFINITY : 0.5;
        r->value[seed_at] = 1 + (i - i % 2) / 2.0;
    }
    return d;
}

static void lines_say_which_points_are_absent(void **state)
{
    static const char *const plots[] = {"curves", "context", "distance", "loss"};
    static const int seed_at[] = {2, 2, 4, 4};
    struct plot_request q = {.metric = "token_error"};
    (void)state;
    for (int p = 0; p < 4; p++)
        for (int all = 0; all < 2; all++) {
            struct plot_data d = points_of(seed_at[p], all);
            char *text = unbroken_script_of(plots[p], &d, &q);
            assert_non_null(strstr(
                text,
                all ? "box: alpha: 6 points in 3 of 3 seeds without a finite number'"
                    : "box: alpha: 1 point in 1 of 3 seeds without a finite number'"));
            assert_int_equal(strstr(text, "'no finite number' at graph") != NULL, all);
            assert_int_equal(strstr(text, "; line at 1: training") != NULL,
                             strcmp(plots[p], "context") == 0);
            free(text);
            plot_data_free(&d);
        }
}

/* In a text whose runs have nats, a place without them is a point without a number. */
static void a_place_without_its_loss_is_kept(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {0};
    const int64_t id = add_run(
        f->store, (struct fake_run){.variant = "alpha", .encoder = "alpha", .seed = 1});
    const struct place_row p = {"id", 120, NULL,
                                "{\"position\":[[0,9,40,40.0],[1,9,40],[2,9,40,120.0]]}"};
    assert_ok(store_places(f->store, id, &p, &err));
    struct plot_data d = read_plot(f, "loss", &q);
    assert_int_equal(d.n, 3);
    char *text = unbroken_script_of("loss", &d, &q);
    assert_non_null(strstr(text, "alpha: 1 point in 1 of 1 seed without a finite number'"));
    assert_non_null(strstr(text, "$all_0 << EOD\n0 1\n2 3\nEOD\n"));
    free(text);
    plot_data_free(&d);
}

/* The note counts the series that do not fit it; its lines fit the terminal. */
static void notes_fit_the_picture(void **state)
{
    struct plot_request q = {.metric = "token_error", .text = true};
    struct plot_data d = {0};
    char name[] =
        "0: a name of the one kind that goes on and on (behind=the,end=of,the=line)";
    (void)state;
    for (int i = 0; i < 14; i++) {
        name[0] = (char)('A' + i);
        struct plot_row *r = plot_add(&d, "box", name);
        assert_non_null(r);
        r->value[0] = r->value[2] = 1;
    }
    char *text = script_of("curves", &d, &q);
    char *title = strstr(text, "set multiplot title");
    assert_non_null(strstr(title, "'2 more series lack numbers (see -o FILE.csv)' noenh"));
    *strchr(title, '\n') = '\0';
    for (const char *line = title; *line; line += strspn(line, "'")) {
        const size_t letters = strcspn(line, "'");
        assert_in_range(letters, 0, PLOT_TEXT_WIDTH);
        line += letters;
    }
    free(text);
    plot_data_free(&d);
}

/* However long a name is, the interval keeps its room, and the key explains each sign. */
static void claims_in_text_keep_their_room(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {.text = true};
    char less[101], *text;
    size_t n;
    memset(less, 'w', sizeof less - 1);
    less[sizeof less - 1] = '\0';
    add_curves(f, less, (double[]){0.25, 0.125, 0.5});
    add_curves(f, "beta", (double[]){0.5, 0.625, 0.75});
    add_claims(f, less, "beta");
    struct plot_data d = read_plot(f, "claims", &q);
    TEXT_OF(text, n, plot_find("claims")->print(&d, &q, out));
    assert_non_null(strstr(text, "the interval may hold 0 though the ranks decide.\n"));
    assert_non_null(strstr(text, "o: mean of the second less that of the first; (--): "));
    assert_non_null(strstr(text, "\nflip_flop, quick: token_error, %\nood_long: wwww"));
    const char *bar = strstr(text, "www < beta\n");
    assert_non_null(bar);
    bar += strlen("www < beta\n");
    *strchr(bar, '\n') = '\0';
    assert_int_equal(strlen(bar), 2 + 60 + 2 + strlen("too few seeds"));
    assert_non_null(strchr(bar, '('));
    assert_non_null(strstr(bar, "-o-"));
    assert_non_null(strchr(bar, ')'));
    assert_non_null(strchr(bar, '|'));
    free(text);
    q.text = false;
    text = script_of("claims", &d, &q);
    assert_non_null(strstr(text, "two different tests"));
    assert_non_null(strstr(text, "www'.'...'.'www"));
    assert_non_null(strstr(text, "set lmargin 62\n"));
    free(text);
    plot_data_free(&d);
}

/* One seed on each side has no interval, and not every claim has a paper's number. */
static void a_key_of_claims_tells_what_is_there(void **state)
{
    const struct plot_request words = {.text = true};
    struct plot_request q = {0};
    (void)state;
    for (int all = 0; all < 2; all++) {
        struct plot_data d = one_mark("box", "id: alpha < beta");
        struct plot_row *r = d.row;
        char *text;
        size_t n;
        assert_true(plot_word(r, 0, "c1") &&
                    plot_word(r, 1, all ? "reproduced" : "undecided") &&
                    plot_word(r, 2, "loss"));
        for (int k = 1; k <= 3 && !all; k++) /* the interval's ends and the paper */
            r->value[k] = (double)NAN;
        TEXT_OF(text, n, plot_find("claims")->print(&d, &words, out));
        assert_int_equal(strstr(text, "(--)") != NULL, all);
        assert_int_equal(strstr(text, "x: the paper") != NULL, all);
        free(text);
        text = script_of("claims", &d, &q);
        assert_non_null(strstr(text, all ? "first, with 95 % interval; cross: the paper'\n"
                                         : "set xlabel 'second less first'\n"));
        assert_non_null(strstr(text, all ? ".'green disc: reproduced' noenhanced"
                                         : ".'grey circle: not decided' noenhanced"));
        free(text);
        plot_data_free(&d);
    }
}

/* A claim whose mean is infinite is judged, so it is shown. */
static void a_claim_without_difference_is_shown(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {0};
    char *text;
    size_t n;
    add_curves(f, "alpha", (double[]){(double)INFINITY, 0.5, 0.25});
    add_curves(f, "beta", (double[]){0.5, 0.5, 0.5});
    add_claims(f, "alpha", "beta");
    struct plot_data d = read_plot(f, "claims", &q);
    assert_int_equal(d.n, 3);
    TEXT_OF(text, n, plot_find("claims")->print(&d, &q, out));
    assert_int_equal(occurrences(text, "a mean is not finite"), 2);
    free(text);
    text = script_of("claims", &d, &q);
    assert_null(strstr(text, "$claim_0 using"));
    assert_non_null(strstr(text, "$paper_0 using"));
    free(text);
    plot_data_free(&d);
}

/* Beside a box and in a legend a name keeps both of its ends. */
static void long_names_lose_their_middle(void **state)
{
    static const char *const plots[] = {"seeds", "curves", "speed"};
    struct plot_request q = {.metric = "token_error"};
    char name[260] = "begin_";
    (void)state;
    for (int i = 0; i < 80; i++)
        strcat(name, i % 2 ? "e" : "\xc3\xa9");
    strcat(name, "_end");
    for (int p = 0; p < 3; p++)
        for (int text = 0; text < 2; text++) {
            struct plot_data d = one_mark("box", name);
            q.text = text;
            char *script = script_of(plots[p], &d, &q), *at = strstr(script, "'begin_");
            assert_non_null(at);
            char *end = strstr(at, "_end'");
            assert_non_null(end);
            end[strlen("_end'")] = '\0';
            /* The parts have six quotes and two dots around them. */
            assert_int_equal(plot_letters(at) - 8, p      ? PLOT_SHORT_NAME_MOST
                                                   : text ? PLOT_TEXT_NAME_MOST
                                                          : PLOT_NAME_MOST);
            free(script);
            plot_data_free(&d);
        }
}

/* Chinese letters count as two columns, and so do letters with a combining mark; what remains
 * begins with a whole letter. */
static void names_are_cut_by_their_width(void **state)
{
    static const char *const letter[] = {"\xe4\xb8\xad", "e\xcc\x81"};
    struct plot_request q = {.metric = "token_error"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        char name[260] = "", want[260] = "'";
        for (int k = 0; k < 80; k++)
            strcat(name, letter[i]);
        for (int k = 0; k < 14; k++)
            strcat(want, letter[i]);
        strcat(want, "'.'...'.'");
        strcat(want, letter[i]);
        struct plot_data d = one_mark("box", name);
        char *script = script_of("seeds", &d, &q);
        assert_ptr_equal(strstr(script, "set encoding utf8\n"), script);
        assert_non_null(strstr(script, want));
        assert_non_null(strstr(script, "set lmargin 62\n"));
        free(script);
        plot_data_free(&d);
    }
}

/* An error of a hundredth of another one would lie on 0; what is no error keeps its axis. */
static void speed_has_a_logarithmic_axis_of_errors(void **state)
{
    static const struct {
        const char *metric;
        double mean, least;
        const char *has, *place;
    } of[] = {
        {"token_error", 0.002, 0, "set logscale y\nset yrange [0.025", " 0.025"},
        {"token_error", 0.002, 0.0015, "set logscale y\nset yrange [0.10", " 0.14"},
        {"token_error", 0.1, 0.05, "set yrange [0<*:*]", " 5 20"},
        {"accuracy", 0.002, 0, "set yrange [0<*:*]", " 0 20"},
        {"perplexity", 0.002, 0, "set yrange [0<*:*]", " 0 0.2"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        struct plot_request q = {.metric = of[i].metric};
        struct plot_data d = one_mark("box", "alpha");
        double *v = d.row[0].value;
        v[0] = 20;
        v[1] = of[i].mean;
        v[2] = of[i].least;
        v[3] = 0.2;
        char *script = script_of("speed", &d, &q);
        if (!strstr(script, of[i].has) || !strstr(script, of[i].place))
            fail_msg("%s: %s", of[i].metric, script);
        assert_int_equal(strstr(script, "at the foot") != NULL, i == 0);
        assert_int_equal(strstr(script, "set ytics add ('0' ") != NULL, i == 0);
        free(script);
        plot_data_free(&d);
    }
}

/* Of two boxes with `n` series, of which `other` have another name in the second. */
static struct plot_data two_boxes(int n, int other)
{
    struct plot_data d = {0};
    for (int i = 0; i < 2 * n; i++) {
        char name[32];
        snprintf(name, sizeof name, "encoder_%02d(%s=1)", i % n,
                 i % n < other && i >= n ? "second" : "first");
        struct plot_row *r = plot_add(&d, i < n ? "a" : "b", name);
        assert_non_null(r);
        r->value[0] = r->value[1] = 1;
    }
    return d;
}

/* Where few series have another name in another box, and their own would be high. */
static void boxes_of_nearly_the_same_series_share_a_legend(void **state)
{
    static const struct {
        int n, other, series, legends;
    } of[] = {{18, 2, 20, 1}, {18, 9, 27, 1}, {18, 10, 28, 2}, {2, 1, 3, 2}};
    const struct plot_request q = {.metric = "token_error"};
    (void)state;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        struct plot_data d = two_boxes(of[i].n, of[i].other);
        char *script;
        size_t n;
        TEXT_OF(script, n, plot_script(plot_find("speed"), &d, &q, "svg", out));
        const bool shared = of[i].legends == 1;
        assert_int_equal(occurrences(script, "unset key\n"), shared ? 2 : 0);
        char *last = strstr(script, "\nunset title\n");
        assert_int_equal(last != NULL, shared);
        if (shared)
            assert_int_equal(occurrences(last, " title 'encoder_"), of[i].series);
        free(script);
        plot_data_free(&d);
    }
}

static void thin_lines_are_drawn_where_they_are_few(void **state)
{
    const struct plot_request q = {.metric = "token_error"};
    (void)state;
    for (int n = 8; n <= 9; n++) {
        struct plot_data d = two_boxes(n, 0);
        char *script;
        size_t bytes;
        TEXT_OF(script, bytes, plot_script(plot_find("curves"), &d, &q, "svg", out));
        assert_int_equal(occurrences(script, " lw 0.5 lc "), n == 8 ? 2 * n : 0);
        assert_int_equal(occurrences(script, "thin: a seed"), n == 8);
        assert_int_equal(occurrences(script, "with up to 8 encoders in a box"), n == 9);
        free(script);
        plot_data_free(&d);
    }
}

/* A pictograph that the font lacks would cover a PNG, and in text gnuplot drops a name with
 * joined marks. */
static void letters_that_gnuplot_cannot_draw_are_replaced(void **state)
{
    static const struct {
        const char *terminal, *name;
    } of[] = {{"svg", "'a\xf0\x9f\x98\x80 e\xcc\x81 \xe4\xb8\xad'"},
              {"png", "'a? e\xcc\x81 \xe4\xb8\xad'"},
              {"pdf", "'a? e\xcc\x81 \xe4\xb8\xad'"},
              {"text", "'a? e \xe4\xb8\xad'"}};
    (void)state;
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        const struct plot_request q = {.metric = "token_error"};
        char *script;
        size_t n;
        struct plot_data d = one_mark("box", "a\xf0\x9f\x98\x80 e\xcc\x81 \xe4\xb8\xad");
        TEXT_OF(script, n, plot_script(plot_find("speed"), &d, &q, of[i].terminal, out));
        assert_non_null(strstr(script, of[i].name));
        free(script);
        plot_data_free(&d);
    }
}

/* The title of a picture of a model has the run's names. */
static void long_lines_of_a_title_are_broken(void **state)
{
    char title[300] = "run 1\n";
    struct plot_request q = {.title = title};
    struct plot_data d = {.columns = 1};
    struct plot_row *r = plot_add(&d, "layer 0, head 0", "w");
    (void)state;
    assert_non_null(r);
    r->value[0] = r->value[1] = r->value[2] = 0;
    memset(title + strlen(title), 'w', 100);
    char *script = script_of("positions", &d, &q);
    char *at = strstr(script, "set multiplot title 'run 1'.\"\\n\".'wwwww");
    assert_non_null(at);
    *strchr(at, '\n') = '\0';
    assert_non_null(strstr(at, "wwwww'.\"\\n\".'wwwww"));
    assert_non_null(strstr(script, "size 460,500 "));
    free(script);
    plot_data_free(&d);
}

/* Long titles would overlap their neighbours'. The title of seeds is above the names. */
static void long_titles_lose_their_middle(void **state)
{
    static const char *const plots[] = {"seeds", "curves", "speed", "positions"};
    struct plot_request q = {.metric = "token_error"};
    char panel[260] = "begin_";
    (void)state;
    memset(panel + strlen(panel), 'E', 200);
    strcat(panel, "_end");
    for (int p = 0; p < 4; p++) {
        struct plot_data d = one_mark(panel, "cope(scale_position=false)");
        char *script = script_of(plots[p], &d, &q);
        char *at = strstr(script, "set title 'begin_EEEE");
        assert_non_null(at);
        assert_non_null(strstr(at, "EE'.'...'.'EE"));
        if (p == 0)
            assert_non_null(strstr(at, "EE_end'\nset title offset -13, 0\n"));
        *strchr(at, '\n') = '\0';
        assert_in_range(strlen(at), 1, 80);
        free(script);
        plot_data_free(&d);
    }
}

/* Two seeds at lengths 64 and 128 and p_ignore 0.5 and 0.9: one is infinite at one point, and
 * both have no number at another. */
static void a_surface_says_which_seeds_it_leaves_out(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {0};
    size_t n;
    const double inf = (double)INFINITY, nan = (double)NAN;
    add_surface(f, "alpha",
                (double[2][4]){{inf, 0.25, 0.25, nan}, {0.25, 0.25, 0.25, nan}});
    struct plot_data d = read_plot(f, "surface", &q);
    assert_int_equal(d.n, 4);
    char *text = unbroken_script_of("surface", &d, &q);
    assert_non_null(
        strstr(text, "p_ignore: 3 of 8 values, at 2 points, without a finite number'"));
    assert_non_null(strstr(text, "0 0 25\n1 0 25\n0 1 25\n1 1 NaN\n"));
    assert_non_null(strstr(text, "set cbrange [0:25]\n"));
    free(text);
    TEXT_OF(text, n, plot_find("surface")->print(&d, &q, out));
    assert_non_null(strstr(text, "p_ignore: 3 of 8 values, at 2 points, without a"));
    assert_non_null(
        strstr(text, "lines: p_ignore, columns: length; -: no finite number\n"));
    assert_non_null(strstr(text, "      0.9       25        -\n"));
    free(text);
    text = csv_of("surface", &d);
    assert_non_null(strstr(text, ",64,0.5,0.25,1,0.25,0.25,1\r\n"));
    assert_non_null(strstr(text, ",128,0.9,,0,,,2\r\n"));
    free(text);
    plot_data_free(&d);
}

/* In text an axis drawn last would overwrite the marks at 0. */
static void marks_on_an_axis_are_seen_in_text(void **state)
{
    struct plot_request q = {.metric = "token_error"};
    struct plot_data d = points_of(2, false);
    (void)state;
    for (int text = 0; text < 2; text++) {
        q.text = text;
        char *script = script_of("curves", &d, &q);
        assert_int_equal(strstr(script, "set border 3 back\n") != NULL, text);
        free(script);
    }
    plot_data_free(&d);
}

static void an_unknown_picture_is_answered_with_all(void **state)
{
    static const char *const words[] = {"plot zzzzzzzz", "report --plots zzzzzzzz"};
    struct program p;
    (void)state;
    for (int i = 0; i < 2; i++) {
        RUN(&p, "%s", words[i]);
        assert_int_equal(p.code, 2);
        assert_non_null(strstr(p.err, "no picture \"zzzzzzzz\"; there are "));
        for (int k = 0; k < plot_count(); k++)
            assert_non_null(strstr(p.err, plot_at(k)->name));
        program_free(&p);
    }
}

/* With gnuplot where it is installed: a box without numbers does not disturb the others. */
static void odd_numbers_are_drawn(void **state)
{
    static const char *const plots[] = {"claims", "seeds", "speed", "curves", "distance"};
    struct fixture *f = *state;
    struct program p;
    const double nan = (double)NAN;
    add_curves(f, "alpha", (double[]){nan, 1e308, (double)INFINITY});
    add_curves(f, "beta", (double[]){0.0, -1.0, 0.25});
    add_claims(f, "alpha", "beta");
    const int64_t id = add_run(
        f->store, (struct fake_run){.variant = "beta", .encoder = "beta", .seed = 9});
    const struct metric_row none[] = {{"lost", "token_error", 50, nan, -1, -1},
                                      {"lost", "token_error", 100, nan, -1, -1}};
    assert_ok(store_metrics(f->store, id, none, 2, &err));
    store_close(f->store);
    f->store = NULL;
    for (int i = 0; i < 10; i++) {
        RUN(&p, "-C '%s' plot %s --db results.db -o %s", f->folder, plots[i / 2],
            i % 2 ? "-" : "p.svg");
        if (p.code != 0 && !strstr(p.err, "gnuplot is not installed"))
            fail_msg("%s: exit code %d: %s", plots[i / 2], p.code, p.err);
        program_free(&p);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_seed_beyond_the_scale_is_drawn_and_counted),
        TEST(speed_has_a_logarithmic_axis_of_errors),
        TEST(boxes_of_nearly_the_same_series_share_a_legend),
        TEST(thin_lines_are_drawn_where_they_are_few),
        TEST(seeds_without_any_number_are_no_picture),
        TEST(speed_says_which_seeds_it_leaves_out),
        TEST(speed_is_processor_time_a_step),
        TEST(a_key_tells_the_marks_of_its_picture),
        TEST(a_paper_beyond_the_scale_is_told),
        cmocka_unit_test(lines_say_which_points_are_absent),
        TEST(a_place_without_its_loss_is_kept),
        cmocka_unit_test(notes_fit_the_picture),
        TEST(claims_in_text_keep_their_room),
        cmocka_unit_test(a_key_of_claims_tells_what_is_there),
        TEST(a_claim_without_difference_is_shown),
        cmocka_unit_test(long_names_lose_their_middle),
        cmocka_unit_test(long_titles_lose_their_middle),
        cmocka_unit_test(names_are_cut_by_their_width),
        cmocka_unit_test(letters_that_gnuplot_cannot_draw_are_replaced),
        cmocka_unit_test(long_lines_of_a_title_are_broken),
        TEST(a_surface_says_which_seeds_it_leaves_out),
        cmocka_unit_test(marks_on_an_axis_are_seen_in_text),
        cmocka_unit_test(an_unknown_picture_is_answered_with_all),
        TEST(odd_numbers_are_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
