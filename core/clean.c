/* clean.c -- shows text character by character, as it is or as an escape.
 *
 * The input may be any bytes. clean_next decodes one character of UTF-8 and returns its escape,
 * if it needs one; all other functions loop over it, into memory, to a stream, in lines of a
 * width, or over the output of printf. A byte that is not part of a character counts as a
 * character.
 * Pitfall: clean_text without `keep` escapes only what is not UTF-8; control characters stay. */
#include "clean.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

size_t clean_code(const char *text, size_t n, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *s = (const unsigned char *)text;
    const size_t length = s[0] < 0x80             ? 1
                          : (s[0] & 0xE0) == 0xC0 ? 2
                          : (s[0] & 0xF0) == 0xE0 ? 3
                          : (s[0] & 0xF8) == 0xF0 ? 4
                                                  : 0;
    if (length == 0 || length > n)
        return 0;
    *code = length == 1 ? s[0] : s[0] & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        *code = *code << 6 | (s[i] & 0x3F);
    }
    const bool surrogate = *code >= 0xD800 && *code <= 0xDFFF;
    return *code < least[length] || *code > 0x10FFFF || surrogate ? 0 : length;
}

struct range {
    uint32_t first, last;
};

static bool is_among(uint32_t code, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (code >= ranges[i].first && code <= ranges[i].last)
            return true;
    return false;
}

/* Returns true for the general categories Cc and Cf of Unicode 15 and for the separators of lines
 * and paragraphs. */
static bool is_hidden(uint32_t code)
{
    static const struct range ranges[] = {
        {0x00, 0x1F},       {0x7F, 0x9F},       {0xAD, 0xAD},       {0x600, 0x605},
        {0x61C, 0x61C},     {0x6DD, 0x6DD},     {0x70F, 0x70F},     {0x890, 0x891},
        {0x8E2, 0x8E2},     {0x180E, 0x180E},   {0x200B, 0x200F},   {0x2028, 0x202E},
        {0x2060, 0x206F},   {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},   {0x110BD, 0x110BD},
        {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
        {0xE0000, 0xE0FFF},
    };
    return is_among(code, ranges, sizeof ranges / sizeof *ranges);
}

/* The tables are blocks of Unicode 15: combining marks, and wide characters (Annex 11). */
int clean_letter_columns(const char *text, size_t n)
{
    static const struct range marks[] = {
        {0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},
        {0x64B, 0x65F},   {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},
        {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
    };
    static const struct range wide[] = {
        {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x4DBF},   {0x4E00, 0xA4CF},
        {0xA960, 0xA97F},   {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
        {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF},
        {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD},
    };
    uint32_t code = 0;
    if (clean_code(text, n, &code) == 0)
        return 1;
    return is_among(code, marks, sizeof marks / sizeof *marks) ? 0
           : is_among(code, wide, sizeof wide / sizeof *wide)  ? 2
                                                               : 1;
}

/* Returns how many leading bytes of `text` are printable ASCII, which needs no escape. */
static size_t plain_bytes(const char *text, size_t n)
{
    size_t i = 0;
    while (i < n && text[i] >= 0x20 && text[i] < 0x7F)
        i++;
    return i;
}

size_t clean_next(const char *text, size_t n, char escape[CLEAN_ESCAPE])
{
    static const char plain[] = "\n\r\t", letter[] = "nrt";
    uint32_t code = 0;
    const size_t length = clean_code(text, n, &code);
    const char *common = *text ? strchr(plain, *text) : NULL;
    escape[0] = '\0';
    if (common)
        snprintf(escape, CLEAN_ESCAPE, "\\%c", letter[common - plain]);
    else if (length == 0 || (length == 1 && is_hidden(code)))
        snprintf(escape, CLEAN_ESCAPE, "\\x%02x", (unsigned char)*text);
    else if (is_hidden(code))
        snprintf(escape, CLEAN_ESCAPE, code > 0xFFFF ? "\\U%08x" : "\\u%04x",
                 (unsigned)code);
    return length ? length : 1;
}

/* Returns true if a character that has an escape shall stay as it is. A byte that is not UTF-8
 * is always escaped, unless `keep` names it. */
static bool is_kept(const char *text, size_t length, const char *keep)
{
    if (!keep)
        return length > 1 || (unsigned char)*text < 0x80;
    return *text && strchr(keep, *text) != NULL;
}

char *clean_text(const char *text, size_t *n, const char *keep)
{
    /* An escape has at most four times the bytes of its character. */
    char *out = malloc(4 * *n + 1), *to = out;
    for (size_t i = 0, length; out && i < *n; i += length) {
        char escape[CLEAN_ESCAPE] = "";
        length = plain_bytes(text + i, *n - i);
        if (length == 0)
            length = clean_next(text + i, *n - i, escape);
        if (escape[0] && !is_kept(text + i, length, keep)) {
            to = stpcpy(to, escape);
        } else {
            memcpy(to, text + i, length);
            to += length;
        }
    }
    if (out) {
        *to = '\0';
        *n = (size_t)(to - out);
    }
    return out;
}

void clean_put(FILE *out, const char *text, size_t n)
{
    for (size_t i = 0, length; i < n; i += length) {
        char escape[CLEAN_ESCAPE] = "";
        length = plain_bytes(text + i, n - i);
        if (length == 0)
            length = clean_next(text + i, n - i, escape);
        if (escape[0])
            fputs(escape, out);
        else
            fwrite(text + i, 1, length, out);
    }
}

/* Returns how many columns of a terminal n bytes take when shown. */
static int columns(const char *text, size_t n)
{
    int width = 0;
    for (size_t i = 0, length; i < n; i += length) {
        char escape[CLEAN_ESCAPE];
        length = clean_next(text + i, n - i, escape);
        width += escape[0] ? (int)strlen(escape) : clean_letter_columns(text + i, n - i);
    }
    return width;
}

void clean_wrap(FILE *out, int at, int indent, int width, const char *text)
{
    for (bool first = true; *text; first = false) {
        const size_t n = strcspn(text, " ");
        const int wide = columns(text, n);
        if (!first && at + 1 + wide > width) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
        } else if (!first) {
            fputc(' ', out);
            at++;
        }
        clean_put(out, text, n);
        at += wide;
        text += n + strspn(text + n, " ");
    }
    fputc('\n', out);
}

void clean_vline(FILE *out, const char *fmt, va_list args)
{
    char small[512], *text = small;
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(small, sizeof small, fmt, args);
    if (n >= (int)sizeof small && (text = malloc((size_t)n + 1)) != NULL)
        vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(again);
    const char *shown = text ? text : small; /* cut off if there is no memory */
    clean_put(out, shown, strlen(shown));
    fputc('\n', out);
    if (text != small)
        free(text);
}

void clean_line(FILE *out, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    clean_vline(out, fmt, args);
    va_end(args);
}
