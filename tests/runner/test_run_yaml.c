/* A run written as an experiment file is read back as the same run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <glob.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "config.h"
#include "run_yaml.h"
#include "scratch.h"
#include "small_matrix.h"
#include "stand_in_corpus.h"

static char folder[SCRATCH_TEXT];

static int setup(void **state)
{
    (void)state;
    scratch_make(folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* Writes, reads and compares a run; `profile` NULL: the file has none, as that of a trial. */
static void assert_same(const struct run_spec *r, const char *profile)
{
    const bool trial = r->tuned == TUNED_TRIAL;
    char path[SCRATCH_TEXT + 16];
    char *text = NULL;
    size_t bytes = 0;
    struct config *c = NULL;
    struct err e = {.msg = ""};
    FILE *out = open_memstream(&text, &bytes);
    assert_non_null(out);
    if (run_yaml_write(r, out, &e) != ST_OK)
        fail_msg("%s", e.msg);
    fclose(out);
    snprintf(path, sizeof path, "%s/run.yaml", folder);
    write_text(path, text);
    if (config_read(path, trial ? NULL : profile, NULL, 0, &c, &e) != ST_OK)
        fail_msg("%s\n%s", e.msg, text);
    assert_int_equal(c->runs, 1);
    if (strcmp(c->run[0].identity, r->identity) != 0)
        fail_msg("another run:\n%s\n%s\n%s", text, r->config, c->run[0].config);
    assert_string_equal(c->run[0].variant, r->variant);
    assert_string_equal(c->run[0].cell, r->cell);
    assert_string_equal(c->run[0].profile, trial ? "default" : r->profile);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        if (*line != '#' && strcspn(line, "\n") > 100)
            fail_msg("too long: %.*s", (int)strcspn(line, "\n"), line);
    config_free(c);
    free(text);
}

static void all_of(const char *file, const char *profile)
{
    struct config *c = NULL;
    struct err e = {.msg = ""};
    if (config_read(file, profile, NULL, 0, &c, &e) != ST_OK)
        fail_msg("%s", e.msg);
    for (int i = 0; i < c->runs; i++)
        if (i == 0 || strcmp(c->run[i].variant, c->run[i - 1].variant) != 0 ||
            strcmp(c->run[i].cell, c->run[i - 1].cell) != 0)
            assert_same(&c->run[i], profile);
    config_free(c);
}

/* Calls all_of with each profile of the file, or once when it has none. The message about a
 * profile that is not there names those that are. */
static void all_profiles_of(const char *file)
{
    static const char before[] = "; it has ";
    struct config *c = NULL;
    struct err e = {.msg = ""};
    char *rest = NULL;
    assert_int_equal(config_read(file, "-", NULL, 0, &c, &e), ST_USAGE);
    char *names = strstr(e.msg, before);
    if (!names) {
        assert_non_null(strstr(e.msg, "has no profiles"));
        all_of(file, NULL);
        return;
    }
    for (const char *name = strtok_r(names + strlen(before), ", \n", &rest); name;
         name = strtok_r(NULL, ", \n", &rest))
        all_of(file, name);
}

/* The shipped files have grids, epochs, tasks with proportions, splits with other encoders at
 * test. Those of text get other text and tokens in place of corpora that may be missing. */
static void every_shipped_run_is_itself(void **state)
{
    char path[SCRATCH_TEXT + 16];
    glob_t files;
    (void)state;
    stand_in_corpus(folder, "prose");
    stand_in_corpus(folder, "code");
    stand_in_corpus(folder, "wikitext-103");
    snprintf(path, sizeof path, "%s/vocab.bpe", folder);
    write_text(path, "#version: 0.2\n1 2\n");
    assert_int_equal(setenv("POSBENCH_CORPORA", folder, 1), 0);
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(glob(TEST_DATA "/../../experiments/*.yaml", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        all_profiles_of(files.gl_pathv[i]);
    globfree(&files);
    all_profiles_of(TEST_DATA "/../../experiments.yaml");
}

/* Tries sums, layers, an option added later, and one that a split sets back to its default. */
static void what_is_rare_is_written_too(void **state)
{
    struct config *c = small_matrix(
        "version: 1\n"
        "experiments:\n"
        "  flip:\n"
        "    seeds: [12345678901]\n"
        "    data_seed: 9\n"
        "    task: {name: flip_flop, length: 32, quiet: 0.25}\n"
        "    splits:\n"
        "      id: {count: 9}\n"
        "      loud: {count: 5, quiet: 0, p_ignore: 0.123456789012345678}\n"
        "      far: {count: 5, length: 64}\n"
        "      far_yarn: {count: 5, length: 64, encoder: {scaling: yarn, factor: 4}}\n"
        "    model: {layers: 4, heads: 2, dim: 16, normaliser: ssmax, ff: 3x}\n"
        "    train: {steps: 7 epochs, samples: 33, batch: 4, lr: 0.1234567890123, betas: [0.5, "
        "0.25]}\n"
        "    encoders:\n"
        "      - {name: rope, layers: odd}\n"
        "      - {name: cope+rope, cope.p_max: 5, rope.layers: [0, 3], cope.layers: every 2}\n"
        "      - {name: cope, form: alibi, slope: 0.0625}\n"
        "      - cope+relative\n");
    (void)state;
    assert_int_equal(c->runs, 4);
    for (int i = 0; i < c->runs; i++)
        assert_same(&c->run[i], NULL);
    config_free(c);
}

/* Foreign databases: a name that is YAML syntax is refused, a cell left out. */
static void names_cannot_say_more_than_names(void **state)
{
    struct config *c = small_matrix("version: 1\n"
                                    "experiments:\n"
                                    "  flip:\n"
                                    "    task: {name: flip_flop, length: 32}\n"
                                    "    encoders: [none]\n");
    struct run_spec r = c->run[0];
    char *text = NULL;
    size_t bytes = 0;
    struct err e;
    FILE *out = open_memstream(&text, &bytes);
    (void)state;
    snprintf(r.cell, sizeof r.cell, "a=1]\nx: [");
    snprintf(r.profile, sizeof r.profile, "q\nz: 1");
    assert_int_equal(run_yaml_write(&r, out, &e), ST_OK);
    snprintf(r.experiment, sizeof r.experiment, "a: {}\nb");
    assert_int_equal(run_yaml_write(&r, out, &e), ST_CONFIG);
    fclose(out);
    assert_null(strstr(text, "x: ["));
    assert_null(strstr(text, "z: 1"));
    free(text);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shipped_run_is_itself),
        cmocka_unit_test(what_is_rare_is_written_too),
        cmocka_unit_test(names_cannot_say_more_than_names),
    };
    return cmocka_run_group_tests_name("run as a file", tests, setup, teardown);
}
