/* Batches: the sample at each place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "sampling.h"
#include "small_matrix.h"

static const char yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  seeds: [7]\n"
    "  model: {layers: 1, heads: 1, dim: 8}\n"
    "  train: {steps: 4, batch: 3}\n"
    "experiments:\n"
    "  e:\n"
    "    task: {name: flip_flop, length: 10, p_ignore: 0.5, clean: false}\n"
    "    splits: {valid: {count: 5}, id: {count: 700}, ood_sparse: {count: 20, length: 9000}}\n"
    "    encoders: [rope]\n";

static int setup(void **state)
{
    *state = small_matrix(yaml);
    return 0;
}

static int teardown(void **state)
{
    config_free(*state);
    return 0;
}

static const struct run_spec *the_run(void **state)
{
    return &((struct config *)*state)->run[0];
}

static const struct split_spec *the_split(const struct run_spec *r, const char *name)
{
    for (int i = 0; i < r->splits; i++)
        if (strcmp(r->split[i].name, name) == 0)
            return &r->split[i];
    fail_msg("no split %s", name);
    return NULL;
}

/* As PyTorch's loader, over 10,000 samples in batches of 64: 156 full batches and one of 16. */
static void a_finite_set_ends_each_epoch_with_a_short_batch(void **state)
{
    const struct train_settings t = {.batch = 64, .samples = 10000};
    (void)state;
    assert_int_equal(sampling_sequences(&t, 0), 64);
    assert_int_equal(sampling_sequences(&t, 155), 64);
    assert_int_equal(sampling_sequences(&t, 156), 16);
    assert_int_equal(sampling_sequences(&t, 157), 64);
    assert_int_equal(sampling_sequences(&t, 15699), 16);
}

/* Counts how often each sample is used in the steps of epoch `epoch`. */
static void use(const struct train_settings *t, uint64_t seed, int epoch, int *used)
{
    const int steps = (t->samples + t->batch - 1) / t->batch;
    memset(used, 0, (size_t)t->samples * sizeof *used);
    for (int s = epoch * steps; s < (epoch + 1) * steps; s++)
        for (int k = 0; k < sampling_sequences(t, s); k++) {
            const uint64_t i = sampling_index(t, seed, s, k);
            assert_true(i < (uint64_t)t->samples);
            used[i]++;
        }
}

static void an_epoch_uses_every_sample_once(void **state)
{
    const struct train_settings t = {.batch = 64, .samples = 1000};
    int used[1000];
    (void)state;
    for (int epoch = 0; epoch < 3; epoch++) {
        use(&t, 5, epoch, used);
        for (int i = 0; i < t.samples; i++)
            assert_int_equal(used[i], 1);
    }
}

static void epochs_and_seeds_differ_in_order(void **state)
{
    const struct train_settings t = {.batch = 50, .samples = 1000};
    int same_epoch = 0, same_seed = 0;
    (void)state;
    for (int k = 0; k < 50; k++) {
        const uint64_t i = sampling_index(&t, 5, 0, k);
        same_epoch += i == sampling_index(&t, 5, 20, k);
        same_seed += i == sampling_index(&t, 6, 0, k);
    }
    assert_in_range(same_epoch, 0, 5);
    assert_in_range(same_seed, 0, 5);
}

static void fresh_samples_are_numbered_through(void **state)
{
    const struct train_settings t = {.batch = 16, .samples = 0};
    (void)state;
    assert_int_equal(sampling_sequences(&t, 12345), 16);
    assert_int_equal(sampling_index(&t, 1, 0, 15), 15);
    assert_int_equal(sampling_index(&t, 1, 1, 0), 16);
    /* an index above 32 bits */
    assert_true(sampling_index(&t, 1, 2000000000, 3) == 32000000003u);
}

static void a_set_smaller_than_a_batch_is_one_batch(void **state)
{
    const struct train_settings t = {.batch = 16, .samples = 5};
    (void)state;
    assert_int_equal(sampling_sequences(&t, 0), 5);
    assert_int_equal(sampling_sequences(&t, 1), 5);
}

/* One sample as the task draws it. */
struct drawn {
    int32_t token[64], target[64];
    uint8_t scored[64];
    struct sample s;
};

static void draw(const struct run_spec *r, const struct option_values *law,
                 struct rng stream, struct drawn *d)
{
    assert_in_range(r->task->max_length(law), 1, 64);
    d->s = (struct sample){.token = d->token, .target = d->target, .scored = d->scored};
    r->task->generate(law, &stream, &d->s);
}

static void a_training_batch_holds_the_samples_of_its_step(void **state)
{
    const struct run_spec *r = the_run(state);
    struct sampler *s;
    struct sampled b;
    struct drawn d;
    assert_int_equal(sampler_open(r, &s, NULL), ST_OK);
    sampler_train(s, 2, &b);
    assert_int_equal(b.batch.sequences, 3);
    assert_int_equal(b.batch.start[0], 0);
    for (int k = 0; k < 3; k++) {
        draw(r, &r->task_options, task_train_stream(r->task, 7, 6 + (uint64_t)k), &d);
        const int at = b.batch.start[k];
        const size_t n = (size_t)d.s.length;
        assert_int_equal(b.batch.start[k + 1] - at, d.s.length);
        assert_memory_equal(b.batch.token + at, d.token, n * sizeof *d.token);
        assert_memory_equal(b.batch.target + at, d.target, n * sizeof *d.target);
    }
    sampler_close(s);
}

static void split_batches_hold_every_sequence_once(void **state)
{
    const struct run_spec *r = the_run(state);
    const struct split_spec *split = the_split(r, "id");
    struct sampler *s;
    struct sampled b;
    struct drawn d;
    int seen = 0;
    assert_int_equal(sampler_open(r, &s, NULL), ST_OK);
    for (; seen < split->count; seen += b.batch.sequences) {
        sampler_split(s, split, seen, split->count, &b);
        assert_in_range(b.batch.sequences, 1, EVALUATION_SEQUENCES);
        assert_in_range(b.batch.start[b.batch.sequences], 1, EVALUATION_TOKENS);
        draw(r, &split->options, task_split_stream(r->task, "id", 0, (uint64_t)seen), &d);
        assert_memory_equal(b.batch.token, d.token, (size_t)d.s.length * sizeof *d.token);
    }
    assert_int_equal(seen, split->count);
    sampler_close(s);
}

/* Flip-Flop's noisy mode trains on every next token and scores only the reads. */
static void only_scored_positions_are_asked_in_a_split(void **state)
{
    const struct run_spec *r = the_run(state);
    struct sampler *s;
    struct sampled b;
    int asked = 0, trained = 0;
    assert_int_equal(sampler_open(r, &s, NULL), ST_OK);
    sampler_train(s, 0, &b);
    for (int t = 0; t < b.batch.start[b.batch.sequences]; t++)
        trained += b.batch.target[t] != TARGET_NONE && !b.scored[t];
    assert_true(trained > 0);
    sampler_split(s, the_split(r, "valid"), 0, 5, &b);
    for (int t = 0; t < b.batch.start[b.batch.sequences]; t++) {
        assert_int_equal(b.batch.target[t] != TARGET_NONE, b.scored[t]);
        asked += b.scored[t];
    }
    assert_true(asked > 0);
    sampler_close(s);
}

static void a_sequence_longer_than_a_batch_stands_alone(void **state)
{
    const struct run_spec *r = the_run(state);
    struct sampler *s;
    struct sampled b;
    assert_int_equal(sampler_open(r, &s, NULL), ST_OK);
    assert_true(sampler_max_tokens(s) >= 8999);
    sampler_split(s, the_split(r, "ood_sparse"), 3, 20, &b);
    assert_int_equal(b.batch.sequences, 1);
    assert_int_equal(b.batch.start[1], 8999);
    sampler_close(s);
}

static void a_batch_beyond_counting_is_refused(void **state)
{
    struct run_spec r = *the_run(state);
    struct sampler *s;
    struct err e;
    r.train.batch = 1 << 28;
    assert_int_equal(sampler_open(&r, &s, &e), ST_RANGE);
    assert_non_null(strstr(e.msg, "train.batch"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finite_set_ends_each_epoch_with_a_short_batch),
        cmocka_unit_test(an_epoch_uses_every_sample_once),
        cmocka_unit_test(epochs_and_seeds_differ_in_order),
        cmocka_unit_test(fresh_samples_are_numbered_through),
        cmocka_unit_test(a_set_smaller_than_a_batch_is_one_batch),
        cmocka_unit_test(a_training_batch_holds_the_samples_of_its_step),
        cmocka_unit_test(split_batches_hold_every_sequence_once),
        cmocka_unit_test(only_scored_positions_are_asked_in_a_split),
        cmocka_unit_test(a_sequence_longer_than_a_batch_stands_alone),
        cmocka_unit_test(a_batch_beyond_counting_is_refused),
    };
    return cmocka_run_group_tests_name("sampling", tests, setup, teardown);
}
