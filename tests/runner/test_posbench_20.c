/* The protocol posbench-20 has the properties that its text claims. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "config_text.h"
#include "model.h"
#include "program.h"

enum { TASKS = 20, ENCODERS = 7, RATES = 2, LEAST_ANSWERS = 268 };

static const char file[] = TEST_DATA "/../../experiments/posbench-20.yaml";

static struct config *read_profile(const char *profile)
{
    struct config *c = NULL;
    struct err e = {0};
    if (config_read(file, profile, NULL, 0, &c, &e))
        fail_msg("%s", e.msg);
    return c;
}

/* Returns how many different values `text` has over all runs. */
static int different(const struct config *c, const char *(*text)(const struct run_spec *))
{
    int n = 0;
    for (int i = 0; i < c->runs; i++) {
        int k = 0;
        while (strcmp(text(&c->run[k]), text(&c->run[i])) != 0)
            k++;
        n += k == i;
    }
    return n;
}

static const char *task_of(const struct run_spec *r)
{
    return r->task->name;
}

static const char *encoder_of(const struct run_spec *r)
{
    return r->encoder;
}

static const char *cell_of(const struct run_spec *r)
{
    return r->cell;
}

/* How many runs differ from run `i` in no more than the seed. */
static int seeds_of(const struct config *c, int i)
{
    int n = 0;
    for (int k = 0; k < c->runs; k++)
        n += strcmp(task_of(&c->run[k]), task_of(&c->run[i])) == 0 &&
             strcmp(encoder_of(&c->run[k]), encoder_of(&c->run[i])) == 0 &&
             strcmp(cell_of(&c->run[k]), cell_of(&c->run[i])) == 0;
    return n;
}

static void every_task_meets_every_encoder_at_every_rate(void **state)
{
    static const struct {
        const char *name;
        int seeds;
    } profile[] = {{"quick_20", 1}, {"overnight", 3}};
    (void)state;
    for (int p = 0; p < 2; p++) {
        struct config *c = read_profile(profile[p].name);
        assert_int_equal(different(c, task_of), TASKS);
        assert_int_equal(different(c, encoder_of), ENCODERS);
        assert_int_equal(different(c, cell_of), RATES);
        assert_int_equal(c->runs, TASKS * ENCODERS * RATES * profile[p].seeds);
        for (int i = 0; i < c->runs; i++) {
            assert_string_equal(c->run[i].experiment, c->run[i].task->name);
            assert_int_equal(seeds_of(c, i), profile[p].seeds);
        }
        config_free(c);
    }
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

static void an_encoding_adds_less_than_a_tenth_of_the_budget(void **state)
{
    struct config *c = read_profile("quick_20");
    double none = 0;
    (void)state;
    for (int i = 0; i < c->runs; i++) {
        const struct run_spec *r = &c->run[i];
        const double n = parameters_of(r);
        if (strcmp(r->encoder, "none") == 0)
            none = n;
        if (n < none || n > 1.1 * none)
            fail_msg("%s %s: %g parameters, none has %g", r->experiment, r->encoder, n,
                     none);
    }
    config_free(c);
}

/* Returns the smallest factor among the integer options that the split raises; 1: none. */
static double ratio_of(const struct run_spec *r, const struct split_spec *s)
{
    double least = 0;
    for (int i = 0; i < option_count(r->task->options); i++) {
        const double was = r->task_options.v[i], is = s->options.v[i];
        if (r->task->options[i].type == OPTION_INT && was > 0 && is > was &&
            (least <= 0 || is / was < least))
            least = is / was;
    }
    return least > 0 ? least : 1;
}

/* docs/COLUMNS.md: with fewer answers the bound cannot be reached. */
static void every_task_asks_beyond_training_often_enough(void **state)
{
    struct config *c = read_profile("quick_20");
    (void)state;
    for (int i = 0; i < c->runs; i++) {
        const struct run_spec *r = &c->run[i];
        int beyond = 0;
        for (int k = 0; k < r->splits; k++) {
            const struct split_spec *s = &r->split[k];
            beyond += ratio_of(r, s) >= 2;
            if (s->count < LEAST_ANSWERS)
                fail_msg("%s/%s: %d sequences", r->experiment, s->name, s->count);
        }
        if (!beyond)
            fail_msg("%s: no split is twice as large as training", r->experiment);
    }
    config_free(c);
}

/* Runs of 300 steps made 7.4e10 FLOP a second on one core. 75 minutes of two cores are 6.6e14,
 * of which half is left for busier and slower machines. */
static void quick_20_fits_into_75_minutes(void **state)
{
    struct program p;
    json_error_t why;
    double flops = 0;
    (void)state;
    RUN(&p, "plan %s --profile quick_20 --db /tmp/posbench-no-such.db --json", file);
    assert_int_equal(p.code, 0);
    json_t *plan = json_loads(p.out, 0, &why);
    const json_t *runs = json_object_get(plan, "runs");
    assert_int_equal(json_array_size(runs), TASKS * ENCODERS * RATES);
    for (size_t i = 0; i < json_array_size(runs); i++)
        flops += json_real_value(json_object_get(json_array_get(runs, i), "flops"));
    if (flops < 1e14 || flops > 3.4e14)
        fail_msg("quick_20 has %g FLOP", flops);
    json_decref(plan);
    program_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_meets_every_encoder_at_every_rate),
        cmocka_unit_test(an_encoding_adds_less_than_a_tenth_of_the_budget),
        cmocka_unit_test(every_task_asks_beyond_training_often_enough),
        cmocka_unit_test(quick_20_fits_into_75_minutes),
    };
    return cmocka_run_group_tests_name("posbench_20", tests, NULL, NULL);
}
