/* Options: text to value and back, and the messages for bad text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "option.h"

static const char *const layouts[] = {"halves", "neighbours", "none", NULL};

enum { CLEAN, LENGTH, RATE, LAYOUT, N_OPTIONS };

static const struct option table[] = {
    [CLEAN] = {"clean", OPTION_BOOL, .dflt = 1, .help = "a"},
    [LENGTH] = {"length", OPTION_INT, .lo = -4, .hi = 1048576, .dflt = 512, .help = "b"},
    [RATE] = {"rate", OPTION_REAL, .lo = -1e300, .hi = 1e300, .dflt = 0.1, .help = "c"},
    [LAYOUT] = {"layout", OPTION_CHOICE, .dflt = 1, .choices = layouts, .help = "d"},
    {0},
};

static bool reads_as(int option, const char *text, double want)
{
    double value = NAN;
    return option_parse(&table[option], text, &value, NULL) == ST_OK && value == want;
}

static const char *complaint(int option, const char *text)
{
    static struct err e;
    double value = 0;
    e.msg[0] = 0;
    return option_parse(&table[option], text, &value, &e) == ST_RANGE ? e.msg : "accepted";
}

static const struct option open_choice = {"machine", OPTION_CHOICE, .choices = layouts,
                                          .open = true, .help = "e"};

/* An open choice keeps a word that is none of its choices: the same word has the same value,
 * and its text comes back. A closed choice refuses it. */
static void open_choices_take_other_words(void **state)
{
    double one = NAN, again = NAN, other = NAN, named = NAN;
    char text[OPTION_TEXT];
    (void)state;
    assert_int_equal(option_parse(&open_choice, "01.10", &one, NULL), ST_OK);
    assert_int_equal(option_parse(&open_choice, "10.01", &other, NULL), ST_OK);
    assert_int_equal(option_parse(&open_choice, "01.10", &again, NULL), ST_OK);
    assert_int_equal(option_parse(&open_choice, "none", &named, NULL), ST_OK);
    assert_true(one >= 3 && one == again && one != other && named == 2);
    assert_string_equal(option_format(&open_choice, one, text), "01.10");
    assert_string_equal(option_format(&open_choice, named, text), "none");
    assert_string_equal(option_word(&open_choice, other), "10.01");
    assert_string_equal(complaint(LAYOUT, "01.10"),
                        "layout: no such value \"01.10\"; use one of: halves, neighbours, "
                        "none");
}

static void open_choices_refuse_what_is_no_word(void **state)
{
    char longest[OPTION_WORD + 1], longer[OPTION_WORD + 2];
    double value = NAN;
    struct err e;
    (void)state;
    memset(longest, 'x', sizeof longest);
    longest[OPTION_WORD] = 0;
    memset(longer, 'x', sizeof longer);
    longer[OPTION_WORD + 1] = 0;
    assert_int_equal(option_parse(&open_choice, longest, &value, &e), ST_OK);
    assert_string_equal(option_word(&open_choice, value), longest);
    assert_int_equal(option_parse(&open_choice, longer, &value, &e), ST_RANGE);
    assert_int_equal(option_parse(&open_choice, "", &value, &e), ST_RANGE);
    assert_int_equal(option_parse(&open_choice, "a b", &value, &e), ST_RANGE);
    assert_non_null(strstr(e.msg, "machine: \"a b\" is none of its names, and no word"));
}

/* A path may hold blanks, slashes and UTF-8, but no line end, and must not be empty. */
static void paths_are_words_too(void **state)
{
    static const struct option path = {"corpus",     OPTION_CHOICE, .choices = layouts,
                                       .open = true, .path = true,  .help = "p"};
    double value = NAN;
    struct err e;
    (void)state;
    assert_int_equal(option_parse(&path, "/my texts/\xc3\xa9.txt", &value, &e), ST_OK);
    assert_string_equal(option_word(&path, value), "/my texts/\xc3\xa9.txt");
    assert_int_equal(option_parse(&path, "halves", &value, &e), ST_OK);
    assert_true(value == 0);
    assert_int_equal(option_parse(&path, "a\nb", &value, &e), ST_RANGE);
    assert_non_null(strstr(e.msg, "corpus: \"a\nb\" is none of its names, and no path"));
    assert_int_equal(option_parse(&path, "", &value, &e), ST_RANGE);
}

/* This test runs last, as words are never removed: beyond OPTION_WORDS there is an error and
 * no harm. */
static void only_so_many_words_are_kept(void **state)
{
    double value = NAN;
    struct err e;
    int kept = 0;
    (void)state;
    for (int i = 0; i < OPTION_WORDS; i++) {
        char text[32];
        snprintf(text, sizeof text, "word%d", i);
        kept += option_parse(&open_choice, text, &value, &e) == ST_OK;
    }
    assert_in_range(kept, 1, OPTION_WORDS - 1);
    assert_string_equal(e.msg, "machine: more than 256 different words");
    assert_int_equal(option_parse(&open_choice, "01.10", &value, &e), ST_OK);
    assert_string_equal(option_word(&open_choice, value), "01.10");
}

static void tables_are_counted_searched_and_defaulted(void **state)
{
    struct option_values o;
    (void)state;
    assert_int_equal(option_count(table), N_OPTIONS);
    assert_int_equal(option_count(NULL), 0);
    assert_int_equal(option_find(table, "layout"), LAYOUT);
    assert_int_equal(option_find(table, "layou"), -1);
    assert_int_equal(option_find(NULL, "layout"), -1);
    option_defaults(table, &o);
    assert_true(o.v[CLEAN] == 1 && o.v[LENGTH] == 512 && o.v[RATE] == 0.1 &&
                o.v[LAYOUT] == 1 && o.v[N_OPTIONS] == 0);
    option_defaults(NULL, &o);
    assert_true(o.v[0] == 0);
}

static void texts_read_as_their_values(void **state)
{
    (void)state;
    assert_true(reads_as(CLEAN, "true", 1));
    assert_true(reads_as(CLEAN, "false", 0));
    assert_true(reads_as(LENGTH, "1048576", 1048576));
    assert_true(reads_as(LENGTH, "-4", -4));
    assert_true(reads_as(LENGTH, "+8", 8));
    assert_true(reads_as(RATE, "3e-4", 3e-4));
    assert_true(reads_as(RATE, ".5", 0.5));
    assert_true(reads_as(RATE, "7", 7));
    assert_true(reads_as(LAYOUT, "halves", 0));
    assert_true(reads_as(LAYOUT, "none", 2));
}

static void minus_zero_is_zero(void **state)
{
    double value = 1;
    char text[OPTION_TEXT];
    (void)state;
    assert_int_equal(option_parse(&table[RATE], "-0.0", &value, NULL), ST_OK);
    assert_false(signbit(value));
    assert_string_equal(option_format(&table[RATE], -0.0, text), "0");
}

static void other_texts_are_refused(void **state)
{
    static const struct {
        int option;
        const char *text;
    } bad[] = {
        {CLEAN, "yes"},      {CLEAN, "1"},    {CLEAN, "True"},
        {CLEAN, ""},         {LENGTH, "8.0"}, {LENGTH, "1e3"},
        {LENGTH, "0x10"},    {LENGTH, " 8"},  {LENGTH, "8 "},
        {LENGTH, ""},        {LENGTH, "-"},   {LENGTH, "8-"},
        {LENGTH, "1048577"}, {LENGTH, "-5"},  {LENGTH, "99999999999999999999999"},
        {RATE, "nan"},       {RATE, "inf"},   {RATE, "1e999"},
        {RATE, "1e301"},     {RATE, "0x1p3"}, {RATE, "1,5"},
        {RATE, "e"},         {RATE, ""},      {LAYOUT, "Halves"},
        {LAYOUT, "0"},       {LAYOUT, ""},    {LAYOUT, "halve"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double value = 42;
        const struct option *o = &table[bad[i].option];
        if (option_parse(o, bad[i].text, &value, NULL) != ST_RANGE)
            fail_msg("%s accepts \"%s\"", o->name, bad[i].text);
        assert_true(value == 42);
    }
}

static void infinity_is_no_number_even_without_bounds(void **state)
{
    static const struct option free = {"free", OPTION_REAL, .lo = -INFINITY,
                                       .hi = INFINITY};
    double value;
    (void)state;
    assert_int_equal(option_parse(&free, "1e308", &value, NULL), ST_OK);
    assert_int_equal(option_parse(&free, "1e999", &value, NULL), ST_RANGE);
}

static void complaints_name_the_option_and_the_remedy(void **state)
{
    (void)state;
    assert_string_equal(complaint(CLEAN, "yes"),
                        "clean: expected true or false, not \"yes\"");
    assert_string_equal(complaint(LENGTH, "many"),
                        "length: expected an integer from -4 to 1048576, not \"many\"");
    assert_string_equal(complaint(LENGTH, "2000000"),
                        "length: 2000000 is out of range; use an integer from -4 to "
                        "1048576");
    assert_string_equal(complaint(RATE, "fast"),
                        "rate: expected a number from -1e+300 to 1e+300, not \"fast\"");
    assert_string_equal(complaint(LAYOUT, "neigbours"),
                        "layout: no such value \"neigbours\"; did you mean "
                        "\"neighbours\"?");
    assert_string_equal(complaint(LAYOUT, "spiral"),
                        "layout: no such value \"spiral\"; use one of: halves, "
                        "neighbours, none");
}

static void values_are_written_in_their_shortest_form(void **state)
{
    char text[OPTION_TEXT];
    (void)state;
    assert_string_equal(option_format(&table[CLEAN], 1, text), "true");
    assert_string_equal(option_format(&table[CLEAN], 0, text), "false");
    assert_string_equal(option_format(&table[LENGTH], 1048576, text), "1048576");
    assert_string_equal(option_format(&table[RATE], 0.1, text), "0.1");
    assert_string_equal(option_format(&table[RATE], 3e-4, text), "0.0003");
    assert_string_equal(option_format(&table[RATE], 10000, text), "10000");
    assert_string_equal(option_format(&table[RATE], 1.0 / 3, text), "0.3333333333333333");
    assert_string_equal(option_format(&table[RATE], 0.1 + 0.2, text),
                        "0.30000000000000004");
    assert_string_equal(option_format(&table[LAYOUT], 1, text), "neighbours");
}

static void values_survive_being_written_and_read(void **state)
{
    static const double values[] = {0,
                                    1,
                                    -1,
                                    0.1,
                                    1.0 / 3,
                                    0.98,
                                    5e-324,
                                    1e-300,
                                    1.5e299,
                                    123456789.125,
                                    9007199254740993.0,
                                    -2.2250738585072014e-308};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[OPTION_TEXT];
        assert_true(
            reads_as(RATE, option_format(&table[RATE], values[i], text), values[i]));
    }
    for (int i = 0; i < 3; i++) {
        char text[OPTION_TEXT];
        assert_true(reads_as(LAYOUT, option_format(&table[LAYOUT], i, text), i));
        assert_true(reads_as(LENGTH, option_format(&table[LENGTH], i - 4, text), i - 4));
    }
}

static void the_nearest_name_is_suggested(void **state)
{
    static const char *const names[] = {"none",     "rope",     "cope",
                                        "absolute", "relative", "sinusoidal"};
    static const int n = sizeof names / sizeof *names;
    (void)state;
    assert_string_equal(suggest("rop", names, n), "rope");    /* insertion */
    assert_string_equal(suggest("rroope", names, n), "rope"); /* 2 = 6 / 3 */
    assert_string_equal(suggest("orpe", names, n), "rope");   /* transposition */
    assert_string_equal(suggest("CoPE", names, n), "cope");   /* case does not count */
    assert_string_equal(suggest("rope", names, n), "rope");   /* itself */
    assert_string_equal(suggest("sinusodial", names, n), "sinusoidal");
    assert_string_equal(suggest("abolsutee", names, n), "absolute"); /* 3 = 9 / 3 */
    assert_string_equal(suggest("zope", names, n), "rope");          /* the first of two */

    /* Cells have an empty name where an experiment has no grid. */
    static const char *const cells[] = {"task.variables=1", "", "task.variables=3"};
    assert_string_equal(suggest_among("zz", cells, 3),
                        "; there are task.variables=1, task.variables=3");
    assert_string_equal(suggest_among("zz", cells + 1, 1), "; there is none");
}

static void far_names_are_not_suggested(void **state)
{
    static const char *const names[] = {"rope", "absolute"};
    static char typed[4096];
    (void)state;
    assert_null(suggest("ripa", names, 2));     /* 2 > 4 / 3 */
    assert_null(suggest("absxyzte", names, 2)); /* 3 > 8 / 3 */
    assert_null(suggest("", names, 2));
    assert_null(suggest("rope", names, 0));
    memset(typed, 'r', sizeof typed - 1);
    assert_null(suggest(typed, names, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_counted_searched_and_defaulted),
        cmocka_unit_test(texts_read_as_their_values),
        cmocka_unit_test(minus_zero_is_zero),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(infinity_is_no_number_even_without_bounds),
        cmocka_unit_test(complaints_name_the_option_and_the_remedy),
        cmocka_unit_test(values_are_written_in_their_shortest_form),
        cmocka_unit_test(values_survive_being_written_and_read),
        cmocka_unit_test(the_nearest_name_is_suggested),
        cmocka_unit_test(far_names_are_not_suggested),
        cmocka_unit_test(open_choices_take_other_words),
        cmocka_unit_test(open_choices_refuse_what_is_no_word),
        cmocka_unit_test(paths_are_words_too),
        cmocka_unit_test(only_so_many_words_are_kept),
    };
    return cmocka_run_group_tests_name("option", tests, NULL, NULL);
}
