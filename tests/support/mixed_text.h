/* mixed_text.h -- a mebibyte of mixed text: letters of many scripts, emoji, blanks of all
 * kinds, code. tests/parity/make_tokens.py writes the same. */
#ifndef MIXED_TEXT_H
#define MIXED_TEXT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"

enum { MIXED_BYTES = 1 << 20, MIXED_LINES = 64, MIXED_LINE = 64 };

/* SplitMix64, as in the parity vectors. */
static inline uint64_t mixed_draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline size_t mixed_utf8(uint32_t c, char *to)
{
    if (c < 0x80)
        return to[0] = (char)c, 1;
    const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    to[0] = (char)(lead[more] | c >> (6 * more));
    for (int k = 1; k <= more; k++)
        to[k] = (char)(0x80 | (c >> (6 * (more - k)) & 0x3f));
    return (size_t)more + 1;
}

/* Writes a fragment with its escapes undone; returns its bytes. */
static inline size_t mixed_fragment(const char *line, char *to)
{
    size_t n = 0;
    for (; *line; line++) {
        const char escape = *line == '\\' ? *++line : '\0';
        to[n++] = escape == 'n'   ? '\n'
                  : escape == 't' ? '\t'
                  : escape == 'r' ? '\r'
                  : escape == 's' ? ' '
                                  : *line;
    }
    return n;
}

/* Returns at least MIXED_BYTES of text; the caller frees it. */
static inline char *mixed_text(size_t *bytes)
{
    char *source = file_text(TEST_DATA "/text/mixed.txt", NULL), *rest = NULL;
    char *line[MIXED_LINES], *text = malloc(MIXED_BYTES + MIXED_LINE);
    uint64_t state = 1;
    size_t n = 0;
    int lines = 0;
    assert_non_null(text);
    for (char *at = strtok_r(source, "\n", &rest); at; at = strtok_r(NULL, "\n", &rest))
        if (at[0] != '#') {
            assert_true(lines < MIXED_LINES && strlen(at) < MIXED_LINE);
            line[lines++] = at;
        }
    assert_true(lines > 0);
    while (lines > 0 && n < MIXED_BYTES) {
        const char *one = line[mixed_draw(&state) % (uint64_t)lines];
        uint32_t first, last;
        /* NOLINTNEXTLINE(cert-err34-c): a file of ours */
        if (sscanf(one, "U+%X..U+%X", &first, &last) == 2)
            n += mixed_utf8(first + (uint32_t)(mixed_draw(&state) % (last - first + 1)),
                            text + n);
        else
            n += mixed_fragment(one, text + n);
    }
    free(source);
    *bytes = n;
    return text;
}

#endif
