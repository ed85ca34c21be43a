/* The lengths that each encoder reaches, on a made-up database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "approx.h"
#include "filled_store.h"
#include "statistics.h"
#include "table_extrapolation.h"

/* Training has length 10; two splits have ratio 2. `dense` raises no integer option and
 * `short` lowers one, so neither has a ratio. */
static const char sizes[] =
    "\"task\": {\"name\": \"t\", \"options\": {\"length\": 10, \"share\": 0.5}}, "
    "\"splits\": {"
    "\"id\": {\"options\": {\"length\": 10, \"share\": 0.5}}, "
    "\"ood_longer\": {\"options\": {\"length\": 20, \"share\": 0.5}}, "
    "\"ood_both\": {\"options\": {\"length\": 20, \"share\": 0.9}}, "
    "\"ood_far\": {\"options\": {\"length\": 40, \"share\": 0.5}}, "
    "\"ood_short\": {\"options\": {\"length\": 5, \"share\": 0.5}}, "
    "\"ood_dense\": {\"options\": {\"length\": 10, \"share\": 0.9}}}";

/* Adds a seed with this many wrong tokens of 1000 on id, ood_longer, ood_both and ood_far; -1:
 * no such number. */
static int64_t add_seed(struct store *s, const char *variant, int seed, int id, int longer,
                        int both, int far)
{
    const int64_t run = add_run(
        s, (struct fake_run){
               .experiment = "copy", .variant = variant, .seed = seed, .more = sizes});
    const char *const split[] = {"id", "ood_longer", "ood_both", "ood_far"};
    const int wrong[] = {id, longer, both, far};
    for (int i = 0; i < 4; i++)
        put_split(s, run, split[i], wrong[i], 1000, 0);
    put_split(s, run, "ood_short", 1000, 1000, 0);
    put_split(s, run, "ood_dense", 1000, 1000, 0);
    return run;
}

static char *printed(struct store *s, const struct table_request *q)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_ok(table_extrapolation(s, q, out, &err));
    assert_int_equal(fclose(out), 0);
    return text;
}

static void assert_line(struct store *s, enum print_format f, const char *line)
{
    const struct table_request q = {.format = f};
    char *text = printed(s, &q);
    if (!strstr(text, line))
        fail_msg("\"%s\" is not in:\n%s", line, text);
    free(text);
}

static void wilson_agrees_with_forty_digits(void **state)
{
    (void)state;
    /* z = 1.6448536; the values come from the formula with 40 digits. 267 of 267 do not pass
     * 99 %. */
    assert_near(statistics_wilson_low(0, 10), 0, 0);
    assert_near(statistics_wilson_low(10, 10), 0.7870580299, 1e-9);
    assert_near(statistics_wilson_low(5, 10), 0.2692718211, 1e-9);
    assert_near(statistics_wilson_low(995, 1000), 0.9897646685, 1e-9);
    assert_true(statistics_wilson_low(267, 267) < 0.99);
    assert_true(statistics_wilson_low(268, 268) > 0.99);
}

/* 4 wrong of 1000 pass, 5 do not. */
static void the_bound_decides_and_not_the_mean(void **state)
{
    struct fixture *f = *state;
    add_seed(f->store, "just", 1, 4, 4, 4, 5);
    add_seed(f->store, "not", 1, 5, 5, 0, 5);
    assert_line(f->store, PRINT_CSV, "\nquick,copy,,copy,just,,2,4,1,1\n");
    assert_line(f->store, PRINT_CSV, "\nquick,copy,,copy,not,,0,4,0,1\n");
}

/* ood_longer and ood_both have ratio 2: passing one of them is not enough, and a pass beyond a
 * ratio that is not passed does not count. */
static void all_splits_of_a_ratio_are_passed_or_none(void **state)
{
    struct fixture *f = *state;
    add_seed(f->store, "one", 1, 0, 0, 500, 500);
    add_seed(f->store, "none", 1, 0, 500, -1, 500);
    add_seed(f->store, "gap", 1, 0, 500, 0, 0);
    add_seed(f->store, "lost", 1, 500, 0, 0, 0);
    assert_line(f->store, PRINT_CSV, "copy,lost,,0,4,0,1\n");
    assert_line(f->store, PRINT_CSV, "copy,one,,1,4,1,1\n");
    assert_line(f->store, PRINT_CSV, "copy,none,,1,4,1,1\n");
    assert_line(f->store, PRINT_CSV, "copy,gap,,1,4,1,1\n");
}

/* The median of 1, 2, 4 is 2; that of 0, 1, 2, 4 is the lower of 1 and 2. */
static void seeds_are_summed_up_by_their_lower_median(void **state)
{
    struct fixture *f = *state;
    add_seed(f->store, "odd", 1, 0, 0, 0, 0);
    add_seed(f->store, "odd", 2, 0, 500, 500, 500);
    add_seed(f->store, "odd", 3, 0, 0, 0, 500);
    add_seed(f->store, "even", 1, 0, 0, 0, 0);
    add_seed(f->store, "even", 2, 500, 500, 500, 500);
    add_seed(f->store, "even", 3, 0, 0, 0, 500);
    add_seed(f->store, "even", 4, 0, 500, 500, 500);
    add_run(f->store, (struct fake_run){.experiment = "copy",
                                        .variant = "even",
                                        .seed = 5,
                                        .state = "failed",
                                        .more = sizes});
    assert_line(f->store, PRINT_CSV, "copy,odd,,2,4,3,3\n");
    assert_line(f->store, PRINT_CSV, "copy,even,,1,4,3,4\n");
}

/* Adds a seed at a learning rate that ends with this loss on valid; far: wrong of 1000. */
static void add_rate(struct store *s, const char *rate, int seed, double loss, int far)
{
    char cell[64];
    snprintf(cell, sizeof cell, "model.dim=16 train.lr=%s", rate);
    const int64_t run = add_run(s, (struct fake_run){.experiment = "copy",
                                                     .cell = cell,
                                                     .variant = "rope",
                                                     .seed = seed,
                                                     .lr = rate,
                                                     .more = sizes});
    const struct metric_row m[] = {{"valid", "token_error", 100, 0, 0, 1000},
                                   {"valid", "loss", 100, loss, -1, -1}};
    assert_ok(store_metrics(s, run, m, 2, &err));
    put_split(s, run, "id", 0, 1000, 0);
    put_split(s, run, "ood_far", far, 1000, 0);
}

/* The mean of both seeds on valid, 0.25 against 0.3, decides, although the tests say
 * otherwise. */
static void the_learning_rate_is_chosen_on_valid(void **state)
{
    struct fixture *f = *state;
    add_rate(f->store, "0.001", 1, 0.1, 0);
    add_rate(f->store, "0.001", 2, 0.5, 0);
    add_rate(f->store, "0.003", 1, 0.2, 500);
    add_rate(f->store, "0.003", 2, 0.3, 500);
    assert_line(f->store, PRINT_CSV,
                "quick,copy,model.dim=16,copy,rope,train.lr=0.003,1,4,2,2\n");
    assert_line(f->store, PRINT_TEXT, "copy model.dim=16  1 (2/2)\n");
}

/* One step raises `length` twofold and `keys` fourfold: the ratio is two. */
static void the_least_of_what_is_raised_is_the_ratio(void **state)
{
    struct fixture *f = *state;
    const int64_t run = add_run(
        f->store,
        (struct fake_run){.experiment = "copy",
                          .variant = "rope",
                          .seed = 1,
                          .more = "\"task\": {\"options\": {\"length\": 10, \"keys\": 2, "
                                  "\"w\": 3}}, \"splits\": {\"ood_longer\": {\"options\": "
                                  "{\"length\": 20, \"keys\": 8, \"w\": 1}}}"});
    put_split(f->store, run, "ood_longer", 0, 1000, 0);
    assert_line(f->store, PRINT_CSV, "copy,rope,,2,2,0,1\n");
}

static void people_read_encoders_across_and_tasks_down(void **state)
{
    struct fixture *f = *state;
    add_seed(f->store, "rope", 1, 0, 0, 0, 500);
    add_seed(f->store, "cope", 1, 0, 0, 0, 0);
    add_seed(f->store, "none", 1, 500, 500, 500, 500);
    const int64_t other = add_run(
        f->store, (struct fake_run){
                      .experiment = "sort", .variant = "cope", .seed = 1, .more = sizes});
    put_split(f->store, other, "id", 0, 1000, 0);
    put_split(f->store, other, "ood_far", 0, 40, 0);
    assert_line(f->store, PRINT_TEXT, "task     rope      cope     none\n");
    assert_line(f->store, PRINT_TEXT, "copy  2 (1/1)  ≥4 (1/1)  - (0/1)\n");
    assert_line(f->store, PRINT_TEXT, "sort            1 (1/1)\n");
    assert_line(f->store, PRINT_TEXT, "left out: sort/ood_far (40)");
    assert_line(f->store, PRINT_LATEX, "copy & 2 (1/1) &");
    assert_line(f->store, PRINT_LATEX, "accuracy is at least 99 \\%: the median");
    assert_line(f->store, PRINT_HTML,
                "<h3>Extrapolation, profile quick</h3>\n<p>The largest");
    assert_line(f->store, PRINT_HTML, "accuracy is at least 99 %: the median");
    assert_line(f->store, PRINT_MD, "### Extrapolation, profile quick\nThe largest");
}

/* The object has the form of the other tables', with the notes below them. */
static void json_is_an_object(void **state)
{
    struct fixture *f = *state;
    const struct table_request q = {.format = PRINT_JSON};
    add_seed(f->store, "rope", 1, 0, 0, 0, 500);
    const int64_t other = add_run(
        f->store, (struct fake_run){
                      .experiment = "sort", .variant = "cope", .seed = 1, .more = sizes});
    put_split(f->store, other, "id", 0, 1000, 0);
    put_split(f->store, other, "ood_far", 0, 40, 0);
    put_split(f->store, other, "ood_longer", 0, 30, 0);
    char *text = printed(f->store, &q);
    json_t *root = parse_json(text);
    const json_t *rows = json_object_get(root, "extrapolations");
    const json_t *left_out = json_object_get(root, "left_out");
    assert_int_equal(json_integer_value(json_object_get(root, "schema")), 1);
    assert_int_equal(json_array_size(rows), 2);
    assert_string_equal(
        json_string_value(json_object_get(json_array_get(rows, 0), "encoder")), "rope");
    assert_int_equal(json_array_size(left_out), 2);
    assert_string_equal(json_string_value(json_array_get(left_out, 0)),
                        "sort/ood_far (40)");
    assert_string_equal(json_string_value(json_array_get(left_out, 1)),
                        "sort/ood_longer (30)");
    json_decref(root);
    free(text);
}

static void nothing_to_show_is_said(void **state)
{
    struct fixture *f = *state;
    const struct table_request q = {.profile = "other"};
    add_seed(f->store, "rope", 1, 0, 0, 0, 500);
    assert_int_equal(table_extrapolation(f->store, &q, stdout, &err), ST_NOTFOUND);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson_agrees_with_forty_digits),
        TEST(the_bound_decides_and_not_the_mean),
        TEST(all_splits_of_a_ratio_are_passed_or_none),
        TEST(seeds_are_summed_up_by_their_lower_median),
        TEST(the_learning_rate_is_chosen_on_valid),
        TEST(the_least_of_what_is_raised_is_the_ratio),
        TEST(people_read_encoders_across_and_tasks_down),
        TEST(json_is_an_object),
        TEST(nothing_to_show_is_said),
    };
    return cmocka_run_group_tests_name("table_extrapolation", tests, NULL, NULL);
}
