/* A run's identity is the same however the run is written, and another when anything changes
 * that affects a result; and a stored configuration reads back as the run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "config_text.h"
#include "run_spec.h"
#include "settings.h"

#define BASE                                                   \
    "version: 1\n"                                             \
    "experiments:\n"                                           \
    "  copy:\n"                                                \
    "    task: {name: selective_copy, tokens: 4, blanks: 4}\n" \
    "    splits: {id: {count: 5}, ood_dense: {count: 6}}\n"    \
    "    encoders: [cope]\n"                                   \
    "    seeds: [1]\n"                                         \
    "    model: {layers: 1, heads: 2, dim: 8}\n"               \
    "    train: {steps: 10, lr: 1e-3}\n"

static void first_run(const char *text, const char *set, char identity[IDENTITY_TEXT])
{
    struct config *c = NULL;
    struct err e = {0};
    const char *const sets[] = {set};
    if (config_text(text, NULL, sets, set != NULL, &c, &e))
        fail_msg("refused: %s", e.msg);
    assert_true(c->runs >= 1);
    memcpy(identity, c->run[0].identity, IDENTITY_TEXT);
    config_free(c);
}

/* XXH3 with 128 bits of no bytes and seed 0, from the algorithm's published test vectors. */
static void the_hash_is_xxh3(void **state)
{
    char text[IDENTITY_TEXT];
    (void)state;
    identity_of("", text);
    assert_string_equal(text, "99aa06d3014798d86001c324468d497f");
}

static void order_and_spelt_out_defaults_change_nothing(void **state)
{
    static const char *const same[] = {
        /* every mapping reversed, numbers spelt differently */
        "experiments:\n"
        "  copy:\n"
        "    train: {lr: 0.00100, steps: 010}\n"
        "    model: {dim: 8, heads: 2, layers: 1}\n"
        "    seeds: [1]\n"
        "    encoders: [cope]\n"
        "    splits: {ood_dense: {count: 6}, id: {count: 5}}\n"
        "    task: {blanks: 4, tokens: 4, name: selective_copy}\n"
        "version: 1\n",
        /* all defaults in full; values moved to `defaults`; ff resolved; p_max = T + 1 */
        "version: 1\n"
        "defaults:\n"
        "  seeds: [9]\n"
        "  model: {layers: 1, heads: 2, dim: 8, ff: 32, norm: pre, activation: gelu,\n"
        "          dropout: 0.0, bias: true, tie_embeddings: true, normaliser: softmax}\n"
        "  train: {optimizer: adamw, lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8,\n"
        "          weight_decay: 0, schedule: linear, warmup: 0, batch: 16, steps: 10,\n"
        "          samples: 0, clip: 0, shards: 4, eval_every: 0, eval_count: 100,\n"
        "          encoder_until: 1}\n"
        "experiments:\n"
        "  copy:\n"
        "    task: {name: selective_copy, symbols: 15, tokens: 4, blanks: 4}\n"
        "    splits: {valid: {count: 1000}, id: {count: 5, blanks: 4},\n"
        "             ood_dense: {count: 6, blanks: 2, tokens: 4}}\n"
        "    encoders: [{name: cope, p_max: 13, scale_position: true, sep_keys: false,\n"
        "                val_gates: false, share_layers: false}]\n"
        "    seeds: [1, 2]\n"
        "    data_seed: 0\n",
        /* through a profile and a grid of one cell */
        BASE "    grid: {model.dim: [8]}\n"
             "profiles: {quick: {copy: {}}}\n",
    };
    char want[IDENTITY_TEXT], got[IDENTITY_TEXT];
    (void)state;
    first_run(BASE, NULL, want);
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        first_run(same[i], NULL, got);
        assert_string_equal(got, want);
    }
}

/* Changes of BASE that each make another run. */
static const char *const moves[] = {"seeds=[2]",
                                    "data_seed=1",
                                    "task.symbols=14",
                                    "task.tokens=5",
                                    "task.blanks=5",
                                    "splits.id.count=4",
                                    "splits.id.blanks=3",
                                    "splits.more={count: 1}",
                                    "encoders=[none]",
                                    "encoders=[{name: cope, p_max: 12}]",
                                    "encoders=[cope+rope]",
                                    "encoders=[{name: cope, scale_position: false}]",
                                    "model.layers=2",
                                    "model.heads=1",
                                    "model.dim=16",
                                    "model.ff=31",
                                    "model.norm=post",
                                    "model.activation=relu",
                                    "model.dropout=0.1",
                                    "model.bias=false",
                                    "model.tie_embeddings=false",
                                    "model.normaliser=ssmax",
                                    "model.normaliser=entmax",
                                    "train.encoder_until=0.5",
                                    "train.optimizer=adam",
                                    "train.lr=2e-3",
                                    "train.betas=[0.9, 0.99]",
                                    "train.betas=[0.8, 0.999]",
                                    "train.eps=1e-7",
                                    "train.weight_decay=0.1",
                                    "train.schedule=constant",
                                    "train.warmup=1",
                                    "train.batch=8",
                                    "train.steps=11",
                                    "train.samples=64",
                                    "train.clip=1",
                                    "train.shards=2",
                                    "train.eval_every=5",
                                    "train.eval_count=99"};

static void whatever_moves_a_result_changes_it(void **state)
{
    enum { N = sizeof moves / sizeof moves[0] };
    static char identity[N + 1][IDENTITY_TEXT];
    (void)state;
    first_run(BASE, NULL, identity[N]);
    for (int i = 0; i < N; i++) {
        first_run(BASE, moves[i], identity[i]);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(identity[i], identity[k]);
        if (strcmp(identity[i], identity[N]) == 0)
            fail_msg("%s changes nothing", moves[i]);
    }
}

static void every_setting_is_among_these_moves(void **state)
{
    (void)state;
    for (int i = 0; i < setting_count(); i++) {
        const struct setting *s = setting_at(i);
        char start[2 * NAME_MAX_TEXT + 3];
        bool found = false;
        const int n = snprintf(start, sizeof start, "%s.%s=", s->section, s->option.name);
        for (size_t k = 0; k < sizeof moves / sizeof moves[0]; k++)
            found = found || strncmp(moves[k], start, (size_t)n) == 0;
        if (!found)
            fail_msg("no move begins with %s", start);
    }
}

static void the_name_of_the_experiment_is_part_of_it(void **state)
{
    char a[IDENTITY_TEXT], b[IDENTITY_TEXT], text[] = BASE;
    (void)state;
    first_run(text, NULL, a);
    strstr(text, "  copy:")[2] = 'k';
    first_run(text, NULL, b);
    assert_string_not_equal(a, b);
}

/* --- stored configurations ----------------------------------------------- */

static struct config *read_base(const char *encoders)
{
    struct config *c = NULL;
    struct err e = {0};
    const char *const sets[] = {encoders};
    if (config_text(BASE, NULL, sets, 1, &c, &e))
        fail_msg("refused: %s", e.msg);
    return c;
}

static void a_stored_configuration_is_the_run(void **state)
{
    static const char *const encoders[] = {
        "encoders=[none]", "encoders=[{name: cope, p_max: 3, val_gates: true}]",
        "encoders=[{name: rope+cope, base: 3.7e3, p_max: 5}]",
        "encoders=[{name: relative, capped: true}]"};
    (void)state;
    for (size_t i = 0; i < sizeof encoders / sizeof encoders[0]; i++) {
        struct config *c = read_base(encoders[i]);
        const struct run_spec *a = &c->run[0];
        struct run_spec b = {0};
        struct err e = {0};
        if (run_spec_parse(a->config, &b, &e))
            fail_msg("%s", e.msg);
        assert_string_equal(b.config, a->config);
        assert_string_equal(b.identity, a->identity);
        assert_string_equal(b.experiment, a->experiment);
        assert_string_equal(b.encoder, a->encoder);
        assert_string_equal(b.variant, a->variant);
        assert_string_equal(b.cell, "");
        assert_ptr_equal(b.task, a->task);
        assert_memory_equal(&b.task_options, &a->task_options, sizeof b.task_options);
        assert_int_equal(b.seed, a->seed);
        assert_int_equal(b.splits, a->splits);
        for (int k = 0; k < b.splits; k++) {
            assert_string_equal(b.split[k].name, a->split[k].name);
            assert_int_equal(b.split[k].count, a->split[k].count);
            assert_memory_equal(&b.split[k].options, &a->split[k].options,
                                sizeof b.split[k].options);
        }
        assert_int_equal(b.model.vocabulary, a->model.vocabulary);
        assert_int_equal(b.model.trained_length, a->model.trained_length);
        assert_int_equal(b.model.longest, a->model.longest);
        assert_int_equal(b.model.encoders.parts, a->model.encoders.parts);
        for (int k = 0; k < b.model.encoders.parts; k++)
            assert_ptr_equal(b.model.encoders.part[k].encoder,
                             a->model.encoders.part[k].encoder);
        run_spec_free(&b);
        config_free(c);
    }
}

/* A number that needs more than 15 digits reads back to the last bit. */
static void numbers_keep_every_bit(void **state)
{
    struct config *c = NULL;
    struct err e = {0};
    struct run_spec b = {0};
    const char *const set[] = {"train.lr=0.12345678901234568"};
    (void)state;
    assert_int_equal(config_text(BASE, NULL, set, 1, &c, &e), ST_OK);
    assert_int_equal(run_spec_parse(c->run[0].config, &b, &e), ST_OK);
    assert_memory_equal(&b.train.optimizer.lr, &c->run[0].train.optimizer.lr,
                        sizeof(double));
    assert_non_null(strstr(c->run[0].config, "\"lr\":0.12345678901234568"));
    run_spec_free(&b);
    config_free(c);
}

static void canonical_text_is_sorted_and_short(void **state)
{
    struct config *c = read_base("train.lr=0.0003");
    (void)state;
    assert_null(strchr(c->run[0].config, '\n'));
    assert_non_null(strstr(c->run[0].config,
                           "\"train\":{\"batch\":16,\"betas\":[0.9,0.999],\"clip\":0.0,"
                           "\"eps\":1e-8,\"eval_count\":100,\"eval_every\":0,"
                           "\"lr\":0.0003,"));
    assert_null(strstr(c->run[0].config, "profile"));
    assert_null(strstr(c->run[0].config, "posbench-test"));
    config_free(c);
}

/* Checks that the stored text, with `from` replaced by `to`, is refused with `part`. */
static void assert_stale(const char *config, const char *from, const char *to,
                         const char *part)
{
    char text[4096];
    struct run_spec r = {0};
    struct err e = {0};
    const char *at = strstr(config, from);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - config), config, to,
             at + strlen(from));
    assert_int_equal(run_spec_parse(text, &r, &e), ST_CONFIG);
    if (!strstr(e.msg, part))
        fail_msg("expected \"%s\", got \"%s\"", part, e.msg);
}

static void stale_or_damaged_configurations_are_refused(void **state)
{
    struct config *c = read_base("encoders=[cope]");
    const char *good = c->run[0].config;
    (void)state;
    assert_stale(good, "\"format\":1", "\"format\":9", "format");
    assert_stale(good, "\"selective_copy\"", "\"lost\"", "no task \"lost\"");
    assert_stale(good, "\"tokens\":4},\"version\":1", "\"tokens\":4},\"version\":0",
                 "version 0 of selective_copy");
    assert_stale(good, "\"name\":\"cope\"", "\"name\":\"kope\"", "unknown encoder");
    assert_stale(good, "\"val_gates\":false},\"version\":1",
                 "\"val_gates\":false},\"version\":7", "version 7 of cope");
    assert_stale(good, "\"sep_keys\":false,", "", "options of cope");
    assert_stale(good, "\"heads\":2", "\"heads\":3", "model.heads");
    assert_stale(good, "\"heads\":2", "\"heads\":\"2\"", "model.heads");
    assert_stale(good, "\"heads\":2", "\"heads\":2,\"tails\":2", "settings");
    assert_stale(good, "\"heads\":2,", "", "model.heads");
    assert_stale(good, "\"betas\":[0.9,0.999]", "\"betas\":[0.9]", "train.betas");
    assert_stale(good, "\"seed\":1", "\"seed\":-1", "seed");
    assert_stale(good, "\"count\":5", "\"count\":0", "split \"id\"");
    assert_stale(good, "{", "", "not JSON");
    config_free(c);
}

/* A foreign database may hold values that are each in range, but in a combination that
 * posbench never writes. */
static void configurations_that_no_run_could_have_are_refused(void **state)
{
    static const char flip[] =
        "version: 1\nexperiments: {a: {task: {name: flip_flop, length: 8}, "
        "encoders: [none]}}\n";
    struct config *c = read_base("seeds=[1]"), *f = NULL;
    struct err e = {0};
    (void)state;
    /* The first "symbols" is a split's: the model would have no embedding for its tokens. */
    assert_stale(c->run[0].config, "\"symbols\":15", "\"symbols\":16",
                 "token ids that training has not");
    assert_int_equal(config_text(flip, NULL, NULL, 0, &f, &e), ST_OK);
    assert_non_null(f);
    if (!f) /* for the linter, which does not know that the line above never returns */
        return;
    assert_stale(f->run[0].config, "\"length\":8", "\"length\":7", "length");
    assert_stale(
        f->run[0].config,
        "\"task\":{\"name\":\"flip_flop\",\"options\":{\"clean\":true,\"length\":8",
        "\"task\":{\"name\":\"flip_flop\",\"options\":{\"clean\":true,\"length\":5",
        "flip_flop: ");
    config_free(c);
    config_free(f);
    char *blanks = malloc((3 << 20) + 1);
    struct run_spec r = {0};
    assert_non_null(blanks);
    memset(blanks, ' ', 3 << 20);
    blanks[3 << 20] = '\0';
    assert_int_equal(run_spec_parse(blanks, &r, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "longer than"));
    free(blanks);
    /* The column is NULL. */
    assert_int_equal(run_spec_parse(NULL, &r, &e), ST_CONFIG);
}

/* Returns the first run of an experiment file; the caller frees the list. */
static const struct run_spec *only_run(const char *text, struct config **c)
{
    struct err e = {0};
    if (config_text(text, NULL, NULL, 0, c, &e) || !*c) {
        fail_msg("refused: %s", e.msg);
        abort(); /* never reached, which the linter does not know */
    }
    return (*c)->run;
}

/* The word of an open choice is part of the identity as written, and reads back. */
static void words_of_open_choices_are_stored_as_written(void **state)
{
    static const char text[] = "version: 1\n"
                               "experiments:\n"
                               "  a:\n"
                               "    task: {name: regular, dfa: 012.120.201}\n"
                               "    encoders: [none]\n"
                               "    seeds: [1]\n";
    char one[IDENTITY_TEXT], other[IDENTITY_TEXT];
    struct config *c = NULL;
    struct run_spec again = {0};
    struct err e = {0};
    (void)state;
    first_run(text, NULL, one);
    first_run(text, "task.dfa=021.120.201", other);
    assert_string_not_equal(one, other);
    const struct run_spec *run = only_run(text, &c);
    assert_non_null(strstr(run->config, "\"dfa\":\"012.120.201\""));
    assert_int_equal(run_spec_parse(run->config, &again, &e), ST_OK);
    assert_string_equal(again.identity, one);
    run_spec_free(&again);
    config_free(c);
}

#define FLIP_FLOP                                 \
    "version: 1\n"                                \
    "experiments:\n"                              \
    "  a:\n"                                      \
    "    task: {name: flip_flop, length: 16%s}\n" \
    "    encoders: [none]\n"                      \
    "    seeds: [1]\n"

/* flip_flop got the option `quiet` when runs of it existed. At its default the option is not
 * part of a run, nor is the split that goes with it, unless requested. */
static void options_that_came_later_leave_old_runs_alone(void **state)
{
    char plain[512], zero[512], quiet[512], one[IDENTITY_TEXT], other[IDENTITY_TEXT];
    struct config *c = NULL;
    struct run_spec again = {0};
    struct err e = {0};
    (void)state;
    snprintf(plain, sizeof plain, FLIP_FLOP, "");
    snprintf(zero, sizeof zero, FLIP_FLOP, ", quiet: 0");
    snprintf(quiet, sizeof quiet, FLIP_FLOP, ", quiet: 0.25");
    first_run(plain, NULL, one);
    first_run(zero, NULL, other);
    assert_string_equal(one, other);
    first_run(quiet, NULL, other);
    assert_string_not_equal(one, other);
    const struct run_spec *run = only_run(plain, &c);
    assert_null(strstr(run->config, "quiet"));
    assert_null(strstr(run->config, "ood_drift"));
    assert_int_equal(run_spec_parse(run->config, &again, &e), ST_OK);
    assert_string_equal(again.identity, one);
    run_spec_free(&again);
    config_free(c);
    run = only_run(quiet, &c);
    assert_non_null(strstr(run->config, "\"quiet\":0.25"));
    assert_int_equal(run_spec_parse(run->config, &again, &e), ST_OK);
    assert_string_equal(again.identity, other);
    run_spec_free(&again);
    config_free(c);
}

/* The same holds for the settings normaliser and encoder_until. */
static void settings_that_came_later_leave_old_runs_alone(void **state)
{
    const char *const set[] = {"model.normaliser=ssmax", "train.encoder_until=0.75"};
    struct config *c = NULL;
    struct run_spec again = {0};
    struct err e = {0};
    (void)state;
    const struct run_spec *run = only_run(BASE, &c);
    assert_null(strstr(run->config, "normaliser"));
    assert_null(strstr(run->config, "encoder_until"));
    assert_int_equal(run_spec_parse(run->config, &again, &e), ST_OK);
    assert_int_equal(again.model.normaliser, NORMALISER_SOFTMAX);
    assert_true(again.train.optimizer.encoder_until == 1);
    run_spec_free(&again);
    config_free(c);
    assert_int_equal(config_text(BASE, NULL, set, 2, &c, &e), ST_OK);
    assert_non_null(strstr(c->run[0].config, "\"normaliser\":\"ssmax\""));
    assert_non_null(strstr(c->run[0].config, "\"encoder_until\":0.75"));
    assert_int_equal(run_spec_parse(c->run[0].config, &again, &e), ST_OK);
    assert_string_equal(again.identity, c->run[0].identity);
    assert_int_equal(again.model.normaliser, NORMALISER_SSMAX);
    run_spec_free(&again);
    config_free(c);
}

/* A split on request is evaluated when it is named. */
static void splits_on_request_are_evaluated_where_named(void **state)
{
    char text[512];
    struct config *c = NULL;
    (void)state;
    snprintf(text, sizeof text, FLIP_FLOP "    splits: {ood_drift: {count: 7}}\n", "");
    const struct run_spec *run = only_run(text, &c);
    assert_non_null(strstr(run->config, "\"ood_drift\":{\"count\":7"));
    assert_non_null(strstr(run->config, "\"quiet\":0.5"));
    config_free(c);
}

/* --- data --- */

static uint64_t content = 1;

static enum status open_content(const struct option_values *o, struct task_data *out,
                                struct err *e)
{
    (void)o;
    (void)e;
    *out = (struct task_data){.hash = {content, 0}};
    return ST_OK;
}

static void close_content(struct task_data *d)
{
    (void)d;
}

/* The configuration has the hash of a task's data, for training and for every split. */
static void other_data_are_another_run(void **state)
{
    static const char of_one[] = "\"data\":\"00000000000000010000000000000000\"";
    struct config *c = NULL;
    struct err e;
    char before[IDENTITY_TEXT], with[IDENTITY_TEXT];
    (void)state;
    assert_int_equal(config_text(BASE, NULL, NULL, 0, &c, &e), ST_OK);
    if (!c) /* never; the analyser cannot know that */
        return;
    struct run_spec *r = &c->run[0];
    struct task reads = *r->task;
    memcpy(before, r->identity, sizeof before);
    reads.open = open_content;
    reads.close = close_content;
    r->task = &reads;
    for (content = 1; content <= 2; content++) {
        assert_int_equal(task_open(&reads, &r->task_options, NULL), ST_OK);
        assert_int_equal(run_spec_identify(r, NULL), ST_OK);
        assert_string_not_equal(r->identity, content == 1 ? before : with);
        int n = 0;
        for (const char *at = r->config; (at = strstr(at, of_one)); at++)
            n++;
        assert_int_equal(n, content == 1 ? 1 + r->splits : 0);
        memcpy(with, r->identity, sizeof with);
        task_close_all();
    }
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hash_is_xxh3),
        cmocka_unit_test(other_data_are_another_run),
        cmocka_unit_test(order_and_spelt_out_defaults_change_nothing),
        cmocka_unit_test(whatever_moves_a_result_changes_it),
        cmocka_unit_test(every_setting_is_among_these_moves),
        cmocka_unit_test(the_name_of_the_experiment_is_part_of_it),
        cmocka_unit_test(a_stored_configuration_is_the_run),
        cmocka_unit_test(numbers_keep_every_bit),
        cmocka_unit_test(canonical_text_is_sorted_and_short),
        cmocka_unit_test(stale_or_damaged_configurations_are_refused),
        cmocka_unit_test(configurations_that_no_run_could_have_are_refused),
        cmocka_unit_test(words_of_open_choices_are_stored_as_written),
        cmocka_unit_test(options_that_came_later_leave_old_runs_alone),
        cmocka_unit_test(settings_that_came_later_leave_old_runs_alone),
        cmocka_unit_test(splits_on_request_are_evaluated_where_named),
    };
    return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
