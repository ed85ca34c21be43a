/* scripts/lib.sh, with a stand-in for CMake that records how it was called. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copied_checkout_is_configured_afresh),
        cmocka_unit_test(a_checkout_in_its_place_is_not),
    };
    return cmocka_run_group_tests_name("scripts", tests, NULL, NULL);
}
