/* text_table_latex.c -- rows of cells as a LaTeX tabular.
 *
 * A column of numbers is two, "r" and "l" with nothing between, that meet at the decimal point:
 *     24 & .00 $\pm$ 0.40
 * which needs no package beyond booktabs and lets digits be bold, bounds and footnotes stand
 * in the column. What does not begin with a number stands across both. */
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "text_table_draw.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of the whole part that `text` begins with, "-12" of "-12.3"; 0: it is no number. */
static size_t whole_part(const char *text)
{
    const size_t sign = text[0] == '-' || text[0] == '+';
    const size_t digits = strspn(text + sign, "0123456789");
    return digits ? sign + digits : 0;
}

/* A hyphen before a number, at its beginning or behind a blank or bracket, is a minus. */
static bool is_minus(const char *text, size_t i)
{
    return text[i] == '-' && is_digit(text[i + 1]) &&
           (i == 0 || strchr(" [(", text[i - 1]));
}

/* n bytes of the text, with each minus as one. */
static void put(struct text_table *t, const char *text, size_t n)
{
    static const char minus[] = "\xE2\x88\x92"; /* U+2212, which escape_latex knows */
    char *all = malloc(n * strlen(minus) + 1);
    size_t used = 0;
    t->failed |= !all;
    for (size_t i = 0; all && i < n; i++) {
        const size_t more = is_minus(text, i) ? strlen(minus) : 1;
        memcpy(all + used, more > 1 ? minus : text + i, more);
        used += more;
    }
    if (all) {
        all[used] = '\0';
        escape_latex(t->out, all);
    }
    free(all);
}

static void put_bold(struct text_table *t, const struct text_cell *c, const char *text,
                     size_t n)
{
    if (n == 0)
        return;
    fputs(c->best ? "\\textbf{" : "", t->out);
    put(t, text, n);
    fputs(c->best ? "}" : "", t->out);
}

static void put_note(const struct text_table *t, const struct text_cell *c)
{
    if (c->note)
        fprintf(t->out, "$^{%s}$", c->note);
}

/* In one column. */
static void plain_cell(struct text_table *t, const struct text_cell *c)
{
    char own[FORM_TEXT];
    size_t head;
    const char *text = text_cell_form(t, c, own, &head);
    fputs(c->indent ? "\\quad " : "", t->out);
    put_bold(t, c, text, strlen(text));
    put_note(t, c);
}

/* In two that meet at the point. LaTeX skips blanks at the beginning of a cell. */
static void point_cell(struct text_table *t, const struct text_cell *c)
{
    char own[FORM_TEXT];
    size_t head;
    const char *text = text_cell_form(t, c, own, &head);
    const size_t whole = whole_part(text), blank = text[whole] == ' ';
    if (!whole) {
        fputs("\\multicolumn{2}{c}{", t->out);
        plain_cell(t, c);
        fputs("}", t->out);
        return;
    }
    put_bold(t, c, text, whole);
    fputs(blank ? " & \\ " : " & ", t->out);
    put_bold(t, c, text + whole + blank, strlen(text + whole + blank));
    put_note(t, c);
}

/* Does any number of the column have a decimal point? The rows kept first decide. */
static void find_points(struct text_table *t)
{
    for (int c = 0; c < t->columns; c++)
        for (int i = c; i < t->cells && t->column[c].right && !t->column[c].point;
             i += t->columns) {
            char own[FORM_TEXT];
            size_t head;
            const char *text = text_cell_form(t, &t->cell[i], own, &head);
            const size_t whole = whole_part(text);
            t->column[c].point = whole && text[whole] == '.';
        }
}

static void names(struct text_table *t)
{
    find_points(t);
    fputs("% needs \\usepackage{booktabs}\n\\begin{tabular}{", t->out);
    for (int c = 0; c < t->columns; c++)
        fputs(t->column[c].point ? "r@{}l" : t->column[c].right ? "r" : "l", t->out);
    fputs("}\n\\toprule\n", t->out);
    for (int c = 0; c < t->columns; c++) {
        fputs(c ? " & " : "", t->out);
        fputs(t->column[c].point ? "\\multicolumn{2}{c}{" : "", t->out);
        escape_latex(t->out, t->column[c].name);
        fputs(t->column[c].point ? "}" : "", t->out);
    }
    fputs(" \\\\\n\\midrule\n", t->out);
}

void text_table_latex(struct text_table *t)
{
    if (t->printed == 0)
        names(t);
    for (int i = 0; i < t->cells; i += t->columns) {
        if (t->printed++ && text_row_has_rule(t, &t->cell[i]))
            fputs("\\midrule\n", t->out);
        for (int c = 0; c < t->columns; c++) {
            fputs(c ? " & " : "", t->out);
            (t->column[c].point ? point_cell : plain_cell)(t, &t->cell[i + c]);
        }
        fputs(" \\\\\n", t->out);
    }
}

void text_table_latex_end(const struct text_table *t)
{
    fputs("\\bottomrule\n\\end{tabular}\n", t->out);
}
