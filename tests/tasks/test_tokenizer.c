/* Tokenisers: files of other programs, and the ids that Hugging Face's package finds for a
 * sample text (tests/parity/make_tokens.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mixed_text.h"
#include "pieces.h"
#include "program.h"
#include "scratch.h"
#include "tokenizer.h"

static struct err err;

#define assert_ok(call)                              \
    do {                                             \
        const enum status got_ = (call);             \
        if (got_)                                    \
            print_error("%s: %s\n", #call, err.msg); \
        assert_int_equal(got_, ST_OK);               \
    } while (0)

struct ids {
    int32_t *id;
    size_t n;
    size_t room;
};

static enum status keep(void *context, const int32_t *id, size_t n, struct err *e)
{
    struct ids *all = context;
    (void)e;
    if (all->n + n + 1 > all->room) { /* doubles, as sanitizers copy at each realloc */
        all->room = 2 * (all->n + n + 1);
        all->id = realloc(all->id, all->room * sizeof *all->id);
    }
    assert_non_null(all->id);
    memcpy(all->id + all->n, id, n * sizeof *id);
    all->n += n;
    return ST_OK;
}

static struct ids encode(struct tokenizer *t, const char *text, size_t n)
{
    struct ids all = {0};
    const struct mapped_file m = mapped_file_memory(text, n);
    assert_ok(tokenizer_encode(t, "sample", &m, keep, &all, &err));
    return all;
}

static void learn_little(struct tokenizer **out)
{
    const struct mapped_file text = mapped_file_memory("aa aa", 5);
    assert_ok(tokenizer_train(pieces_gpt2, 300, "x", &text, out, &err));
}

static char *sample(size_t *n)
{
    return file_text(TEST_DATA "/text/sample.txt", n);
}

static void assert_comes_back(const struct tokenizer *t, struct ids all, const char *text,
                              size_t n)
{
    size_t at = 0;
    for (size_t i = 0; i < all.n; i++) {
        size_t bytes;
        const char *part = tokenizer_text(t, all.id[i], &bytes);
        if (all.id[i] == tokenizer_end_of_text(t)) {
            part = PIECES_END;
            bytes = sizeof PIECES_END - 1;
        }
        assert_true(at + bytes <= n);
        assert_memory_equal(part, text + at, bytes);
        at += bytes;
    }
    assert_int_equal(at, n);
}

static void bytes_are_their_own_ids(void **state)
{
    struct tokenizer *t = NULL;
    size_t n;
    char *text = sample(&n), *json;
    (void)state;
    assert_ok(tokenizer_bytes(&t, &err));
    struct ids all = encode(t, text, n);
    assert_int_equal(all.n, n);
    assert_int_equal(all.id[1], '=');
    assert_int_equal(tokenizer_vocabulary(t), 257);
    assert_int_equal(tokenizer_end_of_text(t), 256);
    assert_comes_back(t, all, text, n);
    assert_int_equal(tokenizer_json(t, &json, &err), ST_CONFIG);
    tokenizer_close(t);
    free(all.id);
    free(text);
}

/* Returns the path of GPT-2's merges: a variable names it, or it is beside the repository. */
static const char *gpt2_path(void)
{
    const char *named = getenv("POSBENCH_GPT2_VOCAB");
    return named ? named : TEST_DATA "/../../../shared/data/gpt2-vocab.bpe";
}

static void ids_of_gpt2_are_those_of_the_reference(void **state)
{
    struct tokenizer *t = NULL;
    size_t n;
    (void)state;
    if (access(gpt2_path(), R_OK) != 0) {
        print_message("skipped: no GPT-2 vocab.bpe (name it in POSBENCH_GPT2_VOCAB)\n");
        skip();
    }
    assert_ok(tokenizer_read(gpt2_path(), &t, &err));
    assert_int_equal(tokenizer_vocabulary(t), 50257);
    assert_int_equal(tokenizer_end_of_text(t), 50256);
    char *text = sample(&n);
    struct ids all = encode(t, text, n);
    char *ids = file_text(TEST_DATA "/text/sample.gpt2.ids", NULL), *end = ids;
    size_t i = 0;
    for (; *end; end++, i++) {
        assert_true(i < all.n);
        assert_int_equal(all.id[i], strtol(end, &end, 10));
        assert_int_equal(*end, '\n');
    }
    assert_int_equal(i, all.n);
    assert_comes_back(t, all, text, n);
    free(ids);
    tokenizer_close(t);
    free(all.id);
    free(text);
}

/* ---- a mebibyte of mixed text, by the package's count and hash of ids ---- */

static void assert_as_the_reference(const char *name, struct tokenizer *t)
{
    size_t n;
    char *text = mixed_text(&n), *hashes = file_text(TEST_DATA "/text/mixed.hashes", NULL);
    struct ids all = encode(t, text, n);
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    char line[128];
    for (size_t i = 0; i < all.n; i++)
        h = (h ^ (uint64_t)all.id[i]) * UINT64_C(0x100000001b3);
    snprintf(line, sizeof line, "%s %zu %016llx\n", name, all.n, (unsigned long long)h);
    if (!strstr(hashes, line))
        fail_msg("ours: %sthe reference's:\n%s", line, hashes);
    assert_comes_back(t, all, text, n);
    free(all.id);
    free(hashes);
    free(text);
}

static void mixed_text_by_gpt2_is_that_of_the_reference(void **state)
{
    struct tokenizer *t = NULL;
    (void)state;
    if (access(gpt2_path(), R_OK) != 0) {
        print_message("skipped: no GPT-2 vocab.bpe (name it in POSBENCH_GPT2_VOCAB)\n");
        skip();
    }
    assert_ok(tokenizer_read(gpt2_path(), &t, &err));
    assert_as_the_reference("gpt2", t);
    tokenizer_close(t);
}

/* The package read the merges that we had learned from the sample text. */
static void mixed_text_by_what_is_learned_is_that_of_the_reference(void **state)
{
    static const struct {
        const char *pattern, *name;
    } learned[] = {{pieces_gpt2, "learned_gpt2"}, {pieces_cl100k, "learned_cl100k"}};
    size_t n;
    char *text = sample(&n);
    const struct mapped_file m = mapped_file_memory(text, n);
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct tokenizer *t = NULL;
        assert_ok(tokenizer_train(learned[i].pattern, 512, "sample", &m, &t, &err));
        assert_as_the_reference(learned[i].name, t);
        tokenizer_close(t);
    }
    free(text);
}

static enum status add_piece(void *context, const char *piece, size_t n, struct err *e)
{
    (void)e;
    snprintf((char *)context + strlen(context), 64, "%.*s|", (int)n, piece);
    return ST_OK;
}

/* U+2028 is one, U+180E is none, as in the package. */
static void blanks_are_those_of_unicode(void **state)
{
    static const char text[] = "a \xe1\xa0\x8e'tb \xe2\x80\xa8 c";
    static const char *const want[][2] = {
        {pieces_gpt2, "a| \xe1\xa0\x8e'|tb| \xe2\x80\xa8| c|"},
        {pieces_cl100k, "a| \xe1\xa0\x8e'|tb| \xe2\x80\xa8| c|"},
        {"\\\\s|\\S+", "a| |\xe1\xa0\x8e'tb| \xe2\x80\xa8 |c|"},
    };
    const struct mapped_file m = mapped_file_memory(text, sizeof text - 1);
    (void)state;
    for (int i = 0; i < 3; i++) {
        char pieces[256] = "";
        struct pieces *p = NULL;
        assert_ok(pieces_open(want[i][0], &p, &err));
        assert_ok(pieces_each(p, "x", &m, add_piece, pieces, &err));
        assert_string_equal(pieces, want[i][1]);
        pieces_close(p);
    }
}

/* Of a mebibyte with one bad byte far inside, the file and the place are told. */
static void a_bad_byte_far_inside_is_told_by_its_offset(void **state)
{
    struct tokenizer *t = NULL;
    struct ids all = {0};
    size_t n;
    char *text = mixed_text(&n);
    const struct mapped_file m = mapped_file_memory(text, n);
    (void)state;
    learn_little(&t);
    size_t at = 700001;
    while ((text[at] & 0xc0) == 0x80)
        at++;
    text[at] = (char)0xff;
    char want[64];
    snprintf(want, sizeof want, "mixed.txt: byte %zu: not UTF-8", at);
    assert_int_equal(tokenizer_encode(t, "mixed.txt", &m, keep, &all, &err), ST_CONFIG);
    if (!strstr(err.msg, want))
        fail_msg("%s, not \"%s\"", err.msg, want);
    tokenizer_close(t);
    free(all.id);
    free(text);
}

/* A trained tokeniser is written as tokenizer.json and read again: ids and hash are equal, for
 * both patterns. */
static void a_trained_one_is_written_and_read(void **state)
{
    const char *const patterns[] = {pieces_gpt2, pieces_cl100k};
    char folder[SCRATCH_TEXT], path[SCRATCH_TEXT + 32];
    size_t n;
    char *text = sample(&n), *json;
    const struct mapped_file m = mapped_file_memory(text, n);
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/tokenizer.json", folder);
    for (int k = 0; k < 2; k++) {
        struct tokenizer *t = NULL, *again = NULL;
        uint64_t a[2], b[2];
        assert_ok(tokenizer_train(patterns[k], 320, "sample", &m, &t, &err));
        assert_int_equal(tokenizer_vocabulary(t), 320);
        assert_ok(tokenizer_json(t, &json, &err));
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(json, f);
        fclose(f);
        assert_ok(tokenizer_read(path, &again, &err));
        tokenizer_hash(t, a);
        tokenizer_hash(again, b);
        assert_memory_equal(a, b, sizeof a);
        struct ids x = encode(t, text, n), y = encode(again, text, n);
        assert_int_equal(x.n, y.n);
        assert_memory_equal(x.id, y.id, x.n * sizeof *x.id);
        assert_comes_back(again, y, text, n);
        assert_true(x.n < n * 3 / 4);
        tokenizer_close(t);
        tokenizer_close(again);
        free(x.id);
        free(y.id);
        free(json);
    }
    scratch_remove(folder);
    free(text);
}

static void what_decides_the_ids_is_hashed(void **state)
{
    uint64_t h[4][2];
    struct tokenizer *t = NULL;
    const struct mapped_file text = mapped_file_memory("aab aab abb", 11);
    (void)state;
    for (int i = 0; i < 4; i++) {
        if (i == 0)
            assert_ok(tokenizer_bytes(&t, &err));
        else
            assert_ok(tokenizer_train(i == 1 ? pieces_gpt2 : pieces_cl100k, 256 + i, "x",
                                      &text, &t, &err));
        tokenizer_hash(t, h[i]);
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(h[i], h[k], sizeof h[i]);
        tokenizer_close(t);
    }
}

static void refused(const char *folder, const char *text, const char *why)
{
    struct tokenizer *t = NULL;
    char path[SCRATCH_TEXT + 32];
    snprintf(path, sizeof path, "%s/bad.json", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
    assert_int_equal(tokenizer_read(path, &t, &err), ST_CONFIG);
    if (!strstr(err.msg, why) || !strstr(err.msg, path))
        fail_msg("%s\nshould name %s and \"%s\"", err.msg, path, why);
}

#define BPE(rest) \
    "{\"pre_tokenizer\": {\"type\": \"ByteLevel\"}, \"model\": {\"type\": \"BPE\"" rest

static void other_files_are_refused_by_name(void **state)
{
    char folder[SCRATCH_TEXT];
    struct tokenizer *t = NULL;
    (void)state;
    scratch_make(folder);
    refused(folder, "{", "line 1");
    refused(folder, "{\"model\": {\"type\": \"Unigram\"}}", "only BPE");
    refused(folder, "{\"model\": {\"type\": \"BPE\", \"merges\": []}}", "pre_tokenizer");
    refused(folder, "{\"normalizer\": {}, \"model\": {\"type\": \"BPE\", \"merges\": []}}",
            "normaliser");
    refused(folder, BPE(", \"vocab\": {}}}"), "model.merges is no list");
    refused(folder, BPE(", \"vocab\": {}, \"merges\": \"a b\"}}"),
            "model.merges is no list");
    refused(folder, BPE(", \"dropout\": 1}}"), "model.dropout");
    refused(folder, BPE(", \"vocab\": {}, \"merges\": []}}"), "model.vocab has no");
    refused(folder, BPE(", \"vocab\": {}, \"merges\": [\"a bc\"]}}"), "\"bc\" is no byte");
    refused(folder, BPE(", \"vocab\": {}, \"merges\": [7]}}"),
            "neither a string nor a pair");
    refused(folder, BPE(", \"end_of_word_suffix\": \"</w>\"}}"), "end_of_word_suffix");
    refused(folder, BPE(", \"ignore_merges\": true}}"), "ignore_merges");
    refused(folder, "no merges here\n", "merge 1");
    refused(folder, "", "no merges");
    refused(folder, "#version: 0.2\n\n", "no merges");
    assert_int_equal(tokenizer_read("/nowhere.json", &t, &err), ST_IO);
    assert_int_equal(tokenizer_read(folder, &t, &err), ST_IO);
    assert_non_null(strstr(err.msg, "directory"));
    scratch_remove(folder);
}

/* What stands in a text is a token of its own: the package takes it out before it cuts. */
static void refused_token(const char *folder, const char *added, const char *why)
{
    char text[512];
    snprintf(text, sizeof text,
             "{\"pre_tokenizer\": {\"type\": \"ByteLevel\"}, \"added_tokens\": [%s], "
             "\"model\": {\"type\": \"BPE\", \"vocab\": {}, \"merges\": []}}",
             added);
    refused(folder, text, why);
}

static void added_tokens_but_end_of_text_are_refused(void **state)
{
    char folder[SCRATCH_TEXT];
    (void)state;
    scratch_make(folder);
    refused_token(folder, "{\"id\": 256, \"content\": \"<|im_start|>\"}", "<|im_start|>");
    refused_token(folder,
                  "{\"id\": 256, \"content\": \"<|endoftext|>\"}, "
                  "{\"id\": 257, \"content\": \"</s>\", \"special\": true}",
                  "strike out the others");
    refused_token(folder, "{\"id\": 256, \"content\": \"<|endoftext|>\", \"lstrip\": true}",
                  "lstrip of <|endoftext|>");
    refused_token(folder, "{\"id\": 256, \"content\": \"<|endoftext|>\"}",
                  "model.vocab has no"); /* the first that is wrong of what is left */
    scratch_remove(folder);
}

/* A list of merges ends at no zero byte, and a pipe is not waited for. */
static void files_that_are_no_text_are_refused(void **state)
{
    char folder[SCRATCH_TEXT], path[SCRATCH_TEXT + 32];
    struct tokenizer *t = NULL;
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/bad.bpe", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite("a b\n\0c d\n", 1, 9, f), 9);
    fclose(f);
    assert_int_equal(tokenizer_read(path, &t, &err), ST_CONFIG);
    assert_non_null(strstr(err.msg, "byte 4 is zero"));
    remove(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(tokenizer_read(path, &t, &err), ST_IO);
    assert_non_null(strstr(err.msg, "no regular file"));
    scratch_remove(folder);
}

static void text_that_is_no_utf8_is_refused_but_by_byte(void **state)
{
    struct tokenizer *t = NULL;
    struct ids all = {0};
    const struct mapped_file text = mapped_file_memory("aa\xff", 3);
    (void)state;
    learn_little(&t);
    assert_int_equal(tokenizer_encode(t, "f.txt", &text, keep, &all, &err), ST_CONFIG);
    assert_non_null(strstr(err.msg, "f.txt: byte 2"));
    tokenizer_close(t);
    assert_ok(tokenizer_bytes(&t, &err));
    assert_ok(tokenizer_encode(t, "f.txt", &text, keep, &all, &err));
    assert_int_equal(all.id[2], 255);
    tokenizer_close(t);
    free(all.id);
    assert_int_equal(tokenizer_train(pieces_gpt2, 256, "x", &text, &t, &err), ST_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_their_own_ids),
        cmocka_unit_test(ids_of_gpt2_are_those_of_the_reference),
        cmocka_unit_test(mixed_text_by_gpt2_is_that_of_the_reference),
        cmocka_unit_test(mixed_text_by_what_is_learned_is_that_of_the_reference),
        cmocka_unit_test(blanks_are_those_of_unicode),
        cmocka_unit_test(a_bad_byte_far_inside_is_told_by_its_offset),
        cmocka_unit_test(a_trained_one_is_written_and_read),
        cmocka_unit_test(what_decides_the_ids_is_hashed),
        cmocka_unit_test(other_files_are_refused_by_name),
        cmocka_unit_test(added_tokens_but_end_of_text_are_refused),
        cmocka_unit_test(files_that_are_no_text_are_refused),
        cmocka_unit_test(text_that_is_no_utf8_is_refused_but_by_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
