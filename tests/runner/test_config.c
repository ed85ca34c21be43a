/* Reading experiment files: every mistake is reported with its place.
 *
 * tests/data/bad_*.yaml begin with the expected messages, one on each line:
 *     # expect LINE:COLUMN: message */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <math.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "approx.h"
#include "config_text.h"
#include "settings.h"
#include "yaml_read.h"

#define COPY                                                   \
    "version: 1\n"                                             \
    "experiments:\n"                                           \
    "  copy:\n"                                                \
    "    task: {name: selective_copy, tokens: 4, blanks: 4}\n" \
    "    encoders: [none, cope]\n"                             \
    "    model: {layers: 1, heads: 2, dim: 8}\n"

static const char reference[] = TEST_DATA "/../../docs/EXPERIMENTS.md";

/* --- malformed files ----------------------------------------------------- */

/* Reads the messages that the file expects, in the words of config_read. */
static void expected(const char *path, char out[ERR_TEXT])
{
    char line[ERR_TEXT];
    size_t used = 0;
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    out[0] = '\0';
    while (fgets(line, sizeof line, in) && strncmp(line, "# expect ", 9) == 0) {
        line[strcspn(line, "\n")] = '\0';
        used += (size_t)snprintf(out + used, ERR_TEXT - used, "%s%s:%s", used ? "\n" : "",
                                 path, line + 9);
        assert_true(used < ERR_TEXT);
    }
    fclose(in);
}

static void each_malformed_file_gives_the_messages_it_names(void **state)
{
    glob_t found;
    (void)state;
    assert_int_equal(glob(TEST_DATA "/bad_*.yaml", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 20);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char want[ERR_TEXT];
        struct config *c = NULL;
        struct err e = {0};
        const enum status st = config_read(found.gl_pathv[i], NULL, NULL, 0, &c, &e);
        expected(found.gl_pathv[i], want);
        assert_true(want[0]);
        assert_string_equal(e.msg, want);
        assert_int_equal(st, ST_CONFIG);
        assert_null(c);
    }
    globfree(&found);
}

/* Reads `n` bytes as a file; the message must hold `part`. */
static void assert_refused(const char *bytes, size_t n, const char *part)
{
    char path[CONFIG_PATH];
    struct config *c = NULL;
    struct err e = {0};
    assert_true(config_file(bytes, n, path));
    assert_int_equal(config_read(path, NULL, NULL, 0, &c, &e), ST_CONFIG);
    unlink(path);
    if (!strstr(e.msg, part))
        fail_msg("expected \"%s\", got \"%s\"", part, e.msg);
    assert_null(c);
}

static void a_file_without_a_byte_is_refused(void **state)
{
    (void)state;
    assert_refused("", 0, ":1:1: the file is empty");
}

static void a_nul_byte_is_refused_where_it_stands(void **state)
{
    static const char text[] = "version: 1\nexperiments: {\0}\n";
    (void)state;
    assert_refused(text, sizeof text - 1, ":2:15: control character 0x00");
}

static void what_only_looks_like_utf8_is_refused(void **state)
{
    static const char *const bad[] = {
        "\xA5\x80",         /* no character begins with this byte */
        "\xC0\xAF",         /* '/' in two bytes */
        "\xE0\x80\xAF",     /* and in three */
        "\xED\xA0\x80",     /* half of a surrogate pair */
        "\xF4\x90\x80\x80", /* past U+10FFFF */
        "\xE2\x82",         /* cut off */
        "\xE2\x82x",
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char text[32], want[64];
        snprintf(text, sizeof text, "# \xC3\xA9 %s", bad[i]);
        snprintf(want, sizeof want, ":1:5: byte 0x%02X is not UTF-8", bad[i][0] & 0xFF);
        assert_refused(text, strlen(text), want);
    }
}

/* A file of 200,000 keys is too large; one within the limit has too many values. No key comes
 * twice. */
static void a_mapping_of_a_megabyte_is_refused(void **state)
{
    enum { ROOM = 4 << 20 };
    char *text = malloc(ROOM);
    (void)state;
    assert_non_null(text);
    size_t n = 0;
    for (int i = 0; i < 200000; i++)
        n += (size_t)sprintf(text + n, "k%d: %d\n", i, i);
    assert_true(n > TREE_BYTES);
    assert_refused(text, n, ":1:1: the file is larger than 1048576 bytes");
    n = 0;
    for (int i = 0; n < TREE_BYTES - 16; i++)
        n += (size_t)sprintf(text + n, "%x:\n", i);
    assert_refused(text, n, "too many values");
    free(text);
}

/* libyaml looks ahead in a line of brackets; no function may recurse that deep. */
static void a_megabyte_of_brackets_is_refused(void **state)
{
    char *text = malloc(TREE_BYTES);
    (void)state;
    assert_non_null(text);
    memset(text, '[', TREE_BYTES);
    assert_refused(text, TREE_BYTES, ":1:33: nested too deeply");
    memset(text, '{', TREE_BYTES);
    assert_refused(text, TREE_BYTES, ":1:33: nested too deeply");
    free(text);
}

static void long_names_do_not_overflow_messages(void **state)
{
    enum { LONG = 100000, LONGEST_KEY = 1000 /* YAML: 1024 */ };
    char *text = malloc((size_t)2 * LONG);
    (void)state;
    assert_non_null(text);
    int n = sprintf(text, "version: 1\nexperiments:\n  ");
    memset(text + n, 'x', LONGEST_KEY);
    n += LONGEST_KEY;
    n += sprintf(text + n, ": {task: {name: counting}, encoders: [none]}\n");
    assert_refused(text, (size_t)n, "a name is up to 63");
    n = sprintf(text, "version: 1\nexperiments: {a: {task: {name: counting}, encoders: [");
    memset(text + n, 'x', LONG);
    n += LONG;
    n += sprintf(text + n, "]}}\n");
    assert_refused(text, (size_t)n, "encoder");
    free(text);
}

/* The message holds a limited number of lines; the rest is counted. */
static void hundreds_of_mistakes_are_counted(void **state)
{
    char text[32 * 1024];
    int n = sprintf(text, "version: 1\nexperiments: {a: {task: {name: counting}, "
                          "encoders: [none], train: {\n");
    (void)state;
    for (int i = 0; i < 150; i++)
        n += sprintf(text + n, "zzzzzzzzzz%d: 1,\n", i);
    n += sprintf(text + n, "}}}\n");
    assert_refused(text, (size_t)n, "unknown key in train: \"zzzzzzzzzz0\"");
    assert_refused(text, (size_t)n, " more");
}

static void control_characters_never_reach_the_terminal(void **state)
{
    static const char text[] = "version: 1\nexperiments: {}\n\"\\e[31mred\\n\": 1\n";
    (void)state;
    assert_refused(text, sizeof text - 1, "unknown key in the file: \"?[31mred?\"");
}

static void a_missing_file_and_a_folder_are_not_malformed(void **state)
{
    struct config *c = NULL;
    struct err e = {0};
    (void)state;
    assert_int_equal(config_read("/nowhere/at/all.yaml", NULL, NULL, 0, &c, &e), ST_USAGE);
    assert_non_null(strstr(e.msg, "/nowhere/at/all.yaml: there is no such"));
    assert_int_equal(config_read("/tmp", NULL, NULL, 0, &c, &e), ST_IO);
}

/* --- good files ---------------------------------------------------------- */

static struct config *read_good(const char *text, const char *profile,
                                const char *const *set, int n_set)
{
    struct config *c = NULL;
    struct err e = {0};
    if (config_text(text, profile, set, n_set, &c, &e))
        fail_msg("refused: %s", e.msg);
    return c;
}

static void a_small_file_gets_every_default(void **state)
{
    struct config *c = read_good(COPY, NULL, NULL, 0);
    (void)state;
    assert_int_equal(c->runs, 6); /* two encoders, seeds 1, 2, 3 */
    assert_string_equal(c->profile, "default");
    const struct run_spec *r = &c->run[5];
    assert_string_equal(r->experiment, "copy");
    assert_string_equal(r->profile, "default");
    assert_string_equal(r->cell, "");
    assert_string_equal(r->encoder, "cope");
    assert_string_equal(r->variant, "cope");
    assert_int_equal(r->seed, 3);
    assert_int_equal(r->data_seed, 0);
    assert_int_equal(r->model.ff, 32); /* 4x */
    assert_int_equal(r->model.norm, NORM_PRE);
    assert_int_equal(r->model.activation, ACTIVATION_GELU);
    assert_true(r->model.bias && r->model.tie_embeddings);
    assert_int_equal(r->model.vocabulary, 17);     /* 15 symbols, blank, separator */
    assert_int_equal(r->model.trained_length, 12); /* 4 + 4 + 4, the last one unseen */
    assert_int_equal(r->model.longest, 8 + 8);     /* the task's own ood_sparse */
    assert_int_equal(r->model.encoders.part[0].options.v[0], 13); /* p_max resolved */
    assert_int_equal(r->train.optimizer.kind, OPTIMIZER_ADAMW);
    assert_near(r->train.optimizer.lr, 3e-4, 0);
    assert_near(r->train.optimizer.beta1, 0.9, 0);
    assert_near(r->train.optimizer.beta2, 0.999, 0);
    assert_int_equal(r->train.optimizer.steps, 10000);
    assert_int_equal(r->splits, 4);
    assert_string_equal(r->split[0].name, "valid");
    assert_string_equal(r->split[3].name, "ood_sparse");
    assert_int_equal(r->split[3].count, 1000);
    assert_near(r->split[2].options.v[2], 2, 0); /* half and twice of 4 */
    assert_near(r->split[3].options.v[2], 8, 0);
    config_free(c);
}

static void utf8_with_a_byte_order_mark_is_read(void **state)
{
    (void)state;
    config_free(read_good("\xEF\xBB\xBF# caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\n" COPY,
                          NULL, NULL, 0));
    /* Editors on Windows write it right before the first key. */
    config_free(read_good("\xEF\xBB\xBF" COPY, NULL, NULL, 0));
}

static void numbers_are_read_as_typed_not_as_yaml_would(void **state)
{
    struct config *c =
        read_good(COPY "    train: {steps: 0100, lr: +1e-3, weight_decay: -0, clip: .5}\n",
                  NULL, NULL, 0);
    (void)state;
    assert_int_equal(c->run[0].train.optimizer.steps, 100); /* not octal */
    assert_near(c->run[0].train.optimizer.lr, 0.001, 0);
    assert_false(signbit(c->run[0].train.optimizer.weight_decay));
    assert_near(c->run[0].train.optimizer.clip, 0.5, 0);
    config_free(c);
}

/* 10 epochs of 100 samples in batches of 16 have 7 steps each; the last batch is smaller. */
static void epochs_become_steps(void **state)
{
    struct config *c = read_good(
        COPY "    train: {steps: 10 epochs, samples: 100, batch: 16}\n", NULL, NULL, 0);
    (void)state;
    assert_int_equal(c->run[0].train.optimizer.steps, 70);
    config_free(c);
}

static void the_hash_is_that_of_the_bytes(void **state)
{
    struct config *a = read_good(COPY, NULL, NULL, 0);
    struct config *b = read_good(COPY "# a comment\n", NULL, NULL, 0);
    struct config *same = read_good(COPY, NULL, NULL, 0);
    (void)state;
    assert_true(a->file_hash[0] != b->file_hash[0] && a->file_hash[1] != b->file_hash[1]);
    assert_memory_equal(a->file_hash, same->file_hash, sizeof a->file_hash);
    config_free(a);
    config_free(b);
    config_free(same);
}

/* --- profiles and --set -------------------------------------------------- */

#define PROFILES                                                                      \
    COPY "profiles:\n"                                                                \
         "  small: {copy: {seeds: [7], model: {dim: 4}, splits: {id: {count: 9}}}}\n" \
         "  large: {copy: {}}\n"

static void an_unknown_profile_is_a_usage_error_with_a_suggestion(void **state)
{
    struct config *c = NULL;
    struct err e = {0};
    (void)state;
    assert_int_equal(config_text(PROFILES, "smal", NULL, 0, &c, &e), ST_USAGE);
    assert_string_equal(e.msg, "FILE has no profile \"smal\"; did you mean \"small\"?");
    assert_int_equal(config_text(PROFILES, NULL, NULL, 0, &c, &e), ST_USAGE);
    assert_string_equal(e.msg, "FILE has no profile \"quick\"; it has small, large");
    assert_int_equal(config_text(COPY, "paper", NULL, 0, &c, &e), ST_USAGE);
    assert_string_equal(e.msg, "FILE has no profiles; leave out --profile paper");
}

static void a_mistake_in_another_profile_is_reported_too(void **state)
{
    struct config *c = NULL;
    struct err e = {0};
    (void)state;
    assert_int_equal(config_text(PROFILES "  third: {copy: {model: {dims: 4}}}\n", "small",
                                 NULL, 0, &c, &e),
                     ST_CONFIG);
    assert_string_equal(e.msg, "FILE:10:26: unknown key in model: \"dims\"; did you mean "
                               "\"dim\"?");
}

static void set_wins_over_the_profile_and_pins_the_grid(void **state)
{
    static const char *const set[] = {
        "model.dim=16",      "train.steps=5",      "seeds=[4, 5]",
        "splits.id.count=3", "copy.task.tokens=2", "encoders=[{name: cope, p_max: 2}]"};
    struct config *c = read_good(COPY "    grid: {model.dim: [4, 8], model.layers: [1]}\n"
                                      "profiles: {small: {copy: {model: {dim: 4}}}}\n",
                                 "small", set, 6);
    (void)state;
    assert_int_equal(c->runs, 2);
    assert_int_equal(c->run[0].model.dim, 16);
    assert_string_equal(c->run[0].cell, "model.layers=1");
    assert_int_equal(c->run[0].train.optimizer.steps, 5);
    assert_int_equal(c->run[1].seed, 5);
    assert_string_equal(c->run[0].variant, "cope(p_max=2)");
    assert_int_equal(c->run[0].splits, 2); /* valid and the one that was named */
    assert_int_equal(c->run[0].split[1].count, 3);
    assert_near(c->run[0].task_options.v[1], 2, 0);
    config_free(c);
}

static void a_part_of_an_encoder_has_its_layers(void **state)
{
    static const char *const set[] = {
        "seeds=[1]",
        "encoders=[{name: rope, layers: odd}, {name: rope, layers: [0, 2]}, {name: rope, "
        "every: 4}, {name: cope+rope, cope.layers: [3], rope.layers: even, p_max: 2}]"};
    static const char *const variant[] = {"rope(layers=odd)", "rope(layers=0+2)",
                                          "rope(layers=every 4)",
                                          "cope(p_max=2,layers=3)+rope(layers=even)"};
    struct config *c = read_good(COPY "    grid: {model.layers: [4]}\n", NULL, set, 2);
    (void)state;
    assert_int_equal(c->runs, 4);
    for (int i = 0; i < 4; i++) {
        struct run_spec again = {0};
        struct err e;
        assert_string_equal(c->run[i].variant, variant[i]);
        assert_int_equal(run_spec_parse(c->run[i].config, &again, &e), ST_OK);
        assert_string_equal(again.identity, c->run[i].identity);
        assert_string_not_equal(c->run[i].identity, c->run[(i + 1) % 4].identity);
        run_spec_free(&again);
    }
    config_free(c);
}

static void a_grid_can_be_set(void **state)
{
    static const char *const set[] = {"grid.model.dim=[4, 8, 16]"};
    struct config *c = read_good(COPY, NULL, set, 1);
    (void)state;
    assert_int_equal(c->runs, 18);
    assert_string_equal(c->run[17].cell, "model.dim=16");
    config_free(c);
}

static void set_names_an_experiment_of_the_profile(void **state)
{
    static const char *const set[] = {"more.train.steps=5"};
    struct config *c = NULL;
    struct err e = {0};
    (void)state;
    assert_int_equal(config_text(COPY
                                 "  more: {task: {name: flip_flop}, encoders: [none]}\n"
                                 "profiles: {one: {copy: {}}, all: {copy: {}, more: {}}}\n",
                                 "one", set, 1, &c, &e),
                     ST_CONFIG);
    assert_string_equal(e.msg,
                        "--set more.train.steps=5: experiment \"more\" is not part of "
                        "the profile");
}

static void a_value_and_its_grid_cannot_both_be_set(void **state)
{
    static const char *const both[] = {"grid.model.dim=[4, 8]", "seeds=[1]",
                                       "model.dim=16"};
    static const char *const of_one[] = {"copy.grid.model.dim=[4, 8]", "model.dim=16"};
    struct config *c = NULL;
    struct err e = {0};
    (void)state;
    assert_int_equal(config_text(COPY, NULL, both, 3, &c, &e), ST_CONFIG);
    assert_string_equal(e.msg, "--set model.dim=16: the values of model.dim are also given "
                               "by \"--set grid.model.dim=[4, 8]\"; give one of the two");
    c = read_good(COPY, NULL, of_one, 2);
    assert_string_equal(c->run[0].cell, "model.dim=4");
    config_free(c);
    for (int i = 0; i < 2; i++) {
        const char *const maps[] = {i ? "model={dim: 16}" : "model.dim=16",
                                    "grid={model.dim: [4, 8]}"};
        assert_int_equal(config_text(COPY, NULL, maps, 2, &c, &e), ST_CONFIG);
        assert_non_null(strstr(e.msg, "the values of model.dim are also given by"));
    }
}

static void a_mapping_pins_the_grid_too(void **state)
{
    static const char *const set[] = {"model={dim: 16}"};
    struct config *c =
        read_good(COPY "    grid: {model.dim: [4, 8], model.layers: [1]}\n", NULL, set, 1);
    (void)state;
    assert_int_equal(c->run[0].model.dim, 16);
    assert_string_equal(c->run[0].cell, "model.layers=1");
    config_free(c);
}

static void set_can_name_one_experiment(void **state)
{
    static const char *const set[] = {"more.task.length=16", "more.train.steps=7",
                                      "seeds=[1]", "train.steps=9"};
    struct config *c = read_good(COPY "  more: {task: {name: flip_flop, length: 8},\n"
                                      "         encoders: [none]}\n"
                                      "  other: {task: {name: flip_flop, length: 8},\n"
                                      "          encoders: [none]}\n",
                                 NULL, set, 4);
    (void)state;
    assert_int_equal(c->runs, 4);
    assert_near(c->run[2].task_options.v[0], 16, 0);
    assert_near(c->run[3].task_options.v[0], 8, 0);
    assert_int_equal(c->run[2].train.optimizer.steps, 7);
    assert_int_equal(c->run[3].train.optimizer.steps, 9);
    config_free(c);
}

static void a_wrong_set_names_itself(void **state)
{
    static const struct {
        const char *set, *message;
    } cases[] = {
        {"train.stepz=5", "--set train.stepz=5: unknown key in train: \"stepz\"; did you "
                          "mean \"steps\"?"},
        {"train.steps=soon", "--set train.steps=soon: train.steps: expected an integer "
                             "from 1 to 10000000, not \"soon\""},
        {"steps=5", "--set steps=5: unknown setting: \"steps\"; did you mean "
                    "\"train.steps\"?"},
        {"train.steps", "--set train.steps: expected KEY=VALUE, for example "
                        "train.steps=100"},
        {"train.steps=", "--set train.steps=: expected KEY=VALUE, for example "
                         "train.steps=100"},
        {"=5", "--set =5: expected KEY=VALUE, for example train.steps=100"},
        {"copy=5", "--set copy=5: name a setting too, for example "
                   "copy.train.steps=100"},
        {"seeds=[1", "--set seeds=[1: not YAML: did not find expected ',' or ']', while "
                     "parsing a flow sequence that begins at line 1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config *c = NULL;
        struct err e = {0};
        const char *const set[] = {cases[i].set};
        assert_int_equal(config_text(COPY, NULL, set, 1, &c, &e), ST_CONFIG);
        assert_string_equal(e.msg, cases[i].message);
    }
}

/* --- published numbers and claims ---------------------------------------- */

static void percent_becomes_a_fraction_and_claims_find_their_numbers(void **state)
{
    struct config *c = read_good(
        COPY "published:\n"
             "  - paper: P\n"
             "    source: Table 1\n"
             "    experiment: copy\n"
             "    metric: error\n"
             "    values: {cope: {id: [4.9, 4.4]}, none: {id: 20.3}}\n"
             "  - {paper: P, source: Table 5, experiment: copy, metric: perplexity,\n"
             "     values: {none: {id: 23.5}}}\n"
             "claims:\n"
             "  - {id: a, text: first, experiment: copy, split: id,\n"
             "     metric: token_error, less: cope, than: none}\n"
             "  - {id: b, text: second, experiment: copy, split: valid,\n"
             "     metric: token_error, less: cope, than: none,\n"
             "     published: {cope: 1.0}}\n",
        NULL, NULL, 0);
    (void)state;
    assert_int_equal(c->published, 3);
    assert_string_equal(c->publish[0].encoder, "cope");
    assert_near(c->publish[0].value, 0.049, 1e-15);
    assert_near(c->publish[0].std, 0.044, 1e-15);
    assert_string_equal(c->publish[0].unit, "fraction");
    assert_near(c->publish[1].value, 0.203, 1e-15);
    assert_true(isnan(c->publish[1].std));
    assert_near(c->publish[2].value, 23.5, 0);
    assert_int_equal(c->claims, 2);
    assert_string_equal(c->claim[0].text, "first");
    assert_near(c->claim[0].published_less, 0.049, 1e-15);
    assert_near(c->claim[0].published_than, 0.203, 1e-15);
    assert_near(c->claim[1].published_less, 0.01, 1e-15);
    assert_true(isnan(c->claim[1].published_than));
    config_free(c);
}

/* A published variant has to be one of a run; a paper may have more encoders than the runs. */
static void published_numbers_are_of_encoders_or_variants(void **state)
{
    struct config *c =
        read_good("version: 1\n"
                  "experiments:\n"
                  "  flip:\n"
                  "    task: {name: flip_flop, length: 16}\n"
                  "    encoders: [{name: cope, p_max: 3}, {name: cope, p_max: 4}]\n"
                  "published:\n"
                  "  - {paper: P, source: T, experiment: flip, metric: token_error,\n"
                  "     values: {cope(p_max=4): {id: 5}, fire+rope: {id: 6}}}\n",
                  NULL, NULL, 0);
    (void)state;
    assert_int_equal(c->published, 2);
    assert_string_equal(c->publish[0].encoder, "cope(p_max=4)");
    assert_string_equal(c->publish[1].encoder, "fire+rope");
    config_free(c);
}

/* --- the reference ------------------------------------------------------- */

static void value_row(const struct setting *s, const struct run_spec *defaults, char *out,
                      size_t room)
{
    const struct option *o = &s->option;
    char lo[OPTION_TEXT], hi[OPTION_TEXT], first[OPTION_TEXT], second[OPTION_TEXT];
    char type[256] = "true or false";
    size_t used = 0;
    if (o->type == OPTION_CHOICE)
        for (int i = 0; o->choices[i]; i++)
            used += (size_t)snprintf(type + used, sizeof type - used, "%s`%s`",
                                     i ? ", " : "", o->choices[i]);
    else if (o->type != OPTION_BOOL)
        snprintf(type, sizeof type, "%s, %s to %s",
                 s->values == 2          ? "two numbers"
                 : o->type == OPTION_INT ? "integer"
                                         : "number",
                 option_format(o, o->lo, lo), option_format(o, o->hi, hi));
    option_format(o, setting_get(s, defaults, 0), first);
    if (s->multiple == MULTIPLE_DIM)
        multiple_format(s->multiple, o->dflt, first);
    if (s->values == 2)
        snprintf(out, room, "| `%s.%s` | %s | `[%s, %s]` | %s |", s->section, o->name, type,
                 first, option_format(o, setting_get(s, defaults, 1), second), o->help);
    else
        snprintf(out, room, "| `%s.%s` | %s | `%s` | %s |", s->section, o->name, type,
                 first, o->help);
}

static void read_file(const char *path, char *text, size_t room)
{
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    text[fread(text, 1, room - 1, in)] = '\0';
    fclose(in);
}

/* docs/EXPERIMENTS.md has exactly one row for each setting, with the table's words. */
static void the_reference_is_the_table(void **state)
{
    static char text[1 << 17];
    struct run_spec defaults = {0};
    struct problems p = {0};
    int rows = 0;
    (void)state;
    read_file(reference, text, sizeof text);
    settings_read(NULL, &defaults, &p);
    assert_int_equal(p.noted, 0);
    for (int i = 0; i < setting_count(); i++) {
        char row[1024];
        value_row(setting_at(i), &defaults, row, sizeof row);
        if (!strstr(text, row))
            fail_msg("docs/EXPERIMENTS.md lacks the row\n%s", row);
    }
    for (const char *at = text; (at = strstr(at, "\n| `")); at++)
        rows += strncmp(at, "\n| `model.", 10) == 0 || strncmp(at, "\n| `train.", 10) == 0;
    assert_int_equal(rows, setting_count());
}

static void the_references_example_is_a_file_that_reads(void **state)
{
    static char text[1 << 17], example[1 << 14];
    static const char path[] = TEST_DATA "/good_example.yaml";
    struct config *c = NULL;
    struct err e = {0};
    (void)state;
    read_file(reference, text, sizeof text);
    read_file(path, example, sizeof example);
    assert_non_null(strstr(text, example));
    if (config_read(path, NULL, NULL, 0, &c, &e))
        fail_msg("%s", e.msg);
    assert_int_equal(c->runs, 2 * 4 * 3);
    assert_near(c->claim[0].published_than, 0.401, 1e-12);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_malformed_file_gives_the_messages_it_names),
        cmocka_unit_test(a_file_without_a_byte_is_refused),
        cmocka_unit_test(a_nul_byte_is_refused_where_it_stands),
        cmocka_unit_test(what_only_looks_like_utf8_is_refused),
        cmocka_unit_test(a_mapping_of_a_megabyte_is_refused),
        cmocka_unit_test(a_megabyte_of_brackets_is_refused),
        cmocka_unit_test(long_names_do_not_overflow_messages),
        cmocka_unit_test(hundreds_of_mistakes_are_counted),
        cmocka_unit_test(control_characters_never_reach_the_terminal),
        cmocka_unit_test(a_missing_file_and_a_folder_are_not_malformed),
        cmocka_unit_test(a_small_file_gets_every_default),
        cmocka_unit_test(utf8_with_a_byte_order_mark_is_read),
        cmocka_unit_test(numbers_are_read_as_typed_not_as_yaml_would),
        cmocka_unit_test(epochs_become_steps),
        cmocka_unit_test(the_hash_is_that_of_the_bytes),
        cmocka_unit_test(an_unknown_profile_is_a_usage_error_with_a_suggestion),
        cmocka_unit_test(a_mistake_in_another_profile_is_reported_too),
        cmocka_unit_test(set_wins_over_the_profile_and_pins_the_grid),
        cmocka_unit_test(a_part_of_an_encoder_has_its_layers),
        cmocka_unit_test(a_grid_can_be_set),
        cmocka_unit_test(a_value_and_its_grid_cannot_both_be_set),
        cmocka_unit_test(a_mapping_pins_the_grid_too),
        cmocka_unit_test(set_names_an_experiment_of_the_profile),
        cmocka_unit_test(set_can_name_one_experiment),
        cmocka_unit_test(a_wrong_set_names_itself),
        cmocka_unit_test(published_numbers_are_of_encoders_or_variants),
        cmocka_unit_test(percent_becomes_a_fraction_and_claims_find_their_numbers),
        cmocka_unit_test(the_reference_is_the_table),
        cmocka_unit_test(the_references_example_is_a_file_that_reads),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
