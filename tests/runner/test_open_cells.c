/* The experiment open_cells has the properties that its text claims. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_text.h"
#include "model.h"

static const char file[] = TEST_DATA "/../../experiments/open_cells.yaml",
                  quick_file[] = TEST_DATA "/../../experiments.yaml";

enum { TASKS = 3, ENCODERS = 18, RATES = 3, SEEDS = 6 };

static struct config *read_profile(const char *path, const char *profile)
{
    struct config *c = NULL;
    struct err e = {0};
    if (config_read(path, profile, NULL, 0, &c, &e))
        fail_msg("%s", e.msg);
    return c;
}

static double parameters_of(const struct run_spec *r)
{
    struct model *m = NULL;
    struct err e;
    if (model_sketch(&r->model, &m, &e))
        fail_msg("%s", e.msg);
    const double n = (double)model_parameters(m);
    model_close(m);
    return n;
}

/* True for the first trial of every encoder. */
static bool is_first(const struct run_spec *r)
{
    return r->tuned == TUNED_TRIAL && r->value == 0 && r->seed == 1;
}

static void every_encoder_is_tuned_on_every_task_with_one_trial_a_rate(void **state)
{
    static const char *const expected[ENCODERS] = {
        "none",           "absolute",  "rope", "rope",           "alibi",   "t5",
        "fire",           "kerple",    "fox",  "stick_breaking", "path",    "path_fox",
        "selective_rope", "mapformer", "cope", "cope+rope",      "inkling", "nape"};
    struct config *c = read_profile(file, "open_cells");
    int encoder = 0;
    (void)state;
    assert_int_equal(c->runs, TASKS * ENCODERS * RATES * (1 + SEEDS));
    for (int i = 0; i < c->runs; i++) {
        assert_int_not_equal(c->run[i].tuned, TUNED_NOT);
        if (is_first(&c->run[i]))
            assert_string_equal(c->run[i].encoder, expected[encoder++ % ENCODERS]);
    }
    assert_int_equal(encoder, TASKS * ENCODERS);
    config_free(c);
}

static void all_models_of_a_task_are_within_1_percent(void **state)
{
    struct config *c = read_profile(file, "open_cells");
    double none = 0;
    (void)state;
    for (int i = 0; i < c->runs; i++) {
        const struct run_spec *r = &c->run[i];
        const double n = parameters_of(r);
        if (strcmp(r->encoder, "none") == 0)
            none = n;
        if (n < 0.99 * none || n > 1.01 * none)
            fail_msg("%s %s: %g parameters, none has %g", r->experiment, r->variant, n,
                     none);
    }
    config_free(c);
}

/* Gives a run the settings of `quick` in which the two may differ. */
static void level(struct run_spec *r, const struct run_spec *quick)
{
    r->train.optimizer.lr = quick->train.optimizer.lr;
    r->model.ff = quick->model.ff;
    r->split[0].count = quick->split[0].count;
}

/* Options of task and model, recipe and splits equal those of `quick` for every encoder of
 * both: with quick's learning rate, width and number of questions on valid, the identity is
 * quick's. */
static void all_else_is_as_in_quick(void **state)
{
    struct config *c = read_profile(file, "open_cells"),
                  *quick = read_profile(quick_file, "quick");
    int same = 0;
    (void)state;
    for (int i = 0; i < quick->runs; i++)
        for (int k = 0; k < c->runs; k++) {
            struct run_spec *q = &quick->run[i], *r = &c->run[k];
            struct err e;
            if (!is_first(r) || q->seed != 1 || strcmp(q->variant, r->variant) != 0 ||
                strcmp(q->experiment, r->experiment) != 0)
                continue;
            assert_string_equal(r->split[0].name, "valid");
            level(r, q);
            assert_int_equal(run_spec_identify(r, &e), ST_OK);
            assert_string_equal(r->identity, q->identity);
            same++;
        }
    assert_int_equal(same, 4 + 4 + 3); /* all but Counting's `relative` */
    config_free(c);
    config_free(quick);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_encoder_is_tuned_on_every_task_with_one_trial_a_rate),
        cmocka_unit_test(all_models_of_a_task_are_within_1_percent),
        cmocka_unit_test(all_else_is_as_in_quick),
    };
    return cmocka_run_group_tests_name("open_cells", tests, NULL, NULL);
}
