/* Samples for people: scored places are marked, in colour where the terminal has it, and long
 * samples keep both ends in the gallery. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"
#include "sample_text.h"

/* Place t holds token 1; place 1 is scored, place 2 is only trained on. */
static void write_marked(const struct option_values *o, struct rng *r, struct sample *out)
{
    (void)r;
    out->length = (int)o->v[0];
    for (int t = 0; t < out->length; t++) {
        out->token[t] = 1;
        out->target[t] = t == 1 || t == 2 ? 5 : TARGET_NONE;
        out->scored[t] = t == 1;
    }
}

static int length(const struct option_values *o)
{
    return (int)o->v[0];
}

static void text_of(const struct option_values *o, int32_t token,
                    char text[TASK_TOKEN_TEXT])
{
    (void)o;
    snprintf(text, TASK_TOKEN_TEXT, "%d", (int)token);
}

static const struct option options[] = {
    {"length", OPTION_INT, .lo = 1, .hi = 1000, .dflt = 200, .help = "tokens"},
    {0},
};

static const struct task marked = {
    .name = "marked",
    .options = options,
    .max_length = length,
    .generate = write_marked,
    .token_text = text_of,
};

static char *shown(int tokens, bool colour)
{
    struct sample_source s = {.task = &marked, .split = "id", .options = {{tokens}}};
    struct sample x;
    struct err e;
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    assert_int_equal(sample_init(&s, &x, &e), ST_OK);
    sample_draw(&s, 0, &x);
    sample_show(&s, &x, colour, out);
    assert_int_equal(fclose(out), 0);
    sample_free(&x);
    return text;
}

static void places_are_marked_with_and_without_colour(void **state)
{
    (void)state;
    char *plain = shown(4, false), *colour = shown(4, true);
    assert_string_equal(plain, "  1 1[5] 1(5) 1\n");
    assert_string_equal(colour, "  1 1\033[1;32m[5]\033[0m 1\033[2m(5)\033[0m 1\n");
    free(plain);
    free(colour);
}

/* Colour codes have no width: lines break at the same places. */
static void lines_have_eighty_columns_in_colour_too(void **state)
{
    (void)state;
    char *plain = shown(200, false), *colour = shown(200, true);
    assert_int_equal(strcspn(strchr(plain, '\n') + 1, "\n"), 80 - 1);
    assert_string_equal(strchr(plain, '\n'), strchr(colour, '\n'));
    free(plain);
    free(colour);
}

static void the_gallery_has_three_samples_and_the_ends_of_long_ones(void **state)
{
    struct err e;
    char *text = NULL;
    size_t bytes;
    (void)state;
    FILE *out = open_memstream(&text, &bytes);
    assert_int_equal(sample_gallery(&marked, out, &e), ST_OK);
    assert_int_equal(fclose(out), 0);
    int n = 0;
    for (const char *at = text; (at = strstr(at, "  1 1[5] 1(5) 1 ")); at++)
        n++;
    assert_int_equal(n, 3);
    n = 0;
    for (const char *at = text; (at = strstr(at, "  ... 104 tokens ...\n")); at++)
        n++;
    assert_int_equal(n, 3);
    free(text);
}

static void assert_coloured(const char *environment, const char *flag, bool want)
{
    struct program p;
    char arguments[128];
    snprintf(arguments, sizeof arguments, "show parity -n 1 %s", flag);
    program_run(&p, POSBENCH, environment, arguments);
    assert_int_equal(p.code, 0);
    assert_int_equal(strstr(p.out, "\033[1;32m") != NULL, want);
    program_free(&p);
}

/* No colour goes into a pipe, or with NO_COLOR or --no-color. */
static void colour_is_for_those_who_want_it(void **state)
{
    (void)state;
    assert_coloured("CLICOLOR_FORCE=1", "", true);
    assert_coloured(NULL, "", false);
    assert_coloured("CLICOLOR_FORCE=1", "--no-color", false);
    struct program p;
    program_run(&p, "script", "TERM=xterm",
                "-qec 'NO_COLOR=1 " POSBENCH " show parity -n 1' /dev/null");
    assert_null(strstr(p.out, "\033[1;32m"));
    program_free(&p);
    program_run(&p, "script", "TERM=xterm",
                "-qec '" POSBENCH " show parity -n 1' /dev/null");
    if (p.code == 0)
        assert_non_null(strstr(p.out, "\033[1;32m"));
    program_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_marked_with_and_without_colour),
        cmocka_unit_test(lines_have_eighty_columns_in_colour_too),
        cmocka_unit_test(the_gallery_has_three_samples_and_the_ends_of_long_ones),
        cmocka_unit_test(colour_is_for_those_who_want_it),
    };
    return cmocka_run_group_tests_name("samples_shown", tests, NULL, NULL);
}
