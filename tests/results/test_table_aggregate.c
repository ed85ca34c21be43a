/* table_aggregate.h with made-up scores of two tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "approx.h"
#include "filled_store.h"
#include "table_aggregate.h"

/* Adds a run that has `right` of 100 right where the most frequent answer has `majority`. */
static void add_score(struct store *s, struct fake_run r, int right, double majority)
{
    const int64_t id = add_run(s, r);
    put(s, id, "id", "accuracy", right / 100.0);
    put(s, id, "id", "majority", majority);
    put(s, id, "id", "ceiling", 1);
}

/* Scores of cope: 1, 1, 0.5, 0 in one test and 1, 0.8, 0.8, 0.6 in the other; of rope: 0, 0,
 * 0, 0.5 and 0.2, 0.2, 0.4, 0.6. */
static void fill(struct store *s)
{
    static const int cope[] = {100, 100, 75, 50, 100, 80, 80, 60};
    static const int rope[] = {50, 50, 50, 75, 20, 20, 40, 60};
    for (int i = 0; i < 8; i++) {
        const char *x = i < 4 ? "flip_flop" : "counting";
        const int seed = i % 4 + 1;
        const double majority = i < 4 ? 0.5 : 0.0;
        add_score(s, (struct fake_run){.experiment = x, .variant = "cope", .seed = seed},
                  cope[i], majority);
        add_score(s, (struct fake_run){.experiment = x, .variant = "rope", .seed = seed},
                  rope[i], majority);
    }
}

static char *printed(struct store *s, const struct table_request *q)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_ok(table_aggregate(s, q, out, &err));
    assert_int_equal(fclose(out), 0);
    return text;
}

static const json_t *find(const json_t *root, const char *encoder, const char *statistic)
{
    const json_t *all = json_object_get(root, "aggregates"), *row;
    for (size_t i = 0; (row = json_array_get(all, i)) != NULL; i++)
        if (strcmp(json_string_value(json_object_get(row, "encoder")), encoder) == 0 &&
            strcmp(json_string_value(json_object_get(row, "statistic")), statistic) == 0)
            return row;
    fail_msg("no row %s %s", encoder, statistic);
    return NULL;
}

static double number_of(const json_t *root, const char *encoder, const char *statistic,
                        const char *key)
{
    return json_number_value(json_object_get(find(root, encoder, statistic), key));
}

/* cope, sorted: 0 0.5 | 0.6 0.8 0.8 1 | 1 1, so the mean of the middle half is 0.8. rope: 0 0
 * | 0 0.2 0.2 0.4 | 0.5 0.6: 0.2. Pairs that cope wins in flip_flop: 1, 1 and 0.5 win 4, 4 and
 * 3.5 of rope's four, 0 wins 1.5 (13 of 16). In counting: 1, 0.8 and 0.8 win all four, 0.6
 * three and a half (15.5 of 16). */
static void numbers_are_those_worked_by_hand(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.format = PRINT_JSON};
    fill(f->store);
    char *text = printed(f->store, &q);
    json_t *root = parse_json(text);
    assert_near(number_of(root, "cope", "iqm", "value"), 0.8, 1e-12);
    assert_near(number_of(root, "rope", "iqm", "value"), 0.2, 1e-12);
    assert_near(number_of(root, "cope", "above_0.5", "value"), 6.0 / 8, 1e-12);
    assert_near(number_of(root, "cope", "above_0.9", "value"), 3.0 / 8, 1e-12);
    assert_near(number_of(root, "rope", "above_0.1", "value"), 5.0 / 8, 1e-12);
    assert_near(number_of(root, "cope", "better", "value"), (13 + 15.5) / 32, 1e-12);
    assert_near(number_of(root, "rope", "better", "value"), 3.5 / 32, 1e-12);
    assert_near(number_of(root, "rope", "iqm", "tests"), 2, 0);
    assert_near(number_of(root, "rope", "iqm", "values"), 8, 0);
    static const char *const statistics[] = {"iqm", "above_0.5", "better"};
    for (int i = 0; i < 3; i++) {
        const double value = number_of(root, "cope", statistics[i], "value");
        const double low = number_of(root, "cope", statistics[i], "low");
        const double high = number_of(root, "cope", statistics[i], "high");
        assert_true(0 <= low && low < value && value < high && high <= 1);
    }
    json_decref(root);
    free(text);
}

/* A test that one encoder lacks is left out for both. */
static void only_tests_of_all_encoders_count(void **state)
{
    const struct fixture *f = *state;
    struct table_request q = {.format = PRINT_TEXT};
    static const char *const lone[] = {"encoder=cope"};
    fill(f->store);
    for (int i = 0; i < 4; i++)
        add_score(f->store,
                  (struct fake_run){.experiment = "parity", .variant = "cope", .seed = i},
                  0, 0.5);
    char *text = printed(f->store, &q);
    assert_non_null(strstr(text, "over 2 tests (experiment, cell and split) of which\n"
                                 "every encoder has values: "));
    assert_non_null(strstr(text, "cope     80.0 ["));
    assert_non_null(strstr(text, "rope     20.0 ["));
    free(text);
    q.filters = lone;
    q.n_filters = 1;
    text = printed(f->store, &q);
    assert_non_null(strstr(text, "over 3 tests (experiment, cell and"));
    assert_non_null(strstr(text, "n/a"));
    free(text);
}

static void profiles_are_told_apart(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.format = PRINT_CSV};
    fill(f->store);
    add_score(f->store, (struct fake_run){.variant = "cope", .profile = "paper"}, 90, 0);
    char *text = printed(f->store, &q);
    assert_int_equal(occurrences(text, "\n"), 1 + 3 * 12);
    assert_non_null(strstr(text, "\npaper,cope,iqm,0.9,,,1,1\n"));
    assert_non_null(strstr(text, "\npaper,cope,better,,,,1,1\n"));
    free(text);
}

/* One seed gives no estimate of the spread over seeds. */
static void one_seed_has_no_interval(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.format = PRINT_TEXT};
    add_score(f->store, (struct fake_run){.variant = "cope"}, 90, 0);
    add_score(f->store, (struct fake_run){.variant = "rope"}, 80, 0);
    char *text = printed(f->store, &q);
    assert_non_null(strstr(text, "No intervals: each"));
    assert_non_null(strstr(text, "\ncope     90.0  100.0   0.0   100.0\n"));
    assert_null(strstr(text, "["));
    free(text);
    fill(f->store);
    text = printed(f->store, &q);
    assert_null(strstr(text, "No intervals"));
    assert_non_null(strstr(text, "]  "));
    free(text);
}

/* The rate that is worse on `valid` has better answers and does not count; the tried rate is
 * no second seed. */
static void one_learning_rate_counts(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.format = PRINT_CSV};
    static const char *const cells[] = {"train.lr=0.001", "train.lr=0.003"};
    for (int i = 0; i < 2; i++) {
        const int64_t id =
            add_run(f->store, (struct fake_run){.variant = "cope",
                                                .cell = cells[i],
                                                .lr = i ? "0.003" : "0.001"});
        put(f->store, id, "id", "accuracy", i ? 0.9 : 0.6);
        put(f->store, id, "id", "majority", 0);
        put(f->store, id, "id", "ceiling", 1);
        put(f->store, id, "valid", "loss", i ? 0.9 : 0.5);
    }
    char *text = printed(f->store, &q);
    assert_non_null(strstr(text, ",cope,iqm,0.6,,,1,1\n"));
    free(text);
}

/* The chosen rate of the first encoder was run after all others. */
static void encoders_stand_as_their_runs_came(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.format = PRINT_CSV};
    static const struct {
        const char *variant, *cell, *lr;
        double loss;
    } of[] = {{"none", "train.lr=0.001", "0.001", 0.9},
              {"rope", "train.lr=0.001", "0.001", 0.5},
              {"none", "train.lr=0.003", "0.003", 0.5}};
    for (int i = 0; i < 3; i++) {
        const int64_t id = add_run(f->store, (struct fake_run){.variant = of[i].variant,
                                                               .cell = of[i].cell,
                                                               .lr = of[i].lr});
        put(f->store, id, "id", "accuracy", 0.9);
        put(f->store, id, "valid", "loss", of[i].loss);
    }
    char *text = printed(f->store, &q);
    const char *none = strstr(text, ",none,iqm,"), *rope = strstr(text, ",rope,iqm,");
    assert_non_null(none);
    assert_true(none < rope);
    free(text);
}

static void nothing_in_common_is_told(void **state)
{
    const struct fixture *f = *state;
    const struct table_request q = {.format = PRINT_TEXT};
    FILE *out = tmpfile();
    assert_int_equal(table_aggregate(f->store, &q, out, &err), ST_NOTFOUND);
    assert_non_null(strstr(err.msg, "no run matches"));
    add_run(f->store, (struct fake_run){.variant = "none", .state = "new"});
    assert_int_equal(table_aggregate(f->store, &q, out, &err), ST_NOTFOUND);
    assert_non_null(strstr(err.msg, "none of the runs that match is done yet"));
    add_score(f->store, (struct fake_run){.experiment = "parity", .variant = "cope"}, 9, 0);
    add_score(f->store, (struct fake_run){.variant = "rope"}, 9, 0);
    assert_int_equal(table_aggregate(f->store, &q, out, &err), ST_NOTFOUND);
    assert_non_null(strstr(err.msg,
                           "every encoder: of 2 tests in profile quick cope has 1, rope "
                           "has 1; choose encoders that share tests with --only "
                           "encoder=NAME,NAME, or take"));
    assert_int_equal(
        table_aggregate(f->store,
                        &(struct table_request){.merge = true, .format = PRINT_TEXT}, out,
                        &err),
        ST_NOTFOUND);
    assert_null(strstr(err.msg, "--merge-variants"));
    assert_non_null(strstr(err.msg, "NAME,NAME, or name one experiment"));
    fclose(out);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(numbers_are_those_worked_by_hand), CASE(only_tests_of_all_encoders_count),
        CASE(profiles_are_told_apart),          CASE(one_seed_has_no_interval),
        CASE(one_learning_rate_counts),         CASE(encoders_stand_as_their_runs_came),
        CASE(nothing_in_common_is_told),
    };
    return cmocka_run_group_tests_name("table_aggregate", tests, NULL, NULL);
}
