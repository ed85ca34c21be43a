/* What stands below a table about how far training had come. */
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
    char *text = NULL, *flat;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_ok(table_print(s, &q, out, &err));
    assert_int_equal(fclose(out), 0);
    for (flat = text; *flat; flat++) /* lines are wrapped */
        *flat = *flat == '\n' ? ' ' : *flat;
    if ((strstr(text, part) != NULL) != there)
        fail_msg("\"%s\" is%s in:\n%s", part, there ? " not" : "", text);
    free(text);
}

/* A seed of 100 steps with `wrong` of 1000 tokens of valid wrong, where the commonest answer
 * errs on 480, and its losses at step 90 and at the end. */
static int64_t add_seed(struct store *s, const char *variant, int seed, int wrong,
                        double before, double loss)
{
    const int64_t id = add_run(s, (struct fake_run){.variant = variant, .seed = seed});
    const struct metric_row m[] = {
        {"valid", "token_error", 100, wrong / 1000.0, wrong, 1000},
        {"valid", "majority", 100, 0.52, 520, 1000},
        {"valid", "loss", 50, 7.0, -1, -1},
        {"valid", "loss", 90, before, -1, -1},
        {"valid", "loss", 95, 0.0, -1, -1}, /* too late to tell */
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
    /* In the mean of both seeds, 1.0 to 0.89; to 0.9; falling, but solved. */
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

/* One seed has no interval that could decide. */
static void the_best_of_one_seed_is_the_best_mean(void **state)
{
    const struct fixture *f = *state;
    add_seed(f->store, "absolute", 1, 100, 1.0, 1.0);
    add_seed(f->store, "rope", 1, 50, 1.0, 1.0);
    assert_below(f->store, "* the best mean among the encoders it stands beside. ", true);
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

/* 2 of 10 sequences in one seed, 3 in the other. */
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

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(seeds_are_solved_or_at_chance_or_between),
        CASE(a_falling_loss_is_a_training_that_is_not_finished),
        CASE(all_that_are_not_finished_are_named),
        CASE(the_best_of_one_seed_is_the_best_mean),
        CASE(nearly_all_is_not_all),
        CASE(nothing_is_said_of_what_is_not_known),
        CASE(what_training_had_seen_stands_in_the_heading),
    };
    return cmocka_run_group_tests_name("table_learning", tests, NULL, NULL);
}
