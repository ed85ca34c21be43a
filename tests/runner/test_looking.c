/* Looking at attention: planes agree with each other, and their numbers do not change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "approx.h"
#include "looking.h"
#include "small_matrix.h"
#include "training.h"

/* The sequences have more than one panel of queries. */
static const char yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  seeds: [7]\n"
    "  model: {layers: 2, heads: 2, dim: 16}\n"
    "  train: {steps: 30, warmup: 1, lr: 1e-2, batch: 4, shards: 1}\n"
    "experiments:\n"
    "  flip:\n"
    "    task: {name: flip_flop, length: 80}\n"
    "    splits: {valid: {count: 5}, id: {count: 9}}\n"
    "    encoders: [{name: cope, p_max: 12}, rope, fox, {name: cope, layers: 1},\n"
    "               cope+relative]\n";

enum { COPE, ROPE, FOX, COPE_IN_ONE, SUM, RUNS };

static struct config *matrix;

static int setup(void **state)
{
    (void)state;
    matrix = small_matrix(yaml);
    return matrix->runs != RUNS;
}

static int teardown(void **state)
{
    (void)state;
    config_free(matrix);
    return 0;
}

struct bed {
    const struct run_spec *run;
    struct sampler *sampler;
    struct trainer *trainer;
    struct looking x;
    struct sampled one;
};

/* Trains for `steps` and looks at the first sequence of id. */
static struct bed bed_open(int run, int steps)
{
    struct bed b = {.run = &matrix->run[run]};
    struct sampled s;
    double loss;
    assert_int_equal(sampler_open(b.run, &b.sampler, NULL), ST_OK);
    const struct trainer_config c = training_trainer(b.run, b.sampler, 1);
    assert_int_equal(trainer_open(&c, &b.trainer, NULL), ST_OK);
    for (int step = 0; step < steps; step++) {
        sampler_train(b.sampler, step, &s);
        assert_int_equal(trainer_step(b.trainer, step, &s.batch, &loss, NULL), ST_OK);
    }
    assert_int_equal(looking_open(b.run, b.run->model.longest, &b.x, NULL), ST_OK);
    sampler_split(b.sampler, &b.run->split[1], 0, 1, &b.one);
    assert_int_equal(looking_at(b.trainer, &b.one.batch, &b.x, NULL), ST_OK);
    assert_in_range(b.x.tokens, 70, 80);
    return b;
}

static void bed_close(struct bed *b)
{
    looking_close(&b->x);
    trainer_close(b->trainer);
    sampler_close(b->sampler);
}

static int plane(const struct looking *x, const char *name)
{
    for (int k = 0; k < x->planes; k++)
        if (strcmp(looking_name(x, k), name) == 0)
            return k;
    fail_msg("no plane %s", name);
    return 0;
}

static double at(const struct looking *x, int head, int k, int i, int j)
{
    return (double)looking_plane(x, head / x->heads, head % x->heads,
                                 k)[(size_t)i * (size_t)x->tokens + (size_t)j];
}

/* Gates are summed from the query backwards, with both ends. */
static void positions_of_cope_are_sums_of_its_gates(void **state)
{
    struct bed b = bed_open(COPE, 30);
    const struct looking *x = &b.x;
    const int gate = plane(x, "gate"), position = plane(x, "position"),
              clamped = plane(x, "clamped");
    int full = 0;
    (void)state;
    for (int h = 0; h < 4; h++)
        for (int i = 0; i < x->tokens; i++) {
            double sum = 0;
            for (int j = i; j >= 0; j--) {
                const bool over = at(x, h, clamped, i, j) > 0.5;
                if (isnan(at(x, h, gate, i, j))) { /* left of the first clamped key */
                    assert_true(over && at(x, h, clamped, i, j + 1) > 0.5);
                    continue;
                }
                assert_in_range((int)(at(x, h, gate, i, j) * 1e6), 0, 1000000);
                sum += at(x, h, gate, i, j);
                assert_near(at(x, h, position, i, j), over ? 12 : sum, 1e-4);
                assert_true(over == (sum >= 12 - 1e-5) || fabs(sum - 12) < 1e-4);
                full += over;
            }
            if (i + 1 < x->tokens)
                assert_true(isnan(at(x, h, gate, i, i + 1)));
        }
    assert_true(full > 0);
    bed_close(&b);
}

/* Rows of weights sum to 1. A fresh cope adds nothing, so by position alone all weights are
 * equal. */
static void weights_are_those_of_a_softmax(void **state)
{
    struct bed b = bed_open(COPE, 0);
    (void)state;
    for (int h = 0; h < 4; h++)
        for (int i = 0; i < b.x.tokens; i++) {
            double sum = 0;
            for (int j = 0; j <= i; j++) {
                sum += at(&b.x, h, LOOK_ATTENTION, i, j);
                assert_near(at(&b.x, h, LOOK_POSITION_ATTENTION, i, j), 1.0 / (i + 1),
                            1e-6);
            }
            assert_near(sum, 1, 1e-5);
        }
    bed_close(&b);
}

/* fox keeps of a key the product of the gates after it, and its weights by position alone are
 * the softmax of the product's logarithm. */
static void fox_keeps_what_its_gates_let_through(void **state)
{
    struct bed b = bed_open(FOX, 30);
    const int forget = plane(&b.x, "forget"), kept = plane(&b.x, "kept");
    const int last = b.x.tokens - 1;
    double product = 1, total = 0;
    (void)state;
    for (int j = last; j >= 0; j--) {
        assert_near(at(&b.x, 3, kept, last, j), product, 1e-4);
        product *= at(&b.x, 3, forget, last, j);
        total += at(&b.x, 3, kept, last, j);
    }
    for (int j = last; j > last - 5; j--)
        assert_near(at(&b.x, 3, LOOK_POSITION_ATTENTION, last, j),
                    at(&b.x, 3, kept, last, j) / total, 1e-4);
    bed_close(&b);
}

static void what_is_not_there_is_no_number(void **state)
{
    struct bed rope = bed_open(ROPE, 0), one = bed_open(COPE_IN_ONE, 0);
    (void)state;
    assert_int_equal(rope.x.planes, LOOK_OWN);
    assert_true(isnan(at(&rope.x, 0, LOOK_POSITION_ATTENTION, 3, 0)));
    assert_false(isnan(at(&rope.x, 0, LOOK_ATTENTION, 3, 0)));
    const int gate = plane(&one.x, "gate");
    int layers = 0;
    for (int l = 0; l < 2; l++)
        layers += !isnan(at(&one.x, 2 * l, gate, 3, 0));
    assert_int_equal(layers, 1);
    bed_close(&rope);
    bed_close(&one);
}

static void parts_of_a_sum_are_told_apart(void **state)
{
    struct probe_plane p[PROBE_PLANES];
    struct encoder_stack s;
    (void)state;
    assert_int_equal(encoder_stack_parse("cope+relative", &s, NULL), ST_OK);
    assert_int_equal(attention_probe_planes(&s, p), 3);
    assert_string_equal(p[0].name, "gate"); /* relative has none */
    assert_int_equal(encoder_stack_parse("cope+fox", &s, NULL), ST_OK);
    assert_int_equal(attention_probe_planes(&s, p), 5);
    assert_string_equal(p[0].name, "cope.gate");
    assert_string_equal(p[3].name, "fox.forget");
}

/* An encoder that names planes can show them, and one that shows planes names them. */
static void names_and_planes_go_together(void **state)
{
    (void)state;
    for (int i = 0; i < encoder_count(); i++) {
        const struct encoder *e = encoder_at(i);
        assert_int_equal(e->planes != NULL, e->inspect != NULL);
        for (int k = 0; e->planes && e->planes[k]; k++)
            assert_int_equal(strspn(e->planes[k], "abcdefghijklmnopqrstuvwxyz_"),
                             strlen(e->planes[k]));
    }
}

static void looking_changes_no_bit(void **state)
{
    (void)state;
    for (int run = 0; run < RUNS; run++) {
        struct bed b = bed_open(run, 5);
        float before[80], after[80];
        int32_t best[80];
        memset(before, 0, sizeof before);
        memset(after, 0, sizeof after);
        trainer_evaluate(b.trainer, &b.one.batch, before, best);
        assert_int_equal(looking_at(b.trainer, &b.one.batch, &b.x, NULL), ST_OK);
        trainer_evaluate(b.trainer, &b.one.batch, after, best);
        assert_memory_equal(before, after, sizeof before);
        bed_close(&b);
    }
}

/* The entropy of equal weights 1 / (i + 1) is ln(i + 1). */
static void entropy_and_means_are_those_of_the_planes(void **state)
{
    struct bed b = bed_open(COPE, 0);
    struct look_sum sums[4] = {{{0}, {0}, {0}, {0}, {0, 0, 0}}};
    const int T = b.x.tokens, gate = plane(&b.x, "gate");
    double entropy = 0, sum = 0;
    int64_t pairs = 0;
    (void)state;
    looking_add(&b.x, sums);
    looking_add(&b.x, sums);
    for (int i = 0; i < T; i++) {
        entropy += log(i + 1.0);
        for (int j = 0; j <= i; j++)
            if (!isnan(at(&b.x, 1, gate, i, j))) {
                sum += at(&b.x, 1, gate, i, j);
                pairs++;
            }
    }
    assert_int_equal(sums[1].queries[LOOK_POSITION_ATTENTION], 2 * T);
    assert_near(sums[1].entropy[LOOK_POSITION_ATTENTION], 2 * entropy, 1e-2);
    assert_true(sums[1].entropy[LOOK_ATTENTION] < 2 * entropy);
    assert_int_equal(sums[1].pairs[gate], 2 * pairs);
    assert_near(sums[1].sum[gate], 2 * sum, 1e-6);
    bed_close(&b);
}

/* fox adds the logarithm of what it keeps; a fresh cope and rope add nothing. */
static void logits_of_position_stand_against_those_of_content(void **state)
{
    struct bed fox = bed_open(FOX, 30), cope = bed_open(COPE, 0), rope = bed_open(ROPE, 0);
    struct look_sum sums[4] = {{{0}, {0}, {0}, {0}, {0, 0, 0}}};
    const int T = fox.x.tokens, kept = plane(&fox.x, "kept");
    double added = 0;
    (void)state;
    looking_add(&fox.x, sums);
    for (int i = 0; i < T; i++)
        for (int j = 0; j <= i; j++)
            added -= log(at(&fox.x, 3, kept, i, j));
    assert_int_equal(sums[3].logits.pairs, T * (T + 1) / 2);
    assert_near(sums[3].logits.added / added, 1, 1e-4);
    assert_true(sums[3].logits.content > 0);
    assert_int_equal(cope.x.logits[1].pairs, T * (T + 1) / 2);
    assert_true(cope.x.logits[1].added <= 0);
    assert_true(cope.x.logits[1].content > 0);
    assert_int_equal(rope.x.logits[1].pairs, 0);
    /* The numbers are those of the last sequence alone. */
    assert_int_equal(looking_at(fox.trainer, &fox.one.batch, &fox.x, NULL), ST_OK);
    assert_int_equal(fox.x.logits[3].pairs, T * (T + 1) / 2);
    bed_close(&fox);
    bed_close(&cope);
    bed_close(&rope);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(positions_of_cope_are_sums_of_its_gates),
        cmocka_unit_test(weights_are_those_of_a_softmax),
        cmocka_unit_test(fox_keeps_what_its_gates_let_through),
        cmocka_unit_test(what_is_not_there_is_no_number),
        cmocka_unit_test(parts_of_a_sum_are_told_apart),
        cmocka_unit_test(names_and_planes_go_together),
        cmocka_unit_test(looking_changes_no_bit),
        cmocka_unit_test(entropy_and_means_are_those_of_the_planes),
        cmocka_unit_test(logits_of_position_stand_against_those_of_content),
    };
    return cmocka_run_group_tests_name("looking", tests, setup, teardown);
}
