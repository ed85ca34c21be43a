#include "escape.h"

#include <math.h>
#include <string.h>

#include "store_internal.h"

int text_width(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xC0) != 0x80; /* not a continuation byte */
    return n;
}

static char printable(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F ? ' ' : c;
}

void escape_text(FILE *out, const char *text)
{
    for (; *text; text++)
        fputc(printable(*text), out);
}

void escape_md(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\|*<`[]", *text))
            fputc('\\', out);
        fputc(printable(*text), out);
    }
}

void escape_latex(FILE *out, const char *text)
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
    while (*text) {
        size_t i = 0, n = 0;
        for (; i < sizeof special / sizeof *special; i++) {
            n = strlen(special[i].from);
            if (strncmp(text, special[i].from, n) == 0)
                break;
        }
        if (i < sizeof special / sizeof *special) {
            fputs(special[i].to, out);
            text += n;
        } else {
            fputc(printable(*text++), out);
        }
    }
}

void escape_csv(FILE *out, const char *text)
{
    if (!strpbrk(text, "\",\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

void escape_json(FILE *out, const char *text)
{
    if (!text) {
        fputs("null", out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

void escape_json_real(FILE *out, double value)
{
    char text[REAL_TEXT];
    if (!isfinite(value)) {
        fputs("null", out);
        return;
    }
    store_real_text(value, text);
    fputs(text, out);
}
