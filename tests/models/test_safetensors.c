/* Checkpoints: the layout byte by byte, and damaged files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "safetensors.h"
#include "program.h"
#include "toy.h"

static char folder[SCRATCH_TEXT], path[SCRATCH_TEXT + 32];

static int setup(void **state)
{
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/a.safetensors", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void write_bytes(const void *bytes, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* Writes the header's length, the header and the data. */
static void write_parts(const char *header, const void *data, size_t n)
{
    unsigned char bytes[4096] = {0};
    const size_t length = strlen(header);
    assert_in_range(8 + length + n, 0, sizeof bytes);
    bytes[0] = (unsigned char)(length & 255);
    bytes[1] = (unsigned char)(length >> 8);
    for (size_t i = 0; i < length; i++)
        bytes[8 + i] = (unsigned char)header[i];
    memcpy(bytes + 8 + length, data, n);
    write_bytes(bytes, 8 + length + n);
}

static real two[2] = {1.0f, -2.0f}, six[6] = {0.5f, 1e-30f, 3e38f, -0.0f, 7.0f, 8.0f};

static const struct safetensors_tensor pair[] = {{"v", 1, 2, two}, {"w", 3, 2, six}};

/* 1.0f is 00 00 80 3f and -2.0f is 00 00 00 c0, lowest byte first. */
static void the_layout_is_as_worked_by_hand(void **state)
{
    static const unsigned char numbers[] = {0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0};
    static const char header[] = "{\"__metadata__\":{\"k\":\"t\"},\"v\":{\"dtype\":\"F32\","
                                 "\"shape\":[2],\"data_offsets\":[0,8]}}";
    const struct safetensors_note note = {"k", "t"};
    size_t n;
    (void)state;
    assert_int_equal(safetensors_write(path, pair, 1, &note, 1, NULL), ST_OK);
    char *text = file_text(path, &n);
    const size_t length = (unsigned char)text[0];
    assert_int_equal(length % 8, 0);
    assert_int_equal(n, 8 + length + sizeof numbers);
    assert_memory_equal(text + 8, header, strlen(header));
    for (size_t i = strlen(header); i < length; i++)
        assert_int_equal(text[8 + i], ' ');
    assert_memory_equal(text + 8 + length, numbers, sizeof numbers);
    free(text);
}

static void what_is_written_is_read_back_to_the_bit(void **state)
{
    real a[2] = {0}, b[6] = {0};
    /* The order differs: tensors are found by name. */
    const struct safetensors_tensor back[] = {{"w", 3, 2, b}, {"v", 1, 2, a}};
    const struct safetensors_note note = {"config", "{\"seed\":1}"};
    char *text = NULL;
    (void)state;
    assert_int_equal(safetensors_write(path, pair, 2, &note, 1, NULL), ST_OK);
    assert_int_equal(safetensors_read(path, back, 2, NULL), ST_OK);
    assert_memory_equal(a, two, sizeof two);
    assert_memory_equal(b, six, sizeof six);
    assert_int_equal(safetensors_note_read(path, "config", &text, NULL), ST_OK);
    assert_string_equal(text, "{\"seed\":1}");
    free(text);
    assert_int_equal(safetensors_note_read(path, "other", &text, NULL), ST_OK);
    assert_null(text);
}

static void a_model_comes_back_whole(void **state)
{
    const struct trainer_config c = toy_config("cope+rope", "p_max=3");
    struct model *a, *b;
    (void)state;
    assert_int_equal(model_open(&c.model, 1, &a, NULL), ST_OK);
    assert_int_equal(model_open(&c.model, 2, &b, NULL), ST_OK);
    toy_shake(a, 3);
    assert_int_equal(safetensors_save_model(path, a, NULL, 0, NULL), ST_OK);
    assert_int_equal(safetensors_load_model(path, b, NULL), ST_OK);
    for (int i = 0; i < model_tensor_count(a); i++) {
        const struct tensor *t = model_tensor(a, i);
        assert_memory_equal(model_weights(a) + t->offset, model_weights(b) + t->offset,
                            sizeof(real) * (size_t)t->rows * (size_t)t->columns);
    }
    model_close(a);
    model_close(b);
}

static void another_model_is_refused(void **state)
{
    const struct trainer_config big = toy_config("absolute", "");
    const struct trainer_config none = toy_config("none", "");
    struct model *a, *b;
    struct err e;
    (void)state;
    assert_int_equal(model_open(&big.model, 1, &a, NULL), ST_OK);
    assert_int_equal(model_open(&none.model, 1, &b, NULL), ST_OK);
    assert_int_equal(safetensors_save_model(path, a, NULL, 0, NULL), ST_OK);
    assert_int_equal(safetensors_load_model(path, b, &e), ST_IO);
    assert_non_null(strstr(e.msg, "more than the model has"));
    assert_int_equal(safetensors_save_model(path, b, NULL, 0, NULL), ST_OK);
    assert_int_equal(safetensors_load_model(path, a, &e), ST_IO);
    assert_non_null(strstr(e.msg, "has no tensor"));
    model_close(a);
    model_close(b);
}

static const char good[] =
    "{\"v\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";

/* Reads tensor v; returns the status and checks that v is unchanged unless that is ST_OK. */
static enum status read_v(struct err *e)
{
    real v[2] = {11.0f, 12.0f};
    const struct safetensors_tensor want = {"v", 1, 2, v};
    const enum status st = safetensors_read(path, &want, 1, e);
    if (st != ST_OK)
        assert_true(v[0] == 11.0f && v[1] == 12.0f);
    return st;
}

static void wrong_headers_are_refused(void **state)
{
    static const struct {
        const char *header, *complaint;
    } bad[] = {
        {"{\"v\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,8]}}", "not F32"},
        {"{\"v\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}",
         "is not 1 x 2"},
        {"{\"v\":{\"dtype\":\"F32\",\"shape\":[2,1],\"data_offsets\":[0,8]}}",
         "is not 1 x 2"},
        {"{\"v\":{\"dtype\":\"F32\",\"shape\":[1,2,1],\"data_offsets\":[0,8]}}", "is not"},
        {"{\"v\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", "cut off"},
        {"{\"v\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}", "outside"},
        {"{\"v\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", "outside"},
        {"{\"v\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", "damaged"},
        {"{\"v\":{\"dtype\":\"F32\",\"shape\":[2]}}", "damaged"},
        {"{\"v\":[]}", "damaged"},
        {"{\"u\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "no tensor"},
        {"{\"v\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}} x", "damaged"},
        {"[]", "damaged"},
        {"", "damaged"},
    };
    struct err e;
    (void)state;
    write_parts(good, two, sizeof two);
    assert_int_equal(read_v(&e), ST_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_parts(bad[i].header, two, sizeof two);
        assert_int_equal(read_v(&e), ST_IO);
        if (!strstr(e.msg, bad[i].complaint) || !strstr(e.msg, path))
            fail_msg("%s: \"%s\" instead of \"%s\"", bad[i].header, e.msg,
                     bad[i].complaint);
    }
}

static void wrong_lengths_are_refused(void **state)
{
    static const unsigned char huge[] = {255, 255, 255, 255, 255, 255, 255, 255, '{', '}'};
    struct err e;
    (void)state;
    assert_int_equal(read_v(&e), ST_NOTFOUND);
    write_bytes("", 0);
    assert_int_equal(read_v(&e), ST_IO);
    write_bytes(huge, 5);
    assert_int_equal(read_v(&e), ST_IO);
    write_bytes(huge, sizeof huge);
    assert_int_equal(read_v(&e), ST_IO);
    write_parts(good, two, 7);
    assert_int_equal(read_v(&e), ST_IO);
    write_parts(good, six, 9);
    assert_int_equal(read_v(&e), ST_IO);
}

/* Writes a header of `head`, `n` times `part` and `tail`, followed by the bytes of v. */
static void write_long(const char *head, const char *part, size_t n, const char *tail)
{
    const size_t width = strlen(part), length = strlen(head) + n * width + strlen(tail);
    unsigned char front[8];
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    for (int i = 0; i < 8; i++)
        front[i] = (unsigned char)((uint64_t)length >> 8 * i);
    assert_int_equal(fwrite(front, 1, sizeof front, f), sizeof front);
    assert_true(fputs(head, f) >= 0);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(fwrite(part, 1, width, f), width);
    assert_true(fputs(tail, f) >= 0);
    assert_int_equal(fwrite(two, 1, sizeof two, f), sizeof two);
    assert_int_equal(fclose(f), 0);
}

/* A million parsed objects would take 300 MB; a long note takes only its text. */
static void a_header_of_a_million_values_is_not_parsed(void **state)
{
    struct err e;
    (void)state;
    write_long("{\"v\":[", "{},", 1000000, "0]}");
    assert_int_equal(read_v(&e), ST_IO);
    assert_non_null(strstr(e.msg, "header is damaged"));
    write_long("{\"__metadata__\":{\"k\":\"", "\\\",{", 1000000,
               "\"},\"v\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}");
    assert_int_equal(read_v(&e), ST_OK);
}

/* Changes three bits of every byte of the file, one at a time: the file is read or refused, without
 * a crash. */
static void no_changed_byte_is_fatal(void **state)
{
    unsigned char bytes[512];
    size_t n;
    (void)state;
    write_parts(good, two, sizeof two);
    char *text = file_text(path, &n);
    assert_in_range(n, 1, sizeof bytes);
    for (size_t i = 0; i < n; i++)
        for (int bit = 0; bit < 8; bit += 3) {
            memcpy(bytes, text, n);
            bytes[i] = (unsigned char)(bytes[i] ^ 1u << bit);
            write_bytes(bytes, n);
            const enum status st = read_v(NULL);
            assert_true(st == ST_OK || st == ST_IO);
        }
    free(text);
}

/* Somebody else may have put these beside a database. */
static void links_are_replaced_and_pipes_refused(void **state)
{
    char other[SCRATCH_TEXT + 32];
    size_t n;
    struct err e;
    (void)state;
    snprintf(other, sizeof other, "%s/precious", folder);
    write_parts(good, two, sizeof two);
    assert_int_equal(rename(path, other), 0);
    char *before = file_text(other, &n);
    char temporary[sizeof path + 32];
    snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(symlink(other, temporary), 0);
    assert_int_equal(safetensors_write(path, pair, 2, NULL, 0, NULL), ST_OK);
    size_t after_n;
    char *after = file_text(other, &after_n);
    assert_int_equal(after_n, n);
    assert_memory_equal(before, after, n);
    free(before);
    free(after);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(read_v(&e), ST_IO);
    assert_non_null(strstr(e.msg, "not a file"));
}

/* A file that no reader would accept does not replace a good one. */
static void notes_without_end_leave_the_old_file(void **state)
{
    const size_t n = (size_t)101 << 20;
    char *text = malloc(n + 1);
    struct err e;
    (void)state;
    assert_non_null(text);
    memset(text, 'x', n);
    text[n] = '\0';
    const struct safetensors_note long_note = {"reported", text};
    write_parts(good, two, sizeof two);
    assert_int_equal(safetensors_write(path, pair, 2, &long_note, 1, &e), ST_IO);
    assert_non_null(strstr(e.msg, "its notes have 101 MiB"));
    assert_int_equal(read_v(NULL), ST_OK);
    free(text);
}

/* The limit on file sizes stops the write halfway, like a full disk. */
static void a_failed_write_leaves_the_old_file(void **state)
{
    real many[4096] = {0};
    const struct safetensors_tensor large = {"v", 1, 4096, many};
    struct rlimit before, small;
    struct err e;
    (void)state;
    write_parts(good, two, sizeof two);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const enum status st = safetensors_write(path, &large, 1, NULL, 0, &e);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(st, ST_IO);
    assert_non_null(strstr(e.msg, path));
    assert_int_equal(read_v(NULL), ST_OK);
    char temporary[sizeof path + 32];
    snprintf(temporary, sizeof temporary, "%s.%ld.tmp", path, (long)getpid());
    assert_int_not_equal(access(temporary, F_OK), 0);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    struct err e;
    (void)state;
    assert_int_equal(safetensors_write("/nowhere/at/all", pair, 1, NULL, 0, &e), ST_IO);
    assert_non_null(strstr(e.msg, "/nowhere/at/all"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_layout_is_as_worked_by_hand, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_written_is_read_back_to_the_bit, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_model_comes_back_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(another_model_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_headers_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_lengths_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_header_of_a_million_values_is_not_parsed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(no_changed_byte_is_fatal, setup, teardown),
        cmocka_unit_test_setup_teardown(links_are_replaced_and_pipes_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(notes_without_end_leave_the_old_file, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_failed_write_leaves_the_old_file, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_named, setup,
                                        teardown),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, NULL, NULL);
}
