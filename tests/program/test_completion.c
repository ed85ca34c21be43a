/* Completion, called as each shell calls it, and the manual page as man shows it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli.h"
#include "encoder.h"
#include "metavariables.h"
#include "program.h"
#include "task.h"

/* Files of the repository, from tests/data. */
#define TOP           TEST_DATA "/../../"
#define SCRIPT(shell) TOP "completions/posbench." shell

/* --- the tables --- */

static void check_flags(const char *command, const struct flag *table)
{
    for (const struct flag *f = table; f && f->name; f++)
        if (f->value && !metavariables_known(f->value))
            fail_msg("%s --%s %s: runner/cli/metavariables.c does not know this value",
                     command, f->name, f->value);
}

static void every_value_is_of_a_known_kind(void **state)
{
    (void)state;
    assert_false(metavariables_known("COLOUR"));
    assert_false(metavariables_known("RUN|COLOUR"));
    check_flags("", cli_globals);
    for (int i = 0; i < command_count(); i++) {
        const struct command *c = command_at(i);
        struct position p[POSITIONS_MAX];
        const int n = command_positions(c, p);
        if (c->group == GROUP_INTERNAL)
            continue;
        check_flags(c->name, c->flags);
        assert_int_equal(n == 0, c->max_args == 0);
        for (int k = 0; k < n; k++) {
            if (!metavariables_known(p[k].kind))
                fail_msg("%s %s: runner/cli/metavariables.c does not know it", c->name,
                         p[k].kind);
            assert_int_equal(p[k].repeats, c->max_args < 0 && k == n - 1);
        }
    }
}

/* --- the program --- */

/* `words` go through sh; `want` has a line for each candidate, without its description. */
static void offers_in(const char *folder, const char *words, const char *want)
{
    struct program p;
    char *line, got[4096] = "";
    RUN(&p, "-C '%s' complete -- %s", folder, words);
    for (line = strtok(p.out, "\n"); line; line = strtok(NULL, "\n")) {
        line[strcspn(line, "\t")] = '\0';
        const size_t used = strlen(got);
        snprintf(got + used, sizeof got - used, "%s\n", line);
    }
    if (strcmp(got, want) != 0 || *p.err || p.code != 0)
        fail_msg("complete -- %s offers\n%s%sand not\n%s", words, got, p.err, want);
    program_free(&p);
}

static void offers(const char *words, const char *want)
{
    offers_in(TEST_DATA, words, want);
}

static void candidates_say_what_they_mean(void **state)
{
    (void)state;
    struct program p;
    RUN(&p, "complete -- ru");
    assert_string_equal(
        p.out,
        "run\ttrain and evaluate every run of an experiment file that is not done yet\n");
    program_free(&p);
}

/* A run always has all its splits, so only table takes this filter. */
static void a_split_is_offered_to_table_alone(void **state)
{
    (void)state;
    offers("run --only sp", "");
    offers("run --only split=", "");
    offers("plan --only sp", "");
    offers("rm sp", "");
    offers("list runs --only sp", "");
    offers("table --only sp", "split=\n");
    offers("table --only split=ood_den", "split=ood_dense\n");
}

/* bash splits words at '=' and replaces the last piece; zsh and fish replace the whole word. */
static void candidates_replace_what_the_shell_replaces(void **state)
{
    (void)state;
    offers("run --profile=q", "--profile=quick\n");
    offers("run --profile = q", "quick\n");
    offers("run --profile =", "smoke\nquick\npaper\n");
    offers("run --only=encoder=abs", "--only=encoder=absolute\n");
    offers("run --only = encoder = abs", "absolute\n");
    offers("run --only = encoder=abs", "encoder=absolute\n");
    offers("run --only = enc", "encoder=\n");
}

static void files_are_left_to_the_shell(void **state)
{
    (void)state;
    offers("run x", ":file\n");
    offers("run --db=x", ":db\n");
    offers("run --db = x", ":db\n");
    offers("-C x", ":dir\n");
    offers("merge a.db x", ":db\n");
    offers("predict x", ":file\n");
}

static void lines_that_make_no_sense_offer_nothing(void **state)
{
    (void)state;
    offers("worker --sp", "");
    offers("complete --", "");
    offers("no_command --th", "");
    offers("run --no-such-option=", "");
    offers("run --dry-run=", "");
    offers("table --nonsense flip", "");
    offers_in(TOP, "-C no_such_folder table flip", "");
    offers("run -j x", "");
    offers("= = =", "");
    offers("-- --he", "");
}

/* --- bash --- */

/* `words` are split as bash does, at blanks and before and after each '='; the last one is
 * completed. `want` has a line for each reply. */
static void bash_offers_in(const char *folder, const char *words, const char *want)
{
    char arguments[2048];
    struct program p;
    snprintf(arguments, sizeof arguments,
             "--norc -c 'cd \"%s\" && source " SCRIPT(
                 "bash") "; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _posbench; "
                         "printf \"%%s\\n\" \"${COMPREPLY[@]}\"' bash " POSBENCH " %s",
             folder, words);
    program_run(&p, "bash", NULL, arguments);
    if (strcmp(p.out, want) != 0 || *p.err)
        fail_msg("posbench %s: bash offers\n%s%sand not\n%s", words, p.out, p.err, want);
    program_free(&p);
}

static void bash_offers(const char *words, const char *want)
{
    bash_offers_in(TEST_DATA, words, want);
}

/* Returns the names as text, one on each line. */
static const char *lines_of(const char *(*name)(int i), int n)
{
    static char text[1024];
    text[0] = '\0';
    for (int i = 0; i < n; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s\n", name(i));
    }
    return text;
}

static const char *task_name(int i)
{
    return task_at(i)->name;
}

static const char *encoder_name(int i)
{
    return encoder_at(i)->name;
}

static void bash_completes_commands_and_options(void **state)
{
    (void)state;
    bash_offers("r", "report\nrm\nrun\n");
    bash_offers("help ex", "export\n");
    bash_offers("-q pl", "plan\nplot\n");
    bash_offers("run --pro", "--profile\n");
    bash_offers("-C data run --thr", "--threads\n");
    bash_offers("run --db x.db --dry", "--dry-run\n");
    bash_offers("worker --sp", "\n");
    bash_offers("no_command --th", "\n");
}

static void bash_completes_values_that_are_known(void **state)
{
    (void)state;
    bash_offers("run --profile ''", "smoke\nquick\npaper\n");
    bash_offers("run --profile = q", "quick\n");
    bash_offers("table -o ''", "text\nmd\nlatex\nhtml\ncsv\njson\nmacros\n");
    bash_offers("run --only train.st", "train.steps=\n");
    bash_offers("run --rerun ''", "failed\nall\n");
    bash_offers("gen ''", lines_of(task_name, task_count()));
    bash_offers("bench --encoder ''", lines_of(encoder_name, encoder_count()));
    bash_offers("run --only enc", "encoder=\n");
    bash_offers("run --only encoder =", lines_of(encoder_name, encoder_count()));
    bash_offers("run --only = encoder = abs", "absolute\n");
    bash_offers("plan --set train.st", "train.steps=\n");
    bash_offers("run --only sp", "\n");
    bash_offers("table --only sp", "split=\n");
    bash_offers("table --published = be", "below\nbeside\n");
    bash_offers("table --spread r", "range\n");
    bash_offers("run -j ''", "\n");
}

static void bash_completes_arguments_and_files(void **state)
{
    (void)state;
    bash_offers("gen -n 3 fl", "flip_flop\n");
    bash_offers("gen -n fl", "\n");
    bash_offers("gen counting fl", "\n");
    bash_offers("gen -- fl", "flip_flop\n");
    bash_offers("show rel", "relative\n");
    bash_offers("list cl", "claims\n");
    bash_offers("query slow", "slowest_runs\n");
    bash_offers("merge results_", "results_v1.db\n");
    bash_offers("merge a.db results_", "results_v1.db\n");
    bash_offers("-C ../dat", "../data\n");
    bash_offers("run ../../experiments.y", "../../experiments.yaml\n");
    bash_offers("run --db = ../../experiments.y", "\n");
    bash_offers("table --file ../../experiments.y", "../../experiments.yaml\n");
}

static void bash_asks_the_program_for_names_in_files(void **state)
{
    (void)state;
    bash_offers_in(TOP, "table flip", "flip_flop\n");
    bash_offers_in(TOP, "list runs --only experiment = sel", "selective_copy\n");
    bash_offers_in(TOP, "claims T2-copy-id", "T2-copy-id-absolute\nT2-copy-id-rope\n");
    /* Without such a file nothing is offered and no message appears. */
    bash_offers("table flip", "\n");
    bash_offers("show 1", "\n");
}

/* --- fish, zsh, man --- */

/* Skips the test when `program` is not installed. */
static void need(const char *program)
{
    char line[128];
    snprintf(line, sizeof line, "command -v %s >/dev/null 2>&1", program);
    if (system(line) == 0)
        return;
    print_message("skipped: %s is not installed\n", program);
    skip();
}

static void fish_offers(const char *line, const char *want)
{
    struct program p;
    char arguments[1024];
    snprintf(arguments, sizeof arguments,
             "--no-config -c 'source " SCRIPT("fish") "; complete -C $argv[1]' '%s'", line);
    char path[512];
    snprintf(path, sizeof path, "PATH=%.*s:$PATH", (int)(strrchr(POSBENCH, '/') - POSBENCH),
             POSBENCH);
    program_run(&p, "fish", path, arguments);
    if (p.code != 0 || *p.err || (*want ? !strstr(p.out, want) : *p.out))
        fail_msg("%s: fish offers\n%s%sand not \"%s\"", line, p.out, p.err, want);
    program_free(&p);
}

static void fish_completes_as_bash_does(void **state)
{
    (void)state;
    need("fish");
    fish_offers("posbench ru", "run\ttrain and evaluate");
    fish_offers("posbench run --pro", "--profile\tsize of the matrix");
    fish_offers("posbench run --profile=q", "--profile=quick\n");
    fish_offers("posbench run --only enc", "encoder=\n");
    fish_offers("posbench run --only encoder=abs", "encoder=absolute\ta learned vector");
    fish_offers("posbench -C x gen -n 3 fl", "flip_flop\tread back");
    fish_offers("posbench gen counting fl", "");
    fish_offers("posbench run --only sp", "");
    fish_offers("posbench table --only sp", "split=");
    fish_offers("posbench run --db=" TEST_DATA "/results_", "/results_v1.db");
    fish_offers("posbench merge a.db " TEST_DATA "/results_", "/results_v1.db");
    fish_offers("posbench predict " TEST_DATA "/results_", "/results_v1.db");
    fish_offers("posbench help exp", "export\twrite");
}

static void zsh_accepts_its_script(void **state)
{
    (void)state;
    need("zsh");
    struct program p;
    program_run(&p, "zsh", NULL, "-f -n " SCRIPT("zsh"));
    assert_string_equal(p.err, "");
    assert_int_equal(p.code, 0);
    program_free(&p);
}

/* A helper types into a shell behind a pseudo-terminal and waits for the expected text. */
static void zsh_completes_as_bash_does(void **state)
{
    (void)state;
    need("zsh");
    struct program p;
    program_run(&p, "timeout", NULL,
                "30 zsh -f " TEST_DATA "/../support/zsh_completes " SCRIPT(
                    "zsh") " " POSBENCH " 'posbench gen fl' 'posbench gen flip_flop'"
                           " 'posbench run --prof' 'run --profile'"
                           " 'posbench run --only enc' 'only encoder='"
                           " 'posbench run --only encoder=abs' encoder=absolute"
                           " 'posbench merge " TEST_DATA "/results_' s_v1.db"
                           " 'posbench run --db=" TEST_DATA "/results_' s_v1.db");
    assert_string_equal(p.out, "ok\n");
    assert_int_equal(p.code, 0);
    program_free(&p);
}

static void man_shows_the_page_without_warnings(void **state)
{
    (void)state;
    need("groff");
    need("man");
    struct program p;
    program_run(&p, "man", "MANWIDTH=80 LC_ALL=C.UTF-8 MANROFFOPT=-c",
                "--warnings -E UTF-8 -l " TOP "docs/man/posbench.1");
    assert_string_equal(p.err, "");
    assert_int_equal(p.code, 0);
    assert_non_null(strstr(p.out, "--rerun failed|all"));
    assert_non_null(strstr(p.out, "POSBENCH_KERNELS"));
    assert_non_null(strstr(p.out, "posbench gen counting -n 3 --format text"));
    program_free(&p);
}

/* --- cmake --install --- */

static void installing_puts_everything_in_its_place(void **state)
{
    (void)state;
    static const char *const files[] = {
        "bin/posbench",
        "share/man/man1/posbench.1",
        "share/bash-completion/completions/posbench",
        "share/zsh/site-functions/_posbench",
        "share/fish/vendor_completions.d/posbench.fish",
    };
    char folder[SCRATCH_TEXT], arguments[512], path[SCRATCH_TEXT + 64];
    struct program p;
    scratch_make(folder);
    snprintf(arguments, sizeof arguments, "--install %.*s --prefix %s",
             (int)(strrchr(POSBENCH, '/') - POSBENCH), POSBENCH, folder);
    program_run(&p, "cmake", NULL, arguments);
    if (p.code != 0)
        fail_msg("cmake %s: %s", arguments, p.err);
    program_free(&p);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        if (access(path, R_OK) != 0)
            fail_msg("%s was not installed", files[i]);
    }
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_of_a_known_kind),
        cmocka_unit_test(candidates_say_what_they_mean),
        cmocka_unit_test(a_split_is_offered_to_table_alone),
        cmocka_unit_test(candidates_replace_what_the_shell_replaces),
        cmocka_unit_test(files_are_left_to_the_shell),
        cmocka_unit_test(lines_that_make_no_sense_offer_nothing),
        cmocka_unit_test(bash_completes_commands_and_options),
        cmocka_unit_test(bash_completes_values_that_are_known),
        cmocka_unit_test(bash_completes_arguments_and_files),
        cmocka_unit_test(bash_asks_the_program_for_names_in_files),
        cmocka_unit_test(fish_completes_as_bash_does),
        cmocka_unit_test(zsh_accepts_its_script),
        cmocka_unit_test(zsh_completes_as_bash_does),
        cmocka_unit_test(man_shows_the_page_without_warnings),
        cmocka_unit_test(installing_puts_everything_in_its_place),
    };
    return cmocka_run_group_tests_name("completion", tests, NULL, NULL);
}
