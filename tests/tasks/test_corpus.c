/* Corpora and their token files: finding names and parts, messages about bad ones, ids that
 * are kept, remade when a text or the file changed, and refused with file and offset when a
 * text is not UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <dirent.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "pieces.h"
#include "scratch.h"
#include "text_data.h"

static void write_part(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void write_all(const char *folder)
{
    write_part(folder, "train.txt", "one two two three three three\n");
    write_part(folder, "valid.txt", "two one\n");
    write_part(folder, "test.txt", "three four\n");
}

static struct text_data *opened(const char *folder, const char *tokenizer)
{
    const struct text_wish wish = {folder, tokenizer, pieces_gpt2, 260};
    struct text_data *d = NULL;
    struct err e;
    if (text_data_open(&wish, &d, &e))
        fail_msg("%s", e.msg);
    return d;
}

static void refused(const char *folder, const char *tokenizer, enum status want,
                    const char *words)
{
    const struct text_wish wish = {folder, tokenizer, pieces_gpt2, 300};
    struct text_data *d = NULL;
    struct err e = {.msg = ""};
    assert_int_equal(text_data_open(&wish, &d, &e), want);
    if (!strstr(e.msg, words) || !strstr(e.msg, folder))
        fail_msg("\"%s\" does not say \"%s\" of %s", e.msg, words, folder);
}

/* The most frequent word of the list is id 1, <unk> is 0, and line ends are words. */
static void words_are_numbered_by_how_often_they_come(void **state)
{
    static const int32_t want[] = {1, 0, 3};
    char folder[SCRATCH_TEXT];
    size_t n;
    (void)state;
    scratch_make(folder);
    write_all(folder);
    struct text_data *d = opened(folder, "word");
    assert_int_equal(d->part[PART_TEST].count, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(token_file_at(&d->part[PART_TEST], (uint64_t)i), want[i]);
    assert_int_equal(tokenizer_vocabulary(d->tokenizer), 6);
    assert_memory_equal(tokenizer_text(d->tokenizer, 2, &n), "two", 3);
    assert_int_equal(n, 3);
    text_data_close(d);
    scratch_remove(folder);
}

static void characters_are_code_points(void **state)
{
    char folder[SCRATCH_TEXT];
    size_t n;
    (void)state;
    scratch_make(folder);
    write_part(folder, "train.txt", "\xc3\xa9\xc3\xa9\xe2\x82\xac");
    write_part(folder, "valid.txt", "\xe2\x82\xac");
    write_part(folder, "test.txt", "\xc3\xa9z");
    struct text_data *d = opened(folder, "char");
    assert_int_equal(tokenizer_vocabulary(d->tokenizer), 4);
    assert_int_equal(d->part[PART_TRAIN].count, 3);
    assert_int_equal(token_file_at(&d->part[PART_TRAIN], 0), 1);
    assert_int_equal(token_file_at(&d->part[PART_TRAIN], 2), 2);
    assert_int_equal(token_file_at(&d->part[PART_TEST], 1), 0);
    assert_memory_equal(tokenizer_text(d->tokenizer, 2, &n), "\xe2\x82\xac", 3);
    text_data_close(d);
    scratch_remove(folder);
}

/* ---- parts ---- */

static void what_is_wrong_with_a_folder_is_said(void **state)
{
    char folder[SCRATCH_TEXT], path[128];
    (void)state;
    scratch_make(folder);
    refused(folder, "byte", ST_IO, "has no text for train");
    write_all(folder);
    write_part(folder, "valid.txt", "");
    refused(folder, "byte", ST_CONFIG, "valid.txt is empty");
    snprintf(path, sizeof path, "%s/valid.txt", folder);
    remove(path);
    mkdir(path, 0700);
    refused(folder, "byte", ST_IO, "has no text for valid");
    refused(folder, "byte", ST_IO, "valid.txt is no file of text");
    remove(path);
    mkfifo(path, 0600); /* nobody ever writes to it */
    refused(folder, "byte", ST_IO, "valid.txt is no file of text");
    remove(path);
    refused(folder, "byte", ST_IO, "valid.txt: No such file");
    write_part(folder, "valid.txt",
               "good\n\xff"
               "bad\n");
    refused(folder, "bpe", ST_CONFIG, "valid.txt");
    refused(folder, "word", ST_CONFIG, "byte 5");
    text_data_close(opened(folder, "byte")); /* bytes need not be UTF-8 */
    snprintf(path, sizeof path, "%s/bpx", folder);
    refused(folder, path, ST_IO, "bpx; bpe, char and word are learned");
    scratch_remove(folder);
    refused(folder, "byte", ST_IO, "there is no folder");
}

static void wikitexts_names_are_known(void **state)
{
    char folder[SCRATCH_TEXT];
    (void)state;
    scratch_make(folder);
    write_part(folder, "wiki.train.tokens", "a b <unk>\n");
    write_part(folder, "wiki.valid.tokens", "<unk> b\n");
    write_part(folder, "wiki.test.tokens", "b\n");
    struct text_data *d = opened(folder, "word");
    assert_int_equal(token_file_at(&d->part[PART_VALID], 0), 0); /* a literal <unk> */
    text_data_close(d);
    scratch_remove(folder);
}

/* Of two forms the whole one is taken; of parts of several none, as <unk> may stand in one and
 * not in another. */
static void parts_of_two_forms_are_not_mixed(void **state)
{
    char folder[SCRATCH_TEXT], path[SCRATCH_TEXT + 32];
    (void)state;
    scratch_make(folder);
    write_all(folder);
    write_part(folder, "wiki.test.tokens", "<unk>\n");
    struct text_data *d = opened(folder, "byte");
    assert_int_equal(d->part[PART_TEST].count, 11); /* of test.txt */
    text_data_close(d);
    snprintf(path, sizeof path, "%s/test.txt", folder);
    remove(path);
    refused(folder, "byte", ST_IO, "test.txt: No such file");
    snprintf(path, sizeof path, "%s/train.txt", folder);
    refused(path, "byte", ST_IO, "is a file; name the folder");
    scratch_remove(folder);
}

/* ---- token files ---- */

/* Finds the kept file of a part by its size in ids; writes its path. */
static void kept_file(const char *folder, long size, char path[512])
{
    char inner[128];
    struct stat s;
    snprintf(inner, sizeof inner, "%s/.tokens", folder);
    DIR *d = opendir(inner);
    assert_non_null(d);
    path[0] = 0;
    for (struct dirent *x; (x = readdir(d));) {
        char one[512];
        snprintf(one, sizeof one, "%s/%s", inner, x->d_name);
        if (stat(one, &s) == 0 && S_ISREG(s.st_mode) && s.st_size == size)
            snprintf(path, 512, "%s", one);
    }
    closedir(d);
    assert_true(*path);
}

/* The file has a header of 72 bytes and two bytes for each token. A flipped bit of an id is
 * noticed. */
static void ids_are_kept_and_made_anew_when_damaged(void **state)
{
    char folder[SCRATCH_TEXT], path[512];
    struct stat before, after;
    (void)state;
    scratch_make(folder);
    write_all(folder);
    text_data_close(opened(folder, "byte"));
    kept_file(folder, 72 + 2 * 11, path);
    assert_int_equal(stat(path, &before), 0);
    text_data_close(opened(folder, "byte"));
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_ino == after.st_ino);
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    fseek(f, 72 + 4, SEEK_SET);
    fputc('x', f);
    fclose(f);
    struct text_data *d = opened(folder, "byte");
    assert_int_equal(token_file_at(&d->part[PART_TEST], 2), 'r');
    text_data_close(d);
    scratch_remove(folder);
}

static void a_changed_text_has_another_hash(void **state)
{
    char folder[SCRATCH_TEXT];
    uint64_t hash[2];
    (void)state;
    scratch_make(folder);
    write_all(folder);
    struct text_data *d = opened(folder, "byte");
    memcpy(hash, d->hash, sizeof hash);
    text_data_close(d);
    d = opened(folder, "byte");
    assert_memory_equal(hash, d->hash, sizeof hash);
    text_data_close(d);
    d = opened(folder, "bpe");
    assert_memory_not_equal(hash, d->hash, sizeof hash);
    text_data_close(d);
    write_part(folder, "test.txt", "three five\n");
    d = opened(folder, "byte");
    assert_memory_not_equal(hash, d->hash, sizeof hash);
    assert_int_equal(token_file_at(&d->part[PART_TEST], 7), 'i');
    text_data_close(d);
    scratch_remove(folder);
}

/* A learned tokeniser is read back as the same one. */
static void a_learned_tokeniser_comes_back_the_same(void **state)
{
    char folder[SCRATCH_TEXT];
    uint64_t first[2], again[2];
    (void)state;
    scratch_make(folder);
    write_all(folder);
    struct text_data *d = opened(folder, "bpe");
    tokenizer_hash(d->tokenizer, first);
    text_data_close(d);
    d = opened(folder, "bpe");
    tokenizer_hash(d->tokenizer, again);
    text_data_close(d);
    assert_memory_equal(first, again, sizeof first);
    scratch_remove(folder);
}

/* ---- memory ---- */

static long peak_kib(void)
{
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    return use.ru_maxrss;
}

static enum status count(void *context, const int32_t *id, size_t n, struct err *e)
{
    (void)id;
    (void)e;
    *(size_t *)context += n;
    return ST_OK;
}

/* Encoding a file of eight parts takes the memory of two parts and of the tokeniser. */
static void a_long_text_does_not_stay_in_memory(void **state)
{
    enum { BYTES = 8 * MAPPED_PART, LINE = 64 };
    static char line[LINE + 1] =
        "the keeper of the lighthouse counts stairs, and it's raining. \n";
    char folder[SCRATCH_TEXT], path[SCRATCH_TEXT + 16];
    const struct mapped_file sample = mapped_file_memory(line, LINE - 1);
    struct tokenizer *t[3] = {NULL};
    struct mapped_file m;
    struct err e;
    uint64_t hash[2];
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/long.txt", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (int i = 0; i < BYTES / (LINE - 1); i++)
        fputs(line, f);
    fclose(f);
    assert_int_equal(tokenizer_bytes(&t[0], &e), ST_OK);
    assert_int_equal(tokenizer_list("word", 300, "x", &sample, &t[1], &e), ST_OK);
    assert_int_equal(tokenizer_train(pieces_gpt2, 300, "x", &sample, &t[2], &e), ST_OK);
    assert_int_equal(mapped_file_open(path, &m, &e), ST_OK);
    const long before = peak_kib();
    mapped_file_hash(&m, hash);
    for (int i = 0; i < 3; i++) {
        size_t ids = 0;
        assert_int_equal(tokenizer_encode(t[i], path, &m, count, &ids, &e), ST_OK);
        assert_true(ids > BYTES / LINE);
        tokenizer_close(t[i]);
    }
    assert_in_range(peak_kib() - before, 0, (2 * MAPPED_PART + (8 << 20)) / 1024);
    mapped_file_close(&m);
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_numbered_by_how_often_they_come),
        cmocka_unit_test(characters_are_code_points),
        cmocka_unit_test(what_is_wrong_with_a_folder_is_said),
        cmocka_unit_test(wikitexts_names_are_known),
        cmocka_unit_test(parts_of_two_forms_are_not_mixed),
        cmocka_unit_test(ids_are_kept_and_made_anew_when_damaged),
        cmocka_unit_test(a_changed_text_has_another_hash),
        cmocka_unit_test(a_learned_tokeniser_comes_back_the_same),
        cmocka_unit_test(a_long_text_does_not_stay_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
