/* Dyck-2: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "approx.h"
#include "task_bed.h"

extern const struct task task_dyck_2;

/* Last known good texts: each target closes the innermost bracket. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_dyck_2, "length=10", 0,
                        "[ ] [ ( [ ( ) ] ) ] -> ] . ] ) ] ) ] ) ] .");
    assert_drawn_sample(&task_dyck_2, "length=10 kinds=4", 1,
                        "[ ( ( ( ) ) ) ] < < -> ] ) ) ) ) ) ] . > >");
}

static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_dyck_2, "", "( [ ] ) [ (", ") ] ) . ] )");
    assert_solved(&task_dyck_2, "kinds=3", "{ { ( ) }", "} } ) } }");
}

/* Brackets are well nested and never deeper than `depth`, checked by their texts. */
static void brackets_are_well_nested(void **state)
{
    const struct option_values o = bed_options(&task_dyck_2, "length=200 kinds=4 depth=3");
    struct sample s = sample_room(200);
    bool reached = false;
    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        char open[8] = "";
        int depth = 0;
        bed_draw(&task_dyck_2, &o, i, &s);
        for (int t = 0; t < s.length; t++) {
            char text[TASK_TOKEN_TEXT];
            task_dyck_2.token_text(&o, s.token[t], text);
            const char *opens = strchr("([{<", *text), *closes = strchr(")]}>", *text);
            if (opens)
                open[depth++] = ")]}>"[opens - "([{<"];
            else
                assert_int_equal(open[--depth], *closes);
            assert_in_range(depth, 0, 3);
            reached = reached || depth == 3;
            task_dyck_2.token_text(&o, s.target[t], text);
            assert_int_equal(*text, depth ? open[depth - 1] : '.');
        }
    }
    assert_true(reached);
    sample_free(&s);
}

/* Where both are possible, brackets open with p_open; kinds are uniform. */
static void brackets_open_as_often_as_said(void **state)
{
    const struct option_values o = bed_options(&task_dyck_2, "length=2 p_open=0.7");
    int64_t kinds[2] = {0};
    double opened = 0;
    struct sample s = sample_room(2);
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        bed_draw(&task_dyck_2, &o, i, &s);
        opened += s.token[1] < 2;
        kinds[s.token[0]]++;
    }
    assert_drawn(opened / 20000, 0.7, share_error(0.7, 20000), 0);
    assert_even(kinds, 2);
    sample_free(&s);
}

/* After one place a bracket of either kind is open; after two none is, with 1 - p_open. */
static void majority_is_known_for_two_places(void **state)
{
    const struct option_values o = bed_options(&task_dyck_2, "length=2 p_open=0.1");
    const struct option_values one = bed_options(&task_dyck_2, "length=1 p_open=0.1");
    const struct option_values all = bed_options(&task_dyck_2, "");
    (void)state;
    assert_near(task_dyck_2.majority(&one), 0.5, 1e-6);
    assert_near(task_dyck_2.majority(&o), 0.45, 1e-6);
    assert_near(task_dyck_2.majority(&all), 0.43, 0.005);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_dyck_2, 5, 32, 3);
    assert_split(&task_dyck_2, "ood_longer", "length=128");
    assert_split(&task_dyck_2, "ood_deeper", "length=64 depth=12 p_open=0.7");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_dyck_2, "length=10", 0, "depth", "1 0 1 2 3 4 3 2 1 0");
    assert_strata(&task_dyck_2, "length=10", 0, "distance", "0 2 0 0 0 0 2 4 6 10");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(brackets_are_well_nested),
        cmocka_unit_test(brackets_open_as_often_as_said),
        cmocka_unit_test(majority_is_known_for_two_places),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_dyck_2", tests, NULL, NULL);
}
