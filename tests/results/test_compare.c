/* compare.h: two sides with made-up answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>

#include "approx.h"
#include "compare.h"
#include "filled_store.h"

/* Adds a done run whose first `right` of 16 sequences of split "id" are right. */
static void add_answers(struct store *s, struct fake_run r, int right)
{
    const int64_t id = add_run(s, r);
    const unsigned bits = (1U << right) - 1;
    const uint8_t bytes[] = {(uint8_t)(bits & 0xff), (uint8_t)(bits >> 8 & 0xff)};
    assert_ok(store_answers(s, id, "id", bytes, 16, &err));
}

/* cope has 0, 2 and 4 wrong of 16, rope 12, 12 and 4. */
static void fill(struct store *s)
{
    static const int cope[] = {16, 14, 12}, rope[] = {4, 4, 12};
    for (int i = 0; i < 3; i++) {
        add_answers(s, (struct fake_run){.variant = "cope", .seed = i + 1}, cope[i]);
        add_answers(s, (struct fake_run){.variant = "rope", .seed = i + 1}, rope[i]);
    }
}

static char *printed(const struct compare_request *q)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_ok(compare_print(q, out, &err));
    assert_int_equal(fclose(out), 0);
    return text;
}

static struct compare_request encoders(struct store *s, enum print_format f)
{
    return (struct compare_request){
        .a = s, .b = s, .name_a = "cope", .name_b = "rope", .format = f};
}

static double number_of(const json_t *row, const char *key)
{
    return json_number_value(json_object_get(row, key));
}

/* The means are 6 / 48 and 28 / 48. In nine pairs of seeds cope has fewer mistakes in eight
 * and equally many in one. McNemar's p of 12 : 0 is 2 / 2^12, of 10 : 0 2 / 2^10, of 0 : 0 1. */
static void numbers_are_those_worked_by_hand(void **state)
{
    const struct fixture *f = *state;
    const struct compare_request q = encoders(f->store, PRINT_JSON);
    fill(f->store);
    char *text = printed(&q);
    json_t *root = parse_json(text);
    const json_t *all = json_object_get(root, "comparisons");
    assert_int_equal(json_array_size(all), 1);
    const json_t *c = json_array_get(all, 0);
    assert_near(number_of(c, "error_a"), 6.0 / 48, 1e-12);
    assert_near(number_of(c, "error_b"), 28.0 / 48, 1e-12);
    assert_near(number_of(c, "effect"), 22.0 / 48, 1e-12);
    assert_near(number_of(c, "improvement"), 8.5 / 9, 1e-12);
    assert_true(number_of(c, "effect_low") < 22.0 / 48 && number_of(c, "effect_low") > -1);
    assert_true(number_of(c, "effect_high") > 22.0 / 48 && number_of(c, "effect_high") < 1);
    assert_int_equal(number_of(c, "examples"), 16);
    assert_int_equal(number_of(c, "seed_pairs"), 3);
    assert_int_equal(number_of(c, "mcnemar_a"), 2);
    assert_int_equal(number_of(c, "mcnemar_b"), 0);
    assert_int_equal(number_of(c, "only_a_right"), 22);
    assert_int_equal(number_of(c, "only_b_right"), 0);
    assert_true(json_is_null(json_object_get(c, "variant")));
    json_decref(root);
    free(text);
}

static void the_other_side_has_the_sign_changed(void **state)
{
    const struct fixture *f = *state;
    struct compare_request q = encoders(f->store, PRINT_CSV);
    fill(f->store);
    q.name_a = "rope";
    q.name_b = "cope";
    char *text = printed(&q);
    assert_non_null(strstr(text, "\nrope,cope,flip_flop,quick,,id,,0.583333333333333"));
    assert_non_null(strstr(text, ",3,3,16,3,0,2,0,22,sequence_error\n"));
    free(text);
}

static void text_is_for_people(void **state)
{
    const struct fixture *f = *state;
    const struct compare_request q = encoders(f->store, PRINT_TEXT);
    fill(f->store);
    char *text = printed(&q);
    assert_non_null(strstr(text,
                           "A cope, B rope; experiment flip_flop; profile quick; split "
                           "id\nSequences with"));
    assert_non_null(strstr(text, "12.50 (3)"));
    assert_non_null(strstr(text, "58.33 (3)"));
    assert_non_null(strstr(text, "  94 %  A 2, B 0 of 3\n"));
    free(text);
}

static void add_text(struct store *s, const char *variant, int seed, double perplexity)
{
    const struct fake_run r = {.experiment = "language", .variant = variant, .seed = seed};
    const int64_t id = add_run(s, r);
    const uint8_t none_right = 0;
    assert_ok(store_answers(s, id, "id", &none_right, 8, &err));
    put(s, id, "id", "perplexity", perplexity);
    put(s, id, "id", "bits_per_byte", log2(perplexity));
}

/* Perplexities 10, 12 and 13, 15 have means 11 and 14, both with a standard error of 1. Their
 * intervals are 12.706 to either side, by Student's t with one degree of freedom; that of the
 * difference is sqrt(2) times as wide. Flip-Flop in the same database is compared by
 * sequences. */
static void texts_are_compared_by_perplexity(void **state)
{
    const struct fixture *f = *state;
    struct compare_request q = encoders(f->store, PRINT_CSV);
    for (int i = 0; i < 2; i++) {
        add_text(f->store, "cope", i + 1, 10 + 2 * i);
        add_text(f->store, "rope", i + 1, 13 + 2 * i);
    }
    char *text = printed(&q);
    assert_non_null(strstr(text, "\ncope,rope,language,quick,,id,,11,14,3,-14.96928"));
    assert_non_null(strstr(text, ",20.96928"));
    assert_non_null(strstr(text, ",1,2,2,,,,,,,perplexity\n"));
    free(text);
    q.format = PRINT_TEXT;
    text = printed(&q);
    assert_int_equal(occurrences(text, "B - A: above 0"), 1);
    free(text);
    fill(f->store);
    text = printed(&q);
    assert_int_equal(occurrences(text, "B - A: above 0"), 2);
    assert_non_null(
        strstr(text, "experiment flip_flop; profile quick; split id\nSequences"));
    assert_non_null(
        strstr(text, "experiment language; profile quick; split id\nPerplexity"));
    assert_non_null(strstr(text, "11.00 (2)  14.00 (2)  3.00 [-14.97, 20.97]  100 %\n"));
    free(text);
}

/* Runs with other settings and fewer seeds do not count. */
static void settings_with_most_seeds_count(void **state)
{
    const struct fixture *f = *state;
    const struct compare_request q = encoders(f->store, PRINT_TEXT);
    fill(f->store);
    for (int i = 0; i < 2; i++)
        add_answers(f->store,
                    (struct fake_run){.variant = "cope", .seed = i + 1, .steps = 7}, 0);
    char *text = printed(&q);
    assert_non_null(strstr(text, "12.50 (3)"));
    free(text);
}

/* A run with 8 sequences has answered other questions. */
static void other_sequences_are_not_compared(void **state)
{
    const struct fixture *f = *state;
    const struct compare_request q = encoders(f->store, PRINT_TEXT);
    const uint8_t right = 0xff;
    FILE *out = tmpfile();
    add_answers(f->store, (struct fake_run){.variant = "cope"}, 16);
    assert_ok(store_answers(f->store,
                            add_run(f->store, (struct fake_run){.variant = "rope"}), "id",
                            &right, 8, &err));
    assert_int_equal(compare_print(&q, out, &err), ST_NOTFOUND);
    assert_non_null(strstr(err.msg, "other sequences"));
    fclose(out);
}

/* Another program can write what CHECK refuses. */
static void answers_that_are_cut_are_refused(void **state)
{
    struct fixture *f = *state;
    sqlite3 *db = NULL;
    FILE *out = tmpfile();
    fill(f->store);
    store_close(f->store);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA ignore_check_constraints = 1;"
                                  "UPDATE answer SET count = 1000000 WHERE run_id = 3",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_ok(store_open(f->path, STORE_READ, &f->store, &err));
    const struct compare_request q = encoders(f->store, PRINT_TEXT);
    assert_int_equal(compare_print(&q, out, &err), ST_DB);
    assert_non_null(strstr(err.msg, "not as many as it says"));
    fclose(out);
}

static void what_is_not_there_is_told(void **state)
{
    const struct fixture *f = *state;
    struct compare_request q = encoders(f->store, PRINT_TEXT);
    static const char *const none[] = {"split=ood*"}, *const wrong[] = {"sed=1"};
    FILE *out = tmpfile();
    fill(f->store);
    q.name_b = "rop";
    assert_int_equal(compare_print(&q, out, &err), ST_NOTFOUND);
    assert_non_null(strstr(err.msg, "did you mean \"rope\"?"));
    q.name_b = "rope";
    q.filters = none;
    q.n_filters = 1;
    assert_int_equal(compare_print(&q, out, &err), ST_NOTFOUND);
    q.filters = wrong;
    assert_int_equal(compare_print(&q, out, &err), ST_USAGE);
    add_answers(f->store, (struct fake_run){.variant = "alone", .profile = "paper"}, 3);
    q.n_filters = 0;
    q.name_b = "alone";
    assert_int_equal(compare_print(&q, out, &err), ST_NOTFOUND);
    assert_non_null(strstr(err.msg, "in common"));
    fclose(out);
}

/* The other database has cope with one more mistake in each seed, and no rope. */
static void databases_are_compared_variant_by_variant(void **state)
{
    const struct fixture *f = *state;
    struct store *other = NULL;
    char path[128];
    static const int cope[] = {15, 13, 11};
    fill(f->store);
    snprintf(path, sizeof path, "%s/other.db", f->folder);
    assert_ok(store_open(path, STORE_WRITE, &other, &err));
    for (int i = 0; i < 3; i++)
        add_answers(other, (struct fake_run){.variant = "cope", .seed = i + 1}, cope[i]);
    const struct compare_request q = {.a = f->store,
                                      .b = other,
                                      .name_a = "one.db",
                                      .name_b = "other.db",
                                      .databases = true,
                                      .format = PRINT_CSV};
    char *text = printed(&q);
    assert_int_equal(occurrences(text, "\n"), 2);
    assert_non_null(strstr(text, "\none.db,other.db,flip_flop,quick,,id,cope,0.125,0.1875,"
                                 "0.0625,"));
    assert_non_null(strstr(text, ",3,3,16,3,0,0,3,0,sequence_error\n"));
    free(text);
    store_close(other);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(numbers_are_those_worked_by_hand),
        CASE(the_other_side_has_the_sign_changed),
        CASE(text_is_for_people),
        CASE(texts_are_compared_by_perplexity),
        CASE(settings_with_most_seeds_count),
        CASE(other_sequences_are_not_compared),
        CASE(answers_that_are_cut_are_refused),
        CASE(what_is_not_there_is_told),
        CASE(databases_are_compared_variant_by_variant),
    };
    return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
