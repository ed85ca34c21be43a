/* The experiment file that comes with the program: its matrix, its claims and the published
 * numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "approx.h"
#include "config_text.h"
#include "settings.h"
#include "yaml_read.h"

static const char shipped[] = TEST_DATA "/../../experiments.yaml";

/* --- the shipped file ---------------------------------------------------- */

static struct config *read_shipped(const char *profile)
{
    struct config *c = NULL;
    struct err e = {0};
    if (config_read(shipped, profile, NULL, 0, &c, &e))
        fail_msg("%s", e.msg);
    return c;
}

static bool has_run(const struct config *c, const char *experiment, const char *encoder,
                    uint64_t seed)
{
    for (int i = 0; i < c->runs; i++)
        if (strcmp(c->run[i].experiment, experiment) == 0 &&
            strcmp(c->run[i].encoder, encoder) == 0 && c->run[i].seed == seed)
            return true;
    return false;
}

static void quick_holds_three_tasks_and_the_papers_encoders(void **state)
{
    static const char *const wanted[][4] = {
        {"flip_flop", "none", "absolute", "rope"},
        {"selective_copy", "none", "absolute", "rope"},
        {"counting", "none", "absolute", "relative"},
    };
    struct config *c = read_shipped("quick");
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++)
        for (int i = 0; i < 3; i++) {
            for (int k = 1; k < 4; k++)
                assert_true(has_run(c, wanted[i][0], wanted[i][k], seed));
            assert_true(has_run(c, wanted[i][0], "cope", seed));
        }
    config_free(c);
}

/* Models have the sizes of other papers, whose numbers are shown beside ours; `quick` and
 * `paper` have none of these. */
static void anchors_are_other_papers_tables_at_their_sizes(void **state)
{
    static const struct {
        const char *experiment, *encoder;
        int layers, heads;
        double published; /* of ood_sparse */
    } want[] = {
        {"path_flip_flop", "rope", 1, 2, 0.403},
        {"path_flip_flop", "stick_breaking", 1, 2, 0.389},
        {"path_flip_flop", "fox", 1, 2, 0.363},
        {"path_flip_flop", "path", 1, 2, 0.000001},
        {"mapformer_selective_copy", "rope", 2, 2, 0.78},
        {"mapformer_selective_copy", "mapformer", 2, 2, 0.0},
        {"mapformer_navigation", "rope", 1, 1, 0.84},
        {"mapformer_navigation", "path", 1, 1, 0.02},
        {"mapformer_navigation", "mapformer", 1, 1, 0.0},
        {"mapformer_navigation_deep", "cope", 4, 2, 0.35},
    };
    struct config *c = read_shipped("anchors");
    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        int runs = 0, numbers = 0;
        for (int k = 0; k < c->runs; k++) {
            const struct run_spec *r = &c->run[k];
            if (strcmp(r->experiment, want[i].experiment) != 0 ||
                strcmp(r->encoder, want[i].encoder) != 0)
                continue;
            assert_int_equal(r->model.dim, 64);
            assert_int_equal(r->model.layers, want[i].layers);
            assert_int_equal(r->model.heads, want[i].heads);
            runs++;
        }
        for (int k = 0; k < c->published; k++) {
            const struct published_value *p = &c->publish[k];
            if (strcmp(p->experiment, want[i].experiment) != 0 ||
                strcmp(p->encoder, want[i].encoder) != 0 ||
                strcmp(p->split, "ood_sparse") != 0)
                continue;
            assert_near(p->value, want[i].published, 1e-9);
            numbers++;
        }
        assert_true(runs >= 3);
        assert_int_equal(numbers, 1);
    }
    config_free(c);
}

/* Each seed has one run of rope, whose splits change options at test; the other encoders have
 * no such splits. */
static void context_extension_tests_rope_in_five_ways(void **state)
{
    static const char *const ways[] = {"at", "pi", "ntk", "dynamic", "yarn"};
    struct config *c = read_shipped("context");
    (void)state;
    assert_int_equal(c->runs, 3 * 3);
    for (int i = 0; i < c->runs; i++) {
        const struct run_spec *r = &c->run[i];
        const bool rope = strcmp(r->encoder, "rope") == 0;
        int found[5] = {0};
        assert_int_equal(r->model.trained_length, 127);
        assert_int_equal(r->splits, rope ? 15 : 4);
        for (int s = 0; s < r->splits; s++)
            for (int w = 0; w < 5; w++)
                found[w] += strncmp(r->split[s].name, ways[w], strlen(ways[w])) == 0;
        for (int w = 0; w < 5; w++)
            assert_int_equal(found[w], w == 0 || (rope && w == 3) ? 2 : rope ? 3 : 0);
    }
    config_free(c);
}

/* Table 2: 3 encoders of Selective Copy; Table 7, with Table 2's Flip-Flop: 8 cells of 3;
 * Tables 3 and 4, with the largest set of Figure 2: 3 cells of 3; Figure 2: 3 cells of 2;
 * each with 3 seeds. */
static void paper_holds_every_cell_of_its_tables(void **state)
{
    struct config *c = read_shipped("paper");
    int cells = 0;
    (void)state;
    assert_int_equal(c->runs, 3 * (3 + 8 * 3 + 3 * 3 + 3 * 2));
    for (int i = 0; i < c->runs; i++) {
        const struct run_spec *r = &c->run[i];
        if (strcmp(r->experiment, "flip_flop_grid") == 0 && r->seed == 1 &&
            strcmp(r->encoder, "cope") == 0)
            cells++;
        if (strcmp(r->cell, "train.samples=2000") == 0)
            assert_int_equal(r->train.optimizer.steps, 3200); /* 100 epochs of 32 steps */
        if (strcmp(r->cell, "task.variables=5") == 0) {
            assert_int_equal(r->model.vocabulary, 23);
            assert_int_equal(r->train.optimizer.steps, 15700);
            assert_int_equal(r->model.norm, NORM_POST);
        }
    }
    assert_int_equal(cells, 8);
    config_free(c);
}

/* Writes what affects the weights: the configuration without the experiment's name and the
 * tests. */
static void recipe_of(const struct run_spec *r, char *out, size_t room)
{
    const char *splits = strstr(r->config, "\"splits\":"), *task;
    const char *name = strstr(r->config, "\"experiment\":");
    assert_true(name && splits);
    task = strstr(splits, "\"task\":{\"name\"");
    assert_non_null(task);
    const char *behind = strchr(name, ',');
    const int n = snprintf(out, room, "%.*s%.*s%s", (int)(name - r->config), r->config,
                           (int)(splits - behind), behind, task);
    assert_true(n > 0 && (size_t)n < room);
}

static void no_profile_trains_a_run_twice(void **state)
{
    static const char *const profiles[] = {"smoke", "tune", "quick", "paper"};
    enum { ROOM = 4096 };
    (void)state;
    for (size_t k = 0; k < sizeof profiles / sizeof *profiles; k++) {
        struct config *c = read_shipped(profiles[k]);
        char *recipe = calloc((size_t)c->runs, ROOM);
        assert_non_null(recipe);
        for (int i = 0; i < c->runs; i++) {
            recipe_of(&c->run[i], recipe + (size_t)i * ROOM, ROOM);
            for (int j = 0; j < i; j++)
                if (strcmp(recipe + (size_t)i * ROOM, recipe + (size_t)j * ROOM) == 0)
                    fail_msg("profile %s: %s %s %s repeats %s %s", profiles[k],
                             c->run[i].experiment, c->run[i].cell, c->run[i].variant,
                             c->run[j].experiment, c->run[j].cell);
        }
        free(recipe);
        config_free(c);
    }
}

/* Seeds by which settings were chosen appear in no table. */
static void tuning_has_seeds_of_its_own(void **state)
{
    struct config *tune = read_shipped("tune"), *quick = read_shipped("quick");
    (void)state;
    assert_int_equal(tune->runs, 3 * 4 * 3 * 2);
    for (int i = 0; i < tune->runs; i++)
        for (int k = 0; k < quick->runs; k++)
            assert_int_not_equal(tune->run[i].seed, quick->run[k].seed);
    config_free(tune);
    config_free(quick);
}

/* Longer programs have more operations, not fewer increments. A rate of a few per cent needs
 * more than a thousand questions with one answer each. */
static void quick_asks_counting_what_its_splits_say(void **state)
{
    struct config *c = read_shipped("quick");
    int asked = 0;
    (void)state;
    for (int i = 0; i < c->runs; i++) {
        const struct run_spec *r = &c->run[i];
        const int most = option_find(r->task->options, "max_operations");
        for (int k = 0; k < r->splits && strcmp(r->task->name, "counting") == 0; k++) {
            if (strcmp(r->split[k].name, "valid") != 0)
                assert_true(r->split[k].count >= 5000);
            if (strcmp(r->split[k].name, "ood_longer") != 0)
                continue;
            assert_true(r->split[k].options.v[most] >= 2 * r->task_options.v[most]);
            asked++;
        }
    }
    assert_int_equal(asked, 4 * 5);
    config_free(c);
}

/* The unit of every number of the paper is known (experiments.yaml says how). */
static void no_published_number_has_an_open_unit(void **state)
{
    struct config *c = read_shipped("paper");
    (void)state;
    assert_true(c->published > 0);
    for (int i = 0; i < c->published; i++)
        assert_string_not_equal(c->publish[i].metric, "error");
    config_free(c);
}

static void smoke_is_small(void **state)
{
    struct config *c = read_shipped("smoke");
    (void)state;
    for (int i = 0; i < c->runs; i++) {
        assert_true(c->run[i].train.optimizer.steps <= 500);
        assert_true(c->run[i].model.longest <= 128);
        for (int k = 0; k < c->run[i].splits; k++)
            assert_true(c->run[i].split[k].count <= 100);
    }
    config_free(c);
}

static double published_number(const struct config *c, const char *experiment,
                               const char *cell, const char *encoder, const char *split)
{
    for (int i = 0; i < c->published; i++) {
        const struct published_value *v = &c->publish[i];
        if (strcmp(v->experiment, experiment) == 0 && strcmp(v->cell, cell) == 0 &&
            strcmp(v->encoder, encoder) == 0 && strcmp(v->split, split) == 0)
            return v->value;
    }
    return NAN;
}

static void published_numbers_are_the_papers(void **state)
{
    struct config *c = read_shipped("smoke");
    (void)state;
    assert_near(published_number(c, "flip_flop", "", "rope", "ood_sparse"), 0.203, 1e-12);
    assert_near(published_number(c, "flip_flop_grid",
                                 "model.dim=128 model.heads=4 model.layers=4", "cope",
                                 "ood_sparse"),
                0.332, 1e-12);
    assert_near(published_number(c, "flip_flop_grid",
                                 "model.dim=128 model.heads=2 model.layers=4", "cope",
                                 "ood_sparse"),
                0.145, 1e-12);
    assert_near(published_number(c, "selective_copy", "", "cope", "ood_sparse"), 4e-5,
                1e-12);
    assert_near(published_number(c, "counting", "task.variables=5", "relative", "id"),
                0.224, 1e-12);
    assert_near(
        published_number(c, "counting", "task.variables=1", "relative", "ood_shorter"),
        0.341, 1e-12);
    for (int i = 0; i < c->claims; i++)
        /* Both numbers are finite and ordered as the paper claims. */
        if (!(c->claim[i].published_less < c->claim[i].published_than))
            fail_msg("%s: %g is not below %g", c->claim[i].id, c->claim[i].published_less,
                     c->claim[i].published_than);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quick_holds_three_tasks_and_the_papers_encoders),
        cmocka_unit_test(anchors_are_other_papers_tables_at_their_sizes),
        cmocka_unit_test(context_extension_tests_rope_in_five_ways),
        cmocka_unit_test(paper_holds_every_cell_of_its_tables),
        cmocka_unit_test(no_profile_trains_a_run_twice),
        cmocka_unit_test(tuning_has_seeds_of_its_own),
        cmocka_unit_test(quick_asks_counting_what_its_splits_say),
        cmocka_unit_test(no_published_number_has_an_open_unit),
        cmocka_unit_test(smoke_is_small),
        cmocka_unit_test(published_numbers_are_the_papers),
    };
    return cmocka_run_group_tests_name("shipped", tests, NULL, NULL);
}
