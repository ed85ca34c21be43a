#include "escape.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "clean.h"

int text_width(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80; /* not a continuation byte */
    return n;
}

/* The next character, or its escape, in `one`; returns its length in the text. */
enum { ONE_TEXT = CLEAN_ESCAPE, UTF8_MAX = 4 /* bytes of a character */ };
static size_t next(const char *text, char one[ONE_TEXT])
{
    const size_t n = clean_next(text, strnlen(text, UTF8_MAX), one);
    if (!one[0])
        snprintf(one, ONE_TEXT, "%.*s", (int)n, text);
    return n;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* "_" within a word is one; at its edge it would begin or end an emphasis. */
void escape_md(FILE *out, const char *text)
{
    char one[ONE_TEXT], before = ' ';
    while (*text) {
        text += next(text, one);
        for (const char *c = one; *c; before = *c++) {
            const char after = c[1] ? c[1] : *text;
            const bool edge = *c == '_' && !(is_word(before) && is_word(after));
            fprintf(out, edge || strchr("\\|*<`[]&~$", *c) ? "\\%c" : "%c", *c);
        }
    }
}

static void latex_one(FILE *out, const char *one)
{
    static const struct {
        const char *from, *to;
    } special[] = {
        {"\\", "\\textbackslash{}"},
        {"{", "\\{"},
        {"}", "\\}"},
        {"$", "\\$"},
        {"&", "\\&"},
        {"#", "\\#"},
        {"%", "\\%"},
        {"_", "\\_"},
        {"^", "\\textasciicircum{}"},
        {"~", "\\textasciitilde{}"},
        {"<", "$<$"},
        {">", "$>$"},
        {"|", "$|$"},
        {"±", "$\\pm$"},
        {"−", "$-$"},
        {"≤", "$\\le$"},
        {"≥", "$\\ge$"},
        {"·", "$\\cdot$"},
        {"\"", "''"},
        {"–", "--"},
        {"…", "\\dots{}"},
    };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (strcmp(one, special[i].from) == 0) {
            fputs(special[i].to, out);
            return;
        }
    fputs(one, out);
}

void escape_latex_part(FILE *out, const char *text)
{
    char one[ONE_TEXT];
    while (*text) {
        text += next(text, one);
        if (one[0] == '\\' && one[1]) { /* an escape */
            latex_one(out, "\\");
            fputs(one + 1, out);
        } else
            latex_one(out, one);
    }
}

/* A '[' or '*' at the start would be an argument of the \\ or \item before it. */
void escape_latex(FILE *out, const char *text)
{
    if (*text == '[' || *text == '*')
        fputs("{}", out);
    escape_latex_part(out, text);
}

static void html_part(FILE *out, const char *text, const char *end)
{
    char one[ONE_TEXT];
    while (text < end) {
        text += next(text, one);
        for (const char *c = one; *c; c++)
            if (strchr("<>&\"'", *c))
                fprintf(out, "&#%d;", *c);
            else
                putc(*c, out);
    }
}

void escape_html(FILE *out, const char *text)
{
    html_part(out, text, text + strlen(text));
}

void escape_html_prose(FILE *out, const char *text)
{
    const char *from, *to;
    while ((from = strchr(text, '`')) && (to = strchr(from + 1, '`'))) {
        html_part(out, text, from);
        fputs("<code>", out);
        html_part(out, from + 1, to);
        fputs("</code>", out);
        text = to + 1;
    }
    escape_html(out, text);
}

/* A name as long as this stands on one line, as does a piece of it without any place to break;
 * chosen, so that "cope(scale_position=false)" is broken behind "=" and no word is. */
enum { NAME_LINE = 16, NAME_PIECE = 24 };

void escape_html_name(FILE *out, const char *text)
{
    const bool breaks = text_width(text) > NAME_LINE;
    while (breaks && *text) {
        size_t n = strcspn(text, ",(+=_./:");
        n += text[n] != '\0';
        if (n > NAME_PIECE)
            for (n = NAME_PIECE; n > 1 && ((unsigned char)text[n] & 0xC0) == 0x80;)
                n--; /* to where a character begins */
        html_part(out, text, text + n);
        text += n;
        fputs(*text ? "<wbr>" : "", out);
    }
    escape_html(out, text);
}

void escape_csv(FILE *out, const char *text)
{
    if (!strpbrk(text, "\",\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (const char *quote; (quote = strchr(text, '"')) != NULL; text = quote + 1) {
        fwrite(text, 1, (size_t)(quote + 1 - text), out);
        fputc('"', out);
    }
    fputs(text, out);
    fputc('"', out);
}
