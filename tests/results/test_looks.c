/* The look of a series follows from its name, and no two series of a picture look alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "encoder.h"
#include "looks.h"

/* A name always has the same look; encoders of the paper differ in colour. */
static void looks_belong_to_names(void **state)
{
    static const char *const names[] = {"none", "absolute", "rope", "relative", "cope"};
    (void)state;
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < i; k++)
            assert_string_not_equal(look_of(names[i]).colour, look_of(names[k]).colour);
    assert_string_equal(look_of("cope(p_max=64)").colour, look_of("cope").colour);
    assert_string_equal(look_of("cope(p_max=64)+relative(capped=true)").colour,
                        look_of("cope+relative").colour);
}

/* Their marks differ from each other and from the encoder's without options. */
static void variants_of_an_encoder_are_told_apart(void **state)
{
    static const char *const names[][4] = {{"rope", "rope(fastest=0.75)", NULL, NULL},
                                           {"cope", "cope(scale_position=false)",
                                            "cope(scale_position=false,sep_keys=true)",
                                            "cope(scale_position=false,val_gates=true)"}};
    (void)state;
    for (int e = 0; e < 2; e++)
        for (int i = 0; i < 4 && names[e][i]; i++)
            for (int k = 0; k < i; k++) {
                const struct look a = look_of(names[e][i]), b = look_of(names[e][k]);
                assert_string_equal(a.colour, b.colour);
                assert_int_not_equal(a.mark, b.mark);
            }
}

static void add(struct plot_data *d, const char *panel, const char *series)
{
    assert_non_null(plot_add(d, panel, series));
}

/* Checks every two series that share a box, or with `whole` all of the picture. */
static void assert_told_apart(const struct plot_data *d, bool text, bool whole)
{
    struct looks *all = looks_new(d, text);
    assert_non_null(all);
    for (int i = 0; i < d->n; i++)
        for (int k = 0; k < i; k++) {
            const struct plot_row *r = &d->row[i], *s = &d->row[k];
            const struct look a = looks_find(all, r->series),
                              b = looks_find(all, s->series);
            if (strcmp(r->series, s->series) == 0 ||
                (!whole && strcmp(r->panel, s->panel) != 0))
                continue;
            if (a.mark == b.mark && (text || strcmp(a.colour, b.colour) == 0))
                fail_msg("%s and %s look alike", r->series, s->series);
        }
    looks_free(all);
}

/* In both orders of the picture. */
static void any_two_encoders_are_told_apart(void **state)
{
    (void)state;
    for (int i = 0; i < encoder_count(); i++)
        for (int k = 0; k < encoder_count(); k++) {
            struct plot_data d = {0};
            if (i == k)
                continue;
            add(&d, "box", encoder_at(i)->name);
            add(&d, "box", encoder_at(k)->name);
            assert_told_apart(&d, false, true);
            assert_told_apart(&d, true, true);
            plot_data_free(&d);
        }
}

/* Pictures of all encoders and many variants of one; a terminal has 62 characters for marks. */
static void many_variants_are_told_apart(void **state)
{
    (void)state;
    for (int text = 0; text < 2; text++) {
        struct plot_data d = {0};
        for (int i = 0; i < encoder_count(); i++)
            add(&d, "box", encoder_at(i)->name);
        for (int i = d.n; i < (text ? 62 : 200); i++) {
            char name[32];
            snprintf(name, sizeof name, "cope(p_max=%d)", i);
            add(&d, i % 2 ? "box" : "other", name);
        }
        assert_told_apart(&d, text, true);
        plot_data_free(&d);
    }
}

/* There are more series than looks, so only those that share a box differ. */
static void boxes_of_a_crowded_picture_are_told_apart(void **state)
{
    struct plot_data d = {0};
    (void)state;
    for (int i = 0; i < 120; i++) {
        char panel[32], name[32];
        snprintf(panel, sizeof panel, "box %d", i / 10);
        snprintf(name, sizeof name, "cope(p_max=%d)", i);
        add(&d, panel, name);
    }
    assert_told_apart(&d, true, false);
    plot_data_free(&d);
}

/* A series that is distinct by its own look keeps it. Of two with the same look, the one
 * without options keeps it, in either order. */
static void a_look_is_kept_where_it_can_be(void **state)
{
    static const char *const names[] = {"cope(p_max=256)", "path_fox", "rope"};
    (void)state;
    assert_int_equal(look_of(names[0]).mark, look_of(names[1]).mark);
    assert_string_equal(look_of(names[0]).colour, look_of(names[1]).colour);
    for (int order = 0; order < 2; order++) {
        struct plot_data d = {0};
        for (int i = 0; i < 3; i++)
            add(&d, "box", names[order ? 2 - i : i]);
        struct looks *all = looks_new(&d, false);
        for (int i = 1; i < 3; i++) {
            assert_int_equal(looks_find(all, names[i]).mark, look_of(names[i]).mark);
            assert_string_equal(looks_find(all, names[i]).colour, look_of(names[i]).colour);
        }
        assert_string_equal(looks_find(all, names[0]).colour, look_of("cope").colour);
        assert_int_not_equal(looks_find(all, names[0]).mark, look_of(names[1]).mark);
        looks_free(all);
        plot_data_free(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_belong_to_names),
        cmocka_unit_test(variants_of_an_encoder_are_told_apart),
        cmocka_unit_test(any_two_encoders_are_told_apart),
        cmocka_unit_test(many_variants_are_told_apart),
        cmocka_unit_test(boxes_of_a_crowded_picture_are_told_apart),
        cmocka_unit_test(a_look_is_kept_where_it_can_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
