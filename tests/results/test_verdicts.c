/* verdicts.h: claims of a paper against made-up runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "approx.h"
#include "filled_store.h"
#include "plot.h"
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

/* All values of cope are below all of rope: one of C(10, 5) = 252 choices, p = 0.004. */
static void fill(struct store *s)
{
    const double cope[] = {0.01, 0.02, 0.03, 0.02, 0.02};
    const double rope[] = {0.04, 0.05, 0.06, 0.05, 0.05};
    add_values(s, "cope", cope, 5);
    add_values(s, "rope", rope, 5);
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

/* The claim holds the other way round on another split. */
static void a_claim_is_about_its_own_split(void **state)
{
    const struct fixture *f = *state;
    fill(f->store);
    for (int i = 0; i < 10; i++)
        put(f->store,
            add_run(f->store, (struct fake_run){.variant = i < 5 ? "cope" : "rope",
                                                .seed = i % 5 + 1}),
            "ood", "token_error", i < 5 ? 0.9 : 0.1);
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

/* Both err on less than 1 % under the training law: that one has a tenth of the other's errors
 * tells nothing about a task that both solve. When one of them errs more, the claim is tested. */
static void what_both_solve_is_not_tested(void **state)
{
    const struct fixture *f = *state;
    const double cope[] = {0.0001, 0.0002, 0.0003, 0.0001, 0.0001};
    const double rope[] = {0.009, 0.01, 0.0109, 0.01, 0.01};
    const double none[] = {0.010, 0.011, 0.012, 0.011, 0.011};
    add_values(f->store, "cope", cope, 5);
    add_values(f->store, "rope", rope, 5);
    add_claim(f->store, "c", "cope", "rope");
    assert_verdict(f->store, BOTH_SOLVE);
    add_values(f->store, "none", none, 5);
    add_claim(NULL, NULL, NULL, NULL);
    add_claim(f->store, "c", "cope", "none");
    assert_verdict(f->store, REPRODUCED);
}

static void overlapping_seeds_decide_nothing(void **state)
{
    const struct fixture *f = *state;
    const double cope[] = {0.01, 0.05, 0.03, 0.01, 0.05};
    const double rope[] = {0.02, 0.05, 0.06, 0.02, 0.05};
    add_values(f->store, "cope", cope, 5);
    add_values(f->store, "rope", rope, 5);
    add_claim(f->store, "c", "cope", "rope");
    assert_verdict(f->store, UNDECIDED);
}

/* Returns the verdict for `seeds` of each side, which all have the side's number of mistakes
 * among 129 scored tokens. */
static enum verdict of_equal_seeds(struct store *s, int less, int than, int seeds)
{
    const struct verdicts_request q = {.format = PRINT_TEXT};
    int tally[VERDICTS], v = 0;
    for (int seed = 1; seed <= seeds; seed++) {
        put_split(s, add_run(s, (struct fake_run){.variant = "cope", .seed = seed}), "id",
                  less, 129, 5);
        put_split(s, add_run(s, (struct fake_run){.variant = "rope", .seed = seed}), "id",
                  than, 129, 5);
    }
    add_claim(s, "c", "cope", "rope");
    free(printed(s, &q, tally));
    while (tally[v] == 0)
        v++;
    return (enum verdict)v;
}

static void equal_values_decide_nothing(void **state)
{
    const struct fixture *f = *state;
    assert_int_equal(of_equal_seeds(f->store, 41, 41, 5), UNDECIDED);
}

static void all_right_against_all_wrong_is_reproduced(void **state)
{
    const struct fixture *f = *state;
    assert_int_equal(of_equal_seeds(f->store, 0, 129, 5), REPRODUCED);
}

/* The smallest p of three seeds against three is 1 / C(6, 3) = 0.05. */
static void three_seeds_are_too_few(void **state)
{
    const struct fixture *f = *state;
    assert_int_equal(of_equal_seeds(f->store, 0, 129, 3), TOO_FEW_SEEDS);
}

static void one_seed_decides_nothing(void **state)
{
    const struct fixture *f = *state;
    const double cope[] = {0.0}, rope[] = {0.5, 0.51, 0.52};
    add_values(f->store, "cope", cope, 1);
    add_values(f->store, "rope", rope, 3);
    add_claim(f->store, "c", "cope", "rope");
    assert_verdict(f->store, TOO_FEW_SEEDS);
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

/* Seven claims with p = 1 / 252 each give 7 / 252 > 0.025, however many are printed; six would
 * pass. */
static void many_claims_need_more_evidence(void **state)
{
    const struct fixture *f = *state;
    const struct verdicts_request all = {.format = PRINT_TEXT}, one = {.name = "c[0]"};
    int tally[VERDICTS];
    char id[8];
    fill(f->store);
    for (int i = 0; i < 7; i++) {
        snprintf(id, sizeof id, "c%d", i);
        add_claim(f->store, id, "cope", "rope");
        free(printed(f->store, &all, tally));
        assert_int_equal(tally[i < 6 ? REPRODUCED : TOO_FEW_SEEDS], i + 1);
    }
    free(printed(f->store, &one, tally));
    assert_int_equal(tally[TOO_FEW_SEEDS], 1);
    assert_int_equal(tally[REPRODUCED], 0);
}

/* Seven claims about one experiment would be too many; claims about another do not count. */
static void another_experiment_is_another_family(void **state)
{
    const struct fixture *f = *state;
    const struct verdicts_request q = {.format = PRINT_TEXT};
    int tally[VERDICTS];
    static const char *const id[] = {"a0", "a1", "a2", "a3", "b0", "b1", "b2", "b3"};
    struct claim_row rows[8];
    fill(f->store);
    for (int i = 0; i < 10; i++)
        put(f->store,
            add_run(f->store, (struct fake_run){.experiment = "counting",
                                                .variant = i < 5 ? "cope" : "rope",
                                                .seed = i % 5 + 1}),
            "id", "token_error", i < 5 ? 0.1 : 0.9);
    for (int i = 0; i < 8; i++)
        rows[i] = (struct claim_row){id[i],
                                     "one errs less",
                                     i % 2 ? "counting" : "flip_flop",
                                     "",
                                     "id",
                                     "token_error",
                                     "cope",
                                     "rope",
                                     (double)NAN,
                                     (double)NAN};
    assert_ok(store_claims(f->store, rows, 8, &err));
    free(printed(f->store, &q, tally));
    assert_int_equal(tally[REPRODUCED], 8);
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
        "Reproduced: by an exact rank-sum test over seeds the first encoder's values are\n"
        "below the second's, p at most 0.025 after Holm's correction over all claims of\n"
        "the experiment, and at least 75 % of the pairs of seeds agree. Contradicted: the\n"
        "other way round. Too few seeds: no outcome of so many could decide. Both solve:\n"
        "both means are at most 1 %, and the claim is not tested. In brackets: how many\n"
        "seeds a side would decide with probability 0.8, did pairs agree as often as now.\n"
        "Difference: second less first, with its 95 % interval over seeds.\n"
        "\n"
        "claim   verdict     smaller (seeds)       larger (seeds)        difference         "
        "pairs      p   Holm\n"
        "------  ----------  --------------------  --------------------  -----------------  "
        "-----  -----  -----\n"
        "T2-ood  reproduced  cope 2.00 ± 0.71 (5)  rope 5.00 ± 0.71 (5)  3.00 [1.76, 4.24]  "
        "100 %  0.004  0.004\n"
        "T2-id   not run     cope 2.00 ± 0.71 (5)  absolute -\n"
        "\n"
        "T2-ood: one errs less (flip_flop, id, token_error, %, paper 4.90 and 20.30)\n"
        "T2-id: one errs less (flip_flop, id, token_error, %, paper 4.90 and 20.30)\n");
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
    assert_int_equal(tally[TOO_FEW_SEEDS], 1);
    assert_int_equal(occurrences(text, "Claims, profile "), 2);
    free(text);
    q.profile = "paper";
    free(printed(f->store, &q, tally));
    assert_int_equal(tally[REPRODUCED], 0);
    assert_int_equal(tally[TOO_FEW_SEEDS], 1);
    q.profile = "none";
    assert_int_equal(verdicts_print(f->store, &q, stdout, NULL, &err), ST_NOTFOUND);
    assert_string_equal(err.msg,
                        "no run that is done matches: none has profile=none; there are "
                        "paper, quick; `posbench list runs` shows what there is");
}

/* Fewer seeds with other settings do not count, unless the file says that they belong to it. */
static void runs_with_other_settings_do_not_mix(void **state)
{
    const struct fixture *f = *state;
    struct member_row ours[8];
    char identity[8][64];
    struct verdicts_request q = {.format = PRINT_TEXT};
    int tally[VERDICTS];
    fill(f->store);
    for (int i = 0; i < 4; i++)
        put(f->store,
            add_run(f->store,
                    (struct fake_run){.variant = "cope", .seed = i + 1, .steps = 7}),
            "id", "token_error", 0.9 + 0.01 * i);
    add_claim(f->store, "c", "cope", "rope");
    char *text = printed(f->store, &q, tally);
    assert_int_equal(tally[REPRODUCED], 1);
    assert_non_null(strstr(text, "several settings"));
    free(text);
    for (int i = 0; i < 8; i++) {
        snprintf(identity[i], sizeof identity[i],
                 i < 4 ? "flip_flop/quick//cope/%d/7" : "flip_flop/quick//rope/%d/100",
                 i % 4 + 1);
        ours[i] = (struct member_row){identity[i], "flip_flop", "quick", ""};
    }
    q.chosen = true;
    assert_ok(store_speak_of(f->store, ours, 8, &err));
    text = printed(f->store, &q, tally);
    assert_int_equal(tally[CONTRADICTED], 1); /* 1 / C(8, 4) = 0.014 */
    assert_null(strstr(text, "several settings"));
    /* The fifth seed of rope is not in the file. */
    assert_non_null(strstr(text, "rope 5.00 ± 0.82 (4)"));
    free(text);
}

static double number_of(const json_t *claim, const char *key)
{
    return json_number_value(json_object_get(claim, key));
}

static void json_and_csv_have_the_numbers(void **state)
{
    const struct fixture *f = *state;
    struct verdicts_request q = {.format = PRINT_JSON};
    fill(f->store);
    add_claim(f->store, "c", "cope", "rope");
    add_claim(f->store, "d", "cope", "rope");
    char *text = printed(f->store, &q, NULL);
    json_t *root = parse_json(text);
    const json_t *c = json_array_get(json_object_get(root, "claims"), 0);
    assert_string_equal(json_string_value(json_object_get(c, "verdict")), "reproduced");
    assert_string_equal(json_string_value(json_object_get(c, "claim")), "c");
    assert_near(number_of(c, "less_mean"), 0.02, 1e-12);
    assert_near(number_of(c, "effect"), 0.03, 1e-12);
    assert_in_range(json_integer_value(json_object_get(c, "than_n")), 5, 5);
    /* Without counts they are no rates: Student's half-widths, both equal, are added as a
     * vector. */
    const double half = sqrt(2) * 2.7764451052 * sqrt(0.00005) / sqrt(5);
    assert_near(number_of(c, "effect_low"), 0.03 - half, 1e-9);
    assert_near(number_of(c, "effect_high"), 0.03 + half, 1e-9);
    assert_near(number_of(c, "improvement"), 1, 0);
    assert_near(number_of(c, "p_below_alone"), 1.0 / 252, 1e-12);
    assert_near(number_of(c, "p_below"), 2.0 / 252, 1e-12);
    assert_near(number_of(c, "p_above"), 1, 1e-12);
    assert_true(json_is_null(json_object_get(c, "seeds_needed")));
    assert_near(number_of(root, "alpha"), 0.025, 0);
    json_decref(root);
    free(text);
    q.format = PRINT_CSV;
    text = printed(f->store, &q, NULL);
    assert_int_equal(occurrences(text, "\n"), 3);
    assert_non_null(strstr(text, "\nreproduced,quick,c,one errs less,flip_flop,,id,"
                                 "token_error,cope,rope,0.02,"));
    free(text);
}

/* The picture has the same names and numbers, except the paper's effect. */
static void the_picture_of_claims_has_the_same_numbers(void **state)
{
    const struct fixture *f = *state;
    const struct verdicts_request q = {.format = PRINT_JSON};
    const struct plot *plot = plot_find("claims");
    struct plot_data d = {0};
    int same = 0;
    fill(f->store);
    add_claim(f->store, "c", "cope", "rope");
    add_claim(f->store, "d", "rope", "cope");
    char *text = printed(f->store, &q, NULL);
    json_t *root = parse_json(text);
    assert_ok(plot->read(f->store, &(struct plot_request){0}, &d, &err));
    assert_int_equal(d.n, 2);
    for (int i = 0; i < d.n; i++) {
        const json_t *c = json_array_get(json_object_get(root, "claims"), (size_t)i);
        assert_string_equal(json_string_value(json_object_get(c, "claim")),
                            d.row[i].word[0]);
        for (int k = 0; plot->values[k]; k++) {
            if (!json_is_real(json_object_get(c, plot->values[k])))
                continue;
            assert_near(d.row[i].value[k], number_of(c, plot->values[k]), 1e-12);
            same++;
        }
    }
    assert_int_equal(same, 2 * 8);
    json_decref(root);
    free(text);
    plot_data_free(&d);
}

static void latex_and_markdown_escape_names(void **state)
{
    const struct fixture *f = *state;
    struct verdicts_request q = {.format = PRINT_LATEX};
    fill(f->store);
    add_claim(f->store, "a_b", "cope", "rope");
    char *text = printed(f->store, &q, NULL);
    assert_non_null(strstr(text, "a\\_b & reproduced & cope 2.00 $\\pm$ 0.71 (5)"));
    assert_null(strstr(text, "flip_flop"));
    assert_int_equal(occurrences(text, "\\begin{"), occurrences(text, "\\end{"));
    free(text);
    q.format = PRINT_MD;
    text = printed(f->store, &q, NULL);
    assert_non_null(strstr(text, "| a_b | reproduced | cope 2.00 ± 0.71 (5) |"));
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
        CASE(equal_values_decide_nothing),
        CASE(all_right_against_all_wrong_is_reproduced),
        CASE(three_seeds_are_too_few),
        CASE(one_seed_decides_nothing),
        CASE(values_that_are_not_available_decide_nothing),
        CASE(what_was_not_run_is_not_run),
        CASE(a_name_that_fits_two_variants_is_not_run),
        CASE(many_claims_need_more_evidence),
        CASE(another_experiment_is_another_family),
        CASE(the_text_is_this),
        CASE(profiles_are_judged_apart),
        CASE(runs_with_other_settings_do_not_mix),
        CASE(json_and_csv_have_the_numbers),
        CASE(the_picture_of_claims_has_the_same_numbers),
        CASE(latex_and_markdown_escape_names),
        CASE(no_claims_are_told),
    };
    return cmocka_run_group_tests_name("verdicts", tests, NULL, NULL);
}
