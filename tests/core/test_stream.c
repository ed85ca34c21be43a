/* How reading lines ended: at the end of the file, without memory for a line, or with an
 * error. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stream.h"

/* Leaves a stream as getline does when malloc fails: not at its end, without an error flag. */
static FILE *half_read(char *text)
{
    FILE *f = fmemopen(text, strlen(text), "r");
    assert_non_null(f);
    assert_int_equal(fgetc(f), text[0]);
    return f;
}

static void the_end_of_a_file_is_none_of_an_error(void **state)
{
    char text[] = "one\ntwo";
    FILE *f = half_read(text);
    struct err e = {0};
    (void)state;
    while (fgetc(f) != EOF)
        ;
    errno = ENOMEM; /* from another call */
    assert_int_equal(stream_end(f, "lines", &e), ST_OK);
    fclose(f);
}

static void a_line_without_memory_is_not_the_end(void **state)
{
    char text[] = "one\ntwo\n";
    FILE *f = half_read(text);
    struct err e = {0};
    (void)state;
    errno = ENOMEM;
    assert_int_equal(stream_end(f, "lines", &e), ST_NOMEM);
    assert_string_equal(e.msg, "lines: no memory to read it");
    fclose(f);
}

static void a_folder_cannot_be_read(void **state)
{
    FILE *f = fopen("/", "r");
    char *line = NULL;
    size_t room = 0;
    struct err e = {0};
    (void)state;
    assert_non_null(f);
    assert_int_equal(getline(&line, &room, f), -1);
    assert_int_equal(stream_end(f, "/", &e), ST_IO);
    assert_non_null(strstr(e.msg, "cannot be read: Is a directory"));
    free(line);
    fclose(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_a_file_is_none_of_an_error),
        cmocka_unit_test(a_line_without_memory_is_not_the_end),
        cmocka_unit_test(a_folder_cannot_be_read),
    };
    return cmocka_run_group_tests_name("stream", tests, NULL, NULL);
}
