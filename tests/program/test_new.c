/* posbench new makes a file, a test, a page and an encoder's picture, nothing else, and
 * refuses where they cannot be placed. new_builds.sh tries that they build and pass; the tests
 * of templates/ try their originals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "contract.h"
#include "newcomers.h"
#include "program.h"

enum { PATH_TEXT = 256 };

static char tree[SCRATCH_TEXT];

__attribute__((format(printf, 1, 2))) static void shell(const char *fmt, ...)
{
    char line[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (system(line) != 0) // NOLINT(cert-env33-c)
        fail_msg("%s", line);
}

/* Makes the folders and marker files of a source tree, in a git repository. */
static int make_tree(void **state)
{
    (void)state;
    scratch_make(tree);
    shell("cd %s && mkdir -p tasks models/encoders cmake tests/tasks tests/encoders "
          "docs/reference/tasks docs/reference/encoders below && "
          "touch tasks/task.h models/encoders/encoder.h cmake/plugins.cmake && "
          "for d in tests/tasks tests/encoders docs/reference/tasks "
          "docs/reference/encoders; do touch $d/.keep; done && "
          "git init -q && git add -A && git -c user.name=a -c user.email=b commit -qm a",
          tree);
    return 0;
}

static int remove_tree(void **state)
{
    (void)state;
    scratch_remove(tree);
    return 0;
}

static void expect(const char *arguments, int code, const char *words)
{
    struct program p;
    RUN(&p, "%s", arguments);
    if (p.code != code || !strstr(code ? p.err : p.out, words))
        fail_msg("posbench %s: code %d, \"%s\", \"%s\"", arguments, p.code, p.out, p.err);
    program_free(&p);
}

__attribute__((format(printf, 3, 4))) static void expect_in(int code, const char *words,
                                                            const char *fmt, ...)
{
    char arguments[512];
    va_list args;
    va_start(args, fmt);
    vsnprintf(arguments, sizeof arguments, fmt, args);
    va_end(args);
    expect(arguments, code, words);
}

/* Compares the output of git status, a line "?? file" for each file. */
static void assert_status(const char *want)
{
    struct program p;
    char arguments[PATH_TEXT];
    snprintf(arguments, sizeof arguments, "-C %s status --porcelain -uall", tree);
    program_run(&p, "git", NULL, arguments);
    assert_string_equal(p.out, want);
    program_free(&p);
}

static char *text_in_tree(const char *name)
{
    char path[PATH_TEXT];
    snprintf(path, sizeof path, "%s/%s", tree, name);
    return file_text(path, NULL);
}

static void its_files_are_new_and_nothing_else(void **state)
{
    (void)state;
    expect_in(0, "tasks/task_ladder.c", "new task ladder --tree %s", tree);
    assert_status("?? docs/reference/tasks/ladder.md\n"
                  "?? tasks/task_ladder.c\n"
                  "?? tests/tasks/test_task_ladder.c\n");
    expect_in(0, "encoder_spiral.c", "-C %s/below new encoder spiral", tree);
    assert_status("?? docs/reference/encoders/spiral.md\n"
                  "?? docs/reference/encoders/spiral.svg\n"
                  "?? docs/reference/tasks/ladder.md\n"
                  "?? models/encoders/encoder_spiral.c\n"
                  "?? tasks/task_ladder.c\n"
                  "?? tests/encoders/test_encoder_spiral.c\n"
                  "?? tests/tasks/test_task_ladder.c\n");
}

static void the_new_name_is_everywhere(void **state)
{
    static const char *const names[] = {"tasks/task_ladder.c",
                                        "tests/tasks/test_task_ladder.c",
                                        "docs/reference/tasks/ladder.md",
                                        "models/encoders/encoder_spiral.c",
                                        "tests/encoders/test_encoder_spiral.c",
                                        "docs/reference/encoders/spiral.md",
                                        "docs/reference/encoders/spiral.svg"};
    (void)state;
    for (int i = 0; i < 7; i++) {
        char *text = text_in_tree(names[i]);
        assert_null(strstr(text, NEWCOMER));
        assert_non_null(strstr(text, i < 3 ? "ladder" : "spiral"));
        free(text);
    }
}

/* The commands printed at the end name what was made. */
static void what_to_do_next_is_said(void **state)
{
    (void)state;
    expect_in(0,
              "    cmake --preset test\n"
              "    cmake --build --preset test --target posbench test_encoder_helix "
              "test_encoder_contract test_docs\n"
              "    POSBENCH_ENCODER=helix ctest --preset test -R "
              "'encoder_(helix|contract)|docs'\n"
              "    build/test/posbench show helix\n"
              "Then make it yours, step by step: CONTRIBUTING.md, \"Add an encoder\".\n",
              "new encoder helix --tree %s", tree);
    expect_in(0,
              "    ctest --preset test -R 'task_(stairs|contract)|docs'\n"
              "    build/test/posbench check stairs\n",
              "new task stairs --tree %s", tree);
    shell("cd %s && git clean -fdq", tree);
}

/* This holds outside the source tree, too. Where posbench is not installed, make says what is
 * missing. */
static void what_to_do_outside_is_said(void **state)
{
    struct program p;
    char arguments[PATH_TEXT];
    (void)state;
    snprintf(arguments, sizeof arguments,
             "    make -C %s/plug\n"
             "    posbench --plugin %s/plug/helix.so show helix\n",
             tree, tree);
    expect_in(0, arguments, "new encoder helix --out-of-tree %s/plug", tree);
    snprintf(arguments, sizeof arguments,
             "PKG_CONFIG_PATH= PKG_CONFIG_LIBDIR=/nowhere make -C %s/plug", tree);
    program_run(&p, "env", NULL, arguments);
    assert_int_not_equal(p.code, 0);
    if (!strstr(p.err, "no installed posbench is found") ||
        !strstr(p.err, "PKG_CONFIG_PATH=PREFIX/share/pkgconfig make"))
        fail_msg("make says \"%s\"", p.err);
    program_free(&p);
    shell("rm -r %s/plug", tree);
    expect_in(3, "make the folder that it lies in first",
              "new encoder helix --out-of-tree %s/absent/plug", tree);
}

static void what_is_there_is_never_replaced(void **state)
{
    (void)state;
    shell("echo mine > %s/tests/tasks/test_task_steps.c", tree);
    expect_in(2, "test_task_steps.c is there already", "new task steps --tree %s", tree);
    char *text = text_in_tree("tests/tasks/test_task_steps.c");
    assert_string_equal(text, "mine\n");
    free(text);
    shell("cd %s && rm tests/tasks/test_task_steps.c && test ! -e tasks/task_steps.c",
          tree);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    expect_in(2, "a task called parity", "new task parity --tree %s", tree);
    expect_in(2, "an encoder called rope", "new task rope --tree %s", tree);
    expect_in(2, "cannot name a file", "new task Ladder --tree %s", tree);
    expect_in(2, "cannot name a file", "new encoder 3d --tree %s", tree);
    expect_in(2, "cannot name a file", "new encoder ../x --tree %s", tree);
    expect_in(2, "digits and _, such as \"hard_alibi\"", "new encoder Hard-ALiBi --tree %s",
              tree);
    expect_in(2, "digits and _", "new encoder '' --tree %s", tree);
    expect_in(2, "has 33 letters, and the name of a task has 32 at most",
              "new task aaaaaaaaaabbbbbbbbbbccccccccccddd --tree %s", tree);
    expect_in(2, "has 24 letters, and the name of an encoder has 23 at most",
              "new encoder aaaaaaaaaabbbbbbbbbbcccc --tree %s", tree);
    expect_in(2, "encoder_find is a name in the program itself",
              "new encoder find --tree %s", tree);
    expect_in(2, "task_newcomer is a name in the program", "new task newcomer --tree %s",
              tree);
    expect_in(2, "nothing new is called \"tusk\"; did you mean \"task\"?",
              "new tusk ladder2 --tree %s", tree);
    expect_in(2, "no source tree of posbench", "new task ladder2 --tree %s/below", tree);
    expect("-C / new task ladder2", 2, "name one with --tree DIR");
}

static void the_new_task_keeps_its_contract(void **state)
{
    (void)state;
    for (const struct contract_clause *c = contract_clauses; c->name; c++) {
        struct err e = {.msg = ""};
        if (c->check(&task_newcomer, &e) != ST_OK)
            fail_msg("%s: %s", c->name, e.msg);
    }
}

/* Returns the number of lines that are neither blank nor comment. */
static int lines_of_code(const char *text)
{
    int n = 0;
    bool comment = false;
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        const char *first = line + strspn(line, " ");
        comment = comment || strncmp(first, "/*", 2) == 0;
        n += !comment && *first != '\n';
        const char *end = strstr(line, "*/");
        if (end && end < line + strcspn(line, "\n"))
            comment = false;
    }
    return n;
}

static void a_new_one_is_short(void **state)
{
    (void)state;
    assert_in_range(lines_of_code(newcomer_task), 30, 75);
    assert_in_range(lines_of_code(newcomer_encoder), 20, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_files_are_new_and_nothing_else),
        cmocka_unit_test(the_new_name_is_everywhere),
        cmocka_unit_test(what_is_there_is_never_replaced),
        cmocka_unit_test(what_to_do_next_is_said),
        cmocka_unit_test(what_to_do_outside_is_said),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(the_new_task_keeps_its_contract),
        cmocka_unit_test(a_new_one_is_short),
    };
    return cmocka_run_group_tests_name("new", tests, make_tree, remove_tree);
}
