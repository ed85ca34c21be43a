/* Pictures of encoders show the known properties of their maps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "encoder_picture.h"
#include "newcomers.h"
#include "svg_map.h"

enum { DARKEST = 7 };

static char *picture_of(const struct encoder *c)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(c);
    assert_non_null(out);
    assert_int_equal(encoder_picture(c, out, NULL), ST_OK);
    assert_int_equal(fclose(out), 0);
    return text;
}

static struct svg_maps maps_of(const char *name)
{
    struct svg_maps maps;
    char *text = picture_of(encoder_find(name));
    svg_read(text, &maps);
    free(text);
    return maps;
}

static void later_keys_are_never_drawn(void **state)
{
    (void)state;
    for (int e = 0; e < encoder_count(); e++) {
        const struct svg_maps maps = maps_of(encoder_at(e)->name);
        assert_true(maps.n == 4 || maps.n == 6 || maps.n == 8);
        for (int m = 0; m < maps.n; m++)
            for (int i = 0; i < SVG_SIDE; i++)
                for (int j = i + 1; j < SVG_SIDE; j++)
                    assert_int_equal(maps.tone[m][i][j], 0);
    }
}

/* Without positions all copies of a token get the same weight. */
static void none_is_flat_on_one_token(void **state)
{
    const struct svg_maps maps = maps_of("none");
    int lighter = 0;
    (void)state;
    for (int i = 0; i < SVG_SIDE; i++)
        for (int j = 0; j <= i; j++) {
            assert_int_equal(maps.tone[0][i][j], DARKEST);
            lighter += maps.tone[2][i][j] < DARKEST;
        }
    assert_true(lighter > SVG_SIDE); /* in the map of the mixture */
}

static void alibi_fades_with_the_distance_alone(void **state)
{
    const struct svg_maps maps = maps_of("alibi");
    const int last = SVG_SIDE - 1;
    (void)state;
    for (int i = 0; i < SVG_SIDE; i++)
        for (int j = 0; j <= i; j++) {
            assert_int_equal(maps.tone[0][i][j], maps.tone[0][last][last - (i - j)]);
            assert_true(j == 0 || maps.tone[0][i][j - 1] <= maps.tone[0][i][j]);
        }
    assert_true(maps.tone[0][last][0] < maps.tone[0][last][last - 3]);
}

/* Tables that start at 0 are filled with noise; the sums of gates grow from the query
 * backwards. */
static void cope_shows_its_gates_and_positions(void **state)
{
    const struct svg_maps maps = maps_of("cope");
    int lighter = 0;
    (void)state;
    assert_int_equal(maps.n, 8);
    for (int i = 0; i < SVG_SIDE; i++)
        for (int j = 0; j <= i; j++) {
            lighter += maps.tone[0][i][j] < DARKEST;
            assert_true(j == 0 || maps.tone[6][i][j - 1] >= maps.tone[6][i][j]);
        }
    assert_true(lighter > SVG_SIDE);
}

static void what_is_for_sums_is_drawn_in_one(void **state)
{
    static const char *const sums[][2] = {{"dape", "<title>alibi+dape:"},
                                          {"randomized", "<title>alibi+randomized:"},
                                          {"shift", "<title>absolute+shift:"},
                                          {"rope", "<title>rope:"}};
    (void)state;
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        char *text = picture_of(encoder_find(sums[i][0]));
        assert_non_null(strstr(text, sums[i][1]));
        free(text);
    }
}

/* `posbench new` draws such an encoder; the same encoder always gives the same picture. */
static void an_encoder_of_no_registry_is_drawn(void **state)
{
    char *once = picture_of(&encoder_newcomer), *again = picture_of(&encoder_newcomer);
    struct svg_maps maps;
    (void)state;
    assert_string_equal(once, again);
    svg_read(once, &maps);
    assert_int_equal(maps.n, 4);
    free(once);
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_keys_are_never_drawn),
        cmocka_unit_test(none_is_flat_on_one_token),
        cmocka_unit_test(alibi_fades_with_the_distance_alone),
        cmocka_unit_test(cope_shows_its_gates_and_positions),
        cmocka_unit_test(what_is_for_sums_is_drawn_in_one),
        cmocka_unit_test(an_encoder_of_no_registry_is_drawn),
    };
    return cmocka_run_group_tests_name("encoder_picture", tests, NULL, NULL);
}
