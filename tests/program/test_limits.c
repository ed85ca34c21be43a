/* Little address space, small files, more memory than the machine has, and names that no
 * database can have: the program refuses or ends with a message, soon, and leaves no litter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "command.h"
#include "program.h"
#include "small_matrix.h"

static const char yaml[] = "version: 1\n"
                           "defaults:\n"
                           "  seeds: [1, 2, 3, 4]\n"
                           "  model: {layers: 1, heads: 2, dim: 16}\n"
                           "  train: {steps: 10, warmup: 2, batch: 4, eval_every: 0}\n"
                           "experiments:\n"
                           "  flip:\n"
                           "    task: {name: flip_flop, length: 16}\n"
                           "    splits: {valid: {count: 6}, id: {count: 20}}\n"
                           "    encoders: [rope]\n";

static char folder[SCRATCH_TEXT];

enum { MOST_CODE = 5 }; /* greater ones mean a signal, or timeout(1) */

static int setup(void **state)
{
    char path[PATH_MAX];
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/e.yaml", folder);
    write_text(path, yaml);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* Runs the program in the folder after the shell's `limit`; ended after 20 s with code 124. */
static void limited(struct program *p, const char *limit, const char *arguments)
{
    char path[PATH_MAX], text[4096];
    snprintf(path, sizeof path, "%s/script", folder);
    snprintf(text, sizeof text, "cd %s && %s && exec timeout -k 1 20 %s %s\n", folder,
             limit, POSBENCH, arguments);
    write_text(path, text);
    /* Clears a variable that the test environment sets and a user's shell does not. */
    program_run(p, "sh", "OPENBLAS_NUM_THREADS=", path);
}

static void expect(struct program *p, int code, const char *words)
{
    if (p->code != code || !strstr(p->err, words))
        fail_msg("code %d instead of %d, or \"%s\" is missing in:\n%s%s", p->code, code,
                 words, p->out, p->err);
    program_free(p);
}

/* The folder holds nothing but the experiment file and the script. */
static void expect_no_litter(void)
{
    struct program p;
    program_run(&p, "ls", NULL, folder);
    assert_string_equal(p.out, "e.yaml\nscript\n");
    program_free(&p);
}

#ifndef __SANITIZE_ADDRESS__ /* which needs terabytes of address space itself */
/* True when so little address space keeps the program from being loaded. An OpenBLAS that asks
 * for its memory while it is loaded makes the program end at once with a message; that of
 * Debian 12, 0.3.21, does not ask. */
static bool is_not_loaded(const struct program *p)
{
    struct program about;
    if (p->code != 1 ||
        !strstr(p->err, "OpenBLAS gets no address space while it is loaded"))
        return false;
    RUN(&about, "--version");
    assert_null(strstr(about.out, "OpenBLAS 0.3.21 "));
    program_free(&about);
    return true;
}

/* Without arguments a command does what it does by default or says what it needs; what `check`
 * and `bench` do by default takes minutes. */
static void every_command_ends_with_little_address_space(void **state)
{
    static const char *const kib[] = {"70000", "100000", "150000", "180000"};
    struct program p;
    (void)state;
    for (size_t i = 0; i < sizeof kib / sizeof *kib; i++) {
        char limit[64];
        snprintf(limit, sizeof limit, "ulimit -v %s", kib[i]);
        limited(&p, limit, "--version");
        const bool loaded = !is_not_loaded(&p);
        assert_true(!loaded || strstr(p.out, "posbench "));
        expect(&p, loaded ? 0 : 1, "");
        limited(&p, limit, "list tasks");
        expect(&p, loaded ? 0 : 1, "");
        assert_true(command_count() > 20);
        for (int c = 0; loaded && c < command_count(); c++) {
            const char *name = command_at(c)->name;
            char words[64];
            const bool slow = strcmp(name, "check") == 0 || strcmp(name, "bench") == 0;
            snprintf(words, sizeof words, "%s%s", name, slow ? " --help" : "");
            limited(&p, limit, words);
            if (p.code > MOST_CODE)
                fail_msg("%s with %s: exit code %d\n%s%s", words, limit, p.code, p.out,
                         p.err);
            program_free(&p);
        }
    }
}

static void a_run_with_too_little_address_space_says_so(void **state)
{
    struct program p;
    (void)state;
    limited(&p, "ulimit -v 150000", "run e.yaml --db x.db --only seed=1");
    const bool loaded = !is_not_loaded(&p);
    expect(&p, loaded ? 3 : 1,
           loaded ? "OpenBLAS takes 128 MiB of address space for each of 1 threads" : "");
    limited(&p, "ulimit -v 1000000",
            "run e.yaml --db y.db --only seed=1 -j 1 --threads 8 --set train.shards=8");
    expect(&p, 3, "of 8 threads");
    limited(&p, "true", "list runs --db y.db -o csv");
    assert_null(strstr(p.out, "failed"));
    expect(&p, 0, "");
    limited(&p, "ulimit -v 1000000", "run e.yaml --db z.db --only seed=1 -j 1");
    expect(&p, 0, "1 run done");
    if (!loaded)
        return;
    limited(&p, "ulimit -v 150000", "doctor --db x.db");
    assert_non_null(strstr(p.out, "fault   blas"));
    expect(&p, 3, "");
}
#endif

static void a_limit_of_open_files_is_named(void **state)
{
    static const char *const most[] = {"6", "8", "12"};
    struct program p;
    (void)state;
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        char limit[32];
        snprintf(limit, sizeof limit, "ulimit -n %s", most[i]);
        limited(&p, limit, "run e.yaml --db n.db -j 4");
        expect(&p, 3, "raise the limit of open files (\"ulimit -n\")");
    }
}

static void a_limit_of_file_sizes_is_an_error_with_words(void **state)
{
    struct program p;
    (void)state;
    limited(&p, "ulimit -f 4", "gen flip_flop -n 1000 -o g.jsonl");
    expect(&p, 3, "g.jsonl: cannot be written: File too large; raise the limit");
    expect_no_litter();
    limited(&p, "ulimit -f 64", "run e.yaml --db x.db");
    expect(&p, 3, "perhaps the file may not grow so large");
    limited(&p, "ulimit -f unlimited", "run e.yaml --db x.db");
    expect(&p, 0, "4 runs done");
}

static void memory_is_compared_before_a_run_is_begun(void **state)
{
    char many[PATH_MAX], text[16384];
    struct program p;
    (void)state;
    limited(&p, "true",
            "run e.yaml --db x.db --set model.dim=8192 --set model.layers=64 --set "
            "model.heads=8");
    assert_non_null(strstr(p.err, "the largest run takes "));
    assert_non_null(strstr(p.err, " MiB left; lower "));
    expect(&p, 3, " MiB of memory, and ");
    /* Each run would fit, but not all of them at a time. */
    snprintf(many, sizeof many, "%s/many.yaml", folder);
    snprintf(text, sizeof text, "%s    seeds: [0", yaml);
    for (int i = 1; i < 1000; i++)
        snprintf(text + strlen(text), 8, ",%d", i);
    snprintf(text + strlen(text), 8, "]\n");
    write_text(many, text);
    limited(&p, "true", "run many.yaml --db y.db -j 1000 --set model.dim=2048");
    assert_non_null(strstr(p.err, "1000 at a time"));
    expect(&p, 3, "run with --jobs ");
    limited(&p, "true", "plan e.yaml --db none.db");
    assert_non_null(strstr(p.out, "memory: up to 1 MiB a run, "));
    expect(&p, 0, "");
}

/* Each sequence of a split takes 16 bytes, and as much again for sorting. */
static void memory_grows_with_the_sequences_of_splits(void **state)
{
    static const char words[] = "memory: up to ";
    char large[PATH_MAX], text[1024], *at;
    struct program p;
    (void)state;
    snprintf(large, sizeof large, "%s/large.yaml", folder);
    snprintf(text, sizeof text, "%s", yaml);
    at = strstr(text, "count: 20");
    snprintf(at, sizeof text - (size_t)(at - text),
             "count: 10000000}}\n    encoders: [rope]\n");
    write_text(large, text);
    limited(&p, "true", "plan large.yaml --db none.db");
    const char *said = strstr(p.out, words);
    assert_non_null(said);
    const double mib = strtod(said + strlen(words), NULL), least = 32e7 / (1 << 20);
    assert_true(least <= mib && mib < 1.25 * least);
    expect(&p, 0, "");
}

static void what_can_be_no_database_is_refused_at_once(void **state)
{
    static const struct {
        const char *before, *db, *words;
    } cases[] = {
        {"mkfifo p", "p", "p: is a pipe"},
        {"rm p", "/dev/null", "/dev/null: is a device"},
        {"true", "/tmp", "/tmp: is a folder"},
    };
    static const char *const commands[] = {"run e.yaml", "table", "plan e.yaml", "doctor"};
    struct program p;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < sizeof commands / sizeof *commands; k++) {
            char arguments[128];
            snprintf(arguments, sizeof arguments, "%s --db %s", commands[k], cases[i].db);
            limited(&p, k ? "true" : cases[i].before, arguments);
            assert_true(strstr(p.err, cases[i].words) || strstr(p.out, cases[i].words));
            expect(&p, 3, "");
        }
    limited(&p, "! ls -d /dev/null?* /tmp.spool /tmp-journal 2>/dev/null", "list tasks");
    expect(&p, 0, "");
    expect_no_litter();
}

static void a_name_without_room_for_a_journal_is_told(void **state)
{
    char arguments[400], name[250];
    struct program p;
    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(arguments, sizeof arguments, "run e.yaml --db %s", name);
    limited(&p, "true", arguments);
    expect(&p, 3, "the name is too long: file systems take 255 bytes");
    expect_no_litter();
}

static void bench_takes_no_empty_or_repeated_words(void **state)
{
    struct program p;
    (void)state;
    limited(&p, "true", "bench --shape ,");
    expect(&p, 2, "--shape: \"\" is not one of");
    limited(&p, "true", "bench --shape layers=1,layers=2");
    expect(&p, 2, "--shape: layers is given twice");
    limited(&p, "true", "bench --encoder rope:");
    expect(&p, 2, "\"\" is not OPTION=VALUE");
    limited(&p, "true", "bench --encoder cope:p_max=3,p_max=4");
    expect(&p, 2, "p_max is given twice");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifndef __SANITIZE_ADDRESS__
        TEST(every_command_ends_with_little_address_space),
        TEST(a_run_with_too_little_address_space_says_so),
#endif
        TEST(a_limit_of_open_files_is_named),
        TEST(a_limit_of_file_sizes_is_an_error_with_words),
        TEST(memory_is_compared_before_a_run_is_begun),
        TEST(memory_grows_with_the_sequences_of_splits),
        TEST(what_can_be_no_database_is_refused_at_once),
        TEST(a_name_without_room_for_a_journal_is_told),
        TEST(bench_takes_no_empty_or_repeated_words),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
