/* verdicts.h: claims of a paper against runs made up by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "approx.h"
#include "filled_store.h"
#include "store_matrix.h"
#include "verdicts.h"

static char *printed(struct store *s, const struct verdicts_request *q, int tally[VERDICTS])
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    assert_ok(verdicts_print(s, q, out, tally, &err));
    assert_int_equal(fclose(out), 0);
    return text;
}

static void add_values(struct store *s, const char *variant, const double *value, int n)
{
    for (int i = 0; i < n; i++)
        put(s, add_run(s, (struct fake_run){.variant = variant, .seed = i + 1}), "id",
            "token_error", value[i]);
}

static void add_claim(struct store *s, const char *id, const char *less, const char *than)
{
    static struct claim_row rows[8];
    static char names[8][16];
    static int n;
    /* the store replaces an experiment's claims, so all are given each time */
    if (!id) {
        n = 0;
        return;
    }
    snprintf(names[n], sizeof names[n], "%s", id);
    rows[n] = (struct claim_row){
        names[n], "one errs less", "flip_flop", "", "id", "token_error", less,
        than,     0.049,           0.203};
    assert_ok(store_claims(s, rows, ++n, &err));
}

static int open_claims(void **state)
{
    add_claim(NULL, NULL, NULL, NULL);
    return open_fixture(state);
}

/* cope 1, 2, 3 %, rope 4, 5, 6 %: t = 3.674 with 4 degrees of freedom, p = 0.0107. */
static void fill(struct store *s)
{
    const double cope[] = {0.01, 0.02, 0.03}, rope[] = {0.04, 0.05, 0.06};
    add_values(s, "cope", cope, 3);
    add_values(s, "rope", rope, 3);
}

static void assert_verdict(struct store *s, enum verdict want)
{
    const struct verdicts_request q = {.format = PRINT_TEXT};
    int tally[VERDICTS];
    char *text = printed(s, &q, tally);
    for (int v = 0; v < VERDICTS; v++)
        assert_int_equal(tally[v], v == (int)want);
    assert_non_null(strstr(text, verdict_text(want)));
    free(text);
}

static void a_clear_difference_is_reproduced(void **state)
{
    const struct fixture *f = *state;
    fill(f->store);
    add_claim(f->store, "c", "cope", "rope");
    assert_verdict(f->store, REPRODUCED);
}

/* On another split it is the other way round. */
static void a_claim_is_about_its_own_split(void **state)
{
    const struct fixture *f = *state;
    fill(f->store);
    for (int i = 0; i < 6; i++)
        put(f->store,
            add_run(f->store, (struct fake_run){.variant = i < 3 ? "cope" : "rope",
                                                .seed = i % 3 + 1}),
            "ood", "token_error", i < 3 ? 0.9 : 0.1);
    add_claim(f->store, "c", "cope", "rope");
    assert_verdict(f->store, REPRODUCED);
}

static void the_opposite_is_contradicted(void **state)
{
    const struct fixture *f = *state;
    fill(f->store);
    add_claim(f->store, "c", "rope", "cope");
    assert_verdict(f->store, CONTRADICTED);
}

/* Both below 1 % on the training law: that one is a tenth of the other tells nothing about a
 * task that both solve. One of them above, and it is tested. */
static void what_both_solve_is_not_tested(void **state)
{
    const struct fixture *f = *state;
    const double cope[] = {0.0001, 0.0002, 0.0003}, rope[] = {0.009, 0.01, 0.0109};
    const double none[] = {0.010, 0.011, 0.012};
    add_values(f->store, "cope", cope, 3);
    add_values(f->store, "rope", rope, 3);
    add_claim(f->store, "c", "cope", "rope");
    assert_verdict(f->store, UNDECIDED);
    add_values(f->store, "none", none, 3);
    add_claim(NULL, NULL, NULL, NULL);
    add_claim(f->store, "c", "cope", "none");
    assert_verdict(f->store, REPRODUCED);
}

static void overlapping_seeds_decide_nothing(void **state)
{
    const struct fixture *f = *state;
    const double cope[] = {0.01, 0.05, 0.03}, rope[] = {0.02, 0.05, 0.06};
    add_values(f->store, "cope", cope, 3);
    add_values(f->store, "rope", rope, 3);
    add_claim(f->store, "c", "cope", "rope");
    assert_verdict(f->store, UNDECIDED);
}

/* Two seeds of each with the same number of mistakes, of `of` scored tokens. */
static enum verdict of_equal_seeds(struct store *s, int less, int than, int of)
{
    const struct verdicts_request q = {.format = PRINT_TEXT};
    int tally[VERDICTS], v = 0;
    for (int seed = 1; seed <= 2; seed++) {
        put_split(s, add_run(s, (struct fake_run){.variant = "cope", .seed = seed}), "id",
                  less, of, 5);
        put_split(s, add_run(s, (struct fake_run){.variant = "rope", .seed = seed}), "id",
                  than, of, 5);
    }
    add_claim(s, "c", "cope", "rope");
    free(printed(s, &q, tally));
    while (tally[v] == 0)
        v++;
    return (enum verdict)v;
}

/* Chance alone gives 36 and 41 of 129 a spread. */
static void a_small_difference_of_equal_seeds_decides_nothing(void **state)
{
    const struct fixture *f = *state;
    assert_int_equal(of_equal_seeds(f->store, 36, 41, 129), UNDECIDED);
}

static void all_right_against_all_wrong_is_reproduced(void **state)
{
    const struct fixture *f = *state;
    assert_int_equal(of_equal_seeds(f->store, 0, 129, 129), REPRODUCED);
}

static void equal_seeds_without_counts_decide_nothing(void **state)
{
    const struct fixture *f = *state;
    const double cope[] = {0.1, 0.1}, rope[] = {0.2, 0.2};
    add_values(f->store, "cope", cope, 2);
    add_values(f->store, "rope", rope, 2);
    add_claim(f->store, "c", "cope", "rope");
    assert_verdict(f->store, UNDECIDED);
}

static void one_seed_decides_nothing(void **state)
{
    const struct fixture *f = *state;
    const double cope[] = {0.0}, rope[] = {0.5, 0.51, 0.52};
    add_values(f->store, "cope", cope, 1);
    add_values(f->store, "rope", rope, 3);
    add_claim(f->store, "c", "cope", "rope");
    assert_verdict(f->store, UNDECIDED);
}

static void values_that_are_not_available_decide_nothing(void **state)
{
    const struct fixture *f = *state;
    const double cope[] = {0.01, 0.02, 0.03}, none[] = {(double)NAN, (double)NAN};
    add_values(f->store, "cope", cope, 3);
    add_values(f->store, "rope", none, 2);
    add_claim(f->store, "c", "cope", "rope");
    assert_verdict(f->store, UNDECIDED);
}

static void what_was_not_run_is_not_run(void **state)
{
    const struct fixture *f = *state;
    add_claim(f->store, "c", "cope", "rope");
    assert_verdict(f->store, NOT_RUN);
    fill(f->store);
    add_claim(NULL, NULL, NULL, NULL);
    add_claim(f->store, "c", "cope", "absolute");
    assert_verdict(f->store, NOT_RUN);
}

static void a_name_that_fits_two_variants_is_not_run(void **state)
{
    const struct fixture *f = *state;
    fill(f->store);
    add_run(f->store, (struct fake_run){.variant = "alibi(m=1)", .encoder = "alibi"});
    add_run(f->store, (struct fake_run){.variant = "alibi(m=2)", .encoder = "alibi"});
    add_claim(f->store, "c", "alibi", "rope");
    assert_verdict(f->store, NOT_RUN);
}

/* Five claims with p = 0.0107 each: 5 x 0.0107 > 0.05, however many are printed. */
static void many_claims_need_more_evidence(void **state)
{
    const struct fixture *f = *state;
    const struct verdicts_request all = {.format = PRINT_TEXT}, one = {.name = "c[0]"};
    int tally[VERDICTS];
    char id[8];
    fill(f->store);
    for (int i = 0; i < 5; i++) {
        snprintf(id, sizeof id, "c%d", i);
        add_claim(f->store, id, "cope", "rope");
    }
    free(printed(f->store, &all, tally));
    assert_int_equal(tally[UNDECIDED], 5);
    free(printed(f->store, &one, tally));
    assert_int_equal(tally[UNDECIDED], 1);
    assert_int_equal(tally[REPRODUCED], 0);
}

static void the_text_is_this(void **state)
{
    const struct fixture *f = *state;
    const struct verdicts_request q = {.format = PRINT_TEXT};
    fill(f->store);
    add_claim(f->store, "T2-ood", "cope", "rope");
    add_claim(f->store, "T2-id", "cope", "absolute");
    char *text = printed(f->store, &q, NULL);
    assert_string_equal(
        text,
        "Claims, profile quick\n"
        "Reproduced: the first mean is below the second, contradicted: above, by a\n"
        "one-sided Welch test with p < 0.05 after Holm's correction over all claims of\n"
        "the profile. Where both err on at most 1 % both solve the task, and the claim is\n"
        "not tested (p n/a).\n"
        "\n"
        "claim   verdict     smaller (seeds)       larger (seeds)            p  paper\n"
        "------  ----------  --------------------  --------------------  -----  -----------\n"
        "T2-ood  reproduced  cope 2.00 ± 1.00 (3)  rope 5.00 ± 1.00 (3)  0.011  4.90, 20.30\n"
        "T2-id   not run     cope 2.00 ± 1.00 (3)  absolute -                   4.90, 20.30\n"
        "\n"
        "T2-ood: one errs less (flip_flop, id, token_error, %)\n"
        "T2-id: one errs less (flip_flop, id, token_error, %)\n");
    free(text);
}

static void profiles_are_judged_apart(void **state)
{
    const struct fixture *f = *state;
    struct verdicts_request q = {.format = PRINT_TEXT};
    int tally[VERDICTS];
    fill(f->store);
    for (int i = 0; i < 2; i++)
        put(f->store,
            add_run(f->store,
                    (struct fake_run){.variant = i ? "cope" : "rope", .profile = "paper"}),
            "id", "token_error", 0.5);
    add_claim(f->store, "c", "cope", "rope");
    char *text = printed(f->store, &q, tally);
    assert_int_equal(tally[REPRODUCED], 1);
    assert_int_equal(tally[UNDECIDED], 1);
    assert_int_equal(occurrences(text, "Claims, profile "), 2);
    free(text);
    q.profile = "paper";
    free(printed(f->store, &q, tally));
    assert_int_equal(tally[REPRODUCED], 0);
    assert_int_equal(tally[UNDECIDED], 1);
    q.profile = "none";
    assert_int_equal(verdicts_print(f->store, &q, stdout, NULL, &err), ST_NOTFOUND);
    assert_string_equal(err.msg, "no run that is done matches; `posbench list runs` shows "
                                 "what there is");
}

/* Fewer seeds with other settings do not count, unless the file says that they are ours. */
static void runs_with_other_settings_do_not_mix(void **state)
{
    const struct fixture *f = *state;
    const struct member_row ours[] = {
        {"flip_flop/quick//cope/1/7", "flip_flop", "quick", ""},
        {"flip_flop/quick//cope/2/7", "flip_flop", "quick", ""},
        {"flip_flop/quick//rope/1/100", "flip_flop", "quick", ""},
        {"flip_flop/quick//rope/2/100", "flip_flop", "quick", ""}};
    struct verdicts_request q = {.format = PRINT_TEXT};
    int tally[VERDICTS];
    fill(f->store);
    for (int i = 0; i < 2; i++)
        put(f->store,
            add_run(f->store,
                    (struct fake_run){.variant = "cope", .seed = i + 1, .steps = 7}),
            "id", "token_error", 0.9 + 0.01 * i);
    add_claim(f->store, "c", "cope", "rope");
    char *text = printed(f->store, &q, tally);
    assert_int_equal(tally[REPRODUCED], 1);
    assert_non_null(strstr(text, "several settings"));
    free(text);
    q.chosen = true;
    assert_ok(store_speak_of(f->store, ours, 4, &err));
    text = printed(f->store, &q, tally);
    assert_int_equal(tally[CONTRADICTED], 1);
    assert_null(strstr(text, "several settings"));
    /* The third seed of rope is not the file's. */
    assert_non_null(strstr(text, "rope 4.50 ± 0.71 (2)"));
    free(text);
}

static void json_and_csv_have_the_numbers(void **state)
{
    const struct fixture *f = *state;
    struct verdicts_request q = {.format = PRINT_JSON};
    const double t = 3 / sqrt(2.0 / 3), s = t / sqrt(4 + t * t);
    fill(f->store);
    add_claim(f->store, "c", "cope", "rope");
    char *text = printed(f->store, &q, NULL);
    json_t *root = parse_json(text);
    const json_t *c = json_array_get(json_object_get(root, "claims"), 0);
    assert_string_equal(json_string_value(json_object_get(c, "verdict")), "reproduced");
    assert_string_equal(json_string_value(json_object_get(c, "claim")), "c");
    assert_near(json_number_value(json_object_get(c, "less_mean")), 0.02, 1e-12);
    assert_near(json_number_value(json_object_get(c, "p_below")),
                0.5 - (3 * s - s * s * s) / 4, 1e-9);
    assert_int_equal(json_integer_value(json_object_get(c, "than_n")), 3);
    json_decref(root);
    free(text);
    q.format = PRINT_CSV;
    text = printed(f->store, &q, NULL);
    assert_int_equal(occurrences(text, "\n"), 2);
    assert_non_null(strstr(text, "\nreproduced,quick,c,one errs less,flip_flop,,id,"
                                 "token_error,cope,rope,0.02,0.01,"));
    free(text);
}

static void latex_and_markdown_escape_names(void **state)
{
    const struct fixture *f = *state;
    struct verdicts_request q = {.format = PRINT_LATEX};
    fill(f->store);
    add_claim(f->store, "a_b", "cope", "rope");
    char *text = printed(f->store, &q, NULL);
    assert_non_null(strstr(text, "a\\_b & reproduced & cope 2.00 $\\pm$ 1.00 (3)"));
    assert_null(strstr(text, "flip_flop"));
    assert_int_equal(occurrences(text, "\\begin{"), occurrences(text, "\\end{"));
    free(text);
    q.format = PRINT_MD;
    text = printed(f->store, &q, NULL);
    assert_non_null(strstr(text, "| a_b | reproduced | cope 2.00 ± 1.00 (3) |"));
    free(text);
}

static void no_claims_are_told(void **state)
{
    const struct fixture *f = *state;
    const struct verdicts_request q = {.name = "x"};
    assert_int_equal(verdicts_print(f->store, &q, stdout, NULL, &err), ST_NOTFOUND);
    assert_non_null(strstr(err.msg, "posbench run"));
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, open_claims, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_clear_difference_is_reproduced),
        CASE(a_claim_is_about_its_own_split),
        CASE(the_opposite_is_contradicted),
        CASE(what_both_solve_is_not_tested),
        CASE(overlapping_seeds_decide_nothing),
        CASE(a_small_difference_of_equal_seeds_decides_nothing),
        CASE(all_right_against_all_wrong_is_reproduced),
        CASE(equal_seeds_without_counts_decide_nothing),
        CASE(one_seed_decides_nothing),
        CASE(values_that_are_not_available_decide_nothing),
        CASE(what_was_not_run_is_not_run),
        CASE(a_name_that_fits_two_variants_is_not_run),
        CASE(many_claims_need_more_evidence),
        CASE(the_text_is_this),
        CASE(profiles_are_judged_apart),
        CASE(runs_with_other_settings_do_not_mix),
        CASE(json_and_csv_have_the_numbers),
        CASE(latex_and_markdown_escape_names),
        CASE(no_claims_are_told),
    };
    return cmocka_run_group_tests_name("verdicts", tests, NULL, NULL);
}
