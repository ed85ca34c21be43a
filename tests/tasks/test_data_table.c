/* Data of tasks: opened once for each set of options that decide the data, distinguished by
 * their hash, refused with the task's own message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "task.h"

enum { FILE_NAME, LENGTH };

static const char *const files[] = {"sample", NULL};
static const struct option options[] = {
    [FILE_NAME] = {"file", OPTION_CHOICE, .choices = files, .open = true, .path = true,
                   .data = true, .help = "name or path"},
    [LENGTH] = {"length", OPTION_INT, .lo = 1, .hi = 9, .dflt = 2, .help = "tokens"},
    {0},
};

static int opens, closes;
static char opened[4][OPTION_TEXT];

static enum status toy_open(const struct option_values *o, struct task_data *out,
                            struct err *e)
{
    const char *name = option_word(&options[FILE_NAME], o->v[FILE_NAME]);
    if (strcmp(name, "missing") == 0)
        return err_set(e, ST_IO, "file: %s: there is no such file", name);
    assert_in_range(opens, 0, 3);
    snprintf(opened[opens], sizeof opened[opens], "%s", name);
    *out = (struct task_data){.at = opened[opens++], .hash = {strlen(name), 15}};
    return ST_OK;
}

static void toy_close(struct task_data *d)
{
    assert_non_null(d->at);
    closes++;
}

static enum status toy_check(const struct option_values *o, struct err *e)
{
    return o->v[LENGTH] < 9 ? ST_OK : err_set(e, ST_RANGE, "length: too long");
}

static const struct task toy = {.name = "toy",
                                .options = options,
                                .open = toy_open,
                                .close = toy_close,
                                .check = toy_check};

static struct option_values named(const char *name)
{
    struct option_values o;
    option_defaults(options, &o);
    assert_int_equal(option_parse(&options[FILE_NAME], name, &o.v[FILE_NAME], NULL), ST_OK);
    return o;
}

static void data_are_opened_once_for_each_name(void **state)
{
    struct option_values a = named("sample"), b = named("my/other file"), longer = a;
    char hash[TASK_HASH_TEXT];
    (void)state;
    longer.v[LENGTH] = 5;
    opens = closes = 0;
    assert_int_equal(task_open(&toy, &a, NULL), ST_OK);
    assert_int_equal(task_open(&toy, &longer, NULL), ST_OK);
    assert_int_equal(opens, 1);
    const struct task_data *first = task_data(&toy, &a);
    assert_ptr_equal(first, task_data(&toy, &longer));
    assert_int_equal(task_open(&toy, &b, NULL), ST_OK);
    assert_int_equal(opens, 2);
    assert_string_equal(task_data(&toy, &b)->at, "my/other file");
    assert_ptr_equal(first, task_data(&toy, &a));
    task_data_text(&toy, &b, hash);
    assert_string_equal(hash, "000000000000000d000000000000000f");
    task_close_all();
    assert_int_equal(closes, 2);
}

static void errors_are_the_tasks_own_and_leave_nothing_open(void **state)
{
    const struct option_values missing = named("missing");
    struct option_values wrong = named("sample");
    struct err e;
    (void)state;
    wrong.v[LENGTH] = 9;
    opens = closes = 0;
    assert_int_equal(task_open(&toy, &missing, &e), ST_IO);
    assert_string_equal(e.msg, "file: missing: there is no such file");
    assert_int_equal(task_open(&toy, &wrong, &e), ST_RANGE);
    assert_string_equal(e.msg, "length: too long");
    task_close_all();
    assert_int_equal(closes, opens);
}

static void a_task_without_data_has_no_hash(void **state)
{
    const struct task *t = task_find("parity");
    struct option_values o;
    char hash[TASK_HASH_TEXT] = "x";
    (void)state;
    option_defaults(t->options, &o);
    assert_int_equal(task_open(t, &o, NULL), ST_OK);
    task_data_text(t, &o, hash);
    assert_string_equal(hash, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_are_opened_once_for_each_name),
        cmocka_unit_test(errors_are_the_tasks_own_and_leave_nothing_open),
        cmocka_unit_test(a_task_without_data_has_no_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
