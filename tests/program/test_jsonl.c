/* Samples in files, through the whole program: what `gen` writes trains to the numbers of the
 * task that wrote it, and a changed file is another run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"
#include "small_matrix.h"

static char folder[SCRATCH_TEXT];

/* 400 samples are 25 batches: one and a half passes. The window of read samples loses none. */
static const char yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  seeds: [1]\n"
    "  model: {layers: 1, heads: 2, dim: 16}\n"
    "  train: {steps: 37, warmup: 5, batch: 16, samples: 400, lr: 3e-3, eval_every: 10}\n"
    "experiments:\n"
    "  native:\n"
    "    task: &law {name: counting, max_operations: 8, window: 40, w_increment: 30}\n"
    "    splits: {valid: {count: 50}, id: {count: 100}, ood_longer: {count: 100}}\n"
    "    encoders: &all [none, rope, {name: cope, p_max: 8}]\n"
    "  words:\n"
    "    task: {name: jsonl, path: train.released, words: words.txt}\n"
    "    splits: {valid: {count: 50, path: valid.released}, id: {count: 100, path: id.released},\n"
    "             ood_longer: {count: 100, path: ood_longer.released}}\n"
    "    encoders: *all\n"
    "  ids:\n"
    "    task: {name: jsonl, path: train.jsonl, ids: 19}\n"
    "    splits: {valid: {count: 50, path: valid.jsonl}, id: {count: 100, path: id.jsonl},\n"
    "             ood_longer: {count: 100, path: ood_longer.jsonl}}\n"
    "    encoders: *all\n";

static void posbench(struct program *p, const char *arguments)
{
    RUN(p, "-C %s %s", folder, arguments);
}

static void must(const char *arguments)
{
    struct program p;
    posbench(&p, arguments);
    if (p.code != 0)
        fail_msg("posbench %s: code %d, %s", arguments, p.code, p.err);
    program_free(&p);
}

static void fails(const char *arguments, int code, const char *words)
{
    struct program p;
    posbench(&p, arguments);
    if (p.code != code || !strstr(p.err, words))
        fail_msg("posbench %s: code %d, %s", arguments, p.code, p.err);
    program_free(&p);
}

static void gen(const char *split, int n, const char *format)
{
    char line[256];
    snprintf(line, sizeof line,
             "gen counting --set max_operations=8 --set window=40 %s --split %s -n %d "
             "--format %s -o %s.%s",
             strcmp(split, "ood_longer") == 0 ? "--set w_pass=100 --set w_increment=30"
                                              : "--set w_increment=30",
             split, n, format, split, format);
    must(line);
}

static int train_all(void **state)
{
    static const char *const formats[] = {"released", "jsonl"};
    char path[SCRATCH_TEXT + 16];
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/e.yaml", folder);
    write_text(path, yaml);
    for (int f = 0; f < 2; f++) {
        gen("train", 400, formats[f]);
        gen("valid", 50, formats[f]);
        gen("id", 100, formats[f]);
        gen("ood_longer", 100, formats[f]);
    }
    must("gen counting --format words -o words.txt");
    must("run e.yaml --db r.db --quiet");
    return 0;
}

static int remove_all(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* Returns all losses and accuracies at every step, as text with every digit. */
static char *numbers(const char *experiment)
{
    struct program p;
    char line[512];
    snprintf(line, sizeof line,
             "query --db r.db -o csv \"SELECT r.variant, m.split, m.step, m.name, m.value, "
             "m.count, m.total FROM metric m JOIN run r ON r.id = m.run_id WHERE "
             "r.experiment = '%s' AND m.name IN ('loss', 'accuracy', 'perplexity', "
             "'sequence_error', 'seen', 'majority') ORDER BY 1, 2, 3, 4\"",
             experiment);
    posbench(&p, line);
    assert_int_equal(p.code, 0);
    char *text = strdup(p.out);
    program_free(&p);
    return text;
}

static void counting_from_files_has_the_numbers_of_counting(void **state)
{
    (void)state;
    char *native = numbers("native"), *words = numbers("words"), *ids = numbers("ids");
    assert_true(strlen(native) > 2000);
    assert_string_equal(words, native);
    assert_string_equal(ids, native);
    free(native);
    free(words);
    free(ids);
}

static void a_file_that_changed_is_another_run(void **state)
{
    struct program p;
    char path[SCRATCH_TEXT + 16];
    (void)state;
    posbench(&p, "plan e.yaml --db r.db");
    assert_non_null(strstr(p.out, "9 runs: 9 done"));
    program_free(&p);
    snprintf(path, sizeof path, "%s/id.jsonl", folder);
    char *before = file_text(path, NULL), *after = strdup(before);
    after[strlen(after) - 1] = ' '; /* replaces the last newline */
    write_text(path, after);
    posbench(&p, "plan e.yaml --db r.db");
    assert_non_null(strstr(p.out, "9 runs: 6 done"));
    program_free(&p);
    write_text(path, before);
    free(before);
    free(after);
}

static void a_bad_line_is_shown_where_it_is_asked_for(void **state)
{
    char path[SCRATCH_TEXT + 16];
    (void)state;
    snprintf(path, sizeof path, "%s/bad.jsonl", folder);
    write_text(path, "{\"context\": \"a\", \"question\": \"print a\"}\n");
    fails("plan e.yaml --db r.db --set words.task.path=bad.jsonl", 2,
          "bad.jsonl:1: no \"answer\"");
    fails("show jsonl --set path=bad.jsonl", 2, "bad.jsonl:1: no \"answer\"");
    fails("gen jsonl --set path=missing.jsonl", 3, "missing.jsonl: cannot be read");
}

static void formats_refuse_what_they_cannot_hold(void **state)
{
    (void)state;
    fails("gen dyck_2 --format released -n 1", 2, "use jsonl");
    fails("gen counting --format words -n 3", 2, "leave out -n");
}

/* `check` on a file: sizes worked out by hand, the line of a mistake, one input with two
 * answers. */
static void a_file_is_checked(void **state)
{
    static const char good[] =
        "{\"tokens\":[0,1,2],\"targets\":[-1,-1,0],\"scored\":[2]}\n"
        "{\"tokens\":[4,1],\"targets\":[-1,3],\"scored\":[1]}\n"
        "{\"tokens\":[0,1,2],\"targets\":[-1,-1,0],\"scored\":[2]}\n";
    char path[SCRATCH_TEXT + 32], text[sizeof good + 80];
    struct program p;
    (void)state;
    snprintf(path, sizeof path, "%s/own.jsonl", folder);
    write_text(path, good);
    posbench(&p, "check own.jsonl");
    assert_int_equal(p.code, 0);
    assert_non_null(strstr(p.out, "samples   3 "));
    assert_non_null(strstr(p.out, "longest   3 "));
    assert_non_null(strstr(p.out, "mean      2.6666667 "));
    assert_non_null(strstr(p.out, "ids       5 "));
    assert_non_null(strstr(p.out, "answers   2 "));
    assert_non_null(strstr(p.out, "majority  0.66666667 "));
    assert_non_null(strstr(p.out, "twice     1 "));
    program_free(&p);
    snprintf(text, sizeof text, "%s%s", good,
             "{\"tokens\":[4,1],\"targets\":[-1,2],\"scored\":[1]}\n");
    write_text(path, text);
    fails("check own.jsonl", 2, "samples 2 and 4 (from 1) have the same tokens");
    write_text(path, "{\"context\":\"a b\",\"question\":\"c\"}\n");
    fails("check own.jsonl", 2, "own.jsonl:1");
    fails("check none.jsonl", 3, "none.jsonl");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_checked),
        cmocka_unit_test(counting_from_files_has_the_numbers_of_counting),
        cmocka_unit_test(a_file_that_changed_is_another_run),
        cmocka_unit_test(a_bad_line_is_shown_where_it_is_asked_for),
        cmocka_unit_test(formats_refuse_what_they_cannot_hold),
    };
    return cmocka_run_group_tests_name("jsonl", tests, train_all, remove_all);
}
