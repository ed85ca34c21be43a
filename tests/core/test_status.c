/* Statuses and the message that goes with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "status.h"

static void filling_an_err_returns_its_code(void **state)
{
    struct err e = {0};
    (void)state;
    assert_int_equal(err_set(&e, ST_IO, "%s: line %d", "a.yaml", 7), ST_IO);
    assert_int_equal(e.code, ST_IO);
    assert_string_equal(e.msg, "a.yaml: line 7");
    assert_int_equal(err_set(NULL, ST_DB, "nobody listens"), ST_DB);
}

static void a_place_can_be_put_before_a_message(void **state)
{
    struct err e = {0};
    (void)state;
    err_set(&e, ST_RANGE, "length is odd");
    err_set(&e, e.code, "%s:%d: %s", "a.yaml", 3, e.msg);
    assert_string_equal(e.msg, "a.yaml:3: length is odd");
}

static void a_message_too_long_is_cut(void **state)
{
    static char text[2 * ERR_TEXT];
    static struct {
        struct err e;
        char behind;
    } room = {.behind = 'x'};
    (void)state;
    memset(text, 'a', sizeof text - 1);
    err_set(&room.e, ST_CONFIG, "%s", text);
    assert_int_equal(strlen(room.e.msg), ERR_TEXT - 1);
    assert_int_equal(room.behind, 'x');
}

static void every_status_has_words_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(ST_OK, 0);
    assert_string_equal(status_text(ST_OK), "ok");
    assert_string_equal(status_text(ST_NOTFOUND), "nothing matched");
    for (int i = ST_OK; i <= ST_INTERRUPTED; i++)
        for (int j = ST_OK; j < i; j++)
            assert_string_not_equal(status_text((enum status)i),
                                    status_text((enum status)j));
    assert_non_null(status_text((enum status)(ST_INTERRUPTED + 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filling_an_err_returns_its_code),
        cmocka_unit_test(a_place_can_be_put_before_a_message),
        cmocka_unit_test(a_message_too_long_is_cut),
        cmocka_unit_test(every_status_has_words_of_its_own),
    };
    return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
