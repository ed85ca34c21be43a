/* From an experiment to its runs: order, cells, variants, merging, filters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "approx.h"
#include "config_text.h"
#include "run_filter.h"

#define HEAD "version: 1\nexperiments:\n"
#define COPY                                                   \
    "  copy:\n"                                                \
    "    task: {name: selective_copy, tokens: 4, blanks: 4}\n" \
    "    splits: {id: {count: 5}}\n"                           \
    "    model: {layers: 1, heads: 2, dim: 8}\n"

static struct config *expand(const char *text, const char *profile)
{
    struct config *c = NULL;
    struct err e = {0};
    if (config_text(text, profile, NULL, 0, &c, &e))
        fail_msg("refused: %s", e.msg);
    return c;
}

static void runs_come_by_experiment_cell_encoder_and_seed(void **state)
{
    struct config *c =
        expand(HEAD COPY "    encoders: [none, cope]\n"
                         "    seeds: [2, 1]\n"
                         "    grid: {train.lr: [1e-3, 1e-4], model.dim: [8, 4]}\n"
                         "  again:\n"
                         "    task: {name: flip_flop, length: 8}\n"
                         "    encoders: [none]\n"
                         "    seeds: [9]\n",
               NULL);
    (void)state;
    assert_int_equal(c->runs, 4 * 2 * 2 + 1);
    /* Keys are sorted by name, values in the order of the file, and the last key varies
     * fastest. */
    static const char *const cell[] = {
        "model.dim=8 train.lr=0.001", "model.dim=8 train.lr=0.0001",
        "model.dim=4 train.lr=0.001", "model.dim=4 train.lr=0.0001"};
    for (int i = 0; i < 16; i++) {
        const struct run_spec *r = &c->run[i];
        assert_string_equal(r->cell, cell[i / 4]);
        assert_string_equal(r->encoder, i / 2 % 2 ? "cope" : "none");
        assert_int_equal(r->seed, i % 2 ? 1 : 2);
        assert_int_equal(r->model.dim, i < 8 ? 8 : 4);
        assert_int_equal(r->model.ff, i < 8 ? 32 : 16); /* 4x the cell's own dim */
        assert_near(r->train.optimizer.lr, i / 4 % 2 ? 1e-4 : 1e-3, 0);
    }
    assert_string_equal(c->run[16].experiment, "again");
    config_free(c);
}

static void every_identity_is_another(void **state)
{
    struct config *c =
        expand(HEAD COPY "    encoders: [none, absolute, cope, cope+rope]\n"
                         "    grid: {model.dim: [8, 16], train.steps: [1, 2, 3]}\n",
               NULL);
    (void)state;
    assert_int_equal(c->runs, 72);
    for (int i = 0; i < c->runs; i++) {
        assert_int_equal(strlen(c->run[i].identity), 32);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(c->run[i].identity, c->run[k].identity);
    }
    config_free(c);
}

static void the_grid_reaches_the_task(void **state)
{
    struct config *c =
        expand(HEAD "  counting:\n"
                    "    task: {name: counting, variables: 2}\n"
                    "    encoders: [none]\n"
                    "    seeds: [1]\n"
                    "    grid: {task.variables: [1, 3], task.window: [64]}\n",
               NULL);
    (void)state;
    assert_int_equal(c->runs, 2);
    assert_string_equal(c->run[0].cell, "task.variables=1 task.window=64");
    assert_int_equal(c->run[0].model.vocabulary, 19);
    assert_int_equal(c->run[1].model.vocabulary, 21);
    assert_near(c->run[1].split[0].options.v[0], 3, 0); /* splits follow the cell */
    config_free(c);
}

static void variants_name_what_differs(void **state)
{
    static const char *const want[] = {"cope",
                                       "cope(p_max=3)",
                                       "cope(p_max=64,scale_position=false)",
                                       "cope(sep_keys=true)+rope(base=500)",
                                       "relative(capped=true)",
                                       "rope(layout=halves)"};
    struct config *c =
        expand(HEAD COPY "    seeds: [1]\n"
                         "    encoders:\n"
                         "      - {name: cope, sep_keys: false}\n"
                         "      - {name: cope, p_max: 3}\n"
                         "      - {name: cope, scale_position: false, p_max: 64}\n"
                         "      - {name: rope+cope, rope.base: 500, sep_keys: true}\n"
                         "      - {name: relative, capped: true}\n"
                         "      - {name: rope, layout: halves}\n",
               NULL);
    (void)state;
    assert_int_equal(c->runs, 6);
    for (int i = 0; i < 6; i++)
        assert_string_equal(c->run[i].variant, want[i]);
    assert_string_equal(c->run[3].encoder, "cope+rope");
    config_free(c);
}

/* built-in < defaults < experiment < profile; mappings merge, lists replace. */
static void later_levels_win_key_by_key(void **state)
{
    struct config *c =
        expand("version: 1\n"
               "defaults:\n"
               "  seeds: [1, 2]\n"
               "  model: {layers: 3, heads: 2, dim: 8, dropout: 0.5}\n"
               "  train: {steps: 7, batch: 3}\n"
               "experiments:\n"
               "  copy:\n"
               "    task: {name: selective_copy, tokens: 4, blanks: 4}\n"
               "    splits: {id: {count: 5}, ood_dense: {count: 6, blanks: 1}}\n"
               "    encoders: [none, rope]\n"
               "    model: {dim: 16}\n"
               "    train: {batch: 4}\n"
               "  unused:\n"
               "    task: {name: flip_flop}\n"
               "    encoders: [none]\n"
               "profiles:\n"
               "  small:\n"
               "    copy:\n"
               "      task: {tokens: 2}\n"
               "      splits: {id: {count: 9}, far: {count: 2, blanks: 30}}\n"
               "      encoders: [cope]\n"
               "      model: {layers: 1}\n"
               "      seeds: [5]\n",
               "small");
    (void)state;
    assert_int_equal(c->runs, 1); /* `unused` is not part of the profile */
    const struct run_spec *r = &c->run[0];
    assert_string_equal(r->profile, "small");
    assert_string_equal(r->encoder, "cope");
    assert_int_equal(r->seed, 5);
    assert_int_equal(r->model.layers, 1);
    assert_int_equal(r->model.heads, 2);
    assert_int_equal(r->model.dim, 16);
    assert_near(r->model.dropout, 0.5, 0);
    assert_int_equal(r->train.optimizer.steps, 7);
    assert_int_equal(r->train.batch, 4);
    assert_int_equal(r->splits, 4);
    assert_string_equal(r->split[0].name, "valid"); /* always there */
    assert_int_equal(r->split[0].count, 1000);
    assert_int_equal(r->split[1].count, 9);
    assert_string_equal(r->split[2].name, "ood_dense");
    assert_near(r->split[2].options.v[2], 1, 0);
    assert_near(r->split[2].options.v[1], 2, 0);  /* the task's own change came first */
    assert_string_equal(r->split[3].name, "far"); /* the task's splits, then others */
    assert_int_equal(r->model.trained_length, 2 + 4 + 2);
    assert_int_equal(r->model.longest, 2 + 30 + 2);
    config_free(c);
}

/* A split of the task keeps the task's options unless the file changes them. */
static void known_splits_inherit_their_law(void **state)
{
    struct config *c =
        expand(HEAD "  flip_flop:\n"
                    "    task: {name: flip_flop, length: 16, p_ignore: 0.5}\n"
                    "    splits: {ood_sparse: {}, ood_dense: {p_ignore: 0.2},\n"
                    "             odd: {count: 3, length: 8}}\n"
                    "    encoders: [none]\n",
               NULL);
    const struct run_spec *r = &c->run[0];
    (void)state;
    assert_int_equal(r->splits, 4);
    assert_string_equal(r->split[1].name, "ood_sparse");
    assert_int_equal(r->split[1].count, 100000);
    assert_near(r->split[1].options.v[1], 0.98, 0);
    assert_near(r->split[2].options.v[1], 0.2, 0);
    assert_near(r->split[3].options.v[1], 0.5, 0);
    assert_near(r->split[3].options.v[0], 8, 0);
    config_free(c);
}

#define OWN                                                                     \
    HEAD COPY "    encoders: [none, {name: rope, train: {lr: 2e-3, batch: 8,\n" \
              "                                          steps: 2 epochs}}]\n"  \
              "    seeds: [1]\n"                                                \
              "    train: {lr: 1e-3, batch: 4, samples: 40, steps: 30}\n"

/* An encoder may have its own settings of the recipe; --set takes precedence. */
static void encoders_carry_settings_of_their_own(void **state)
{
    struct config *c = expand(OWN, NULL), *plain;
    (void)state;
    assert_int_equal(c->runs, 2);
    assert_near(c->run[0].train.optimizer.lr, 1e-3, 0);
    assert_int_equal(c->run[0].train.optimizer.steps, 30);
    assert_near(c->run[1].train.optimizer.lr, 2e-3, 0);
    assert_int_equal(c->run[1].train.batch, 8);
    assert_int_equal(c->run[1].train.optimizer.steps, 10); /* 2 epochs of 40 / 8 */
    assert_string_equal(c->run[1].variant, "rope");
    /* It is the same run as one whose experiment has these settings: only values enter the
     * identity. */
    plain = expand(HEAD COPY "    encoders: [rope]\n    seeds: [1]\n"
                             "    train: {lr: 2e-3, batch: 8, samples: 40, steps: 10}\n",
                   NULL);
    assert_string_equal(c->run[1].identity, plain->run[0].identity);
    config_free(plain);
    config_free(c);
}

static void what_is_typed_goes_before_an_encoders_own(void **state)
{
    static const char *const set[] = {"train.lr=5e-4", "grid.train.lr=[5e-4, 6e-4]",
                                      "copy.train={lr: 5e-4}"};
    (void)state;
    for (size_t i = 0; i < sizeof set / sizeof *set; i++) {
        struct config *c = NULL;
        struct err e = {0};
        if (config_text(OWN, NULL, &set[i], 1, &c, &e))
            fail_msg("%s: %s", set[i], e.msg);
        assert_string_equal(c->run[1].variant, "rope");
        assert_near(c->run[1].train.optimizer.lr, 5e-4, 0);
        assert_int_equal(c->run[1].train.batch, 8); /* --set did not give one */
        config_free(c);
    }
}

static void aliases_share_values(void **state)
{
    struct config *c = expand(HEAD "  a:\n"
                                   "    task: &task {name: flip_flop, length: 8}\n"
                                   "    encoders: &list [none, rope]\n"
                                   "    model: &model {layers: 1, heads: 2, dim: 8}\n"
                                   "    seeds: [1]\n"
                                   "  b:\n"
                                   "    task: *task\n"
                                   "    encoders: *list\n"
                                   "    model: *model\n"
                                   "    seeds: [1]\n",
                              NULL);
    (void)state;
    assert_int_equal(c->runs, 4);
    assert_string_equal(c->run[3].experiment, "b");
    assert_int_equal(c->run[3].model.dim, 8);
    config_free(c);
}

/* --- filters ------------------------------------------------------------- */

static int count(const struct config *c, const char *a, const char *b)
{
    const char *const filters[] = {a, b};
    int n = 0;
    for (int i = 0; i < c->runs; i++)
        n += run_matches(&c->run[i], NULL, filters, b ? 2 : a ? 1 : 0);
    return n;
}

static void filters_match_each_key(void **state)
{
    struct config *c = expand(HEAD COPY "    encoders: [none, {name: cope, p_max: 3}]\n"
                                        "    grid: {model.dim: [8, 16]}\n",
                              NULL);
    char identity[64];
    (void)state;
    assert_int_equal(c->runs, 12);
    assert_int_equal(count(c, NULL, NULL), 12);
    assert_int_equal(count(c, "experiment=c*", NULL), 12);
    assert_int_equal(count(c, "task=selective_copy", NULL), 12);
    assert_int_equal(count(c, "encoder=cope", NULL), 6);
    assert_int_equal(count(c, "variant=cope", NULL), 0);
    assert_int_equal(count(c, "variant=cope(*", NULL), 6);
    assert_int_equal(count(c, "cell=model.dim=16", NULL), 6);
    assert_int_equal(count(c, "seed=[12]", NULL), 8);
    assert_int_equal(count(c, "profile=default", NULL), 12);
    assert_int_equal(count(c, "encoder=none", "seed=3"), 2);
    snprintf(identity, sizeof identity, "identity=%.8s*", c->run[4].identity);
    assert_int_equal(count(c, identity, NULL), 1);
    config_free(c);
}

static void filters_are_checked(void **state)
{
    struct err e = {0};
    (void)state;
    assert_int_equal(run_filter_check("encoder=cope*", &e), ST_OK);
    assert_int_equal(run_filter_check("cell=model.dim=16", &e), ST_OK);
    assert_int_equal(run_filter_check("encodr=cope", &e), ST_USAGE);
    assert_string_equal(
        e.msg, "\"encodr=cope\": runs have no \"encodr\"; did you mean \"encoder\"?");
    assert_int_equal(run_filter_check("colour=red", &e), ST_USAGE);
    assert_non_null(strstr(e.msg, "use experiment, task"));
    assert_int_equal(run_filter_check("cope", &e), ST_USAGE);
    assert_int_equal(run_filter_check("encoder=", &e), ST_USAGE);
    assert_int_equal(run_filter_check("", &e), ST_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_come_by_experiment_cell_encoder_and_seed),
        cmocka_unit_test(every_identity_is_another),
        cmocka_unit_test(the_grid_reaches_the_task),
        cmocka_unit_test(variants_name_what_differs),
        cmocka_unit_test(later_levels_win_key_by_key),
        cmocka_unit_test(known_splits_inherit_their_law),
        cmocka_unit_test(encoders_carry_settings_of_their_own),
        cmocka_unit_test(what_is_typed_goes_before_an_encoders_own),
        cmocka_unit_test(aliases_share_values),
        cmocka_unit_test(filters_match_each_key),
        cmocka_unit_test(filters_are_checked),
    };
    return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
