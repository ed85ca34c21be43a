/* links: models_double */
/* Sums of encoders: their syntax, what is refused, and the messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "encoder.h"

static struct encoder_stack stack_of(const char *text)
{
    struct encoder_stack s;
    assert_int_equal(encoder_stack_parse(text, &s, NULL), ST_OK);
    return s;
}

static void assert_refused(const char *text, const char *message)
{
    struct encoder_stack s;
    struct err e = {0};
    assert_int_equal(encoder_stack_parse(text, &s, &e), ST_CONFIG);
    assert_int_equal(e.code, ST_CONFIG);
    assert_string_equal(e.msg, message);
}

static void assert_not_set(struct encoder_stack *s, const char *option, const char *value,
                           enum status status, const char *message)
{
    struct err e = {0};
    const struct encoder_stack before = *s;
    assert_int_equal(encoder_stack_set(s, option, value, &e), status);
    assert_string_equal(e.msg, message);
    assert_memory_equal(&before, s, sizeof before);
}

static double value_of(const struct encoder_stack *s, const char *part, const char *option)
{
    for (int i = 0; i < s->parts; i++)
        if (strcmp(s->part[i].encoder->name, part) == 0)
            return s->part[i].options.v[option_find(s->part[i].encoder->options, option)];
    fail();
    return 0;
}

static void a_name_is_a_stack_of_one_with_its_defaults(void **state)
{
    (void)state;
    const struct encoder_stack s = stack_of("rope");
    assert_int_equal(s.parts, 1);
    assert_ptr_equal(s.part[0].encoder, encoder_find("rope"));
    assert_true(value_of(&s, "rope", "base") == 10000);
    assert_true(value_of(&s, "rope", "fraction") == 1);
}

static void both_spellings_of_a_sum_are_one_stack(void **state)
{
    char name[ENCODER_NAME];
    (void)state;
    const struct encoder_stack s = stack_of("rope+absolute"), t = stack_of("absolute+rope");
    assert_memory_equal(&s, &t, sizeof s);
    assert_string_equal(s.part[0].encoder->name, "absolute");
    encoder_stack_name(&s, name);
    assert_string_equal(name, "absolute+rope");
}

static void the_reader_of_scores_comes_first(void **state)
{
    const char *const texts[] = {"absolute+cope+rope", "rope+absolute+cope",
                                 "cope+rope+absolute"};
    char name[ENCODER_NAME];
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct encoder_stack s = stack_of(texts[i]);
        assert_int_equal(s.parts, 3);
        assert_string_equal(s.part[0].encoder->name, "cope");
        assert_string_equal(s.part[1].encoder->name, "absolute");
        assert_string_equal(s.part[2].encoder->name, "rope");
        encoder_stack_name(&s, name);
        assert_string_equal(name, "absolute+cope+rope");
    }
}

static void every_encoder_parses_by_its_name(void **state)
{
    char name[ENCODER_NAME];
    (void)state;
    assert_true(encoder_count() >= 6);
    for (int i = 0; i < encoder_count(); i++) {
        if (encoder_at(i)->place) /* only in sums */
            continue;
        const struct encoder_stack s = stack_of(encoder_at(i)->name);
        encoder_stack_name(&s, name);
        assert_string_equal(name, encoder_at(i)->name);
    }
}

static void unknown_names_are_refused_with_a_suggestion(void **state)
{
    (void)state;
    assert_refused("rop", "unknown encoder \"rop\"; did you mean \"rope\"?");
    assert_refused("cope+relativ",
                   "unknown encoder \"relativ\"; did you mean \"relative\"?");
    assert_refused("cope + rope", "unknown encoder \"cope \"; did you mean \"cope\"?");
}

static void a_name_like_no_other_is_answered_with_the_list(void **state)
{
    char message[1024];
    (void)state;
    snprintf(message, sizeof message, "unknown encoder \"zzzzzzzz\"; there are ");
    for (int i = 0; i < encoder_count(); i++)
        snprintf(message + strlen(message), sizeof message - strlen(message), "%s%s",
                 i ? ", " : "", encoder_at(i)->name);
    assert_refused("zzzzzzzz", message);
}

static void sums_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    assert_refused("rope+cope+rope",
                   "encoder \"rope+cope+rope\" names \"rope\" twice; name it once");
    assert_refused("cope+none",
                   "encoder \"cope+none\": \"none\" adds nothing to a sum; leave it out");
    assert_refused("none+cope",
                   "encoder \"none+cope\": \"none\" adds nothing to a sum; leave it out");
    assert_refused("absolute+cope+relative+rope+sinusoidal",
                   "encoder \"absolute+cope+relative+rope+sinusoidal\" has more than 4 "
                   "parts; leave some out");
}

/* Rotations, gates, slopes and vectors are refused where one contains the other or both are
 * the same. */
static void parts_that_do_the_same_are_refused(void **state)
{
    static const char *const both[][2] = {
        {"rope+xpos", "turn queries and keys"},
        {"rope+fope", "turn queries and keys"},
        {"path+rope", "turn queries and keys"},
        {"fope+tapa", "turn queries and keys"},
        {"path+path_fox", "turn queries and keys"},
        {"path_fox+fox", "let keys fade by a gate of each token"},
        {"alibi+nape", "take a multiple of the distance away"},
        {"relative+shaw", "let the query meet a vector of its distance"},
        {"relative+transformer_xl", "let the query meet a vector of its distance"},
        {"absolute+sinusoidal", "add a vector of its place to each token"},
        {"path+tra", "write the content scores"},
        {"dape+dape_v2", "mix the logits of heads"},
        {"cope+deberta", "read the content scores"},
        {"stick_breaking+window", "turn scores into weights"},
        {"randomized+shift", "choose the places of tokens"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof both / sizeof both[0]; i++) {
        char message[256];
        const char *plus = strchr(both[i][0], '+');
        snprintf(message, sizeof message,
                 "encoder \"%s\": \"%.*s\" and \"%s\" both %s; a sum can hold one such "
                 "encoder, leave one out",
                 both[i][0], (int)(plus - both[i][0]), both[i][0], plus + 1, both[i][1]);
        assert_refused(both[i][0], message);
    }
    assert_refused("kerple+kerple",
                   "encoder \"kerple+kerple\" names \"kerple\" twice; name it once");
}

/* For every pair, either the sum parses in both orders, or in neither, and the message names
 * both parts and what to do. */
static void any_two_parts_are_a_sum_or_told_why_not(void **state)
{
    int sums = 0;
    (void)state;
    for (int i = 0; i < encoder_count(); i++)
        for (int k = 0; k < encoder_count(); k++) {
            const char *a = encoder_at(i)->name, *b = encoder_at(k)->name;
            char text[ENCODER_NAME], other[ENCODER_NAME];
            struct encoder_stack s;
            struct err e = {0};
            snprintf(text, sizeof text, "%s+%s", a, b);
            snprintf(other, sizeof other, "%s+%s", b, a);
            const enum status status = encoder_stack_parse(text, &s, &e);
            assert_int_equal(encoder_stack_parse(other, &s, NULL), status);
            sums += status == ST_OK;
            if (status == ST_OK)
                continue;
            assert_int_equal(status, ST_CONFIG);
            assert_non_null(strstr(e.msg, a));
            assert_non_null(strstr(e.msg, b));
            assert_true(strstr(e.msg, "leave ") || strstr(e.msg, "; name it once"));
        }
    assert_true(sums > encoder_count() * encoder_count() / 2);
}

/* Sums that are published or that our experiments name are accepted. */
static void sums_that_people_use_stay(void **state)
{
    static const char *const sums[] = {"cope+rope",       "cope+relative",
                                       "cope+fox",        "absolute+rope",
                                       "alibi+dape",      "kerple+dape_v2",
                                       "fire+rope",       "randomized+rope",
                                       "absolute+shift",  "alibi+path_fox",
                                       "fox+rope",        "stick_breaking+rope",
                                       "rope+tra",        "t5+tupe",
                                       "deberta+rope",    "rope+selective_attention",
                                       "hard_alibi+rope", "carope+selective_attention",
                                       "rope+window"};
    (void)state;
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        stack_of(sums[i]);
}

static void a_missing_name_is_refused(void **state)
{
    (void)state;
    const char *const texts[] = {"", "cope+", "+cope", "cope++rope"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char message[128];
        snprintf(message, sizeof message,
                 "encoder \"%s\" lacks a name; write one, or names joined by \"+\"",
                 texts[i]);
        assert_refused(texts[i], message);
    }
}

static void a_very_long_name_is_refused_whole(void **state)
{
    char text[400];
    struct encoder_stack s;
    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(encoder_stack_parse(text, &s, NULL), ST_CONFIG);
}

static void options_are_set_by_name(void **state)
{
    (void)state;
    struct encoder_stack s = stack_of("cope+rope");
    assert_int_equal(encoder_stack_set(&s, "p_max", "17", NULL), ST_OK);
    assert_int_equal(encoder_stack_set(&s, "rope.base", "500", NULL), ST_OK);
    assert_int_equal(encoder_stack_set(&s, "layout", "halves", NULL), ST_OK);
    assert_int_equal(encoder_stack_set(&s, "cope.sep_keys", "true", NULL), ST_OK);
    assert_true(value_of(&s, "cope", "p_max") == 17);
    assert_true(value_of(&s, "cope", "sep_keys") == 1);
    assert_true(value_of(&s, "cope", "val_gates") == 0);
    assert_true(value_of(&s, "rope", "base") == 500);
    assert_true(value_of(&s, "rope", "layout") == 1);
}

static void at_test_only_what_weights_do_not_know_changes(void **state)
{
    struct err e;
    (void)state;
    struct encoder_stack s = stack_of("cope+rope");
    assert_int_equal(encoder_stack_set_at_test(&s, "scaling", "yarn", &e), ST_OK);
    assert_int_equal(encoder_stack_set_at_test(&s, "rope.factor", "2", &e), ST_OK);
    assert_true(value_of(&s, "rope", "factor") == 2);
    assert_int_equal(encoder_stack_set_at_test(&s, "layout", "halves", &e), ST_USAGE);
    assert_non_null(strstr(e.msg, "trained with this layout of rope; what may change at "
                                  "test is scaling, factor"));
    assert_int_equal(encoder_stack_set_at_test(&s, "p_max", "3", &e), ST_USAGE);
    assert_non_null(strstr(e.msg, "is nothing"));
    assert_int_equal(encoder_stack_set_at_test(&s, "rope.layers", "odd", &e), ST_USAGE);
    assert_int_equal(encoder_stack_set_at_test(&s, "scalin", "pi", &e), ST_CONFIG);
}

static void an_option_of_two_parts_needs_the_part(void **state)
{
    (void)state;
    struct encoder_stack s = stack_of("cope+relative");
    assert_not_set(
        &s, "share_layers", "true", ST_CONFIG,
        "option \"share_layers\" belongs to both; write \"cope.share_layers\" or "
        "\"relative.share_layers\"");
    assert_int_equal(encoder_stack_set(&s, "relative.share_layers", "false", NULL), ST_OK);
    assert_true(value_of(&s, "relative", "share_layers") == 0);
    assert_int_equal(encoder_stack_set(&s, "cope.share_layers", "true", NULL), ST_OK);
    assert_true(value_of(&s, "cope", "share_layers") == 1);
    assert_true(value_of(&s, "relative", "share_layers") == 0);
}

static void unknown_options_are_refused_with_a_suggestion(void **state)
{
    (void)state;
    struct encoder_stack s = stack_of("cope+rope");
    assert_not_set(&s, "pmax", "3", ST_CONFIG,
                   "encoder \"cope+rope\" has no option \"pmax\"; did you mean \"p_max\"?");
    assert_not_set(
        &s, "rope.p_max", "3", ST_CONFIG,
        "encoder \"rope\" has no option \"p_max\"; it has base, fraction, layout, "
        "scaling, factor, frequencies, fastest, clipped");
    assert_not_set(&s, "relative.capped", "true", ST_CONFIG,
                   "option \"relative.capped\": \"relative\" is no part of encoder "
                   "\"cope+rope\"; before the dot stands one of: cope, rope");
    s = stack_of("none");
    assert_not_set(&s, "p_max", "3", ST_CONFIG,
                   "encoder \"none\" takes no options; remove \"p_max\"");
}

static void bad_values_are_refused(void **state)
{
    struct err e = {0};
    (void)state;
    struct encoder_stack s = stack_of("rope");
    assert_int_equal(encoder_stack_set(&s, "fraction", "1.5", &e), ST_RANGE);
    assert_non_null(strstr(e.msg, "fraction"));
    assert_int_equal(encoder_stack_set(&s, "layout", "halfs", &e), ST_RANGE);
    assert_non_null(strstr(e.msg, "halves"));
    assert_true(value_of(&s, "rope", "fraction") == 1);
}

static void resolving_reaches_every_part(void **state)
{
    const struct encoder_dims dims = {
        .layers = 2, .heads = 2, .head_dim = 10, .trained_length = 40, .longest = 80};
    struct err e = {0};
    (void)state;
    struct encoder_stack s = stack_of("rope+cope");
    assert_int_equal(encoder_stack_set(&s, "fraction", "0.5", NULL), ST_OK);
    assert_int_equal(encoder_stack_resolve(&s, &dims, NULL), ST_OK);
    assert_true(value_of(&s, "cope", "p_max") == 41);
    assert_true(value_of(&s, "rope", "fraction") == 0.6); /* 5 channels become 6 */
    assert_int_equal(encoder_stack_set(&s, "sep_keys", "true", NULL), ST_OK);
    assert_int_equal(encoder_stack_set(&s, "val_gates", "true", NULL), ST_OK);
    assert_int_equal(encoder_stack_resolve(&s, &dims, &e), ST_CONFIG);
    assert_int_equal(e.code, ST_CONFIG);
}

static enum encoder_reach reach_of(const char *text, const char *option, const char *value)
{
    struct encoder_stack s = stack_of(text);
    if (option)
        assert_int_equal(encoder_stack_set(&s, option, value, NULL), ST_OK);
    const struct encoder_dims dims = {
        .layers = 2, .heads = 2, .head_dim = 8, .trained_length = 16, .longest = 40};
    return encoder_stack_reach(&s, &dims);
}

static void a_sum_reaches_as_far_as_its_shortest_part(void **state)
{
    (void)state;
    assert_int_equal(reach_of("none", NULL, NULL), REACH_DEFINED);
    assert_int_equal(reach_of("cope+rope", NULL, NULL), REACH_DEFINED);
    assert_int_equal(reach_of("cope+relative", NULL, NULL), REACH_UNTRAINED);
    assert_int_equal(reach_of("cope+relative", "capped", "true"), REACH_CAPPED);
    assert_int_equal(reach_of("absolute+relative", "capped", "true"), REACH_UNTRAINED);
    assert_int_equal(reach_of("absolute+relative", "beyond", "undefined"), REACH_UNDEFINED);
}

static void each_reach_has_its_word(void **state)
{
    (void)state;
    assert_string_equal(encoder_reach_text(REACH_DEFINED), "defined");
    assert_string_equal(encoder_reach_text(REACH_CAPPED), "capped");
    assert_string_equal(encoder_reach_text(REACH_UNTRAINED), "untrained");
    assert_string_equal(encoder_reach_text(REACH_UNDEFINED), "undefined");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_a_stack_of_one_with_its_defaults),
        cmocka_unit_test(both_spellings_of_a_sum_are_one_stack),
        cmocka_unit_test(the_reader_of_scores_comes_first),
        cmocka_unit_test(every_encoder_parses_by_its_name),
        cmocka_unit_test(unknown_names_are_refused_with_a_suggestion),
        cmocka_unit_test(a_name_like_no_other_is_answered_with_the_list),
        cmocka_unit_test(sums_that_make_no_sense_are_refused),
        cmocka_unit_test(parts_that_do_the_same_are_refused),
        cmocka_unit_test(any_two_parts_are_a_sum_or_told_why_not),
        cmocka_unit_test(sums_that_people_use_stay),
        cmocka_unit_test(a_missing_name_is_refused),
        cmocka_unit_test(a_very_long_name_is_refused_whole),
        cmocka_unit_test(options_are_set_by_name),
        cmocka_unit_test(at_test_only_what_weights_do_not_know_changes),
        cmocka_unit_test(an_option_of_two_parts_needs_the_part),
        cmocka_unit_test(unknown_options_are_refused_with_a_suggestion),
        cmocka_unit_test(bad_values_are_refused),
        cmocka_unit_test(resolving_reaches_every_part),
        cmocka_unit_test(a_sum_reaches_as_far_as_its_shortest_part),
        cmocka_unit_test(each_reach_has_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
