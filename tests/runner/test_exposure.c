/* The test samples that training has shown, compared with a search through all samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "exposure.h"
#include "small_matrix.h"

/* Programs are short, so many repeat. The runs have 3 epochs of a set, fresh samples, and less
 * than an epoch. */
static const char yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  model: {layers: 1, heads: 2, dim: 8}\n"
    "  seeds: [3]\n"
    "experiments:\n"
    "  set:\n"
    "    task: &short {name: counting, max_operations: 12, window: 24}\n"
    "    splits: &splits {valid: {count: 20}, id: {count: 90},\n"
    "                     ood_longer: {count: 60, max_operations: 24}}\n"
    "    encoders: [none]\n"
    "    train: {samples: 50, batch: 8, steps: 3 epochs}\n"
    "  fresh: {task: *short, splits: *splits, encoders: [none],\n"
    "          train: {batch: 8, steps: 12}}\n"
    "  part: {task: *short, splits: *splits, encoders: [none],\n"
    "         train: {samples: 50, batch: 8, steps: 2}}\n";

struct sequence {
    int n;
    int32_t token[64];
};

static int copy(const struct batch *b, struct sequence *out)
{
    for (int s = 0; s < b->sequences; s++) {
        out[s].n = b->start[s + 1] - b->start[s];
        memcpy(out[s].token, b->token + b->start[s],
               (size_t)out[s].n * sizeof out[s].token[0]);
    }
    return b->sequences;
}

static bool among(const struct sequence *x, const struct sequence *all, int n)
{
    for (int i = 0; i < n; i++)
        if (all[i].n == x->n &&
            memcmp(all[i].token, x->token, (size_t)x->n * sizeof x->token[0]) == 0)
            return true;
    return false;
}

static int longest(const struct sequence *all, int n)
{
    int most = 0;
    for (int i = 0; i < n; i++)
        most = all[i].n > most ? all[i].n : most;
    return most;
}

static void check_run(const struct run_spec *r, int *seen)
{
    static struct sequence train[1024], test[256];
    struct sampler *s;
    struct sampled b;
    struct exposure x;
    int n = 0;
    assert_int_equal(sampler_open(r, &s, NULL), ST_OK);
    assert_int_equal(exposure_measure(r, s, NULL, &x, NULL), ST_OK);
    for (int step = 0; step < r->train.optimizer.steps; step++) {
        sampler_train(s, step, &b);
        n += copy(&b.batch, train + n);
    }
    assert_int_equal(x.longest, longest(train, n));
    assert_int_equal(x.splits, r->splits);
    for (int i = 0; i < r->splits; i++) {
        sampler_split(s, &r->split[i], 0, r->split[i].count, &b);
        const int count = copy(&b.batch, test);
        assert_int_equal(count, r->split[i].count);
        assert_int_equal(x.split[i].longest, longest(test, count));
        for (int k = 0; k < count; k++) {
            const bool is = x.split[i].seen[k / 8] >> (k % 8) & 1;
            assert_int_equal(is, among(&test[k], train, n));
            *seen += is;
        }
    }
    exposure_free(&x);
    sampler_close(s);
}

static void marks_are_those_of_comparing_each_with_each(void **state)
{
    struct config *c = small_matrix(yaml);
    (void)state;
    assert_int_equal(c->runs, 3);
    for (int i = 0; i < c->runs; i++) {
        int seen = 0;
        check_run(&c->run[i], &seen);
        assert_in_range(seen, 1, 169); /* both kinds occur */
    }
    config_free(c);
}

static enum status stop(void *context, struct err *e)
{
    (void)e;
    return ++*(int *)context == 4 ? ST_INTERRUPTED : ST_OK;
}

static void it_can_be_interrupted(void **state)
{
    struct config *c = small_matrix(yaml);
    struct sampler *s;
    struct exposure x;
    int calls = 0;
    const struct exposure_watch w = {stop, &calls};
    (void)state;
    assert_int_equal(sampler_open(&c->run[0], &s, NULL), ST_OK);
    assert_int_equal(exposure_measure(&c->run[0], s, &w, &x, NULL), ST_INTERRUPTED);
    assert_int_equal(calls, 4);
    sampler_close(s);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_are_those_of_comparing_each_with_each),
        cmocka_unit_test(it_can_be_interrupted),
    };
    return cmocka_run_group_tests_name("exposure", tests, NULL, NULL);
}
