/* Grid Navigation: the law of its samples. What every task must satisfy is in
 * test_task_contract.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "task_bed.h"

extern const struct task task_grid_navigation;

/* Last known good texts; the walks can be followed on paper. */
static void known_streams_write_known_samples(void **state)
{
    (void)state;
    assert_drawn_sample(&task_grid_navigation, "steps=8 width=4 objects=3", 0,
                        "a > _ < a < c > a > _ < a > _ < -> a a a a");
    assert_drawn_sample(&task_grid_navigation, "dimensions=2 steps=8 width=2 objects=3", 1,
                        "a > _ > a v b > _ ^ _ > a < _ ^ -> a a");
}

/* On a ring of three: one right to b, back to a, left around to the cell right of b and on to
 * b. In two dimensions four moves close a square; on a torus of two by two. */
static void samples_written_by_hand_are_solved(void **state)
{
    (void)state;
    assert_solved(&task_grid_navigation, "width=3", "a > b < a < _ <", ". . . a . . . b");
    assert_solved(&task_grid_navigation, "dimensions=2", "a > b v c < d ^",
                  ". . . . . . . a");
    assert_solved(&task_grid_navigation, "dimensions=2 width=2", "a > b v c v b >",
                  ". . . . . b . a");
}

/* Follows one walk on its own map, which wraps only where a cell is looked up: the observation
 * is what the cell holds, and exactly the objects that are seen again are asked for. */
static void follow(const struct sample *s)
{
    int map[16], x = 4000, y = 4000;
    for (int k = 0; k < 16; k++)
        map[k] = -1;
    map[0] = s->token[0];
    for (int t = 1; t < s->length; t += 2) {
        const char move = "<>^v"[s->token[t] - 9];
        x += (move == '>') - (move == '<');
        y += (move == 'v') - (move == '^');
        int *cell = &map[x % 4 * 4 + y % 4];
        const int seen = t + 1 < s->length ? s->token[t + 1] : *cell;
        assert_int_equal(s->scored[t], *cell >= 0 && *cell < 8);
        if (s->scored[t])
            assert_int_equal(s->target[t], *cell);
        if (*cell >= 0)
            assert_int_equal(seen, *cell);
        *cell = seen;
    }
}

static void walks_show_one_world(void **state)
{
    const struct option_values o =
        bed_options(&task_grid_navigation, "dimensions=2 steps=64 width=4");
    struct sample s = sample_room(128);
    (void)state;
    for (uint64_t i = 0; i < 500; i++) {
        bed_draw(&task_grid_navigation, &o, i, &s);
        follow(&s);
    }
    sample_free(&s);
}

/* All moves are equally likely; a first cell is empty with p_empty, and the objects are
 * equally likely. (Samples without an answer are drawn again, which hardly ever happens in a
 * small world.) */
static void moves_and_cells_have_their_shares(void **state)
{
    const struct option_values o = bed_options(
        &task_grid_navigation, "dimensions=2 steps=200 width=2 p_empty=0.2 objects=4");
    int64_t moves[4] = {0}, objects[4] = {0};
    double empty = 0;
    struct sample s = sample_room(400);
    (void)state;
    for (uint64_t i = 0; i < 4000; i++) {
        bed_draw(&task_grid_navigation, &o, i, &s);
        moves[s.token[1] - 5]++;
        if (s.token[0] == 4)
            empty++;
        else
            objects[s.token[0]]++;
    }
    assert_even(moves, 4);
    assert_even(objects, 4);
    assert_drawn(empty / 4000, 0.2, share_error(0.2, 4000), 0);
    sample_free(&s);
}

static void sizes_and_splits_are_those_said(void **state)
{
    (void)state;
    assert_sizes(&task_grid_navigation, 11, 64, 8);
    assert_split(&task_grid_navigation, "ood_dense", "steps=16 width=8 p_empty=0.2");
    assert_split(&task_grid_navigation, "ood_sparse", "steps=64 width=32 p_empty=0.8");
    assert_split(&task_grid_navigation, "ood_longer", "steps=128");
}

static void strata_are_those_counted_by_hand(void **state)
{
    (void)state;
    assert_strata(&task_grid_navigation, "steps=8 width=4 objects=3", 0, "steps",
                  "2 2 2 2");
    assert_strata(&task_grid_navigation, "dimensions=2 steps=8 width=2 objects=3", 1,
                  "steps", "2 4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_streams_write_known_samples),
        cmocka_unit_test(samples_written_by_hand_are_solved),
        cmocka_unit_test(walks_show_one_world),
        cmocka_unit_test(moves_and_cells_have_their_shares),
        cmocka_unit_test(sizes_and_splits_are_those_said),
        cmocka_unit_test(strata_are_those_counted_by_hand),
    };
    return cmocka_run_group_tests_name("task_grid_navigation", tests, NULL, NULL);
}
