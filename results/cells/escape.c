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

/* Writes the next character of `text`, or its escape, to `one`. Returns its bytes in `text`. */
enum { UTF8_MAX = 4 /* bytes of a character */ };
static size_t next(const char *text, char one[ESCAPE_SHOWN])
{
    const size_t n = clean_next(text, strnlen(text, UTF8_MAX), one);
    if (!one[0])
        snprintf(one, ESCAPE_SHOWN, "%.*s", (int)n, text);
    return n;
}

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* Markdown takes "_" at the edge of a word for emphasis, so that it is escaped there; within a
 * word it stays. */
void escape_md(FILE *out, const char *text)
{
    char one[ESCAPE_SHOWN], before = ' ';
    while (*text) {
        text += next(text, one);
        for (const char *c = one; *c; before = *c++) {
            const char after = c[1] ? c[1] : *text;
            const bool edge = *c == '_' && !(is_word(before) && is_word(after));
            fprintf(out, edge || strchr("\\|*<`[]&~$", *c) ? "\\%c" : "%c", *c);
        }
    }
}

static const struct sign {
    const char *from, *to;
} latex_signs[] = {
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
    {"≈", "$\\approx$"},
    {"∞", "$\\infty$"},
    {"·", "$\\cdot$"},
    {"\"", "''"},
    {"–", "--"},
    {"…", "\\dots{}"},
};

/* Greek letters from U+0391 and from U+03B1. A Latin letter stands for a Greek one that looks
 * the same; "" is U+03A2, which is no letter. */
static const char *const greek[][25] = {
    {"A",       "B",    "\\Gamma", "\\Delta",  "E",       "Z", "H",
     "\\Theta", "I",    "K",       "\\Lambda", "M",       "N", "\\Xi",
     "O",       "\\Pi", "P",       "",         "\\Sigma", "T", "\\Upsilon",
     "\\Phi",   "X",    "\\Psi",   "\\Omega"},
    {"\\alpha", "\\beta", "\\gamma", "\\delta",    "\\epsilon", "\\zeta", "\\eta",
     "\\theta", "\\iota", "\\kappa", "\\lambda",   "\\mu",      "\\nu",   "\\xi",
     "o",       "\\pi",   "\\rho",   "\\varsigma", "\\sigma",   "\\tau",  "\\upsilon",
     "\\phi",   "\\chi",  "\\psi",   "\\omega"},
};

/* Returns the code point of a UTF-8 character, or the value of a byte that is not UTF-8. */
static unsigned code_of(const char *one)
{
    const unsigned char *s = (const unsigned char *)one;
    unsigned code = *s < 0x80 || !s[1] ? *s : *s & (0xFFU >> (strlen(one) + 1));
    for (int i = 1; *s >= 0x80 && s[i]; i++)
        code = code << 6 | (s[i] & 0x3F);
    return code;
}

static const char *greek_letter(unsigned code)
{
    enum { CAPITAL = 0x391, SMALL = 0x3B1, LETTERS = 25 };
    const char *letter = code >= CAPITAL && code < CAPITAL + LETTERS
                             ? greek[0][code - CAPITAL]
                         : code >= SMALL && code < SMALL + LETTERS ? greek[1][code - SMALL]
                                                                   : "";
    return *letter ? letter : NULL;
}

/* Can every LaTeX engine print this character with its default fonts and no package? pdfLaTeX
 * stops with an error at any other character; the other engines leave it out. */
static bool latex_has(unsigned code)
{
    static const unsigned short others[] = {0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022},
                                lacks[] = {0xAB,  0xBB,  0xD0,  0xDE,  0xF0,  0xFE,  0x104,
                                           0x105, 0x110, 0x111, 0x118, 0x119, 0x126, 0x127,
                                           0x12E, 0x12F, 0x138, 0x13F, 0x140, 0x149, 0x14A,
                                           0x14B, 0x166, 0x167, 0x172, 0x173};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (code == others[i])
            return true;
    for (size_t i = 0; i < sizeof lacks / sizeof *lacks; i++)
        if (code == lacks[i])
            return false;
    return code < 0x80 || (code > 0xA0 && code < 0x17F);
}

static const struct sign *latex_sign(const char *one)
{
    for (size_t i = 0; i < sizeof latex_signs / sizeof *latex_signs; i++)
        if (strcmp(one, latex_signs[i].from) == 0)
            return &latex_signs[i];
    return NULL;
}

size_t escape_latex_next(const char *text, char shown[ESCAPE_SHOWN])
{
    const size_t n = next(text, shown);
    const unsigned code = code_of(shown);
    if (code >= 0x80 && !latex_sign(shown) && !greek_letter(code) && !latex_has(code))
        snprintf(shown, ESCAPE_SHOWN, code > 0xFFFF ? "\\U%08x" : "\\u%04x", code);
    return n;
}

static void latex_one(FILE *out, const char *one)
{
    const struct sign *sign = latex_sign(one);
    const char *letter = greek_letter(code_of(one));
    if (letter)
        fprintf(out, letter[1] || letter[0] == 'o' ? "$%s$" : "%s", letter);
    else
        fputs(sign ? sign->to : one, out);
}

/* Would LaTeX join the two into one sign, as "--" into a dash? */
static bool is_ligature(char before, const char *one)
{
    return one[1] == '\0' && ((before == *one && strchr("-'`,", before)) ||
                              (*one == '`' && (before == '?' || before == '!')));
}

void escape_latex_part(FILE *out, const char *text)
{
    char one[ESCAPE_SHOWN], before = ' ';
    while (*text) {
        text += escape_latex_next(text, one);
        fputs(is_ligature(before, one) ? "{}" : "", out);
        if (one[0] == '\\' && one[1]) { /* an escape */
            latex_one(out, "\\");
            fputs(one + 1, out);
        } else
            latex_one(out, one);
        before = one[1] ? ' ' : *one;
    }
}

/* LaTeX would take a '[' or '*' at the start for an argument of the \\ or \item before it. */
void escape_latex(FILE *out, const char *text)
{
    if (*text == '[' || *text == '*')
        fputs("{}", out);
    escape_latex_part(out, text);
}

static void html_part(FILE *out, const char *text, const char *end)
{
    char one[ESCAPE_SHOWN];
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

/* Characters of a name that is never broken, and bytes of a piece that is broken although it has
 * no sign to break after. Chosen: "cope(scale_position=false)" breaks after "=", no word does. */
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
