/* Published numbers in the shipped files: their rows, their units, and the lengths of their
 * splits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "approx.h"
#include "config_text.h"
#include "sample_text.h"

static const char file[] = TEST_DATA "/../../experiments/published.yaml";

static struct config *read_file(const char *path, const char *profile)
{
    struct config *c = NULL;
    struct err e = {.msg = ""};
    if (config_read(path, profile, NULL, 0, &c, &e))
        fail_msg("%s", e.msg);
    return c;
}

static double number(const struct config *c, const char *experiment, const char *encoder,
                     const char *split)
{
    for (int i = 0; i < c->published; i++) {
        const struct published_value *v = &c->publish[i];
        if (strcmp(v->experiment, experiment) == 0 && strcmp(v->encoder, encoder) == 0 &&
            strcmp(v->split, split) == 0)
            return v->value;
    }
    fail_msg("no number for %s %s %s", experiment, encoder, split);
    return 0;
}

/* Every number belongs to a run: name and split are those of one. */
static void numbers_stand_beside_runs(void **state)
{
    struct config *c = read_file(file, "published");
    (void)state;
    assert_int_equal(c->published, 10 + 3 * 10 + 4 + 3 * 6);
    for (int i = 0; i < c->published; i++) {
        const struct published_value *v = &c->publish[i];
        bool found = false;
        for (int k = 0; k < c->runs; k++) {
            const struct run_spec *r = &c->run[k];
            for (int s = 0; s < r->splits; s++)
                found |= strcmp(r->experiment, v->experiment) == 0 &&
                         strcmp(r->split[s].name, v->split) == 0 &&
                         (strcmp(r->variant, v->encoder) == 0 ||
                          strcmp(r->encoder, v->encoder) == 0);
        }
        if (!found)
            fail_msg("no run for %s, %s, %s", v->experiment, v->encoder, v->split);
    }
    assert_near(number(c, "dape_even_pairs", "absolute+randomized", "to_500"), 0.5, 1e-12);
    assert_near(number(c, "dape_cycle_navigation", "dape+kerple", "to_500"), 0.345, 1e-12);
    assert_near(number(c, "dape_missing_duplicate", "dape+fire", "to_500"), 0.892, 1e-12);
    assert_near(number(c, "pope_indirect_indexing", "pope", "id"), 0.9482, 1e-12);
    assert_near(number(c, "huang_majority_interleaved", "none", "to_150"), 0.605, 1e-12);
    assert_near(number(c, "cope_forms", "cope(form=alibi,slope=0.25)", "ood_sparse"), 0.087,
                1e-12);
    config_free(c);
}

/* Tasks of the same name differ between papers, so no experiment has numbers of two papers. */
static void no_two_papers_share_a_row(void **state)
{
    static const char *const files[][2] = {
        {TEST_DATA "/../../experiments.yaml", "paper"},
        {TEST_DATA "/../../experiments/published.yaml", "published"},
    };
    (void)state;
    for (size_t f = 0; f < sizeof files / sizeof *files; f++) {
        struct config *c = read_file(files[f][0], files[f][1]);
        for (int i = 0; i < c->published; i++)
            for (int k = 0; k < i; k++)
                if (strcmp(c->publish[i].experiment, c->publish[k].experiment) == 0 &&
                    strcmp(c->publish[i].paper, c->publish[k].paper) != 0)
                    fail_msg("%s has numbers of %s and %s", c->publish[i].experiment,
                             c->publish[i].paper, c->publish[k].paper);
        config_free(c);
    }
}

/* Checks that the shortest and the longest of 4,000 samples of a split have `least` and `most`
 * tokens. */
static void assert_lengths(const struct config *c, const char *experiment,
                           const char *split, int least, int most)
{
    int seen[2] = {1 << 20, 0};
    for (int i = 0; i < c->runs; i++) {
        const struct run_spec *r = &c->run[i];
        if (strcmp(r->experiment, experiment) != 0)
            continue;
        for (int s = 0; s < r->splits; s++) {
            if (strcmp(r->split[s].name, split) != 0)
                continue;
            struct sample_source from = {
                .task = r->task, .options = r->split[s].options, .split = r->split[s].name};
            struct sample x;
            assert_int_equal(sample_init(&from, &x, NULL), ST_OK);
            for (uint64_t k = 0; k < 4000; k++) {
                sample_draw(&from, k, &x);
                seen[0] = x.length < seen[0] ? x.length : seen[0];
                seen[1] = x.length > seen[1] ? x.length : seen[1];
            }
            sample_free(&x);
        }
        break;
    }
    assert_int_equal(seen[0], least);
    assert_int_equal(seen[1], most);
}

/* The samples are: a string and its question mark; twice the string and the mark; a string
 * said twice, without the last symbol; S strings, a separator and S - 1 answers. */
static void splits_have_the_lengths_of_the_papers(void **state)
{
    struct config *c = read_file(file, "published");
    (void)state;
    assert_lengths(c, "dape_even_pairs", "to_500", 41 + 1, 500 + 1);
    assert_lengths(c, "dape_missing_duplicate", "to_500", 42 + 1, 500 + 1);
    assert_lengths(c, "huang_copy_unique", "id", 2, 2 * 50);
    assert_lengths(c, "huang_copy_unique", "ood_longer", 2 * 51, 2 * 100);
    assert_lengths(c, "huang_copy_unique", "to_150", 2 * 101, 2 * 150);
    assert_lengths(c, "huang_binary_majority", "ood_longer", 51 + 1, 100 + 1);
    assert_lengths(c, "huang_majority_interleaved", "to_100", 51 + 3, 99 + 3);
    assert_lengths(c, "huang_majority_interleaved", "to_150", 102 + 3, 150 + 3);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stand_beside_runs),
        cmocka_unit_test(no_two_papers_share_a_row),
        cmocka_unit_test(splits_have_the_lengths_of_the_papers),
    };
    return cmocka_run_group_tests_name("published", tests, NULL, NULL);
}
