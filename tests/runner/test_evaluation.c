/* Evaluation, compared with counts by hand and with the logits of the same model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "approx.h"
#include "evaluation.h"
#include "small_matrix.h"
#include "training.h"

static const char yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  seeds: [7]\n"
    "  model: {layers: 1, heads: 2, dim: 16}\n"
    "  train: {steps: 60, warmup: 1, lr: 1e-2, batch: 8, shards: 2}\n"
    "experiments:\n"
    "  flip:\n"
    "    task: {name: flip_flop, length: 16, p_ignore: 0.5, clean: false}\n"
    "    splits: {valid: {count: 5}, id: {count: 700}, ood_dense: {count: 9, length: 24}}\n"
    "    encoders: [rope, absolute, {name: absolute, beyond: undefined},\n"
    "               {name: relative, capped: true}]\n"
    "  counting:\n"
    "    task: {name: counting, variables: 2, max_operations: 24, window: 10}\n"
    "    splits: {valid: {count: 5}, id: {count: 300}}\n"
    "    encoders: [none]\n";

enum { ROPE, ABSOLUTE, ABSOLUTE_UNDEFINED, RELATIVE_CAPPED, COUNTING };

static struct config *matrix;

static int setup(void **state)
{
    (void)state;
    matrix = small_matrix(yaml);
    return matrix->runs != COUNTING + 1;
}

static int teardown(void **state)
{
    (void)state;
    config_free(matrix);
    return 0;
}

static const struct split_spec *the_split(const struct run_spec *r, const char *name)
{
    for (int i = 0; i < r->splits; i++)
        if (strcmp(r->split[i].name, name) == 0)
            return &r->split[i];
    fail_msg("no split %s", name);
    return NULL;
}

struct bed {
    const struct run_spec *run;
    struct sampler *sampler;
    struct trainer *trainer;
};

static struct bed bed_open(int run)
{
    struct bed b = {.run = &matrix->run[run]};
    assert_int_equal(sampler_open(b.run, &b.sampler, NULL), ST_OK);
    const struct trainer_config c = training_trainer(b.run, b.sampler, 1);
    assert_int_equal(trainer_open(&c, &b.trainer, NULL), ST_OK);
    return b;
}

static void bed_close(struct bed *b)
{
    trainer_close(b->trainer);
    sampler_close(b->sampler);
}

static struct evaluation evaluate(const struct bed *b, const char *split, int count,
                                  uint8_t *bits)
{
    struct questions q = {.run = b->run, .split = the_split(b->run, split), .count = count};
    struct evaluation v;
    q.bits = bits;
    assert_int_equal(evaluation_split(b->trainer, b->sampler, &q, &v, NULL), ST_OK);
    return v;
}

static double value(const struct metric_row *m, const char *name)
{
    for (int i = 0; i < EVALUATION_METRICS; i++)
        if (strcmp(m[i].name, name) == 0)
            return m[i].value;
    fail_msg("no metric %s", name);
    return 0.0;
}

/* 3 of 8 tokens and 2 of 5 sequences wrong, mean loss ln 2. */
static void the_metrics_are_as_worked_by_hand(void **state)
{
    const struct evaluation v = {.available = true,
                                 .tokens = 8,
                                 .wrong_tokens = 3,
                                 .sequences = 5,
                                 .wrong_sequences = 2,
                                 .determined = 6,
                                 .commonest = 4,
                                 .loss = 0.69314718055994531,
                                 .chance = 0.25};
    struct metric_row m[EVALUATION_METRICS_MOST];
    (void)state;
    assert_int_equal(evaluation_metrics(&v, "id", 30, m), EVALUATION_METRICS);
    assert_near(value(m, "accuracy"), 0.625, 0);
    assert_near(value(m, "token_error"), 0.375, 0);
    assert_near(value(m, "sequence_accuracy"), 0.6, 0);
    assert_near(value(m, "sequence_error"), 0.4, 0);
    assert_near(value(m, "loss"), 0.69314718055994531, 0);
    assert_near(value(m, "perplexity"), 2.0, 1e-15);
    assert_near(value(m, "chance"), 0.25, 0);
    assert_near(value(m, "majority"), 0.5, 0);
    assert_near(value(m, "ceiling"), 0.75, 0);
    assert_string_equal(m[1].name, "token_error");
    assert_int_equal(m[1].count, 3);
    assert_int_equal(m[1].total, 8);
    assert_int_equal(m[3].count, 2);
    assert_int_equal(m[3].total, 5);
    for (int i = 0; i < EVALUATION_METRICS; i++) {
        assert_string_equal(m[i].split, "id");
        assert_int_equal(m[i].step, 30);
    }
}

/* Trains until some answers are right and some wrong. */
static void learn_a_little(struct bed *b)
{
    struct sampled s;
    double loss;
    for (int step = 0; step < 60; step++) {
        sampler_train(b->sampler, step, &s);
        assert_int_equal(trainer_step(b->trainer, step, &s.batch, &loss, NULL), ST_OK);
    }
}

/* The same numbers from the logits, one sequence at a time, with the softmax written out. */
struct expected {
    int tokens, wrong, wrong_sequences;
    double loss;
    uint8_t bits[128];
};

static void expect_sequence(const struct bed *b, const struct sampled *one, int i,
                            struct expected *x)
{
    const int V = b->run->model.vocabulary;
    real logits[16 * 8], *row = logits;
    int wrong = 0;
    assert_in_range(one->batch.start[1], 1, 16);
    assert_in_range(V, 1, 8);
    trainer_logits(b->trainer, &one->batch, logits);
    for (int t = 0; t < one->batch.start[1]; t++) {
        if (!one->scored[t])
            continue;
        double sum = 0.0;
        int best = 0;
        for (int k = 0; k < V; k++) {
            sum += exp((double)row[k]);
            best = row[k] > row[best] ? k : best;
        }
        x->loss += log(sum) - (double)row[one->batch.target[t]];
        wrong += best != one->batch.target[t];
        x->tokens++;
        row += V;
    }
    x->wrong += wrong;
    x->wrong_sequences += wrong > 0;
    if (wrong == 0)
        x->bits[i / 8] = (uint8_t)(x->bits[i / 8] | 1 << (i % 8));
}

static void counts_and_loss_agree_with_the_logits(void **state)
{
    enum { COUNT = 61 };
    struct bed b = bed_open(ROPE);
    struct expected x = {0};
    struct sampled one;
    uint8_t bits[COUNT / 8 + 1];
    (void)state;
    learn_a_little(&b);
    for (int i = 0; i < COUNT; i++) {
        sampler_split(b.sampler, the_split(b.run, "id"), i, i + 1, &one);
        expect_sequence(&b, &one, i, &x);
    }
    const struct evaluation v = evaluate(&b, "id", COUNT, bits);
    assert_true(v.available);
    assert_int_equal(v.sequences, COUNT);
    assert_int_equal(v.tokens, x.tokens);
    assert_int_equal(v.wrong_tokens, x.wrong);
    assert_int_equal(v.wrong_sequences, x.wrong_sequences);
    assert_in_range(x.wrong_sequences, 1, COUNT - 1);
    assert_near(v.loss, x.loss / x.tokens, 1e-5);
    assert_memory_equal(bits, x.bits, sizeof bits);
    assert_int_equal(v.determined, x.tokens);
    assert_near(v.chance, 0.5, 0);
    bed_close(&b);
}

/* Returns the ignored bits before place t, counted backwards to the last write. */
static int ignores_before(const struct run_spec *r, const struct sampled *one, int t)
{
    char text[TASK_TOKEN_TEXT];
    int n = 0;
    for (int k = t - t % 2 - 2; k >= 0; k -= 2) {
        r->task->token_text(&r->task_options, one->batch.token[k], text);
        if (text[0] == 'w')
            return n;
        n += text[0] == 'i';
    }
    fail_msg("place %d has no write before it", t);
    return n;
}

/* Recomputes each place from the logits, one sequence at a time. */
static void every_place_is_kept_and_counted_by_stratum(void **state)
{
    enum { COUNT = 61, VALUES = 16 };
    struct bed b = bed_open(ROPE);
    struct places p = {.task = b.run->task};
    struct questions q = {.run = b.run, .split = the_split(b.run, "id"), .count = COUNT};
    struct evaluation v;
    int wrong[VALUES] = {0}, all[VALUES] = {0};
    int64_t place = 0;
    double nats = 0.0;
    (void)state;
    learn_a_little(&b);
    q.places = &p;
    assert_int_equal(evaluation_split(b.trainer, b.sampler, &q, &v, NULL), ST_OK);
    for (int i = 0; i < COUNT; i++) {
        struct sampled one;
        real logits[16 * 8], *row = logits;
        sampler_split(b.sampler, q.split, i, i + 1, &one);
        trainer_logits(b.trainer, &one.batch, logits);
        for (int t = 0; t < one.batch.start[1]; t++) {
            if (!one.scored[t])
                continue;
            int best = 0;
            for (int k = 0; k < b.run->model.vocabulary; k++)
                best = row[k] > row[best] ? k : best;
            row += b.run->model.vocabulary;
            const int value = ignores_before(b.run, &one, t);
            const bool right = best == one.batch.target[t];
            assert_int_equal(p.bits[place / 8] >> (place % 8) & 1, right);
            wrong[value] += !right;
            all[value]++;
            place++;
        }
    }
    assert_int_equal(p.count, place);
    assert_int_equal(p.count, v.tokens);
    assert_in_range(v.wrong_tokens, 1, v.tokens - 1);
    for (int k = 0; k < VALUES; k++) {
        const struct place_sum none = {0};
        const struct place_sum *of = k < p.stratum[0].room ? &p.stratum[0].of[k] : &none;
        assert_int_equal(of->wrong, wrong[k]);
        assert_int_equal(of->places, all[k]);
        nats += of->nats;
    }
    assert_true(all[0] > 0 && all[1] > 0);
    assert_near(nats / (double)v.tokens, v.loss, 1e-12);
    places_free(&p);
    bed_close(&b);
}

/* The row has the values that occur; with more than PLACES_MAX places it has no bits. */
static void places_become_a_row(void **state)
{
    struct places p = {.task = task_find("flip_flop")};
    const int start[] = {0, 2};
    const int32_t target[] = {3, 4}, best[] = {3, 3}, far[] = {40, 2}, same[] = {0, 1};
    const uint8_t scored[] = {1, 1};
    const float loss[] = {0.5F, 2.0F};
    const struct sampled b = {
        .batch = {.sequences = 1, .start = start, .target = target},
        .scored = scored,
        .stratum = {far, same},
    };
    struct place_row row;
    char *text = NULL;
    (void)state;
    assert_int_equal(places_add(&p, &b, best, loss, NULL), ST_OK);
    assert_int_equal(places_row(&p, "id", &row, &text, NULL), ST_OK);
    assert_string_equal(row.split, "id");
    assert_int_equal(row.count, 2);
    assert_int_equal(row.bits[0], 1);
    assert_string_equal(text,
                        "{\"ignores\":[[2,1,1],[40,0,1]],\"agree\":[[0,0,1],[1,1,1]]}");
    free(text);
    p.count = PLACES_MAX;
    assert_int_equal(places_add(&p, &b, best, loss, NULL), ST_OK);
    assert_int_equal(places_row(&p, "id", &row, &text, NULL), ST_OK);
    assert_null(row.bits);
    assert_int_equal(row.count, PLACES_MAX + 2);
    assert_non_null(strstr(text, "[[2,2,2],[40,0,2]]"));
    free(text);
    places_free(&p);
}

/* A text has the sum of losses at each position, which is null when a loss is NaN. */
static void places_of_a_text_have_nats(void **state)
{
    struct places p = {.task = task_find("text")};
    const int start[] = {0, 3};
    const int32_t target[] = {3, 4, 5}, best[] = {3, 3, 5}, position[] = {0, 1, 1};
    const uint8_t scored[] = {1, 1, 1};
    const struct sampled b = {
        .batch = {.sequences = 1, .start = start, .target = target},
        .scored = scored,
        .stratum = {position},
    };
    struct place_row row;
    char *text = NULL;
    (void)state;
    assert_int_equal(places_add(&p, &b, best, (float[]){0.5F, 2.0F, 0.25F}, NULL), ST_OK);
    assert_int_equal(places_row(&p, "id", &row, &text, NULL), ST_OK);
    assert_string_equal(text, "{\"position\":[[0,0,1,0.5],[1,1,2,2.25]]}");
    free(text);
    assert_int_equal(places_add(&p, &b, best, (float[]){NAN, 2.0F, 0.25F}, NULL), ST_OK);
    assert_int_equal(places_row(&p, "id", &row, &text, NULL), ST_OK);
    assert_string_equal(text, "{\"position\":[[0,0,2,null],[1,2,4,4.5]]}");
    free(text);
    places_free(&p);
}

/* The shares are counted here from the answers of the samples. */
static void majority_and_ceiling_belong_to_the_split(void **state)
{
    struct bed b = bed_open(COUNTING);
    const struct split_spec *split = the_split(b.run, "id");
    int answers[64] = {0}, most = 0;
    int64_t determined = 0;
    struct sampled one;
    (void)state;
    for (int i = 0; i < 300; i++) {
        sampler_split(b.sampler, split, i, i + 1, &one);
        determined += one.determined;
        for (int t = 0; t < one.batch.start[1]; t++)
            if (one.scored[t])
                answers[one.batch.target[t]]++;
    }
    for (int i = 0; i < 64; i++)
        most = answers[i] > most ? answers[i] : most;
    const struct evaluation v = evaluate(&b, "id", 300, NULL);
    assert_int_equal(v.tokens, 300);
    assert_int_equal(v.commonest, most);
    assert_int_equal(v.determined, determined);
    /* A window of 10 tokens loses the deciding `set` of some programs. */
    assert_in_range(determined, 1, 299);
    assert_near(v.chance, 1.0 / 11.0, 1e-15);
    bed_close(&b);
}

static void the_first_sequences_are_a_part_of_the_whole(void **state)
{
    struct bed b = bed_open(ROPE);
    uint8_t some[3], all[88];
    (void)state;
    learn_a_little(&b);
    const struct evaluation v = evaluate(&b, "id", 20, some);
    assert_int_equal(v.sequences, 20);
    assert_true(v.flops > 0.0);
    evaluate(&b, "id", 700, all);
    assert_memory_equal(some, all, 2);
    assert_int_equal(some[2], all[2] & 15);
    bed_close(&b);
}

/* 12 tokens of a text at a mean of 2 ln 2 nats have 24 bits: 4 for each of 6 bytes, and 3 for
 * each of 8 words, a perplexity of 8. */
static void a_text_has_bits_per_byte_and_perplexity_per_word(void **state)
{
    const struct evaluation v = {.available = true,
                                 .tokens = 12,
                                 .sequences = 1,
                                 .bytes = 6,
                                 .words = 8,
                                 .loss = 2 * 0.69314718055994531,
                                 .chance = 0.25};
    struct evaluation undefined = v, bytes = v;
    struct metric_row m[EVALUATION_METRICS_MOST];
    (void)state;
    assert_int_equal(evaluation_metrics(&v, "id", 30, m), EVALUATION_METRICS_MOST);
    assert_string_equal(m[9].name, "bits_per_byte");
    assert_near(m[9].value, 4.0, 1e-14);
    assert_string_equal(m[10].name, "word_perplexity");
    assert_near(m[10].value, 8.0, 1e-13);
    assert_int_equal(m[10].step, 30);
    assert_true(isnan(value(m, "ceiling")));
    undefined.available = false;
    assert_int_equal(evaluation_metrics(&undefined, "id", 30, m), EVALUATION_METRICS_MOST);
    assert_true(isnan(m[9].value) && isnan(m[10].value));
    bytes.words = 0;
    assert_int_equal(evaluation_metrics(&bytes, "id", 30, m), EVALUATION_METRICS + 1);
}

static void an_undefined_cell_has_no_model_numbers(void **state)
{
    const struct run_spec *r = &matrix->run[ABSOLUTE_UNDEFINED];
    const struct split_spec *split = the_split(r, "ood_dense");
    struct metric_row m[EVALUATION_METRICS_MOST];
    struct sampler *s;
    struct evaluation v;
    char caveat[CAVEAT_TEXT];
    (void)state;
    assert_int_equal(evaluation_reach(r, split), REACH_UNDEFINED);
    assert_int_equal(sampler_open(r, &s, NULL), ST_OK);
    const struct questions q = {.run = r, .split = split, .count = 9};
    assert_int_equal(evaluation_split(NULL, s, &q, &v, NULL), ST_OK);
    assert_false(v.available);
    assert_true(v.flops == 0.0);
    evaluation_metrics(&v, "ood_dense", 4, m);
    const char *const none[] = {"accuracy",       "token_error", "sequence_accuracy",
                                "sequence_error", "loss",        "perplexity"};
    for (int i = 0; i < 6; i++)
        assert_true(isnan(value(m, none[i])));
    assert_int_equal(m[0].count, -1);
    assert_near(value(m, "chance"), 0.5, 0);
    assert_near(value(m, "ceiling"), 1.0, 0);
    evaluation_caveat(r, split, 0, 0, caveat);
    assert_ptr_equal(strstr(caveat, "ood_dense: "), caveat);
    assert_non_null(strstr(caveat, "no result"));
    sampler_close(s);
}

static void a_caveat_names_what_was_never_trained(void **state)
{
    const struct run_spec *r = &matrix->run[ABSOLUTE];
    char caveat[CAVEAT_TEXT];
    (void)state;
    assert_int_equal(evaluation_reach(r, the_split(r, "ood_dense")), REACH_UNTRAINED);
    evaluation_caveat(r, the_split(r, "ood_dense"), 0, 0, caveat);
    assert_string_equal(caveat,
                        "ood_dense: sequences have up to 23 tokens, training had up to 15; "
                        "what absolute holds for the positions from 15 on was never "
                        "trained");
    /* There is no caveat where nothing is longer, or where the formula extends to any length. */
    evaluation_caveat(r, the_split(r, "id"), 0, 0, caveat);
    assert_string_equal(caveat, "");
    evaluation_caveat(&matrix->run[ROPE], the_split(r, "ood_dense"), 0, 0, caveat);
    assert_string_equal(caveat, "");
    evaluation_caveat(&matrix->run[RELATIVE_CAPPED], the_split(r, "ood_dense"), 0, 0,
                      caveat);
    assert_string_equal(caveat, "");
}

/* The length is within the window that the law allows, but above anything that was drawn. */
static void a_caveat_goes_by_what_training_had(void **state)
{
    const struct run_spec *r = &matrix->run[ABSOLUTE];
    char caveat[CAVEAT_TEXT];
    (void)state;
    assert_int_equal(evaluation_reach(r, the_split(r, "id")), REACH_DEFINED);
    evaluation_caveat(r, the_split(r, "id"), 12, 14, caveat);
    assert_string_equal(caveat,
                        "id: sequences have up to 14 tokens, training had up to 12; what "
                        "absolute holds for the positions from 12 on was never trained");
    evaluation_caveat(r, the_split(r, "id"), 14, 14, caveat);
    assert_string_equal(caveat, "");
    evaluation_caveat(&matrix->run[ROPE], the_split(r, "id"), 12, 14, caveat);
    assert_string_equal(caveat, "");
}

/* Of five sequences the second and the last occurred in training. */
static void errors_without_the_seen_ones_are_apart(void **state)
{
    struct bed b = bed_open(COUNTING);
    const uint8_t seen[] = {1u << 1 | 1u << 4};
    uint8_t right[1];
    struct metric_row m[SEEN_METRICS];
    struct evaluation v;
    int wrong = 0;
    (void)state;
    const struct questions q = {b.run, the_split(b.run, "id"), 5, right, NULL, NULL, seen};
    assert_int_equal(evaluation_split(b.trainer, b.sampler, &q, &v, NULL), ST_OK);
    for (int i = 0; i < 5; i++)
        wrong += i != 1 && i != 4 && !(right[0] >> i & 1);
    assert_int_equal(evaluation_seen_metrics(&v, "id", 60, m), SEEN_METRICS);
    assert_string_equal(m[0].name, "seen");
    assert_int_equal(m[0].count, 2);
    assert_int_equal(m[0].total, 5);
    assert_string_equal(m[1].name, "token_error_unseen");
    assert_int_equal(m[1].count, wrong);
    assert_int_equal(m[1].total, 3);
    bed_close(&b);
}

static enum status stop_at_once(void *context, int sequences, double flops)
{
    int *calls = context;
    assert_true(sequences > 0 && flops > 0.0);
    (*calls)++;
    return ST_INTERRUPTED;
}

static void a_watch_can_end_it(void **state)
{
    struct bed b = bed_open(ROPE);
    int calls = 0;
    const struct evaluation_watch watch = {stop_at_once, &calls};
    struct evaluation v;
    (void)state;
    const struct questions q = {b.run, the_split(b.run, "id"), 700, NULL, NULL, &watch,
                                NULL};
    assert_int_equal(evaluation_split(b.trainer, b.sampler, &q, &v, NULL), ST_INTERRUPTED);
    assert_int_equal(calls, 1);
    bed_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_metrics_are_as_worked_by_hand),
        cmocka_unit_test(counts_and_loss_agree_with_the_logits),
        cmocka_unit_test(every_place_is_kept_and_counted_by_stratum),
        cmocka_unit_test(places_become_a_row),
        cmocka_unit_test(places_of_a_text_have_nats),
        cmocka_unit_test(majority_and_ceiling_belong_to_the_split),
        cmocka_unit_test(the_first_sequences_are_a_part_of_the_whole),
        cmocka_unit_test(an_undefined_cell_has_no_model_numbers),
        cmocka_unit_test(a_text_has_bits_per_byte_and_perplexity_per_word),
        cmocka_unit_test(a_caveat_names_what_was_never_trained),
        cmocka_unit_test(a_caveat_goes_by_what_training_had),
        cmocka_unit_test(errors_without_the_seen_ones_are_apart),
        cmocka_unit_test(a_watch_can_end_it),
    };
    return cmocka_run_group_tests_name("evaluation", tests, setup, teardown);
}
