/* Learning curves: a row for each step, the last of them in `metric` as well. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filled_store.h"
#include "store_answer.h"
#include "store_merge.h"

static void put_error(struct store *s, int64_t run, int step, int wrong)
{
    const struct metric_row m[] = {{"id", "token_error", step, wrong / 8.0, wrong, 8},
                                   {"id", "loss", step, wrong, -1, -1}};
    assert_ok(store_metrics(s, run, m, 2, &err));
}

static const char curve[] =
    "SELECT split, step, token_error, token_error_count, token_error_total, loss, accuracy "
    "FROM curve ORDER BY run_id, split, step";
static const char last[] =
    "SELECT split, name, step, value, count, total FROM metric ORDER BY id";

static void every_point_is_a_row_and_the_last_a_number(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "cope"});
    put_error(f->store, id, 20, 4);
    put_error(f->store, id, 30, 1);
    put_error(f->store, id, 10, 8); /* an earlier step: not a last number */
    assert_answer(f->store, curve, "id|10|1|8|8|8|-;id|20|0.5|4|8|4|-;id|30|0.125|1|8|1|-");
    assert_answer(f->store, last, "id|token_error|30|0.125|1|8;id|loss|30|1|-|-");
    put_error(f->store, id, 30, 2); /* stored again: the second value counts */
    assert_answer(f->store, "SELECT step, token_error, tokens, accuracy FROM v_curve",
                  "10|1|8|-;20|0.5|8|-;30|0.25|8|-");
    assert_answer(f->store, last, "id|token_error|30|0.25|2|8;id|loss|30|2|-|-");
}

/* Each number has its own last step; a metric that is not part of curves gets no column. */
static void numbers_of_one_step_may_come_apart(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "cope"});
    const struct metric_row m[] = {{"id", "accuracy", 20, (double)NAN, -1, -1},
                                   {"id", "seen", 20, 0.5, 4, 8},
                                   {"train", "longest", 20, 7, -1, -1}};
    put_error(f->store, id, 10, 2);
    assert_ok(store_metrics(f->store, id, m, 3, &err));
    assert_answer(f->store, curve, "id|10|0.25|2|8|2|-;id|20|-|-|-|-|-");
    assert_answer(f->store, last,
                  "id|token_error|10|0.25|2|8;id|loss|10|2|-|-;id|accuracy|20|-|-|-;"
                  "id|seen|20|0.5|4|8;train|longest|20|7|-|-");
}

/* Each column has the value of the metric of its name. */
static void every_number_of_a_curve_has_its_column(void **state)
{
    static const char *const names[] = {
        "accuracy",       "token_error",    "sequence_accuracy",
        "sequence_error", "loss",           "perplexity",
        "chance",         "majority",       "ceiling",
        "bits_per_byte",  "word_perplexity"};
    const struct fixture *f = *state;
    const int64_t id = add_run(f->store, (struct fake_run){.variant = "cope"});
    for (int i = 0; i < 11; i++) {
        const struct metric_row m = {"id", names[i], 5, i + 0.5, 100 + i, 200 + i};
        assert_ok(store_metrics(f->store, id, &m, 1, &err));
    }
    assert_answer(f->store, "SELECT * FROM curve",
                  "1|id|5|0.5|100|200|1.5|101|201|2.5|102|202|3.5|103|203|4.5|5.5|6.5|"
                  "7.5|107|207|8.5|108|208|9.5|10.5");
}

static void a_run_begun_again_or_purged_has_no_curve(void **state)
{
    const struct fixture *f = *state;
    const struct provenance p = {"1",    "c",   "gcc",  "-O2", "isa", "blas",
                                 "core", "cpu", "host", "h",   false, 1};
    const int64_t id = add_run(
        f->store, (struct fake_run){.variant = "cope", .state = "failed", .error = "x"});
    const int64_t other = add_run(f->store, (struct fake_run){.variant = "rope"});
    int64_t made_by;
    put_error(f->store, id, 10, 2);
    put_error(f->store, other, 10, 4);
    assert_ok(store_provenance(f->store, &p, &made_by, &err));
    assert_ok(store_begin(f->store, id, made_by, &err));
    assert_answer(f->store, curve, "id|10|0.5|4|8|4|-");
    assert_ok(store_remove(f->store, &other, 1, true, &err));
    assert_ok(store_purge(f->store, &other, 1, &err));
    assert_answer(f->store, curve, "");
}

/* --- merged --- */

static void hear_conflict(void *context, const char *text)
{
    snprintf(context, 512, "%s", text);
}

static int no_steps(void *context, const char *identity, bool here)
{
    (void)context;
    (void)identity;
    (void)here;
    return 0;
}

static enum status no_files(void *context, const struct merge_run *run,
                            char hash[MERGE_HASH], struct err *e)
{
    (void)context;
    (void)run;
    (void)hash;
    (void)e;
    return ST_OK;
}

static void merged_curves_are_whole_and_one_that_differs_is_told(void **state)
{
    const struct fixture *f = *state;
    char path[160], conflict[512] = "";
    const struct merge_hooks hooks = {conflict, hear_conflict, no_steps, no_files};
    struct merge_counts n = {0};
    struct store *part = NULL;
    snprintf(path, sizeof path, "%s/part.db", f->folder);
    add_run(f->store, (struct fake_run){.variant = "rope"});
    assert_ok(store_open(path, STORE_WRITE, &part, &err));
    const int64_t id = add_run(part, (struct fake_run){.variant = "cope"});
    put_error(part, id, 20, 4);
    put_error(part, id, 10, 8);
    assert_ok(store_merge(f->store, path, &hooks, &n, &err));
    assert_string_equal(conflict, "");
    assert_answer(f->store, curve, "id|10|1|8|8|8|-;id|20|0.5|4|8|4|-");
    assert_answer(f->store, last, "id|token_error|20|0.5|4|8;id|loss|20|4|-|-");
    /* The last numbers are equal, but an earlier one is not. */
    put_error(part, id, 10, 7);
    assert_ok(store_merge(f->store, path, &hooks, &n, &err));
    assert_non_null(strstr(conflict, "step 10 id: token_error is 1 in "));
    assert_int_equal(n.conflicts, 1);
    store_close(part);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(every_point_is_a_row_and_the_last_a_number),
        CASE(numbers_of_one_step_may_come_apart),
        CASE(every_number_of_a_curve_has_its_column),
        CASE(a_run_begun_again_or_purged_has_no_curve),
        CASE(merged_curves_are_whole_and_one_that_differs_is_told),
    };
    return cmocka_run_group_tests_name("curves", tests, NULL, NULL);
}
