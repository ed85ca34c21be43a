#include "latex_size.h"

#include <stdlib.h>
#include <string.h>

#include "escape.h"

/* Widths of the characters from the blank to "~", in 1/100 pt, from cmr10.tfm; the blank is the
 * interword space. */
static const short widths[] = {
    333, 278, 500, 833, 500, 833, 778, 278,  389, 389, 500, 778, 278, 333, 278, 500,
    500, 500, 500, 500, 500, 500, 500, 500,  500, 500, 278, 278, 778, 778, 778, 472,
    778, 750, 708, 722, 764, 681, 653, 785,  750, 361, 514, 778, 625, 917, 750, 778,
    681, 778, 736, 556, 722, 750, 750, 1028, 750, 750, 611, 278, 500, 278, 500, 500,
    278, 500, 556, 444, 556, 444, 306, 500,  556, 278, 306, 528, 278, 833, 556, 500,
    556, 528, 392, 394, 389, 556, 528, 722,  528, 528, 444, 500, 278, 500, 500,
};
enum {
    SIGN = 778,   /* width of a character that is not ASCII, such as ± */
    TIED = 40,    /* most characters of a number with its bounds */
    LONG = 14,    /* characters beyond which a word may be broken */
    UNBROKEN = 20 /* most characters of a piece that has no place to break */
};

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

/* Most pt of such a piece, exceeded by one letter at most: wide letters fill a narrow column
 * sooner. */
static const double unbroken_width = 110;

/* Returns the width in 1/100 pt; each character that is not ASCII counts as SIGN. */
static long width_of(const char *shown)
{
    long sum = 0;
    for (; *shown; shown++)
        if (*shown >= ' ' && *shown <= '~')
            sum += widths[*shown - ' '];
        else if (begins_character(*shown))
            sum += SIGN;
    return sum;
}

double latex_width(const char *text, size_t n)
{
    char shown[ESCAPE_SHOWN];
    long sum = 0;
    for (size_t i = 0; i < n;) {
        i += escape_latex_next(text + i, shown);
        sum += width_of(shown);
    }
    return (double)sum / 100;
}

static bool is_number(const char *text)
{
    static const char minus[] = "−";
    return (*text >= '0' && *text <= '9') || *text == '-' ||
           strncmp(text, minus, strlen(minus)) == 0;
}

/* Is the blank at text[i] within a number such as "1.2 ± 0.3 (5)" or "[1.2, 3.4]"? */
static bool is_tied(const char *text, size_t i)
{
    static const char sign[] = "±";
    const size_t n = strlen(sign);
    size_t from = i;
    while (from > 0 && text[from - 1] != ' ')
        from--;
    return (strncmp(text + i + 1, sign, n) == 0 && is_number(text + from)) ||
           (strncmp(text + from, sign, n) == 0 && is_number(text + i + 1)) ||
           (text[i + 1] == '(' && is_number(text + from) &&
            (is_number(text + i + 2) || text[i + 2] == '<')) ||
           (text[from] == '[' && is_number(text + from + 1) && text[i - 1] == ',');
}

/* Returns the bytes up to the first blank at which a line may end. */
static size_t word_of(const char *text)
{
    size_t n = strcspn(text, " ");
    while (n > 0 && n < TIED && text[n] && is_tied(text, n))
        n += 1 + strcspn(text + n + 1, " ");
    return n;
}

size_t latex_piece(const char *text, bool *inside)
{
    const size_t word = word_of(text);
    size_t end = 1;
    if (!*inside && (word <= LONG || memchr(text, ' ', word)))
        return word;
    while (end < word && !strchr("_=,/;:-", text[end - 1]) && text[end] != '(' &&
           end < UNBROKEN && latex_width(text, end) < unbroken_width)
        end++;
    while (end < word && !begins_character(text[end]))
        end++;
    end = end > word ? word : end;
    *inside = end < word;
    return end;
}

size_t latex_line(const char *text, bool *inside, double width)
{
    size_t end = 0;
    while (text[end]) {
        bool goes_on = *inside;
        const size_t n = latex_piece(text + end, &goes_on);
        if (end && latex_width(text, end + n) > width)
            break;
        *inside = goes_on;
        end += n;
        end += strspn(text + end, " ");
    }
    return end;
}

double latex_longest(const char *text)
{
    double longest = 0;
    bool inside = false;
    for (size_t n; *text; text += n + strspn(text + n, " ")) {
        n = latex_piece(text, &inside);
        const double width = latex_width(text, n);
        longest = width > longest ? width : longest;
    }
    return longest;
}

int latex_lines(const char *text, double width)
{
    int lines = 0;
    bool inside = false;
    for (; *text; lines++)
        text += latex_line(text, &inside, width);
    return lines ? lines : 1;
}

size_t latex_part(const char *text, int lines, double width)
{
    size_t at = 0, end = 0;
    bool inside = false;
    for (int i = 0; i < lines && text[at]; i++) {
        at += latex_line(text + at, &inside, width);
        end = inside ? end : at;
    }
    return end ? end : at;
}

char *latex_cut(const char *text, int lines, double width)
{
    static const char mark[] = "…";
    if (latex_lines(text, width) <= lines)
        return strdup(text);
    size_t n = latex_part(text, lines, width);
    while (n > 0 && text[n - 1] == ' ')
        n--;
    char *out = malloc(n + sizeof mark);
    if (out) {
        memcpy(out, text, n);
        memcpy(out + n, mark, sizeof mark);
    }
    return out;
}

void latex_words(FILE *out, const char *text)
{
    bool inside = false;
    if (*text == '[' || *text == '*')
        fputs("{}", out);
    while (*text) {
        const size_t n = latex_piece(text, &inside);
        char *piece = strndup(text, n);
        const bool tied = memchr(text, ' ', n) != NULL;
        fputs(tied ? "\\mbox{" : "", out);
        escape_latex_part(out, piece ? piece : "");
        fputs(tied ? "}" : "", out);
        free(piece);
        text += n;
        fputs(inside && (text[-1] != '-' || *text == '-') ? "\\allowbreak{}" : "", out);
        for (; *text == ' '; text++)
            fputc(' ', out);
    }
}

static void part_of_prose(FILE *out, const char *from, const char *to)
{
    char *part = strndup(from, (size_t)(to - from));
    latex_words(out, part ? part : "");
    free(part);
}

/* Prints code; its quotes are straight ones. */
static void code_of_prose(FILE *out, const char *from, const char *to)
{
    fputs("\\texttt{", out);
    for (const char *quote; (quote = memchr(from, '"', (size_t)(to - from))) != NULL;
         from = quote + 1) {
        part_of_prose(out, from, quote);
        fputs("\\char34{}", out);
    }
    part_of_prose(out, from, to);
    fputs("}", out);
}

void latex_prose(FILE *out, const char *text)
{
    const char *from, *to;
    while ((from = strchr(text, '`')) && (to = strchr(from + 1, '`'))) {
        part_of_prose(out, text, from);
        code_of_prose(out, from + 1, to);
        text = to + 1;
    }
    latex_words(out, text);
}
