/* A file is written whole or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "program.h"
#include "whole_file.h"

static char folder[SCRATCH_TEXT], path[PATH_MAX], aside[PATH_MAX];

static int setup(void **state)
{
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/file", folder);
    snprintf(aside, sizeof aside, "%s/file.part", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void expect_text(const char *want)
{
    char *text = file_text(path, NULL);
    assert_string_equal(text, want);
    free(text);
}

static enum status write_whole(const char *text, struct err *e)
{
    FILE *f = whole_file_open(aside);
    assert_non_null(f);
    return whole_file_finish(f, fputs(text, f) >= 0, aside, path, e);
}

static void a_new_file_takes_the_place_of_the_old_one(void **state)
{
    (void)state;
    assert_int_equal(write_whole("one", NULL), ST_OK);
    expect_text("one");
    FILE *f = whole_file_open(aside);
    assert_non_null(f);
    assert_true(fputs("two", f) >= 0 && fflush(f) == 0);
    expect_text("one"); /* until the new one is whole */
    assert_int_equal(whole_file_finish(f, true, aside, path, NULL), ST_OK);
    expect_text("two");
    assert_int_equal(access(aside, F_OK), -1);
}

/* A link under the temporary name is replaced, not followed. */
static void what_has_the_other_name_is_not_written_to(void **state)
{
    char other[PATH_MAX];
    (void)state;
    snprintf(other, sizeof other, "%s/precious", folder);
    FILE *f = fopen(other, "w");
    assert_non_null(f);
    fclose(f);
    assert_int_equal(symlink(other, aside), 0);
    assert_int_equal(write_whole("new", NULL), ST_OK);
    expect_text("new");
    struct stat about;
    assert_int_equal(stat(other, &about), 0);
    assert_int_equal(about.st_size, 0);
}

static void a_file_that_cannot_take_its_name_leaves_nothing(void **state)
{
    struct err e = {.msg = ""};
    (void)state;
    assert_int_equal(mkdir(path, 0777), 0);
    assert_int_equal(write_whole("x", &e), ST_IO);
    assert_non_null(strstr(e.msg, "file: cannot be written: "));
    assert_int_equal(access(aside, F_OK), -1);
    assert_int_equal(rmdir(path), 0);
}

static void what_could_not_be_written_changes_nothing(void **state)
{
    struct err e = {.msg = ""};
    (void)state;
    assert_int_equal(write_whole("old", NULL), ST_OK);
    FILE *f = whole_file_open(aside);
    assert_non_null(f);
    errno = ENOSPC;
    assert_int_equal(whole_file_finish(f, false, aside, path, &e), ST_IO);
    assert_non_null(strstr(e.msg, "No space left"));
    expect_text("old");
    assert_int_equal(access(aside, F_OK), -1);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    assert_null(whole_file_open("/nowhere/at/all"));
    whole_file_sync_folder("/nowhere/at/all"); /* does no harm */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_takes_the_place_of_the_old_one),
        TEST(what_has_the_other_name_is_not_written_to),
        TEST(a_file_that_cannot_take_its_name_leaves_nothing),
        TEST(what_could_not_be_written_changes_nothing),
        TEST(a_folder_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests_name("whole_file", tests, NULL, NULL);
}
