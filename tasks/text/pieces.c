#include "pieces.h"

#include <stdbool.h>
#include <stdlib.h>

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
    bool compiled; /* to machine code: ten times as fast where the CPU has it */
};

enum status pieces_open(const char *pattern, struct pieces **out, struct err *e)
{
    int why = 0;
    size_t at = 0;
    struct pieces *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(e, ST_NOMEM, "no memory for a tokeniser's pattern");
    p->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                            PCRE2_UTF | PCRE2_UCP, &why, &at, NULL);
    if (!p->code) {
        PCRE2_UCHAR text[128] = "";
        pcre2_get_error_message(why, text, sizeof text);
        free(p);
        return err_set(e, ST_CONFIG, "the tokeniser's pattern is wrong at byte %zu: %s", at,
                       (const char *)text);
    }
    p->match = pcre2_match_data_create_from_pattern(p->code, NULL);
    if (!p->match) {
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
    pcre2_code_free(p->code);
    free(p);
}

enum status pieces_check(struct pieces *p, const char *name, const char *text, size_t n,
                         struct err *e)
{
    /* The check goes over the whole text before the match, of which nothing is wanted. */
    const int found =
        pcre2_match(p->code, (PCRE2_SPTR)text, n, 0, PCRE2_ANCHORED, p->match, NULL);
    if (found >= 0 || found == PCRE2_ERROR_NOMATCH)
        return ST_OK;
    PCRE2_UCHAR why[128] = "";
    pcre2_get_error_message(found, why, sizeof why);
    const size_t at = pcre2_get_startchar(p->match);
    return err_set(
        e, ST_CONFIG,
        "%s: byte %zu: not UTF-8 (%s); convert the text, e.g. with iconv, or use "
        "the tokeniser \"byte\"",
        name, at, (const char *)why);
}

static int match_at(struct pieces *p, const char *text, size_t n, size_t at)
{
    if (p->compiled)
        return pcre2_jit_match(p->code, (PCRE2_SPTR)text, n, at, PCRE2_NO_UTF_CHECK,
                               p->match, NULL);
    return pcre2_match(p->code, (PCRE2_SPTR)text, n, at, PCRE2_NO_UTF_CHECK, p->match,
                       NULL);
}

enum status pieces_each(struct pieces *p, const char *text, size_t n, piece_fn *piece,
                        void *context, struct err *e)
{
    const size_t *span = pcre2_get_ovector_pointer(p->match);
    enum status st = ST_OK;
    for (size_t at = 0; at < n && !st;) {
        const int found = match_at(p, text, n, at);
        if (found < 0 && found != PCRE2_ERROR_NOMATCH)
            return err_set(e, ST_CONFIG,
                           "byte %zu: the tokeniser's pattern needs too much work here "
                           "(PCRE2 error %d); use the tokeniser \"byte\"",
                           at, found);
        /* A pattern may match nothing at all; what it leaves out is a piece too. */
        const bool matched = found >= 0 && span[1] > span[0];
        const size_t begin = matched ? span[0] : n, end = matched ? span[1] : n;
        if (begin > at)
            st = piece(context, text + at, begin - at, e);
        if (!st && end > begin)
            st = piece(context, text + begin, end - begin, e);
        at = end;
    }
    return st;
}
