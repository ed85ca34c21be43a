/* The command line: words, values, suggestions, help, exit codes. */
#include <regex.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli.h"
#include "program.h"

enum { WORDS_MAX = 16, WIDTH = 80 };

struct parsed {
    struct invocation *v;
    enum status st;
    struct err e;
    char line[256];
    char *word[WORDS_MAX];
};

/* Parses `line`, whose words are separated by single blanks. */
static void parse(struct parsed *p, const char *line)
{
    int n = 0;
    *p = (struct parsed){0};
    snprintf(p->line, sizeof p->line, "posbench %s", line);
    for (char *w = strtok(p->line, " "); w; w = strtok(NULL, " "))
        p->word[n++] = w;
    p->st = cli_parse(n, p->word, &p->v, &p->e);
}

static void refuses(const char *line, const char *message)
{
    struct parsed p;
    parse(&p, line);
    if (p.st != ST_USAGE || !strstr(p.e.msg, message))
        fail_msg("\"%s\": status %s, \"%s\" does not say \"%s\"", line, status_text(p.st),
                 p.e.msg, message);
    cli_free(p.v);
}

static void a_value_may_be_written_in_four_ways(void **state)
{
    (void)state;
    static const char *const lines[] = {"gen t --count 7", "gen t --count=7", "gen t -n 7",
                                        "gen t -n7"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct parsed p;
        long n;
        parse(&p, lines[i]);
        assert_int_equal(p.st, ST_OK);
        assert_string_equal(cli_command(p.v)->name, "gen");
        assert_int_equal(flag_integer(p.v, "count", 1, 9, 3, &n, &p.e), ST_OK);
        assert_int_equal(n, 7);
        assert_int_equal(argument_count(p.v), 1);
        cli_free(p.v);
    }
}

static void options_and_arguments_may_mix(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "-q gen --split id task -fn2 --no-color");
    assert_int_equal(p.st, ST_OK);
    assert_string_equal(argument_at(p.v, 0), "task");
    assert_string_equal(flag_text(p.v, "split", "x"), "id");
    assert_string_equal(flag_text(p.v, "count", "x"), "2");
    assert_true(flag_given(p.v, "force"));
    assert_true(flag_given(p.v, "quiet"));
    assert_true(flag_given(p.v, "no-color"));
    assert_false(flag_given(p.v, "help"));
    assert_string_equal(flag_text(p.v, "output", "unset"), "unset");
    cli_free(p.v);
}

static void repeated_values_come_in_order(void **state)
{
    (void)state;
    struct parsed p;
    const char *const *values;
    parse(&p, "gen --set a=1 -n 4 t --set=b=2 --seed 1 --set c=3");
    assert_int_equal(p.st, ST_OK);
    assert_int_equal(flag_list(p.v, "set", &values), 3);
    assert_string_equal(values[0], "a=1");
    assert_string_equal(values[1], "b=2");
    assert_string_equal(values[2], "c=3");
    assert_string_equal(flag_text(p.v, "count", ""), "4");
    cli_free(p.v);
    parse(&p, "gen t");
    assert_int_equal(flag_list(p.v, "set", &values), 0);
    cli_free(p.v);
}

/* The word after such an option is the next argument; a value needs "=". */
static void a_value_may_be_left_out_where_the_option_says_so(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "table --published flip_flop");
    assert_int_equal(p.st, ST_OK);
    assert_true(flag_given(p.v, "published"));
    assert_string_equal(flag_text(p.v, "published", "unset"), "");
    assert_string_equal(argument_at(p.v, 0), "flip_flop");
    cli_free(p.v);
    parse(&p, "table --published=beside flip_flop");
    assert_int_equal(p.st, ST_OK);
    assert_string_equal(flag_text(p.v, "published", "unset"), "beside");
    cli_free(p.v);
    parse(&p, "table --published=");
    assert_int_equal(p.st, ST_USAGE);
    cli_free(p.v);
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    struct parsed p;
    parse(&p, "gen -- --split");
    assert_int_equal(p.st, ST_OK);
    assert_string_equal(argument_at(p.v, 0), "--split");
    assert_false(flag_given(p.v, "split"));
    cli_free(p.v);
}

static void one_dash_and_negative_numbers_are_values(void **state)
{
    (void)state;
    struct parsed p;
    long n;
    parse(&p, "gen t -o - --seed -3");
    assert_int_equal(p.st, ST_OK);
    assert_string_equal(flag_text(p.v, "output", ""), "-");
    assert_int_equal(flag_integer(p.v, "seed", -5, 5, 0, &n, &p.e), ST_OK);
    assert_int_equal(n, -3);
    assert_int_equal(flag_integer(p.v, "seed", 0, 5, 0, &n, &p.e), ST_USAGE);
    assert_non_null(strstr(p.e.msg, "from 0 to 5"));
    cli_free(p.v);
}

static void refused(const char *line, const char *complaint)
{
    struct parsed p;
    parse(&p, line);
    assert_int_equal(p.st, ST_USAGE);
    if (!strstr(p.e.msg, complaint))
        fail_msg("%s: %s", line, p.e.msg);
    cli_free(p.v);
}

static void empty_values_are_refused(void **state)
{
    (void)state;
    refused("run --db=", "\"--db\" has an empty value; --db DB is wanted");
    refused("run --profile=", "has an empty value");
}

static void one_key_is_set_once(void **state)
{
    struct parsed p;
    (void)state;
    refused("run --set train.steps=1 --set train.lr=1 --set train.steps=2",
            "given twice: \"train.steps=1\" and \"train.steps=2\"");
    refused("eval 1 --set p_ignore=0.5 --set p_ignore=0.6", "given twice");
    parse(&p, "run --set train.step=1 --set train.steps=2 --set a.train.steps=2 "
              "--only encoder=a --only encoder=b");
    assert_int_equal(p.st, ST_OK);
    cli_free(p.v);
}

static void integers_are_read_to_the_end(void **state)
{
    (void)state;
    static const char *const bad[] = {"3x", "x", "1e3", "99999999999999999999", "2.5"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct parsed p;
        char line[64];
        long n = 42;
        snprintf(line, sizeof line, "gen t --seed=%s", bad[i]);
        parse(&p, line);
        assert_int_equal(p.st, ST_OK);
        assert_int_equal(flag_integer(p.v, "seed", 0, 1L << 40, 0, &n, &p.e), ST_USAGE);
        assert_int_equal(n, 42);
        cli_free(p.v);
    }
}

static void mistakes_are_named_with_a_suggestion(void **state)
{
    (void)state;
    refuses("gne", "no command \"gne\"; did you mean \"gen\"?");
    refuses("xyzzy", "\"posbench --help\" lists them");
    refuses("gen t --splt id", "\"--splt\"; did you mean \"--split\"?");
    refuses("gen t --quite", "did you mean \"--quiet\"?");
    refuses("gen t --zzzz", "\"gen\" has no option \"--zzzz\"");
    refuses("gen t -z", "\"gen\" has no option \"-z\"");
    refuses("--split id gen t", "options follow its name");
    refuses("gen t --split", "option \"--split\" needs a value: --split SPLIT");
    refuses("gen t --split --force", "needs a value");
    refuses("gen t --force=1", "\"--force\" takes no value");
    refuses("gen t -n 1 --count=2", "given twice: \"1\" and \"2\"");
    refuses("gen", "lacks an argument; usage: posbench gen TASK");
    refuses("gen a b", "does not know what to do with \"b\"");
}

static void help_is_asked_for_in_any_place(void **state)
{
    (void)state;
    static const char *const lines[] = {"help gen", "gen --help", "--help gen",
                                        "gen -h",   "-h gen",     "help gen t"};
    struct parsed p;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        parse(&p, lines[i]);
        assert_int_equal(p.st, ST_OK);
        assert_int_equal(cli_wish(p.v), CLI_HELP);
        assert_string_equal(cli_command(p.v)->name, "gen");
        cli_free(p.v);
    }
    parse(&p, "help");
    assert_int_equal(cli_wish(p.v), CLI_HELP);
    assert_null(cli_command(p.v));
    cli_free(p.v);
    parse(&p, "--version");
    assert_int_equal(cli_wish(p.v), CLI_VERSION);
    cli_free(p.v);
    parse(&p, "-q");
    assert_int_equal(cli_wish(p.v), CLI_NOTHING);
    cli_free(p.v);
}

/* ---- every command's table ---- */

static void check_flag(const struct command *c, const struct flag *f)
{
    if (!f->help || !*f->help || strchr(f->help, '\n'))
        fail_msg("%s --%s: help is one line", c->name, f->name);
    if (f->repeated && !f->value)
        fail_msg("%s --%s: a switch is not repeated", c->name, f->name);
    for (const struct flag *g = cli_globals; g->name; g++)
        if (strcmp(f->name, g->name) == 0 || (f->letter && f->letter == g->letter))
            fail_msg("%s --%s: clashes with the global --%s", c->name, f->name, g->name);
    for (const struct flag *g = f + 1; g->name; g++)
        if (strcmp(f->name, g->name) == 0 || (f->letter && f->letter == g->letter))
            fail_msg("%s: --%s and --%s are alike", c->name, f->name, g->name);
}

static void tables_are_sound(void **state)
{
    (void)state;
    assert_true(command_count() > 0);
    for (int i = 0; i < command_count(); i++) {
        const struct command *c = command_at(i);
        assert_ptr_equal(command_find(c->name), c);
        assert_true(i == 0 || strcmp(command_at(i - 1)->name, c->name) < 0);
        assert_non_null(c->run);
        assert_true(c->max_args < 0 || c->max_args >= c->min_args);
        assert_true(c->max_args == 0 || c->arguments);
        if (!c->summary || !*c->summary || strchr(c->summary, '\n'))
            fail_msg("%s: the summary is one line", c->name);
        for (const struct flag *f = c->flags; f && f->name; f++)
            check_flag(c, f);
    }
}

/* Examples in help are command lines, one on each line; with --help appended they parse. */
static void check_example(const struct command *c, const char *text, int n)
{
    struct program p;
    const int skip = (int)strlen("posbench ");
    assert_int_equal(strncmp(text, "posbench ", (size_t)skip), 0);
    RUN(&p, "%.*s --help", n - skip, text + skip);
    if (p.code != 0)
        fail_msg("%s: the example \"%.*s\" is refused: %s", c->name, n, text, p.err);
    program_free(&p);
}

static void examples_in_help_are_accepted(void **state)
{
    (void)state;
    for (int i = 0; i < command_count(); i++) {
        const struct command *c = command_at(i);
        const char *text = c->examples ? c->examples : "";
        if (c->group == GROUP_INTERNAL)
            continue;
        if (!*text)
            fail_msg("%s: help begins with examples", c->name);
        while (*text) {
            const int n = (int)strcspn(text, "\n");
            check_example(c, text, n);
            text += n + (text[n] == '\n');
        }
    }
}

/* ---- the program ---- */

static void assert_narrow(const char *what, const char *text)
{
    for (const char *line = text; *line;) {
        const int n = (int)strcspn(line, "\n");
        if (n > WIDTH)
            fail_msg("%s: %d columns: %.*s", what, n, n, line);
        line += n + (line[n] == '\n');
    }
}

static void help_goes_to_stdout_and_fits_80_columns(void **state)
{
    (void)state;
    struct program p;
    RUN(&p, "--help");
    assert_int_equal(p.code, 0);
    assert_string_equal(p.err, "");
    assert_narrow("--help", p.out);
    for (int i = 0; i < command_count(); i++) {
        const bool listed = strstr(p.out, command_at(i)->summary) != NULL;
        if (command_at(i)->group == GROUP_INTERNAL)
            assert_false(listed);
        else if (!strstr(p.out, command_at(i)->name))
            fail_msg("--help does not list %s", command_at(i)->name);
    }
    program_free(&p);
    for (int i = 0; i < command_count(); i++) {
        const struct command *c = command_at(i);
        RUN(&p, "%s --help", c->name);
        assert_int_equal(p.code, 0);
        assert_string_equal(p.err, "");
        assert_narrow(c->name, p.out);
        for (const struct flag *f = c->flags; f && f->name; f++) {
            char name[80];
            snprintf(name, sizeof name, "--%s", f->name);
            assert_non_null(strstr(p.out, name));
        }
        program_free(&p);
    }
}

static void without_a_command_it_runs_nothing(void **state)
{
    (void)state;
    struct program p;
    RUN(&p, "%s", "");
    assert_int_equal(p.code, 2);
    assert_string_equal(p.out, "");
    assert_non_null(strstr(p.err, "posbench run"));
    assert_non_null(strstr(p.err, "posbench table"));
    program_free(&p);
}

static void mistakes_go_to_stderr_with_code_2(void **state)
{
    (void)state;
    static const char *const lines[] = {"gne", "gen", "gen flip_flop --splt x", "--zzz",
                                        "-C /nowhere/at/all gen flip_flop -n 1"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct program p;
        RUN(&p, "%s", lines[i]);
        assert_int_equal(p.code, 2);
        assert_string_equal(p.out, "");
        assert_non_null(strstr(p.err, "posbench: "));
        assert_non_null(strstr(p.err, "--help"));
        program_free(&p);
    }
}

static void version_names_what_moves_a_number(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "^posbench [0-9]+\\.[0-9]+\\.[0-9]+\n",
        "\ncommit +([0-9a-f]{12}( with uncommitted changes)?|unknown)\n",
        "\ncompiler +[A-Za-z]+ [0-9]+[.0-9]*, -[^\n]+\n",
        "\nBLAS +[A-Za-z]+[^\n]* [0-9]+\\.[0-9]+[^\n]*\n",
        "\nSQLite +3\\.[0-9]+\\.[0-9]+\n",
        "\nkernels +[a-z0-9]+[-a-z0-9]*\n",
    };
    struct program p;
    RUN(&p, "--version");
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        regex_t pattern;
        assert_int_equal(regcomp(&pattern, patterns[i], REG_EXTENDED | REG_NOSUB), 0);
        if (regexec(&pattern, p.out, 0, NULL, 0) != 0)
            fail_msg("no %s in\n%s", patterns[i], p.out);
        regfree(&pattern);
    }
    program_free(&p);
}

static void a_full_disk_behind_stdout_is_an_error(void **state)
{
    (void)state;
    struct program p;
    RUN(&p, "--help >/dev/full");
    assert_int_equal(p.code, 3);
    assert_non_null(strstr(p.err, "standard output"));
    program_free(&p);
}

static void status_decides_the_exit_code(void **state)
{
    (void)state;
    static const struct {
        enum status st;
        int code;
    } want[] = {{ST_OK, 0},        {ST_FAILED, 1},  {ST_USAGE, 2}, {ST_CONFIG, 2},
                {ST_RANGE, 2},     {ST_NOMEM, 3},   {ST_IO, 3},    {ST_DB, 3},
                {ST_NONFINITE, 3}, {ST_NOTFOUND, 4}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_int_equal(cli_exit_code(want[i].st, 0), want[i].code);
    assert_int_equal(cli_exit_code(ST_INTERRUPTED, 0), 130);
    assert_int_equal(cli_exit_code(ST_INTERRUPTED, SIGINT), 130);
    assert_int_equal(cli_exit_code(ST_INTERRUPTED, SIGTERM), 143);
}

static void colour_follows_option_then_environment(void **state)
{
    (void)state;
    struct parsed plain, never;
    FILE *file = tmpfile(); /* not a terminal */
    parse(&plain, "gen t");
    parse(&never, "gen t --no-color");
    assert_non_null(file);
    unsetenv("NO_COLOR");
    unsetenv("CLICOLOR_FORCE");
    assert_false(cli_colour(plain.v, file));
    setenv("CLICOLOR_FORCE", "1", 1);
    assert_true(cli_colour(plain.v, file));
    assert_false(cli_colour(never.v, file));
    setenv("CLICOLOR_FORCE", "0", 1);
    assert_false(cli_colour(plain.v, file));
    unsetenv("CLICOLOR_FORCE");
    fclose(file);
    cli_free(plain.v);
    cli_free(never.v);
}

static void doctor_has_colours_where_they_are_wanted(void **state)
{
    struct program p;
    (void)state;
    program_run(&p, POSBENCH, "CLICOLOR_FORCE=1", "doctor");
    assert_non_null(strstr(p.out, "\033[32mok     \033[0m program"));
    program_free(&p);
    program_run(&p, POSBENCH, NULL, "doctor");
    assert_non_null(strstr(p.out, "ok      program"));
    assert_null(strchr(p.out, '\033'));
    program_free(&p);
}

static void kernels_that_are_not_there_are_refused_by_name(void **state)
{
    (void)state;
    struct program p;
    program_run(&p, POSBENCH, "POSBENCH_KERNELS=avx9000", "list tasks");
    assert_int_equal(p.code, 2);
    assert_non_null(strstr(p.err, "avx9000"));
    assert_non_null(strstr(p.err, "naive"));
    program_free(&p);
    program_run(&p, POSBENCH, "POSBENCH_KERNELS=naive", "list tasks");
    assert_int_equal(p.code, 0);
    program_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_may_be_written_in_four_ways),
        cmocka_unit_test(options_and_arguments_may_mix),
        cmocka_unit_test(repeated_values_come_in_order),
        cmocka_unit_test(a_value_may_be_left_out_where_the_option_says_so),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(one_dash_and_negative_numbers_are_values),
        cmocka_unit_test(empty_values_are_refused),
        cmocka_unit_test(one_key_is_set_once),
        cmocka_unit_test(integers_are_read_to_the_end),
        cmocka_unit_test(mistakes_are_named_with_a_suggestion),
        cmocka_unit_test(help_is_asked_for_in_any_place),
        cmocka_unit_test(tables_are_sound),
        cmocka_unit_test(examples_in_help_are_accepted),
        cmocka_unit_test(help_goes_to_stdout_and_fits_80_columns),
        cmocka_unit_test(without_a_command_it_runs_nothing),
        cmocka_unit_test(mistakes_go_to_stderr_with_code_2),
        cmocka_unit_test(version_names_what_moves_a_number),
        cmocka_unit_test(a_full_disk_behind_stdout_is_an_error),
        cmocka_unit_test(status_decides_the_exit_code),
        cmocka_unit_test(colour_follows_option_then_environment),
        cmocka_unit_test(doctor_has_colours_where_they_are_wanted),
        cmocka_unit_test(kernels_that_are_not_there_are_refused_by_name),
    };
    return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
