/* Splits that change the encoder at test: the runs that have them, their canonical text, their
 * samples, and mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config_text.h"
#include "sampling.h"

#define FILE_OF(splits, encoders)                                              \
    "version: 1\n"                                                             \
    "experiments:\n"                                                           \
    "  flip:\n"                                                                \
    "    task: {name: flip_flop, length: 8}\n"                                 \
    "    splits: {id: {count: 5}, long: {count: 5, length: 16}, " splits "}\n" \
    "    encoders: [" encoders "]\n"                                           \
    "    seeds: [1]\n"                                                         \
    "    model: {layers: 1, heads: 2, dim: 16}\n"

static struct config *expand(const char *text)
{
    struct config *c = NULL;
    struct err e = {0};
    if (config_text(text, NULL, NULL, 0, &c, &e))
        fail_msg("refused: %s", e.msg);
    return c;
}

static const struct split_spec *split_of(const struct run_spec *r, const char *name)
{
    for (int i = 0; i < r->splits; i++)
        if (strcmp(r->split[i].name, name) == 0)
            return &r->split[i];
    return NULL;
}

/* Options are written in the order of the encoder's table, with the part's name, however they
 * were typed. */
static void options_are_written_in_one_way(void **state)
{
    static const char *const typed[] = {
        FILE_OF("y: {count: 5, length: 16, encoder: {factor: 2, scaling: yarn}}", "rope"),
        FILE_OF("y: {count: 5, length: 16, encoder: {rope.scaling: yarn, factor: 2.0}}",
                "rope"),
    };
    char identity[IDENTITY_TEXT] = "";
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct config *c = expand(typed[i]);
        assert_string_equal(split_of(&c->run[0], "y")->encoder,
                            "rope.scaling=yarn rope.factor=2");
        assert_string_equal(split_of(&c->run[0], "long")->encoder, "");
        if (i)
            assert_string_equal(c->run[0].identity, identity);
        memcpy(identity, c->run[0].identity, sizeof identity);
        config_free(c);
    }
}

static void a_stored_run_has_its_splits_again(void **state)
{
    struct config *c =
        expand(FILE_OF("y: {count: 5, length: 16, encoder: {scaling: yarn}}", "cope+rope"));
    struct run_spec r;
    struct err e;
    (void)state;
    assert_non_null(strstr(c->run[0].config, "\"y\":{\"count\":5,\"encoder\":"
                                             "\"rope.scaling=yarn\",\"options\":"));
    assert_non_null(strstr(c->run[0].config, "\"long\":{\"count\":5,\"options\":"));
    assert_int_equal(run_spec_parse(c->run[0].config, &r, &e), ST_OK);
    assert_string_equal(r.identity, c->run[0].identity);
    assert_string_equal(split_of(&r, "y")->encoder, "rope.scaling=yarn");
    assert_string_equal(split_of(&r, "y")->asks, "long");
    run_spec_free(&r);
    config_free(c);
}

/* alibi has neither option, transformer_xl only `clamp`, rope only `scaling`. */
static void encoders_without_the_options_have_no_such_split(void **state)
{
    struct config *c = expand(FILE_OF("y: {count: 5, encoder: {scaling: yarn}}, "
                                      "z: {count: 5, encoder: {clamp: 4}}",
                                      "alibi, rope, transformer_xl"));
    (void)state;
    assert_int_equal(c->runs, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(split_of(&c->run[i], "y") != NULL, i == 1);
        assert_int_equal(split_of(&c->run[i], "z") != NULL, i == 2);
        assert_non_null(split_of(&c->run[i], "valid"));
    }
    config_free(c);
}

static void the_encoder_at_test_is_that_of_the_split(void **state)
{
    struct config *c =
        expand(FILE_OF("y: {count: 5, length: 16, encoder: {scaling: pi, factor: 2}}",
                       "{name: rope, scaling: ntk}"));
    const struct run_spec *r = &c->run[0];
    struct run_spec tested;
    struct err e;
    (void)state;
    for (int i = 0; i < 2; i++) {
        const struct split_spec *s = split_of(r, i ? "y" : "long");
        char text[OPTION_TEXT];
        assert_int_equal(run_spec_at_test(r, s, &tested, &e), ST_OK);
        const struct encoder_part *p = &tested.model.encoders.part[0];
        const int k = option_find(p->encoder->options, "scaling");
        assert_string_equal(option_format(&p->encoder->options[k], p->options.v[k], text),
                            i ? "pi" : "ntk");
    }
    config_free(c);
}

/* Samples are those of `long`, not of `id`, which has another law; a split without its like
 * has its own samples. */
static void samples_are_those_of_the_split_of_the_same_law(void **state)
{
    struct config *c = expand(FILE_OF("y: {count: 5, length: 16, encoder: {scaling: pi}}, "
                                      "z: {count: 5, length: 12, encoder: {scaling: pi}}",
                                      "rope"));
    const struct run_spec *r = &c->run[0];
    int32_t first[64];
    struct sampler *s;
    struct sampled b;
    struct err e;
    (void)state;
    assert_string_equal(split_of(r, "y")->asks, "long");
    assert_string_equal(split_of(r, "z")->asks, "");
    assert_int_equal(sampler_open(r, &s, &e), ST_OK);
    sampler_split(s, split_of(r, "long"), 0, 4, &b);
    const size_t bytes = (size_t)b.batch.start[4] * sizeof *first;
    assert_true(bytes > 0 && bytes <= sizeof first);
    memcpy(first, b.batch.token, bytes);
    sampler_split(s, split_of(r, "y"), 0, 4, &b);
    assert_memory_equal(first, b.batch.token, bytes);
    sampler_close(s);
    config_free(c);
}

static void assert_refused(const char *text, const char *part)
{
    struct config *c = NULL;
    struct err e = {0};
    assert_int_equal(config_text(text, NULL, NULL, 0, &c, &e), ST_CONFIG);
    if (!strstr(e.msg, part))
        fail_msg("expected \"%s\", got \"%s\"", part, e.msg);
}

static void mistakes_are_told_at_their_place(void **state)
{
    (void)state;
    assert_refused(FILE_OF("y: {count: 5, encoder: {scalin: pi}}", "rope"),
                   "no encoder can change \"scalin\" at test; did you mean \"scaling\"?");
    assert_refused(FILE_OF("y: {count: 5, encoder: {base: 5}}", "rope"),
                   "no encoder can change \"base\" at test");
    assert_refused(FILE_OF("y: {count: 5, encoder: {scaling: up}}", "rope"), "scaling");
    assert_refused(FILE_OF("y: {count: 5, encoder: yarn}", "rope"), "encoder");
    assert_refused(FILE_OF("y: {count: 5, encoder: {factor: 2}}", "rope"),
                   "split \"y\": rope: factor 2 says how far");
}

static void damaged_text_is_refused(void **state)
{
    struct config *c = expand(FILE_OF("y: {count: 5, encoder: {scaling: pi}}", "rope"));
    static const char *const wrong[] = {"rope.scaling=up", "rope.scaling", "rope.factor=2"};
    const char *at = strstr(c->run[0].config, "rope.scaling=pi");
    (void)state;
    assert_non_null(at);
    for (int i = 0; i < 3; i++) {
        char text[4096];
        struct run_spec r;
        struct err e;
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - c->run[0].config),
                 c->run[0].config, wrong[i], at + strlen("rope.scaling=pi"));
        assert_int_equal(run_spec_parse(text, &r, &e), ST_CONFIG);
    }
    config_free(c);
}

/* `valid` has the law of `id` and comes first, but settings are chosen by it. A run that was
 * stored before this rule has no "asks", and keeps its questions and its identity. */
static void questions_are_never_those_of_valid(void **state)
{
    const char *const asks = "\"asks\":\"id\",";
    struct config *c = expand(FILE_OF("y: {count: 5, encoder: {scaling: yarn}}", "rope"));
    char *text = strdup(c->run[0].config);
    struct run_spec now, then;
    struct err e;
    (void)state;
    assert_string_equal(split_of(&c->run[0], "y")->asks, "id");
    assert_int_equal(run_spec_parse(text, &now, &e), ST_OK);
    assert_string_equal(split_of(&now, "y")->asks, "id");
    assert_string_equal(now.identity, c->run[0].identity);
    char *at = strstr(text, asks);
    assert_non_null(at);
    memmove(at, at + strlen(asks), strlen(at + strlen(asks)) + 1);
    assert_int_equal(run_spec_parse(text, &then, &e), ST_OK);
    assert_string_equal(split_of(&then, "y")->asks, "valid");
    assert_string_equal(then.config, text);
    run_spec_free(&now);
    run_spec_free(&then);
    free(text);
    text = strdup(c->run[0].config);
    *(strstr(text, asks) + strlen("\"asks\":\"")) = 'z'; /* "zd": no such split */
    assert_int_equal(run_spec_parse(text, &now, &e), ST_CONFIG);
    free(text);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_written_in_one_way),
        cmocka_unit_test(a_stored_run_has_its_splits_again),
        cmocka_unit_test(encoders_without_the_options_have_no_such_split),
        cmocka_unit_test(the_encoder_at_test_is_that_of_the_split),
        cmocka_unit_test(samples_are_those_of_the_split_of_the_same_law),
        cmocka_unit_test(questions_are_never_those_of_valid),
        cmocka_unit_test(mistakes_are_told_at_their_place),
        cmocka_unit_test(damaged_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
