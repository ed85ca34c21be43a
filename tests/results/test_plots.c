/* The plots: their data, their scripts, and names that would do harm. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "plot_bed.h"
#include "program.h"
#include "store_matrix.h"
#include "task.h"

static void fill(struct fixture *f)
{
    add_curves(f, "alpha", (double[]){0.25, 0.0, 0.5});
    add_curves(f, "beta", (double[]){0.0, 0.0, 0.0});
}

static void curves_hold_each_seed_and_the_median(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {0};
    char *text;
    size_t n;
    fill(f);
    struct plot_data d = read_plot(f, "curves", &q);
    assert_int_equal(d.n, 2 * 3 * 2); /* ood_long has one step, so no curve */
    assert_string_equal(d.row[0].panel, "flip_flop, valid");
    TEXT_OF(text, n, plot_find("curves")->draw(&d, &q, out));
    /* The seeds have 0.1, 0.2 and 0.3 at step 100: the median is 20 %. */
    assert_non_null(strstr(text, "$median_0 << EOD\n50 50\n100 20\nEOD\n"));
    assert_non_null(strstr(text, "$seeds_0 << EOD\n50 50\n100 10\n\n50 50\n"));
    free(text);
    plot_data_free(&d);
}

/* The bound of 0 of 300 is 1 - 0.05^(1/300) = 0.009936, so the scale goes from 0.1 to 100 %. 0 is
 * drawn before the scale, at 10^(-1 - 0.16 * 3), with lines to the bound. Open marks are in
 * $none. */
static void seeds_without_errors_stand_at_zero(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {0};
    char *text;
    size_t n;
    fill(f);
    struct plot_data d = read_plot(f, "seeds", &q);
    assert_int_equal(d.n, 6); /* `valid` chooses settings, so it is no result */
    TEXT_OF(text, n, plot_find("seeds")->draw(&d, &q, out));
    assert_non_null(strstr(text, "$none_0 << EOD\n0.03311"));
    assert_non_null(strstr(text, " 1 2 2 0.9936\n"));
    assert_non_null(strstr(text, "$some_0 << EOD\n25 "));
    /* A block without points has one that lies outside the box. */
    assert_non_null(strstr(text, "$some_3 << EOD\n0.033113112148259113 -99 0 0 0\nEOD\n"));
    assert_non_null(strstr(text, "set xrange [0.0218776:141.254]\n"
                                 "set xtics ('0' 0.0331131, '0.1' 1e-1, '' 2e-1 1, "));
    assert_non_null(strstr(text, "with vectors nohead"));
    free(text);
    /* An accuracy of 0 is not free of errors: the key speaks of any rate. */
    q.metric = "accuracy";
    TEXT_OF(text, n, plot_script(plot_find("seeds"), &d, &q, "svg", out));
    const char *title =
        strstr(text, "title 'dot: a seed; o: a seed whose rate is 0, with ");
    assert_non_null(title);
    assert_non_null(strstr(title, "line: 0' noenhanced"));
    free(text);
    plot_data_free(&d);
}

/* Where every seed erred there is no place for 0. The decades have labels while there is room. */
static void a_scale_has_zero_where_a_seed_has(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {0};
    char *text;
    size_t n;
    add_curves(f, "alpha", (double[]){0.25, 2e-8, 0.5});
    struct plot_data d = read_plot(f, "seeds", &q);
    TEXT_OF(text, n, plot_find("seeds")->draw(&d, &q, out));
    assert_non_null(strstr(text, "set xtics ('1e-06' 1e-6, '' 2e-6 1, "));
    assert_non_null(strstr(text, ", '' 1e-5, "));
    assert_null(strstr(text, "set arrow from"));
    free(text);
    plot_data_free(&d);
}

/* Returns the first number after `key` in the script of the data. */
static int script_number(const struct plot_data *d, const struct plot_request *q,
                         const char *plot, const char *terminal, const char *key)
{
    char *text;
    size_t n;
    int number = -1;
    TEXT_OF(text, n, plot_script(plot_find(plot), d, q, terminal, out));
    const char *at = strstr(text, key);
    if (at)
        number = (int)strtol(at + strlen(key), NULL, 10);
    free(text);
    return number;
}

/* Names are beside the box and take no width from it; many rows make it higher. */
static void boxes_of_seeds_keep_their_width(void **state)
{
    static const char *const names[] = {"a", "cope(scale_position=false,sep_keys=true)"};
    const struct plot_request q = {.metric = "token_error"};
    int width[2], lines[2];
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct plot_data d = {0};
        for (int i = 0; i < (k ? 18 : 1); i++) {
            char name[64];
            snprintf(name, sizeof name, "%s%d", names[k], i);
            struct plot_row *row = plot_add(&d, "box", name);
            assert_non_null(row);
            row->value[0] = 0.5;
            assert_true(plot_word(row, 0, "number"));
        }
        width[k] = script_number(&d, &q, "seeds", "svg", "set terminal svg size ");
        lines[k] = script_number(&d, &q, "seeds", "text", "set terminal dumb size 79,");
        plot_data_free(&d);
    }
    assert_int_equal(width[1] - width[0], 7 * (42 - 2));
    assert_int_equal(lines[0], 22 + 1);
    assert_int_equal(lines[1], 2 * 18 + 10 + 1);
}

/* The legend is below the axis's name, in as many columns as fit its names: gnuplot puts names
 * of 18 letters in two, of 19 in one. */
static void legends_have_their_own_room(void **state)
{
    const struct plot_request q = {.metric = "token_error"};
    struct plot_data d = {0};
    (void)state;
    for (int i = 0; i < 7; i++) {
        char name[32];
        snprintf(name, sizeof name, "rope(fastest=0.%d)", i);
        assert_non_null(plot_add(&d, "box", name));
    }
    assert_int_equal(script_number(&d, &q, "curves", "svg", "set key maxcols "), 2);
    assert_int_equal(script_number(&d, &q, "curves", "svg", "set bmargin "), 4 + 4);
    assert_int_equal(script_number(&d, &q, "speed", "svg", "set bmargin "), 4 + 4);
    assert_int_equal(script_number(&d, &q, "curves", "text", "set key maxcols "), 2);
    assert_int_equal(script_number(&d, &q, "curves", "text", "set terminal dumb size 79,"),
                     22 + 2 + 1);
    plot_data_free(&d);
    for (int letters = 18; letters <= 19; letters++) {
        for (int i = 0; i < 4; i++) {
            char name[32];
            snprintf(name, sizeof name, "%0*d", letters, i);
            assert_non_null(plot_add(&d, "box", name));
        }
        assert_int_equal(script_number(&d, &q, "speed", "script", "# fits a terminal of "),
                         460);
        assert_int_equal(script_number(&d, &q, "speed", "svg", "set key maxcols "),
                         letters == 18 ? 2 : 1);
        plot_data_free(&d);
    }
}

/* Boxes share a legend when each has the same series; a terminal has one box in each row. */
static void boxes_of_the_same_series_share_a_legend(void **state)
{
    static const char *const plots[] = {"curves", "speed"};
    (void)state;
    for (int i = 0; i < 8; i++) {
        const bool same = i / 2 % 2, in_text = i >= 4;
        const struct plot *plot = plot_find(plots[i % 2]);
        const struct plot_request q = {.metric = "token_error", .text = in_text};
        struct plot_data d = {0};
        char *script;
        size_t n;
        for (int box = 0; box < 2; box++) {
            const char *panel = box ? "second" : "first";
            const char *last = box && !same ? "gamma" : "beta";
            assert_true(plot_add(&d, panel, "alpha") && plot_add(&d, panel, last));
        }
        for (int k = 0; k < d.n * PLOT_VALUES; k++)
            d.row[k / PLOT_VALUES].value[k % PLOT_VALUES] = 1;
        TEXT_OF(script, n, plot_script(plot, &d, &q, in_text ? "text" : "svg", out));
        const int legends = occurrences(script, "title 'alpha'");
        const bool once = same && !in_text;
        assert_int_equal(occurrences(script, "unset key\n"), once ? 2 : 0);
        assert_int_equal(legends, once ? 3 : 2); /* two boxes hide their title */
        assert_int_equal(strstr(script, " layout 1,1\n") != NULL, once);
        free(script);
        plot_data_free(&d);
    }
}

/* Seeds 1 and 2 of alpha: of 100 places 38 have 0 ignored bits, 1 has 1, 1 has 2, 60 have 9. A
 * point needs a fortieth, 2.5 places, so those of 1 and 2 become one point at 1.5. */
static void errors_stand_at_their_distance(void **state)
{
    static const char *const strata[] = {
        "{\"ignores\":[[0,0,38],[1,1,1],[2,0,1],[9,15,60]],\"agree\":[[0,16,90],[1,0,10]]}",
        "{\"ignores\":[[0,19,38],[1,1,1],[2,1,1],[9,0,60]],\"agree\":[[0,21,90],[1,0,10]]}"};
    struct fixture *f = *state;
    struct plot_request q = {0};
    char *text;
    size_t n;
    for (int i = 0; i < 2; i++) {
        const struct place_row p = {"id", 100, NULL, strata[i]};
        const int64_t id = add_run(
            f->store,
            (struct fake_run){.variant = "alpha", .encoder = "alpha", .seed = i + 1});
        assert_ok(store_places(f->store, id, &p, &err));
    }
    struct plot_data d = read_plot(f, "distance", &q);
    assert_int_equal(d.n, 2 * 3); /* `agree` has two values, so it is no distance */
    assert_string_equal(d.row[0].panel, "flip_flop, id: ignores");
    TEXT_OF(text, n, plot_find("distance")->draw(&d, &q, out));
    assert_non_null(
        strstr(text, "$seeds_0 << EOD\n0 0\n1.5 50\n9 25\n\n0 50\n1.5 100\n9 0\nEOD\n"));
    assert_non_null(strstr(text, "$all_0 << EOD\n0 25\n1.5 75\n9 12.5\nEOD\n"));
    assert_non_null(
        strstr(text, "set xlabel 'ignores'\nset title 'flip_flop, id: ignores'"));
    free(text);
    plot_data_free(&d);
    q.stratum_help = task_stratum_help;
    d = read_plot(f, "distance", &q);
    TEXT_OF(text, n, plot_find("distance")->draw(&d, &q, out));
    assert_non_null(
        strstr(text, "set xlabel 'ignored bits between the write and its read'"));
    free(text);
    TEXT_OF(text, n, plot_csv(plot_find("distance"), &d, out));
    assert_non_null(strstr(text, "panel,series,value,error,wrong,places,seed\r\n"
                                 "\"flip_flop, id: ignores\",alpha,0,0,0,38,1\r\n"));
    free(text);
    plot_data_free(&d);
}

/* Adds three seeds of a text: perplexities 8, 9 and 10 at half a context and three times that
 * at two; `id` has no fixed targets. 40 of its places have each of the positions 0 to 3, and
 * each position loses one nat more than the one before. */
static void fill_text(struct fixture *f, const char *variant)
{
    static const char splits[] =
        "\"splits\":{\"id\":{\"options\":{\"context\":64,\"stretch\":1.0,\"scored\":1.0}},"
        "\"ood_half\":{\"options\":{\"context\":64,\"stretch\":0.5,\"scored\":0.5}},"
        "\"ood_twice\":{\"options\":{\"context\":64,\"stretch\":2.0,\"scored\":0.5}}}";
    for (int seed = 1; seed <= 3; seed++) {
        const struct place_row p = {
            "id", 160, NULL,
            "{\"position\":[[0,9,40,40.0],[1,9,40,80.0],[2,9,40,120.0],[3,9,40,160.0]]}"};
        const int64_t id = add_run(f->store, (struct fake_run){.experiment = "text",
                                                               .variant = variant,
                                                               .encoder = variant,
                                                               .seed = seed,
                                                               .more = splits});
        put(f->store, id, "id", "perplexity", 7);
        put(f->store, id, "ood_half", "perplexity", 7 + seed);
        put(f->store, id, "ood_twice", "perplexity", 3 * (7 + seed));
        assert_ok(store_places(f->store, id, &p, &err));
    }
}

static void perplexity_stands_over_the_context(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {0};
    char *text;
    size_t n;
    fill_text(f, "rope");
    struct plot_data d = read_plot(f, "context", &q);
    assert_int_equal(d.n, 3 * 2);
    assert_string_equal(d.row[0].panel, "text");
    TEXT_OF(text, n, plot_find("context")->draw(&d, &q, out));
    assert_non_null(strstr(text, "$median_0 << EOD\n0.5 9\n2 27\nEOD\n"));
    free(text);
    TEXT_OF(text, n, plot_csv(plot_find("context"), &d, out));
    assert_non_null(strstr(text, "panel,series,context,value,seed,tokens\r\n"
                                 "text,rope,0.5,8,1,32\r\ntext,rope,2,24,1,128\r\n"));
    free(text);
    plot_data_free(&d);
}

/* 40 places of 160 are more than a fortieth, so each position is a mark. Runs of other tasks
 * have no nats. */
static void losses_stand_at_their_position(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {0};
    char *text;
    size_t n;
    fill(f);
    fill_text(f, "rope");
    struct plot_data d = read_plot(f, "loss", &q);
    assert_int_equal(d.n, 3 * 4);
    assert_string_equal(d.row[0].panel, "text, id: position");
    TEXT_OF(text, n, plot_find("loss")->draw(&d, &q, out));
    assert_non_null(strstr(text, "$all_0 << EOD\n0 1\n1 2\n2 3\n3 4\nEOD\n"));
    free(text);
    plot_data_free(&d);
    d = read_plot(f, "distance", &q);
    assert_int_equal(d.n, 2 * 3 * 3 + 3 * 4);
    plot_data_free(&d);
}

static void fill_surface(struct fixture *f, const char *variant)
{
    add_surface(f, variant, (double[2][4]){{0.1, 0.15, 0.2, 0.25}, {0.2, 0.25, 0.3, 0.35}});
}

/* Words are upright below their columns and do not overlap; single letters are level. */
static void words_of_a_text_can_be_read_below_a_map(void **state)
{
    static const char *const keys[] = {"w", "1", "_the"};
    (void)state;
    for (int words = 0; words < 2; words++) {
        struct plot_data d = {.columns = 1};
        const struct plot_request q = {0};
        char *text;
        size_t n;
        for (int i = 0; i < 2; i++) {
            struct plot_row *row = plot_add(&d, "layer 0, head 0", keys[words + i]);
            assert_non_null(row);
            row->value[0] = row->value[1] = i;
            row->value[2] = 1;
        }
        TEXT_OF(text, n, plot_find("positions")->draw(&d, &q, out));
        assert_non_null(strstr(text, words
                                         ? "set xtics scale 0 noenhanced font ',7' rotate "
                                           "by 90 right ('1' 0, '_the' 1)\n"
                                         : "set xtics scale 0 noenhanced font ',7' "
                                           "('w' 0, '1' 1)\n"));
        assert_non_null(strstr(text, "set ytics scale 0 noenhanced font ',7' ('"));
        free(text);
        plot_data_free(&d);
    }
}

/* Returns a map of n x n tokens. */
static struct plot_data map_of(int n, const char *token)
{
    struct plot_data d = {.columns = 1};
    for (int i = 0; i < n * n; i++) {
        struct plot_row *row = plot_add(&d, "layer 0, head 0", token);
        assert_non_null(row);
        row->value[0] = i % n;
        row->value[1] = (i - i % n) / (double)n;
        row->value[2] = i / n >= i % n ? i % n / fmax(n - 1, 1) : (double)NAN;
    }
    return d;
}

/* 32 labels fit; of 33 tokens every second is named, and the axis says so. */
static void an_axis_says_which_tokens_it_names(void **state)
{
    const struct plot_request q = {.title = "run 1"};
    (void)state;
    for (int n = 32; n <= 33; n++) {
        struct plot_data d = map_of(n, "w");
        char *text;
        size_t bytes;
        TEXT_OF(text, bytes, plot_script(plot_find("gates"), &d, &q, "svg", out));
        assert_non_null(strstr(
            text, "set multiplot title 'run 1'.\"\\n\".'keys after the query are not "
                  "drawn' noenhanced layout 1,1\n"));
        assert_non_null(strstr(text, "set xlabel 'key'\n")); /* letters: 48 */
        assert_non_null(strstr(text, n == 32
                                         ? "set ylabel 'query'\n"
                                         : "set ylabel 'query' . ' (every 2nd named)'\n"));
        free(text);
        plot_data_free(&d);
    }
}

/* gnuplot draws no image of fewer than four cells, only a warning. */
static void a_map_of_one_token_is_a_box(void **state)
{
    struct plot_data d = map_of(1, "w");
    char *text;
    size_t n;
    (void)state;
    TEXT_OF(text, n, plot_find("gates")->draw(&d, &(struct plot_request){0}, out));
    assert_non_null(strstr(text, "with boxxyerror fill solid lc palette"));
    assert_null(strstr(text, "with image"));
    free(text);
    plot_data_free(&d);
}

/* Cells 0, 1/2 and 1 of 1 get the first, middle and last shade; of 140 tokens two share a
 * character. Control characters of a token are not shown. */
static void a_map_in_text_has_shades(void **state)
{
    const struct plot_request q = {.title = "run 1\nx\x1b", .text = true};
    struct plot_data d = map_of(3, "w\x1b");
    char *text;
    size_t n;
    (void)state;
    TEXT_OF(text, n, plot_find("gates")->print(&d, &q, out));
    assert_string_equal(text, "run 1\nx\\x1b\n\nlayer 0, head 0\n"
                              "gate from 0 to 1: .:-=+*#%@; lines: query, columns: key\n"
                              "         w w w \n         ? ? ? \n"
                              "      w? ..    \n      w? ..++  \n      w? ..++@@\n");
    free(text);
    plot_data_free(&d);
    d = map_of(140, "w");
    TEXT_OF(text, n, plot_find("gates")->print(&d, &q, out));
    assert_non_null(
        strstr(text, "a character is the largest of 2 x 2, named by the first"));
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80);
    free(text);
    plot_data_free(&d);
}

/* Seeds 0.1 and 0.2 at the first point have the mean 15 %. */
static void a_surface_has_the_mean_of_each_point(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {0};
    char *text;
    size_t n;
    fill_surface(f, "alpha");
    struct plot_data d = read_plot(f, "surface", &q);
    assert_int_equal(d.n, 4);
    assert_string_equal(d.row[0].panel, "flip_flop, id: alpha");
    TEXT_OF(text, n, plot_find("surface")->draw(&d, &q, out));
    assert_non_null(strstr(text, "$cells_0 << EOD\n0 0 15\n1 0 25\n0 1 20\n1 1 30\nEOD\n"));
    assert_non_null(strstr(text, "set xlabel 'length'\nset ylabel 'p_ignore'\n"));
    assert_non_null(strstr(text, "set xtics scale 0 noenhanced ('64' 0, '128' 1)\n"));
    assert_non_null(strstr(text, "set cbrange [0:30]\n"));
    free(text);
    TEXT_OF(text, n, plot_find("surface")->print(&d, &q, out));
    assert_string_equal(text, "\nflip_flop, id: alpha\n"
                              "token_error, %; lines: p_ignore, columns: length\n"
                              "                64      128\n"
                              "      0.9       20       30\n"
                              "      0.5       15       25\n");
    free(text);
    TEXT_OF(text, n, plot_csv(plot_find("surface"), &d, out));
    assert_non_null(strstr(text,
                           "panel,series,x,y,error,seeds,least,most,left_out\r\n"
                           "\"flip_flop, id: alpha\",\"length, p_ignore\",64,0.5,0.15"));
    free(text);
    plot_data_free(&d);
}

/* alpha has 0.25, 0 and 0.5, beta three times 0: beta is better in two of three pairs and
 * equal in the last, 5/6. With three seeds a side p is at least 1/20, times two claims. */
static void claims_have_their_effect_and_verdict(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {0};
    char *text;
    size_t n;
    fill(f);
    add_claims(f, "beta", "alpha");
    struct plot_data d = read_plot(f, "claims", &q);
    assert_int_equal(d.n, 3);
    assert_string_equal(d.row[0].panel, "flip_flop, quick: token_error, %");
    assert_string_equal(d.row[1].word[0], "c4"); /* in one box with c1 */
    assert_string_equal(d.row[2].panel, "flip_flop, quick: loss");
    TEXT_OF(text, n, plot_csv(plot_find("claims"), &d, out));
    assert_non_null(strstr(
        text, "panel,series,claim,verdict,metric,effect,effect_low,effect_high,"
              "published_effect,improvement,p_below,p_above,p_below_alone,p_above_alone\r\n"
              "\"flip_flop, quick: token_error, %\",ood_long: beta < alpha,c1,"
              "too few seeds,token_error,0.25,"));
    free(text);
    TEXT_OF(text, n, plot_find("claims")->draw(&d, &q, out));
    assert_non_null(strstr(text, "$claim_0 << EOD\n25 1 "));
    assert_non_null(strstr(text, "$claim_1 << EOD\n-25 2 "));
    assert_non_null(strstr(text, "$paper_0 << EOD\n20 1\nEOD\n"));
    assert_non_null(strstr(text, "$paper_1 << EOD\nnan 2\nEOD\n"));
    /* The axis has few numbers; a claim without a paper's number has no text at NaN. */
    assert_non_null(strstr(text, "set xtics 20\n"));
    assert_null(strstr(text, "$paper_1 using"));
    /* The mean losses are 1.2 and 0.9, no percentages: alpha - beta. */
    assert_non_null(strstr(text, "$claim_2 << EOD\n-0.3"));
    assert_non_null(strstr(text, "set y2tics scale 0 noenhanced ('too few seeds' 1, "));
    free(text);
    plot_data_free(&d);
    q.encoder = "gamma*";
    assert_int_equal(plot_find("claims")->read(f->store, &q, &d, &err), ST_NOTFOUND);
    assert_non_null(strstr(err.msg, "no done run has encoder \"gamma*\"; there are alpha"));
    q = (struct plot_request){.split = "valid"};
    assert_int_equal(plot_find("claims")->read(f->store, &q, &d, &err), ST_NOTFOUND);
    assert_non_null(strstr(err.msg, "posbench claims"));
    plot_data_free(&d);
}

/* A metric is a name, not a glob. */
static void a_metric_that_nothing_has_is_named(void **state)
{
    struct fixture *f = *state;
    const struct plot_request q = {.metric = "token_*"};
    struct plot_data d = {0};
    fill(f);
    assert_int_equal(plot_find("seeds")->read(f->store, &q, &d, &err), ST_NOTFOUND);
    assert_non_null(strstr(err.msg, "no done run has metric \"token_*\"; "));
    plot_data_free(&d);
}

/* The message for an empty database, for runs that are not done, and when one of them is. */
static void runs_that_are_not_done_are_told(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {.metric = "token_error"};
    struct plot_data d = {0};
    const struct plot *p = plot_find("seeds");
    assert_int_equal(p->read(f->store, &q, &d, &err), ST_NOTFOUND);
    assert_non_null(strstr(err.msg, "there are no runs yet: \"posbench plan\""));
    add_run(f->store, (struct fake_run){.variant = "none", .state = "new"});
    assert_int_equal(p->read(f->store, &q, &d, &err), ST_NOTFOUND);
    assert_string_equal(err.msg,
                        "none of the runs asked for is done yet: \"posbench plan\" "
                        "shows how far they are, \"posbench run\" trains them");
    fill(f);
    q.encoder = "none";
    assert_int_equal(p->read(f->store, &q, &d, &err), ST_NOTFOUND);
    assert_non_null(strstr(err.msg, "none of the runs asked for is done yet"));
    q.encoder = "nine";
    assert_int_equal(p->read(f->store, &q, &d, &err), ST_NOTFOUND);
    assert_non_null(
        strstr(err.msg, "no done run has encoder \"nine\"; there are alpha, beta"));
    plot_data_free(&d);
}

/* Returns what `draw` writes for the plot; the caller frees it. */
static char *script_of(struct fixture *f, const char *name)
{
    struct plot_request q = {0};
    char *text;
    size_t n;
    struct plot_data d = read_plot(f, name, &q);
    TEXT_OF(text, n, plot_find(name)->draw(&d, &q, out));
    plot_data_free(&d);
    return text;
}

/* Numbers of foreign databases: gnuplot crashes when text stands where there is no number. Claims
 * draw no block of such numbers, seeds have an arrow at the edge of the scale. */
static void numbers_without_end_have_no_point(void **state)
{
    struct fixture *f = *state;
    struct program p;
    add_curves(f, "alpha", (double[]){(double)INFINITY, 0.5, 0.25});
    add_curves(f, "beta", (double[]){0.0, 1e308, -1.0});
    add_claims(f, "alpha", "beta");
    char *claims = script_of(f, "claims"), *seeds = script_of(f, "seeds");
    assert_non_null(strstr(claims, "$claim_0 << EOD\n-inf 1 -inf -inf\nEOD"));
    assert_null(strstr(claims, "$claim_0 using"));
    assert_null(strstr(claims, "$claim_1 using"));
    assert_null(strstr(claims, "$paper_1 using"));
    assert_non_null(strstr(claims, "$claim_2 using"));
    assert_null(strstr(seeds, "inf"));
    assert_null(strstr(seeds, "nan"));
    assert_non_null(strstr(seeds, "$some_0 << EOD\n50 1 2 2 50\n25 1.2 3 3 25\n"));
    assert_non_null(strstr(seeds, "$above_0 << EOD\n100 "));
    free(claims);
    free(seeds);
    store_close(f->store);
    f->store = NULL;
    static const char *const names[] = {"claims", "seeds"};
    for (int i = 0; i < 2; i++) {
        RUN(&p, "-C '%s' plot %s --db results.db", f->folder, names[i]);
        if (p.code != 0 && !strstr(p.err, "gnuplot is not installed"))
            fail_msg("%s: exit code %d: %s", names[i], p.code, p.err);
        program_free(&p);
    }
}

static void claims_show_their_verdict_in_colour_and_mark(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {0};
    char *text;
    size_t n;
    fill(f);
    for (int seed = 1; seed <= 5; seed++)
        for (int k = 0; k < 2; k++)
            put(f->store,
                add_run(f->store, (struct fake_run){.experiment = "other",
                                                    .variant = k ? "worse" : "better",
                                                    .seed = seed}),
                "id", "token_error", (k ? 0.5 : 0.1) + 0.001 * seed);
    const double nan = (double)NAN;
    const struct claim_row rows[] = {
        {"yes", "t", "other", "", "id", "token_error", "better", "worse", nan, nan},
        {"no", "t", "other", "", "id", "token_error", "worse", "better", nan, nan},
    };
    assert_ok(store_claims(f->store, rows, 2, &err));
    struct plot_data d = read_plot(f, "claims", &q);
    assert_int_equal(d.n, 2);
    assert_string_equal(d.row[0].word[1], "reproduced");
    assert_string_equal(d.row[1].word[1], "contradicted");
    TEXT_OF(text, n, plot_find("claims")->draw(&d, &q, out));
    assert_non_null(strstr(text,
                           "$claim_0 using 1:2:3:4 with xerrorbars pt 7 ps 1.1 lw 2 lc "
                           "rgb '#009E73'"));
    assert_non_null(strstr(text, "$claim_1 using 1:2:3:4 with xerrorbars pt 11 ps 1.1 lw 2 "
                                 "lc rgb '#D55E00'"));
    free(text);
    plot_data_free(&d);
}

static void csv_is_the_data(void **state)
{
    struct fixture *f = *state;
    struct plot_request q = {.encoder = "alpha"};
    char *text;
    size_t n;
    fill(f);
    struct plot_data d = read_plot(f, "seeds", &q);
    TEXT_OF(text, n, plot_csv(plot_find("seeds"), &d, out));
    assert_string_equal(text, "panel,series,mark,value,total,seed,run,published\r\n"
                              "\"flip_flop, ood_long\",alpha,number,0.25,300,1,1,\r\n"
                              "\"flip_flop, ood_long\",alpha,zero,0,300,2,2,\r\n"
                              "\"flip_flop, ood_long\",alpha,number,0.5,300,3,3,\r\n");
    free(text);
    plot_data_free(&d);
}

/* The text reads back to the same double. */
static void numbers_of_csv_are_short(void **state)
{
    static const double third = 1.0 / 3.0;
    struct plot_data d = {0};
    char *text;
    size_t n;
    (void)state;
    struct plot_row *row = plot_add(&d, "p", "s");
    assert_non_null(row);
    row->value[0] = 0.1;
    row->value[1] = third;
    row->value[2] = 1e300;
    TEXT_OF(text, n, plot_csv(plot_find("curves"), &d, out));
    assert_string_equal(text, "panel,series,step,value,seed\r\n"
                              "p,s,0.1,0.3333333333333333,1e+300\r\n");
    free(text);
    plot_data_free(&d);
}

static void every_plot_says_when_nothing_fits(void **state)
{
    struct fixture *f = *state;
    fill(f);
    for (int i = 0; i < plot_count(); i++) {
        struct plot_request q = {.experiment = "nothing", .metric = plot_at(i)->metric};
        struct plot_data d = {0};
        assert_int_equal(plot_at(i)->read(f->store, &q, &d, &err), ST_NOTFOUND);
        plot_data_free(&d);
    }
}

/* Text that gnuplot would run in a double-quoted string, as a macro, in a comment or on a line
 * of its own. */
#define HARM \
    "x`touch harm`'.system('touch harm').'\n!touch harm\n@m $d %n %s 5%% & </script> \"q\" \\"

static void names_are_single_quoted(void **state)
{
    char *text;
    size_t n;
    (void)state;
    TEXT_OF(text, n, plot_quoted(out, "it's\n\x1b[2J \xff\xc2\x9b \xc3\xa9"));
    assert_string_equal(text, "'it''s??[2J ?? \xc3\xa9'");
    free(text);
    TEXT_OF(text, n, plot_tick(out, "50%n'"));
    assert_string_equal(text, "'50%%n'''");
    free(text);
}

/* Tries every plot and format, with gnuplot where it is installed. */
static void names_from_elsewhere_run_nothing(void **state)
{
    struct fixture *f = *state;
    struct program p;
    add_curves(f, HARM, (double[]){0.25, 0.125, 0.5});
    add_curves(f, "beta", (double[]){0.0, 0.0, 0.0});
    add_claims(f, HARM, "beta");
    fill_surface(f, HARM);
    fill_text(f, HARM);
    store_close(f->store);
    f->store = NULL;
    for (int i = 0; i < plot_count(); i++) {
        char picture[SCRATCH_TEXT + 32], harm[SCRATCH_TEXT + 32];
        snprintf(picture, sizeof picture, "%s/picture.svg", f->folder);
        snprintf(harm, sizeof harm, "%s/harm", f->folder);
        if (plot_at(i)->planes)
            continue;
        for (int text = 0; text < 2; text++) {
            RUN(&p, "-C '%s' plot %s --db results.db -o %s", f->folder, plot_at(i)->name,
                text ? "-" : "picture.svg");
            const bool drawn = p.code == 0;
            if (!drawn && !strstr(p.err, "gnuplot is not installed"))
                fail_msg("%s: %s", plot_at(i)->name, p.err);
            program_free(&p);
            if (text || !drawn)
                continue;
            /* A page includes the picture as it is. */
            char *svg = file_text(picture, NULL);
            assert_non_null(strstr(svg, "</svg>"));
            assert_null(strstr(svg, "</script>"));
            free(svg);
            assert_int_equal(unlink(picture), 0);
        }
        assert_int_not_equal(access(harm, F_OK), 0);
    }
}

/* The pictures of a model show its tokens, and the run's names in the title. */
static void names_of_a_run_run_nothing(void **state)
{
    struct fixture *f = *state;
    const struct plot_request q = {.title = HARM "\n" HARM};
    for (int i = 0; i < plot_count(); i++) {
        char path[SCRATCH_TEXT + 32], harm[SCRATCH_TEXT + 32];
        struct program p;
        if (!plot_at(i)->planes)
            continue;
        struct plot_data d = map_of(3, HARM);
        snprintf(path, sizeof path, "%s/script.gp", f->folder);
        FILE *script = fopen(path, "w");
        assert_non_null(script);
        plot_script(plot_at(i), &d, &q, "svg", script);
        assert_int_equal(fclose(script), 0);
        plot_data_free(&d);
        RUN(&p,
            "--help >/dev/null; cd '%s' && if command -v gnuplot >/dev/null; "
            "then gnuplot -d script.gp; fi",
            f->folder);
        assert_int_equal(p.code, 0);
        program_free(&p);
        snprintf(harm, sizeof harm, "%s/harm", f->folder);
        assert_int_not_equal(access(harm, F_OK), 0);
    }
}

static void the_same_data_give_the_same_bytes(void **state)
{
    struct fixture *f = *state;
    struct program p;
    fill(f);
    add_claims(f, "alpha", "beta");
    fill_surface(f, "alpha");
    fill_text(f, "alpha");
    RUN(&p, "--help >/dev/null; command -v gnuplot");
    const int installed = p.code == 0;
    program_free(&p);
    if (!installed) {
        print_message("skipped: gnuplot is not installed\n");
        skip();
    }
    for (int i = 0; i < plot_count(); i++)
        for (int k = 0; k < 3 && !plot_at(i)->planes; k++) { /* test_probe has those */
            static const char *const end[] = {"svg", "pdf", "png"};
            RUN(&p,
                "-C '%s' plot %s --db results.db -o a.%s && sleep 0.02 && %s -C '%s' plot %s "
                "--db results.db -o b.%s && cmp '%s/a.%s' '%s/b.%s'",
                f->folder, plot_at(i)->name, end[k], POSBENCH, f->folder, plot_at(i)->name,
                end[k], f->folder, end[k], f->folder, end[k]);
            if (p.code)
                print_error("%s: %s", plot_at(i)->name, p.err);
            assert_int_equal(p.code, 0);
            program_free(&p);
        }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(curves_hold_each_seed_and_the_median),
        TEST(seeds_without_errors_stand_at_zero),
        TEST(a_scale_has_zero_where_a_seed_has),
        cmocka_unit_test(boxes_of_seeds_keep_their_width),
        cmocka_unit_test(legends_have_their_own_room),
        cmocka_unit_test(boxes_of_the_same_series_share_a_legend),
        TEST(errors_stand_at_their_distance),
        TEST(perplexity_stands_over_the_context),
        TEST(losses_stand_at_their_position),
        cmocka_unit_test(words_of_a_text_can_be_read_below_a_map),
        cmocka_unit_test(an_axis_says_which_tokens_it_names),
        cmocka_unit_test(a_map_of_one_token_is_a_box),
        cmocka_unit_test(a_map_in_text_has_shades),
        TEST(a_surface_has_the_mean_of_each_point),
        TEST(claims_have_their_effect_and_verdict),
        TEST(a_metric_that_nothing_has_is_named),
        TEST(runs_that_are_not_done_are_told),
        TEST(numbers_without_end_have_no_point),
        TEST(claims_show_their_verdict_in_colour_and_mark),
        TEST(csv_is_the_data),
        TEST(every_plot_says_when_nothing_fits),
        cmocka_unit_test(names_are_single_quoted),
        TEST(names_from_elsewhere_run_nothing),
        TEST(names_of_a_run_run_nothing),
        TEST(the_same_data_give_the_same_bytes),
        cmocka_unit_test(numbers_of_csv_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
