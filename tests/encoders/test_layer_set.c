/* The layers that a text names, one spelling for each set, and texts that are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "encoder.h"

/* Checks the set `layers`, "0101": bit l as a digit, for the first four layers. */
static void assert_set(const char *text, const char *layers, const char *spelling)
{
    struct layer_set s;
    char again[LAYER_SET_TEXT];
    assert_int_equal(layer_set_parse(text, &s, NULL), ST_OK);
    for (int l = 0; layers[l]; l++)
        assert_int_equal(layer_set_has(&s, l), layers[l] == '1');
    assert_string_equal(layer_set_format(&s, again), spelling);
}

static void texts_stand_for_layers(void **state)
{
    (void)state;
    assert_set("all", "1111", "all");
    assert_set("odd", "0101", "odd");
    assert_set("even", "1010", "even");
    assert_set("every 1", "1111", "all");
    assert_set("every 2", "0101", "odd");
    assert_set("every 3", "0010010", "every 3");
    assert_set("0,2", "1010", "0+2");
    assert_set("2+0+2", "1010", "0+2");
    assert_set("3", "0001", "3");
}

static void other_texts_are_refused(void **state)
{
    const char *const wrong[] = {
        "",   "none", "every", "every 0", "every 1025",          "every 2x", "64", "-1",
        "0,", "0 2",  "odd,1", "1,,2",    "99999999999999999999"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct layer_set s;
        struct err e = {0};
        assert_int_equal(layer_set_parse(wrong[i], &s, &e), ST_RANGE);
        assert_non_null(strstr(e.msg, "write all, odd"));
    }
}

static enum status resolved(const char *encoder, const char *layers, int count,
                            struct encoder_stack *s, struct err *e)
{
    const struct encoder_dims d = {
        .layers = count, .heads = 2, .head_dim = 8, .trained_length = 16, .longest = 40};
    assert_int_equal(encoder_stack_parse(encoder, s, e), ST_OK);
    const enum status st = encoder_stack_set(s, "layers", layers, e);
    return st ? st : encoder_stack_resolve(s, &d, e);
}

static void a_set_of_all_layers_is_no_set(void **state)
{
    struct encoder_stack s;
    struct err e;
    (void)state;
    assert_int_equal(resolved("rope", "0,1", 2, &s, &e), ST_OK);
    assert_true(!s.part[0].layers.list && !s.part[0].layers.every);
    assert_int_equal(resolved("rope", "0,1", 3, &s, &e), ST_OK);
    assert_true(s.part[0].layers.list == 3);
}

static void layers_must_be_there_and_of_use(void **state)
{
    struct encoder_stack s;
    struct err e;
    (void)state;
    assert_int_equal(resolved("rope", "odd", 1, &s, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "rope: layers holds none of the model's 1"));
    assert_int_equal(resolved("rope", "0,2", 2, &s, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "past the last of 2"));
    assert_int_equal(resolved("absolute", "odd", 4, &s, &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "absolute acts before the first layer"));
}

static void each_part_of_a_sum_has_its_own(void **state)
{
    struct encoder_stack s;
    struct err e;
    (void)state;
    assert_int_equal(encoder_stack_parse("cope+rope", &s, &e), ST_OK);
    assert_int_equal(encoder_stack_set(&s, "layers", "odd", &e), ST_CONFIG);
    assert_non_null(strstr(e.msg, "write \"cope.layers\" or \"rope.layers\""));
    assert_int_equal(encoder_stack_set(&s, "rope.layers", "odd", &e), ST_OK);
    assert_int_equal(encoder_stack_set(&s, "cope.every", "3", &e), ST_OK);
    assert_true(s.part[0].layers.every == 3 && s.part[1].layers.every == 2);
    assert_int_equal(encoder_stack_set(&s, "fox.layers", "odd", &e), ST_CONFIG);
    assert_int_equal(encoder_stack_set(&s, "cope.every", "no", &e), ST_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_stand_for_layers),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(a_set_of_all_layers_is_no_set),
        cmocka_unit_test(layers_must_be_there_and_of_use),
        cmocka_unit_test(each_part_of_a_sum_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
