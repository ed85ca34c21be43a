/* Notes below a table: how far training had come, and what its splits ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "filled_store.h"
#include "table.h"

static void assert_below(struct store *s, const char *part, bool there)
{
    const struct table_request q = {.metrics = "token_error"};
    char *text = NULL, *flat, *from;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_ok(table_print(s, &q, out, &err));
    assert_int_equal(fclose(out), 0);
    for (flat = from = text; *from; from++) { /* lines are wrapped, some with an indent */
        const char c = *from == '\n' ? ' ' : *from;
        if (c != ' ' || flat == text || flat[-1] != ' ')
            *flat++ = c;
    }
    *flat = '\0';
    if ((strstr(text, part) != NULL) != there)
        fail_msg("\"%s\" is%s in:\n%s", part, there ? " not" : "", text);
    free(text);
}

/* Adds a seed of 100 steps with `wrong` of 1000 tokens of valid wrong, where the most frequent
 * answer has 480 wrong, and its losses at step 90 and at the end. */
static int64_t add_seed(struct store *s, const char *variant, int seed, int wrong,
                        double before, double loss)
{
    const int64_t id = add_run(s, (struct fake_run){.variant = variant, .seed = seed});
    const struct metric_row m[] = {
        {"valid", "token_error", 100, wrong / 1000.0, wrong, 1000},
        {"valid", "majority", 100, 0.52, 520, 1000},
        {"valid", "loss", 50, 7.0, -1, -1},
        {"valid", "loss", 90, before, -1, -1},
        {"valid", "loss", 95, 0.0, -1, -1}, /* too late to show a trend */
        {"valid", "loss", 100, loss, -1, -1},
    };
    assert_ok(store_metrics(s, id, m, sizeof m / sizeof *m, &err));
    put_split(s, id, "id", wrong / 2, 500, 1);
    return id;
}

static void seeds_are_solved_or_at_chance_or_between(void **state)
{
    const struct fixture *f = *state;
    add_seed(f->store, "none", 1, 432, 0.7, 0.7); /* 9/10 of 480: at chance */
    add_seed(f->store, "none", 2, 431, 0.7, 0.7);
    add_seed(f->store, "rope", 1, 10, 0.1, 0.1); /* 1 %: solved */
    add_seed(f->store, "rope", 2, 11, 0.1, 0.1);
    add_seed(f->store, "rope", 3, 0, 0.1, 0.1);
    assert_below(f->store,
                 "Seeds with at most 1 % of tokens wrong on valid: none 0 of 2 (1 at "
                 "chance); rope 2 of 3.",
                 true);
    assert_below(f->store, "Not finished", false);
}

static void a_falling_loss_is_a_training_that_is_not_finished(void **state)
{
    const struct fixture *f = *state;
    /* The mean of both seeds goes from 1.0 to 0.89; rope's goes
     * to 0.9; cope's falls, too, but cope is solved. */
    add_seed(f->store, "absolute", 1, 100, 1.5, 1.4);
    add_seed(f->store, "absolute", 2, 100, 0.5, 0.38);
    add_seed(f->store, "rope", 1, 100, 1.0, 0.9);
    add_seed(f->store, "cope", 1, 10, 1.0, 0.1);
    assert_below(f->store, "more than 1 % is wrong: absolute. Its numbers are a snapshot.",
                 true);
}

static void all_that_are_not_finished_are_named(void **state)
{
    const struct fixture *f = *state;
    char name[64];
    for (int i = 0; i < 150; i++) {
        snprintf(name, sizeof name, "an_encoder_with_a_long_name_%03d", i);
        add_seed(f->store, name, 1, 100, 1.0, 0.5);
    }
    assert_below(f->store,
                 "; an_encoder_with_a_long_name_149. Their numbers are a snapshot.", true);
    assert_below(f->store, "; an_encoder_with_a_long_name_149 0 of 1.", true);
}

/* One seed has no interval to decide by. */
static void the_best_of_one_seed_is_no_mean(void **state)
{
    const struct fixture *f = *state;
    add_seed(f->store, "absolute", 1, 100, 1.0, 1.0);
    add_seed(f->store, "rope", 1, 50, 1.0, 1.0);
    assert_below(f->store, "* the best value among the encoders it stands beside. ", true);
    add_seed(f->store, "rope", 2, 60, 1.0, 1.0);
    assert_below(f->store, "or a mean within the 95 %", true);
}

static void nothing_is_said_of_what_is_not_known(void **state)
{
    const struct fixture *f = *state;
    put_split(f->store, add_run(f->store, (struct fake_run){.variant = "rope"}), "id", 5,
              100, 1);
    assert_below(f->store, "Seeds with", false);
    assert_below(f->store, "Not finished", false);
}

/* 2 of 10 sequences were seen in one seed, 3 in the other. */
static void what_training_had_seen_stands_in_the_heading(void **state)
{
    const struct fixture *f = *state;
    for (int seed = 1; seed <= 2; seed++) {
        const int64_t id = add_seed(f->store, "rope", seed, 0, 0.1, 0.1);
        const struct metric_row seen = {"id", "seen", 100, (1 + seed) / 10.0, 1 + seed, 10};
        assert_ok(store_metrics(f->store, id, &seen, 1, &err));
    }
    assert_below(f->store,
                 "id 10 sequences, 500 scored tokens, 25 % of them seen in training.",
                 true);
}

static void nearly_all_is_not_all(void **state)
{
    const struct fixture *f = *state;
    const int64_t id = add_seed(f->store, "rope", 1, 0, 0.1, 0.1);
    const struct metric_row seen[] = {{"id", "seen", 100, 0.997, 997, 1000},
                                      {"ood", "seen", 100, 0.0042, 42, 10000}};
    put_split(f->store, id, "ood", 3, 100, 1);
    assert_ok(store_metrics(f->store, id, seen, 2, &err));
    assert_below(f->store, "500 scored tokens, more than 99 % of them seen in training; ",
                 true);
    assert_below(f->store, "100 scored tokens, 0.42 % of them seen in training.", true);
}

/* --- what splits ask --------------------------------------------------------------------- */

/* Adds a run with numbers of `splits`, which NULL ends, whose configuration has `more`, with '
 * for each double quote. */
static void add_asked(struct store *s, struct fake_run r, const char *more,
                      const char *const *splits)
{
    char text[800];
    snprintf(text, sizeof text, "%s", more);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    r.more = text;
    const int64_t id = add_run(s, r);
    for (; *splits; splits++)
        put_split(s, id, *splits, 5, 100, 1);
}

static void splits_say_what_they_change_against_id(void **state)
{
    const struct fixture *f = *state;
    static const char more[] =
        "'task': {'options': {'clean': true, 'length': 48, 'p': 0.8}}, 'splits': {"
        " 'id': {'options': {'clean': true, 'length': 48, 'p': 0.8}},"
        " 'ood_far': {'options': {'clean': false, 'length': 144, 'p': 0.8}},"
        " 'ood_more': {'options': {'clean': true, 'length': 48, 'p': 0.8}},"
        " 'ood_sparse': {'options': {'clean': true, 'length': 48.0, 'p': 0.98, 'law': 'x'}}}";
    add_asked(f->store, (struct fake_run){.variant = "rope"}, more,
              (const char *[]){"id", "ood_far", "ood_more", "ood_sparse", NULL});
    assert_below(f->store,
                 " id: the settings of training."
                 " ood_far: clean false (id true), length 144 (id 48)."
                 " ood_more: the settings of id."
                 " ood_sparse: p 0.98 (id 0.8), law x. ",
                 true);
}

static void without_id_training_is_what_splits_are_told_by(void **state)
{
    const struct fixture *f = *state;
    add_asked(f->store, (struct fake_run){.variant = "rope"},
              "'task': {'options': {'length': 48}},"
              "'splits': {'ood_far': {'options': {'length': 144}}}",
              (const char *[]){"ood_far", NULL});
    assert_below(f->store, " ood_far: length 144 (in training 48). ", true);
}

/* Cells of a grid, and encoders that a split changes, are named. */
static void runs_that_are_asked_differently_are_named(void **state)
{
    const struct fixture *f = *state;
    static const struct {
        const char *cell, *variant;
        int length, far, scaled;
        const char *encoder;
    } run[] = {
        {"task.length=20", "rope", 20, 40, 40, ", 'encoder': 'rope(scale=2)'"},
        {"task.length=30", "rope", 30, 60, 40, ""},
        {"task.length=30", "none", 30, 60, 30, ""},
    };
    for (int i = 0; i < 3; i++) {
        char more[512];
        snprintf(more, sizeof more,
                 "'task': {'options': {'length': %d}}, 'splits': {"
                 " 'id': {'options': {'length': %d}},"
                 " 'ood_far': {'options': {'length': %d}},"
                 " 'ood_scaled': {'options': {'length': %d}%s}}",
                 run[i].length, run[i].length, run[i].far, run[i].scaled, run[i].encoder);
        add_asked(f->store,
                  (struct fake_run){.cell = run[i].cell, .variant = run[i].variant}, more,
                  (const char *[]){"id", "ood_far", "ood_scaled", NULL});
    }
    assert_below(f->store, " id: the settings of training. ", true);
    assert_below(f->store,
                 " ood_far: length 40 (id 20) in task.length=20;"
                 " length 60 (id 30) in task.length=30. ",
                 true);
    assert_below(f->store,
                 " ood_scaled: length 40 (id 20), encoder rope(scale=2) in task.length=20"
                 " rope; length 40 (id 30) in task.length=30 rope; the settings of id in"
                 " task.length=30 none. ",
                 true);
}

static void splits_of_a_text_say_their_windows(void **state)
{
    const struct fixture *f = *state;
    char more[] = "'task': {'options': {'corpus': 'prose', 'context': 8}}, 'splits': {"
                  " 'id': {'data':'77', 'options': {'corpus': 'prose', 'context': 8}},"
                  " 'ood_code': {'data':'78', 'options': {'corpus': 'code', 'context': 8,"
                  "  'scored': 0.5, 'stretch': 2.0}}}";
    add_asked(f->store, (struct fake_run){.variant = "rope"}, more,
              (const char *[]){"id", "ood_code", NULL});
    assert_below(f->store, " id: windows of 8 tokens, all scored, stride 8. ", true);
    assert_below(f->store,
                 " ood_code: windows of 16 tokens, the last 4 scored, stride 4;"
                 " corpus code (id prose). ",
                 true);
}

/* Configurations whose task or splits have another form give no note. */
static void splits_without_options_say_nothing(void **state)
{
    const struct fixture *f = *state;
    add_asked(f->store, (struct fake_run){.variant = "rope"},
              "'task': 7, 'splits': {'id': 'x'}", (const char *[]){"id", NULL});
    add_asked(f->store, (struct fake_run){.variant = "none"}, "'splits': [1, {}]",
              (const char *[]){"id", NULL});
    assert_below(f->store, " id:", false);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(seeds_are_solved_or_at_chance_or_between),
        CASE(a_falling_loss_is_a_training_that_is_not_finished),
        CASE(all_that_are_not_finished_are_named),
        CASE(the_best_of_one_seed_is_no_mean),
        CASE(nearly_all_is_not_all),
        CASE(splits_say_what_they_change_against_id),
        CASE(without_id_training_is_what_splits_are_told_by),
        CASE(runs_that_are_asked_differently_are_named),
        CASE(splits_of_a_text_say_their_windows),
        CASE(splits_without_options_say_nothing),
        CASE(nothing_is_said_of_what_is_not_known),
        CASE(what_training_had_seen_stands_in_the_heading),
    };
    return cmocka_run_group_tests_name("table_learning", tests, NULL, NULL);
}
