#include "pieces.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

const char pieces_gpt2[] =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+"
    "|\\s+(?!\\S)|\\s+";
const char pieces_cl100k[] =
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}"
    "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";

struct pieces {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    bool compiled; /* the pattern is machine code (JIT), ten times as fast */
};

/* The pattern with Unicode's blanks for "\s" and "\S": PCRE2's own have U+180E too, which the
 * package's have not. NULL: no memory. */
static char *with_blanks_of_unicode(const char *pattern)
{
    static const char is[] = "\\p{White_Space}", is_not[] = "\\P{White_Space}";
    char *text = malloc(strlen(pattern) * sizeof is), *out = text;
    while (text && *pattern) {
        const char next = *pattern == '\\' ? pattern[1] : '\0';
        if (next == 's' || next == 'S') {
            memcpy(out, next == 's' ? is : is_not, sizeof is - 1);
            out += sizeof is - 1;
            pattern += 2;
            continue;
        }
        *out++ = *pattern++;
        if (next)
            *out++ = *pattern++;
    }
    if (text)
        *out = '\0';
    return text;
}

enum status pieces_open(const char *pattern, struct pieces **out, struct err *e)
{
    int why = 0;
    size_t at = 0;
    struct pieces *p = calloc(1, sizeof *p);
    char *blanks = with_blanks_of_unicode(pattern);
    if (!p || !blanks) {
        free(p);
        free(blanks);
        return err_set(e, ST_NOMEM, "no memory for a tokeniser's pattern");
    }
    p->code = pcre2_compile((PCRE2_SPTR)blanks, PCRE2_ZERO_TERMINATED,
                            PCRE2_UTF | PCRE2_UCP, &why, &at, NULL);
    if (!p->code) {
        PCRE2_UCHAR text[128] = "";
        pcre2_get_error_message(why, text, sizeof text);
        err_set(e, ST_CONFIG, "the tokeniser's pattern is wrong at byte %zu of %.200s: %s",
                at, blanks, (const char *)text);
    }
    free(blanks);
    if (!p->code) {
        free(p);
        return ST_CONFIG;
    }
    p->match = pcre2_match_data_create_from_pattern(p->code, NULL);
    p->limits = pcre2_match_context_create(NULL);
    if (!p->match || !p->limits) {
        pieces_close(p);
        return err_set(e, ST_NOMEM, "no memory for a tokeniser's pattern");
    }
    p->compiled = pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) == 0;
    *out = p;
    return ST_OK;
}

void pieces_close(struct pieces *p)
{
    if (!p)
        return;
    pcre2_match_data_free(p->match);
    pcre2_match_context_free(p->limits);
    pcre2_code_free(p->code);
    free(p);
}

/* Returns the end of the part that begins at `at`; it is between two characters. */
static size_t part_end(const struct mapped_file *text, size_t at)
{
    enum { CHARACTER = 4 };
    size_t end = at + MAPPED_PART;
    if (text->size - at <= MAPPED_PART)
        return text->size;
    for (int i = 1; i < CHARACTER && (text->at[end] & 0xc0) == 0x80; i++)
        end--;
    return end;
}

enum status pieces_check(struct pieces *p, const char *name, const struct mapped_file *text,
                         struct err *e)
{
    size_t passed = 0;
    for (size_t at = 0, end; at < text->size; at = end) {
        end = part_end(text, at);
        /* pcre2_match checks the whole text for UTF-8 first. Whether the pattern matches, or
         * exceeds its limit, does not matter here. */
        const int found = pcre2_match(p->code, (PCRE2_SPTR)text->at + at, end - at, 0,
                                      PCRE2_ANCHORED, p->match, NULL);
        if (found <= PCRE2_ERROR_UTF8_ERR1 && found >= PCRE2_ERROR_UTF8_ERR21) {
            PCRE2_UCHAR why[128] = "";
            pcre2_get_error_message(found, why, sizeof why);
            return err_set(
                e, ST_CONFIG,
                "%s: byte %zu: not UTF-8 (%s); convert the text, e.g. with iconv, or use "
                "the tokeniser \"byte\"",
                name, at + pcre2_get_startchar(p->match), (const char *)why);
        }
        mapped_file_passed(text, &passed, end);
    }
    return ST_OK;
}

/* Sets the limit of matching steps. It grows with the text, since cl100k's "\s*[\r\n]" backtracks
 * over n blanks in n steps. It still stops a user's pattern that scans a text repeatedly. */
static void allow(struct pieces *p, size_t n)
{
    enum { ANY = 10000000, A_BYTE = 4 }; /* ANY: PCRE2's own limit */
    const size_t steps = ANY + A_BYTE * n;
    pcre2_set_match_limit(p->limits, steps < UINT32_MAX ? (uint32_t)steps : UINT32_MAX);
}

static int match_at(struct pieces *p, const char *text, size_t n, size_t at)
{
    if (p->compiled)
        return pcre2_jit_match(p->code, (PCRE2_SPTR)text, n, at, PCRE2_NO_UTF_CHECK,
                               p->match, p->limits);
    return pcre2_match(p->code, (PCRE2_SPTR)text, n, at, PCRE2_NO_UTF_CHECK, p->match,
                       p->limits);
}

/* Returns the first PIECES_END within text[0..n); NULL when there is none. */
static const char *end_within(const char *text, size_t n)
{
    const size_t length = sizeof PIECES_END - 1;
    const char *at = text;
    while (n >= length && (at = memchr(text, PIECES_END[0], n - length + 1)) != NULL) {
        if (memcmp(at, PIECES_END, length) == 0)
            return at;
        n -= (size_t)(at + 1 - text);
        text = at + 1;
    }
    return NULL;
}

/* Returns the place of the next PIECES_END from `at` on; the text's size without one. */
static size_t find_end(const struct mapped_file *text, size_t at)
{
    const size_t n = sizeof PIECES_END - 1;
    size_t passed = at;
    for (; text->size - at >= n; at += MAPPED_PART) {
        const size_t rest = text->size - at;
        const size_t part = rest < MAPPED_PART + n - 1 ? rest : MAPPED_PART + n - 1;
        const char *found = end_within(text->at + at, part);
        if (found)
            return (size_t)(found - text->at);
        if (part == rest)
            break;
        mapped_file_passed(text, &passed, at + MAPPED_PART);
    }
    return text->size;
}

/* Calls `piece` for the pieces of text[at..n). */
static enum status each_within(struct pieces *p, const char *name,
                               const struct mapped_file *text, size_t at, size_t n,
                               piece_fn *piece, void *context, struct err *e)
{
    const size_t *span = pcre2_get_ovector_pointer(p->match);
    enum status st = ST_OK;
    size_t passed = at;
    allow(p, n - at);
    while (at < n && !st) {
        const int found = match_at(p, text->at, n, at);
        if (found < 0 && found != PCRE2_ERROR_NOMATCH)
            return err_set(e, ST_CONFIG,
                           "%s: byte %zu: the tokeniser's pattern needs too much work here "
                           "(PCRE2 error %d); use the tokeniser \"byte\"",
                           name, at, found);
        /* A pattern may match nothing or an empty string; text that it skips is a piece too. */
        const bool matched = found >= 0 && span[1] > span[0];
        const size_t begin = matched ? span[0] : n, end = matched ? span[1] : n;
        if (begin > at)
            st = piece(context, text->at + at, begin - at, e);
        if (!st && end > begin)
            st = piece(context, text->at + begin, end - begin, e);
        at = end;
        mapped_file_passed(text, &passed, at);
    }
    return st;
}

enum status pieces_each(struct pieces *p, const char *name, const struct mapped_file *text,
                        piece_fn *piece, void *context, struct err *e)
{
    enum status st = ST_OK;
    for (size_t at = 0; at < text->size && !st;) {
        const size_t end = find_end(text, at);
        st = each_within(p, name, text, at, end, piece, context, e);
        if (!st && end < text->size)
            st = piece(context, NULL, 0, e);
        at = end + (end < text->size ? sizeof PIECES_END - 1 : 0);
    }
    return st;
}
