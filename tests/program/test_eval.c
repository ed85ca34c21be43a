/* `posbench eval` evaluates trained models again: many runs, grids, other positions. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "approx.h"
#include "command_bed.h"

static void eval_asks_every_run_that_matches(void **state)
{
    (void)state;
    struct program p;
    posbench_in(&p, "eval --only encoder=rope --only experiment=flip* --split id --json");
    assert_int_equal(p.code, 0);
    int lines = 0;
    for (const char *at = p.out; *at; at = strchr(at, '\n') + 1, lines++) {
        json_t *o = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
        assert_non_null(o);
        assert_string_equal(json_string_value(json_object_get(o, "variant")), "rope");
        assert_int_equal(json_integer_value(json_object_get(o, "seed")), lines + 1);
        assert_true(json_is_number(json_object_get(o, "token_error")));
        json_decref(o);
    }
    assert_int_equal(lines, 2);
    program_free(&p);
    expect("eval --only seed=1", 0, "flip_flop rope seed 1, split id\n", NULL);
    expect("eval --only seed=1", 0, "flip_flop cope(p_max=5) seed 1, split id\n", NULL);
    expect("eval --only seed=1 --split nowhere", 1, NULL, "2 of 2 runs could not be asked");
    expect("eval --only seed=7", 4, NULL, "no run that is done matches");
    expect("eval", 2, NULL, "name one RUN or more");
    expect("eval 1 --only seed=1", 2, NULL, "name one RUN");
}

/* Each point of a grid prints what the same question prints alone. */
static void eval_answers_a_grid(void **state)
{
    static const char *const points[] = {"16 --set p_ignore=0.5", "16 --set p_ignore=0.9",
                                         "24 --set p_ignore=0.5", "24 --set p_ignore=0.9"};
    struct program grid, one;
    (void)state;
    posbench_in(&grid, "eval 1 --set count=20 --grid length=16,24 --grid p_ignore=0.5,0.9 "
                       "--json");
    assert_int_equal(grid.code, 0);
    const char *at = grid.out;
    for (int i = 0; i < 4; i++) {
        const char *end = strchr(at, '\n');
        assert_non_null(end);
        posbench_in(&one, "eval 1 --set count=20 --json --set length=%s", points[i]);
        assert_int_equal(one.code, 0);
        assert_int_equal(strlen(one.out), end + 1 - at);
        assert_memory_equal(one.out, at, strlen(one.out));
        program_free(&one);
        at = end + 1;
    }
    assert_string_equal(at, "");
    program_free(&grid);
    expect("eval 1 2 --set count=20 --grid length=16,24", 0, "\n    24  ", NULL);
    expect("eval 1 --grid length", 2, NULL, "--grid wants OPTION=VALUE,VALUE");
    expect("eval 1 --grid length=16,", 2, NULL, "--grid wants OPTION=VALUE,VALUE");
    expect("eval 1 --grid length=16 --grid length=24", 2, NULL, "stands there twice");
    expect("eval 1 --set length=24 --grid length=16", 2, NULL,
           "length is given by --set length=24 and by --grid");
    expect("eval 1 --grid lenght=16,24", 2, NULL, "did you mean \"length\"");
    expect("eval 1 --grid p_ignore=0.5,7", 2, NULL, "7 is out of range");
    expect("eval 1 999", 1, "split id\n", "1 of 2 runs could not be asked");
}

/* Stored once although asked twice, with the question's options, next to the run's results. */
static void eval_stores_what_a_grid_gave(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        expect("eval 1 --set count=20 --grid p_ignore=0.5,0.9 --store", 0, "0.9  ", NULL);
    expect("query \"SELECT json_extract(options, '$.p_ignore') AS p, sequences, at_test = "
           "variant AS same, split, instr(options, ':0.9,') > 0 AS short, loss > 0 AS loss "
           "FROM v_evaluation ORDER BY p\" -o csv",
           0, "p,sequences,same,split,short,loss\n0.5,20,1,id,0,1\n0.9,20,1,id,1,1\n",
           NULL);
}

/* Returns the loss of rope, seed 1, on longer sequences, with `options` appended. */
static double loss_at_test(const char *options, const char *variant)
{
    struct program p;
    posbench_in(
        &p, "eval --only encoder=rope --only seed=1 --split id --set length=32 --json %s",
        options);
    assert_int_equal(p.code, 0);
    json_t *o = json_loads(p.out, JSON_DISABLE_EOF_CHECK, NULL);
    assert_non_null(o);
    assert_string_equal(json_string_value(json_object_get(o, "variant")), variant);
    const double loss = json_number_value(json_object_get(o, "loss"));
    json_decref(o);
    program_free(&p);
    return loss;
}

static void eval_stretches_positions_of_trained_weights(void **state)
{
    (void)state;
    const double plain = loss_at_test("", "rope");
    const double pi = loss_at_test("--encoder scaling=pi", "rope(scaling=pi)");
    const double far = loss_at_test("--encoder scaling=pi --encoder factor=8",
                                    "rope(scaling=pi,factor=8)");
    const double same = loss_at_test("--encoder scaling=pi --encoder factor=1",
                                     "rope(scaling=pi,factor=1)");
    assert_true(plain != pi && pi != far);
    assert_near(plain, same, 0);
    expect("eval --only seed=1 --encoder base=5", 1, NULL,
           "trained with this base of rope");
    expect("eval --only encoder=cope --encoder scaling=pi", 1, NULL, "has no option");
    expect("eval --only encoder=rope --encoder scaling", 1, NULL, "wants OPTION=VALUE");
}

static const char stretched[] =
    "version: 1\n"
    "experiments:\n"
    "  flip:\n"
    "    task: {name: flip_flop, length: 16}\n"
    "    seeds: [1]\n"
    "    model: {layers: 1, heads: 2, dim: 16}\n"
    "    train: {steps: 4, warmup: 1, batch: 4, eval_every: 2, eval_count: 4}\n"
    "    splits: {valid: {count: 4}, long: {count: 9, length: 64}, same: {count: 9,\n"
    "             length: 64, encoder: {scaling: pi, factor: 1}}, yarn: {count: 9,\n"
    "             length: 64, encoder: {scaling: yarn, factor: 4}}}\n"
    "    encoders: [rope, alibi]\n";

/* Returns the loss of the rope run that `arguments` of eval ask for. */
static double stretched_loss(const char *arguments)
{
    char text[256];
    snprintf(text, sizeof text, "eval --db s.db --only encoder=rope --json %s", arguments);
    json_t *o = json_of(text);
    const double loss = json_number_value(json_object_get(o, "loss"));
    json_decref(o);
    return loss;
}

/* Training, eval and verify all change it; curves have the split, too. */
static void a_split_changes_the_encoder_at_test(void **state)
{
    char path[SCRATCH_TEXT + 32];
    (void)state;
    snprintf(path, sizeof path, "%s/stretched.yaml", folder);
    FILE *f = fopen(path, "w");
    assert_true(f && fputs(stretched, f) >= 0 && fclose(f) == 0);
    expect_code(0, "run stretched.yaml --db s.db");
    const double plain = stretched_loss("--split long");
    const double yarn = stretched_loss("--split yarn");
    assert_true(plain != yarn);
    assert_near(plain, stretched_loss("--split same"), 0);
    assert_near(plain, stretched_loss("--split yarn --encoder scaling=none"), 0);
    assert_near(yarn, stretched_loss("--split long --encoder scaling=yarn"), 0);
    expect("query --db s.db -o csv \"SELECT m.loss = l.loss, m.loss = y.loss FROM curve m "
           "JOIN curve l USING (run_id, step) JOIN curve y USING (run_id, step) WHERE "
           "m.split = 'same' AND l.split = 'long' AND y.split = 'yarn'\"",
           0, "1,0\n1,0\n", NULL);
    expect("query --db s.db -o csv \"SELECT count(DISTINCT split) FROM metric JOIN run ON "
           "run.id = run_id WHERE encoder = 'alibi' AND split <> 'train'\"",
           0, "\n2\n", NULL);
    expect("verify 1 --db s.db", 0, "identical", NULL);
    expect("verify 2 --db s.db", 0, "identical", NULL);
    expect("eval --db s.db --only encoder=alibi --split yarn", 1, NULL,
           "no split \"yarn\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eval_asks_every_run_that_matches),
        cmocka_unit_test(eval_answers_a_grid),
        cmocka_unit_test(eval_stores_what_a_grid_gave),
        cmocka_unit_test(eval_stretches_positions_of_trained_weights),
        cmocka_unit_test(a_split_changes_the_encoder_at_test),
    };
    return cmocka_run_group_tests_name("eval", tests, train_once, clean_up);
}
