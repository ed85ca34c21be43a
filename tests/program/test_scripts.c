/* scripts/lib.sh and scripts/update-page, with stand-ins for CMake, which records how it was
 * called, and for the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"

/* Makes a checkout in a folder of its own, whose build folder was made under `home`. Prints
 * the first call of CMake. */
static const char script[] =
    "-c 'set -e; top=$(mktemp -d); trap \"rm -rf $top\" EXIT\n"
    "mkdir -p $top/scripts $top/bin $top/build/release; cp %s/../../scripts/lib.sh "
    "$top/scripts\n"
    "printf \"#!/bin/sh\\necho \\\"\\$@\\\" >>$top/calls\\n\" >$top/bin/cmake\n"
    "chmod +x $top/bin/cmake; home=%s\n"
    "[ -z \"$home\" ] || echo CMAKE_HOME_DIRECTORY:INTERNAL=$home "
    ">$top/build/release/CMakeCache.txt\n"
    "PATH=$top/bin:$PATH; . $top/scripts/lib.sh; build release posbench\n"
    "head -1 $top/calls'";

static void expect_call(const char *home, const char *want)
{
    char arguments[2048];
    struct program p;
    snprintf(arguments, sizeof arguments, script, TEST_DATA, home);
    program_run(&p, "bash", NULL, arguments);
    if (p.code != 0)
        fail_msg("%s", p.err);
    assert_string_equal(p.out, want);
    program_free(&p);
}

static void a_copied_checkout_is_configured_afresh(void **state)
{
    (void)state;
    expect_call("/somewhere/else", "--fresh --preset release\n");
}

static void a_checkout_in_its_place_is_not(void **state)
{
    (void)state;
    expect_call("$top", "--preset release\n");
    expect_call("", "--preset release\n");
}

/* A page of four fences: one below a command that reads, two below none, one below a command
 * that trains, and an indented line that is no command of the page; a picture without a fence.
 * Updates it with `files` and prints the page, then what the script said of training, then
 * what was called. */
static const char update[] =
    "-c 'set -e; top=$(mktemp -d); trap \"rm -rf $top\" EXIT\n"
    "mkdir -p $top/scripts $top/bin $top/build/release\n"
    "cp %s/../../scripts/lib.sh %s/../../scripts/update-page $top/scripts; cd $top\n"
    "printf \"#!/bin/sh\\n\" | tee bin/cmake >build/release/posbench\n"
    "echo \"echo \\$* >>$top/calls; echo now \\$*\" >>build/release/posbench\n"
    "chmod +x bin/cmake build/release/posbench; fence=$(printf \"\\140\\140\\140\")\n"
    "printf \"%%s\\n\" \"    posbench table\" \"\" ${fence}text old $fence \"\" "
    "${fence}text hand \"    posbench claims\" $fence "
    "\"    posbench -q run x.yaml && posbench query\" \"\" ${fence}text trained $fence "
    "\"    posbench plot\" words ${fence}text kept $fence >page\n"
    "touch x.yaml; PATH=$top/bin:$PATH scripts/update-page page %s 2>said\n"
    "cat page; grep trains said || true; cat calls'";

static void expect_page(const char *files, const char *want)
{
    char arguments[2048];
    struct program p;
    snprintf(arguments, sizeof arguments, update, TEST_DATA, TEST_DATA, files);
    program_run(&p, "bash", NULL, arguments);
    if (p.code != 0)
        fail_msg("%s", p.err);
    assert_string_equal(p.out, want);
    program_free(&p);
}

#define PAGE(TRAINED)                                                             \
    "    posbench table\n\n```text\nnow table\n```\n\n"                           \
    "```text\nhand\n    posbench claims\n```\n"                                   \
    "    posbench -q run x.yaml && posbench query\n\n```text\n" TRAINED "\n```\n" \
    "    posbench plot\nwords\n```text\nkept\n```\n"

static void updating_a_page_starts_no_training(void **state)
{
    (void)state;
    expect_page("",
                PAGE("trained") "== page:11: trains, so it is not run and the fence below "
                                "it stays: posbench -q run x.yaml && posbench query\n"
                                "table\n");
}

static void a_page_with_files_is_followed_whole(void **state)
{
    (void)state;
    expect_page("x.yaml",
                PAGE("now -q run x.yaml\nnow query") "table\n-q run x.yaml\nquery\nplot\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copied_checkout_is_configured_afresh),
        cmocka_unit_test(a_checkout_in_its_place_is_not),
        cmocka_unit_test(updating_a_page_starts_no_training),
        cmocka_unit_test(a_page_with_files_is_followed_whole),
    };
    return cmocka_run_group_tests_name("scripts", tests, NULL, NULL);
}
