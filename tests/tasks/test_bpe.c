/* Byte-pair encoding: pieces, learning and applying merges, and GPT-2's merges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bpe.h"
#include "bpe_train.h"
#include "pieces.h"
#include "rng.h"

static struct err err;

/* --- pieces -------------------------------------------------------------------------- */

struct joined {
    char text[512];
};

static enum status join_piece(void *context, const char *piece, size_t n, struct err *e)
{
    struct joined *j = context;
    (void)e;
    const size_t used = strlen(j->text);
    if (!piece) {
        piece = "(end)";
        n = strlen(piece);
    }
    snprintf(j->text + used, sizeof j->text - used, "%.*s|", (int)n, piece);
    return ST_OK;
}

static void assert_pieces(const char *pattern, const char *text, const char *want)
{
    struct pieces *p = NULL;
    struct joined j = {""};
    const struct mapped_file m = mapped_file_memory(text, strlen(text));
    assert_int_equal(pieces_open(pattern, &p, &err), ST_OK);
    assert_int_equal(pieces_check(p, "text", &m, &err), ST_OK);
    assert_int_equal(pieces_each(p, "x", &m, join_piece, &j, &err), ST_OK);
    assert_string_equal(j.text, want);
    pieces_close(p);
}

static void pieces_of_gpt2(void **state)
{
    (void)state;
    assert_pieces(pieces_gpt2, "It's 12 o'clock,\n\n  don't!",
                  "It|'s| 12| o|'|clock|,|\n\n | don|'t|!|");
    assert_pieces(pieces_gpt2, "\tx = 3;  ", "\t|x| =| 3|;|  |");
    assert_pieces(pieces_gpt2, "na\xc3\xafve \xe4\xb8\xad\xe6\x96\x87\xe3\x80\x82",
                  "na\xc3\xafve| \xe4\xb8\xad\xe6\x96\x87|\xe3\x80\x82|");
}

static void pieces_of_cl100k(void **state)
{
    (void)state;
    assert_pieces(pieces_cl100k, "\tif (x1234) {\n\t\treturn;\n",
                  "\tif| (|x|123|4|)| {\n|\t|\treturn|;\n|");
}

/* "<|endoftext|>" ends a text, also after blanks and punctuation; a part of it is text. */
static void texts_end_in_between(void **state)
{
    (void)state;
    assert_pieces(pieces_gpt2, "a.<|endoftext|> b  <|endoftext|><|endoftext",
                  "a|.|(end)| b|  |(end)|<||endoftext|");
    assert_pieces(pieces_gpt2, "<|endoftext|>", "(end)|");
}

/* Text that the pattern does not match is kept. */
static void the_pieces_are_the_whole_text(void **state)
{
    (void)state;
    assert_pieces("[a-z]+", "12ab3", "12|ab|3|");
    assert_pieces("x*", "ab", "ab|");
}

static void bytes_that_are_no_utf8_are_named(void **state)
{
    struct pieces *p = NULL;
    const struct mapped_file bad = mapped_file_memory("abcd\xff"
                                                      "ef",
                                                      7);
    const struct mapped_file cut = mapped_file_memory("ab\xe4\xb8", 4);
    (void)state;
    assert_int_equal(pieces_open(pieces_gpt2, &p, &err), ST_OK);
    assert_int_equal(pieces_check(p, "book.txt", &bad, &err), ST_CONFIG);
    assert_non_null(strstr(err.msg, "book.txt: byte 4: not UTF-8"));
    assert_int_equal(pieces_check(p, "book.txt", &cut, &err), ST_CONFIG);
    assert_non_null(strstr(err.msg, "byte 2"));
    pieces_close(p);
    assert_int_equal(pieces_open("(", &p, &err), ST_CONFIG);
}

static enum status count_piece(void *context, const char *piece, size_t n, struct err *e)
{
    (void)piece;
    (void)n;
    (void)e;
    ++*(int *)context;
    return ST_OK;
}

/* cl100k's pattern tries each of many blanks for a line's end before taking them all, which is
 * more steps than PCRE2 allows by default. A pattern that tries all ways to cut a word is
 * stopped, and the message names the file, which is UTF-8. */
static void work_that_grows_with_the_text_alone_is_done(void **state)
{
    enum { BLANKS = 12000000 };
    struct pieces *p = NULL;
    char *blanks = malloc(BLANKS);
    int pieces = 0;
    (void)state;
    assert_non_null(blanks);
    memset(blanks, ' ', BLANKS);
    const struct mapped_file all = mapped_file_memory(blanks, BLANKS);
    assert_int_equal(pieces_open(pieces_cl100k, &p, &err), ST_OK);
    if (pieces_each(p, "x", &all, count_piece, &pieces, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(pieces, 1);
    pieces_close(p);
    free(blanks);
    const char word[] = "a aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const struct mapped_file m = mapped_file_memory(word, sizeof word - 1);
    assert_int_equal(pieces_open("a |(?:a+a+)+b", &p, &err), ST_OK);
    assert_int_equal(pieces_check(p, "book.txt", &m, &err), ST_OK);
    assert_int_equal(pieces_each(p, "book.txt", &m, count_piece, &pieces, &err), ST_CONFIG);
    assert_non_null(strstr(err.msg, "book.txt: byte 2: the tokeniser's pattern needs too"));
    pieces_close(p);
}

/* --- merges -------------------------------------------------------------------------- */

static int32_t byte(char c)
{
    return bpe_of_byte((unsigned char)c);
}

/* GPT-2's order: '!' is 0, '~' 93, 161 is 94, 172 is 105, 174 is 106, 255 is 187; then byte 0
 * is 188, the blank 220, and 173 is the last. */
static void bytes_stand_in_the_order_of_gpt2(void **state)
{
    (void)state;
    assert_int_equal(bpe_of_byte('!'), 0);
    assert_int_equal(bpe_of_byte('~'), 93);
    assert_int_equal(bpe_of_byte(161), 94);
    assert_int_equal(bpe_of_byte(174), 106);
    assert_int_equal(bpe_of_byte(255), 187);
    assert_int_equal(bpe_of_byte(0), 188);
    assert_int_equal(bpe_of_byte('\n'), 198);
    assert_int_equal(bpe_of_byte(' '), 220);
    assert_int_equal(bpe_of_byte(173), 255);
}

static int train(const char *text, int merges, struct bpe_pair *out)
{
    struct pieces *p = NULL;
    struct bpe_trainer *t = NULL;
    int learned = 0;
    const struct mapped_file m = mapped_file_memory(text, strlen(text));
    assert_int_equal(pieces_open(pieces_gpt2, &p, &err), ST_OK);
    assert_int_equal(bpe_trainer_open(&t, &err), ST_OK);
    assert_int_equal(pieces_each(p, "x", &m, bpe_trainer_count, t, &err), ST_OK);
    assert_int_equal(bpe_trainer_merges(t, merges, out, &learned, &err), ST_OK);
    bpe_trainer_close(t);
    pieces_close(p);
    return learned;
}

/* "low low low lower" has the pieces low, " low" x 2, " lower" and the pairs lo 4, ow 4, " l"
 * 3. lo and ow tie; 'l' (75) is below 'o' (78), so lo (256) is first, then it with w (257), 4
 * times, then blank with it (258), 3 times. we, er and the rest occur once. */
static void merges_as_worked_by_hand(void **state)
{
    struct bpe_pair m[10];
    (void)state;
    assert_int_equal(train("low low low lower", 10, m), 3);
    assert_int_equal(m[0].left, byte('l'));
    assert_int_equal(m[0].right, byte('o'));
    assert_int_equal(m[1].left, 256);
    assert_int_equal(m[1].right, byte('w'));
    assert_int_equal(m[2].left, byte(' '));
    assert_int_equal(m[2].right, 257);
}

enum { WORDS = 12, WORD = 16 };

struct words {
    int32_t token[WORDS][WORD];
    int n[WORDS], count[WORDS];
};

/* Returns how often the pair occurs in all words. */
static int occurs(const struct words *w, struct bpe_pair p)
{
    int sum = 0;
    for (int k = 0; k < WORDS; k++)
        for (int i = 0; i + 1 < w->n[k]; i++)
            if (w->token[k][i] == p.left && w->token[k][i + 1] == p.right)
                sum += w->count[k];
    return sum;
}

/* Finds the most frequent pair of tokens 0 .. tokens - 1, the first in order among equals;
 * false: none occurs twice. */
static bool commonest(const struct words *w, int tokens, struct bpe_pair *best)
{
    int most = 1;
    for (int32_t a = 0; a < tokens; a++)
        for (int32_t b = 0; b < tokens; b++) {
            const int n = occurs(w, (struct bpe_pair){a, b});
            if (n > most) {
                most = n;
                *best = (struct bpe_pair){a, b};
            }
        }
    return most > 1;
}

/* Replaces the pair in n tokens, from the left; returns how many are left. */
static int64_t replace(int32_t *token, int64_t n, struct bpe_pair p, int32_t merged)
{
    int64_t k = 0;
    for (int64_t i = 0; i < n; i++)
        if (i + 1 < n && token[i] == p.left && token[i + 1] == p.right) {
            token[k++] = merged;
            i++;
        } else {
            token[k++] = token[i];
        }
    return k;
}

/* Learns merges, counting all pairs of all words again for each one. */
static int train_naively(struct words *w, int merges, struct bpe_pair *out)
{
    for (int m = 0; m < merges; m++) {
        if (!commonest(w, BPE_BYTES + m, &out[m]))
            return m;
        for (int k = 0; k < WORDS; k++)
            w->n[k] = (int)replace(w->token[k], w->n[k], out[m], BPE_BYTES + m);
    }
    return merges;
}

/* Words over an alphabet of two letters have overlapping pairs (aaa) and many ties. */
static void a_naive_trainer_learns_the_same(void **state)
{
    enum { MERGES = 12 };
    (void)state;
    for (uint64_t seed = 0; seed < 6; seed++) {
        struct rng r = rng_stream(seed, RNG_TEST, "bpe", 0);
        struct words w;
        char text[4096] = "";
        size_t used = 0;
        struct bpe_pair fast[MERGES], slow[MERGES];
        for (int k = 0; k < WORDS; k++) {
            char word[WORD] = " ";
            w.n[k] = 2 + (int)rng_below(&r, 12);
            w.count[k] = 1 + (int)rng_below(&r, 5);
            for (int i = 0; i < w.n[k]; i++) {
                word[i] = i ? "ab"[rng_below(&r, 2)] : ' ';
                w.token[k][i] = byte(word[i]);
            }
            for (int i = 0; i < w.count[k]; i++)
                used +=
                    (size_t)snprintf(text + used, sizeof text - used, "%.*s", w.n[k], word);
        }
        const int n = train(text, MERGES, fast);
        assert_int_equal(train_naively(&w, MERGES, slow), n);
        for (int i = 0; i < n; i++) {
            assert_int_equal(fast[i].left, slow[i].left);
            assert_int_equal(fast[i].right, slow[i].right);
        }
    }
}

static void wrong_merges_are_refused(void **state)
{
    struct bpe *b = NULL;
    const struct bpe_pair own[] = {{256, 1}}, later[] = {{1, 2}, {258, 1}};
    const struct bpe_pair twice[] = {{1, 2}, {1, 2}}, below[] = {{-1, 2}};
    (void)state;
    assert_int_equal(bpe_open(own, 1, &b, &err), ST_CONFIG);
    assert_int_equal(bpe_open(later, 2, &b, &err), ST_CONFIG);
    assert_int_equal(bpe_open(twice, 2, &b, &err), ST_CONFIG);
    assert_non_null(strstr(err.msg, "merge 2 repeats merge 1"));
    assert_int_equal(bpe_open(below, 1, &b, &err), ST_CONFIG);
    /* 40 doublings would make a token of a terabyte. */
    struct bpe_pair doubled[40];
    for (int i = 0; i < 40; i++)
        doubled[i] = (struct bpe_pair){i ? 255 + i : 0, i ? 255 + i : 0};
    assert_int_equal(bpe_open(doubled, 40, &b, &err), ST_CONFIG);
}

/* --- encoding ------------------------------------------------------------------------ */

/* Replaces the pair of the earliest merge, leftmost first, until none is left. */
static int64_t encode_naively(const struct bpe *b, const char *piece, size_t n,
                              int32_t *out)
{
    int64_t count = (int64_t)n;
    for (size_t i = 0; i < n; i++)
        out[i] = byte(piece[i]);
    /* Merges are applied in order: no later one can make the pair of an earlier one. */
    for (int m = 0; m < bpe_merges(b); m++)
        count = replace(out, count, bpe_merge(b, m), BPE_BYTES + m);
    return count;
}

static void encoding_is_that_of_a_naive_one_and_comes_back(void **state)
{
    struct bpe_pair m[200];
    struct bpe *b = NULL;
    struct rng r = rng_stream(3, RNG_TEST, "bpe text", 0);
    char text[2000], back[2000];
    int32_t fast[2000], slow[2000];
    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = "aab bc "[rng_below(&r, 7)];
    text[sizeof text - 1] = '\0';
    assert_int_equal(bpe_open(m, train(text, 200, m), &b, &err), ST_OK);
    for (int k = 0; k < 300; k++) {
        /* Lengths are around CACHED_BYTES, and each piece comes twice, so that the cache is
         * used. */
        const size_t at = rng_below(&r, 1900), n = 1 + rng_below(&r, 80);
        for (int again = 0; again < 2; again++) {
            size_t used = 0;
            const int64_t tokens = bpe_encode(b, text + at, n, fast);
            assert_int_equal(encode_naively(b, text + at, n, slow), tokens);
            assert_memory_equal(fast, slow, (size_t)tokens * sizeof *fast);
            for (int64_t i = 0; i < tokens; i++) {
                size_t bytes;
                const char *part = bpe_text(b, fast[i], &bytes);
                memcpy(back + used, part, bytes);
                used += bytes;
            }
            assert_int_equal(used, n);
            assert_memory_equal(back, text + at, n);
        }
    }
    bpe_close(b);
}

/* Lengths are around the one from which merges use queues and not a heap; with one letter
 * pairs overlap everywhere; a short piece follows a long one. */
static void a_long_piece_is_that_of_a_naive_one(void **state)
{
    enum { BYTES = 9000, MERGES = 300 };
    static const size_t length[] = {BYTES, 2047, 2048, 2049, 100, 4097, 5000};
    static char text[BYTES + 1];
    static int32_t fast[BYTES], slow[BYTES];
    (void)state;
    for (uint32_t letters = 1; letters < 4; letters++) {
        struct bpe_pair m[MERGES];
        struct bpe *b = NULL;
        struct rng r = rng_stream(letters, RNG_TEST, "bpe long", 0);
        for (size_t i = 0; i < BYTES; i++)
            text[i] = "abc"[rng_below(&r, letters)];
        assert_int_equal(bpe_open(m, train(text, MERGES, m), &b, &err), ST_OK);
        for (size_t k = 0; k < sizeof length / sizeof *length; k++) {
            const int64_t tokens = bpe_encode(b, text, length[k], fast);
            assert_int_equal(encode_naively(b, text, length[k], slow), tokens);
            assert_memory_equal(fast, slow, (size_t)tokens * sizeof *fast);
        }
        bpe_close(b);
    }
}

/* A megabyte without a blank takes a number of steps for each byte, not for each pair of
 * bytes. */
static void a_very_long_piece_ends(void **state)
{
    enum { BYTES = 1 << 20 };
    const struct bpe_pair m[] = {{byte('a'), byte('a')}, {256, 256}};
    struct bpe *b = NULL;
    char *piece = malloc(BYTES);
    int32_t *token = malloc(BYTES * sizeof *token);
    (void)state;
    assert_non_null(piece);
    assert_non_null(token);
    memset(piece, 'a', BYTES);
    assert_int_equal(bpe_open(m, 2, &b, &err), ST_OK);
    assert_int_equal(bpe_encode(b, piece, BYTES, token), BYTES / 4);
    assert_int_equal(token[BYTES / 4 - 1], 257);
    bpe_close(b);
    free(piece);
    free(token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_gpt2),
        cmocka_unit_test(pieces_of_cl100k),
        cmocka_unit_test(texts_end_in_between),
        cmocka_unit_test(the_pieces_are_the_whole_text),
        cmocka_unit_test(bytes_that_are_no_utf8_are_named),
        cmocka_unit_test(work_that_grows_with_the_text_alone_is_done),
        cmocka_unit_test(bytes_stand_in_the_order_of_gpt2),
        cmocka_unit_test(merges_as_worked_by_hand),
        cmocka_unit_test(a_naive_trainer_learns_the_same),
        cmocka_unit_test(wrong_merges_are_refused),
        cmocka_unit_test(encoding_is_that_of_a_naive_one_and_comes_back),
        cmocka_unit_test(a_long_piece_is_that_of_a_naive_one),
        cmocka_unit_test(a_very_long_piece_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
