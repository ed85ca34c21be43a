/* latex_tabular.c -- prints rows of one panel as a LaTeX tabular (latex_layout.h).
 *
 * A column of numbers is two columns, "r" and "l" without a gap, that meet at the decimal point:
 *     24 & .00 $\pm$ 0.40
 * so that digits can be bold, and bounds and footnotes can stand in the column. A cell that does
 * not begin with a number spans both. */
#include "latex_tabular.h"

#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "latex_size.h"
#include "text_table_draw.h"

/* Allows for fonts wider than the measured one, which need more lines. */
static const double spare = 1.12;
/* Most lines of a cell and of a heading; more would leave no room on the page for the rest. */
enum { CELL_LINES = 20, HEAD_LINES = 5 };

/* Returns the width of a broken cell, in pt of letters of 10 pt; 0: it is not broken. */
static double cell_width(const struct latex_layout *l, int c)
{
    return l->wrap[c] / l->scale / spare;
}

static double head_width(const struct latex_layout *l, int c)
{
    return l->wrap[c] ? cell_width(l, c) : l->stack[c];
}

static int lines_of(const char *text, int most, double width)
{
    const int n = width > 0 ? latex_lines(text, width) : 1;
    return n < most ? n : most;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A hyphen before a digit is a minus at the beginning of the text or after a blank or bracket. */
static bool is_minus(const char *text, size_t i)
{
    return text[i] == '-' && is_digit(text[i + 1]) &&
           (i == 0 || strchr(" [(", text[i - 1]));
}

/* Prints n bytes of the text with U+2212 for each minus; `broken`: lines may end within words. */
static void put(struct text_table *t, const char *text, size_t n, bool broken)
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
        (broken ? latex_words : escape_latex)(t->out, all);
    }
    free(all);
}

static void put_bold(struct text_table *t, const struct text_cell *c, const char *text,
                     size_t n, bool broken)
{
    if (n == 0)
        return;
    fputs(c->best ? "\\textbf{" : "", t->out);
    put(t, text, n, broken);
    fputs(c->best ? "}" : "", t->out);
}

static void put_note(const struct text_table *t, const struct text_cell *c)
{
    if (c->note)
        fprintf(t->out, "$^{%s}$", c->note);
}

/* Prints a cell in one column, wrapped at `width` pt; 0 means no wrapping. */
static void plain_cell(struct text_table *t, const struct text_cell *c, double width)
{
    char own[FORM_TEXT];
    size_t head;
    const char *text = text_cell_form(c, own, &head);
    char *cut = width > 0 ? latex_cut(text, CELL_LINES, width) : NULL;
    t->failed |= width > 0 && !cut;
    text = cut ? cut : text;
    fputs(c->indent ? "\\quad " : "", t->out);
    put_bold(t, c, text, strlen(text), width > 0);
    put_note(t, c);
    free(cut);
}

/* Prints a cell in two columns that meet at the decimal point. A blank after the "&" is written
 * "\ ", because LaTeX skips blanks at the beginning of a cell. */
static void point_cell(struct text_table *t, const struct text_cell *c)
{
    char own[FORM_TEXT];
    size_t head;
    const char *text = text_cell_form(c, own, &head);
    const size_t whole = latex_whole_part(text), blank = text[whole] == ' ';
    if (!whole) {
        fputs("\\multicolumn{2}{c}{", t->out);
        plain_cell(t, c, 0);
        fputs("}", t->out);
        return;
    }
    put_bold(t, c, text, whole, false);
    fputs(blank ? " & \\ " : " & ", t->out);
    put_bold(t, c, text + whole + blank, strlen(text + whole + blank), false);
    put_note(t, c);
}

/* Prints a heading, broken into lines where its column is narrow. */
static void put_name(struct text_table *t, const struct latex_layout *l, int c)
{
    const struct text_column *k = &t->column[c];
    const double width = head_width(l, c);
    char *cut = width > 0 ? latex_cut(k->name, HEAD_LINES, width) : NULL;
    const char *text = cut ? cut : k->name, *between = "";
    bool inside = false;
    t->failed |= width > 0 && !cut;
    if (k->point)
        fputs("\\multicolumn{2}{c}{", t->out);
    if (l->wrap[c])
        latex_words(t->out, text);
    else if (!l->stack[c])
        escape_latex(t->out, text);
    else {
        fprintf(t->out, "\\begin{tabular}[b]{@{}%s@{}}",
                k->point   ? "c"
                : k->right ? "r"
                           : "l");
        for (size_t n; *text; text += n, between = "\\\\") {
            n = latex_line(text, &inside, l->stack[c]);
            fputs(between, t->out);
            put(t, text, n - (text[n - 1] == ' '), false);
        }
        fputs("\\end{tabular}", t->out);
    }
    fputs(k->point ? "}" : "", t->out);
    free(cut);
}

static void put_columns(struct text_table *t, const struct latex_layout *l, int panel)
{
    fputs("\\begin{tabular}{", t->out);
    for (int i = 0, c; (c = latex_layout_column(l, panel, i)) >= 0; i++)
        if (l->wrap[c])
            fprintf(t->out, ">{\\raggedright\\arraybackslash}p{%.0fpt}", l->wrap[c]);
        else
            fputs(t->column[c].point ? "r@{}l" : t->column[c].right ? "r" : "l", t->out);
    fputs("}\n\\toprule\n", t->out);
    for (int i = 0, c; (c = latex_layout_column(l, panel, i)) >= 0; i++) {
        fputs(i ? " & " : "", t->out);
        put_name(t, l, c);
    }
    fputs(" \\\\\n\\midrule\n", t->out);
}

/* Returns the cell to print: in the first row of a part, the earlier cell that it repeats. */
static const struct text_cell *shown(const struct text_table *t, int row, int c, int from)
{
    int at = row;
    while (row == from && at > 0 && text_row(t, at)[c].repeats)
        at--;
    return &text_row(t, at)[c];
}

static bool wraps(const struct latex_layout *l, int panel)
{
    for (int i = 0, c; (c = latex_layout_column(l, panel, i)) >= 0; i++)
        if (l->wrap[c])
            return true;
    return false;
}

void latex_tabular(struct text_table *t, const struct latex_layout *l, int panel, int from,
                   int to)
{
    const bool apart = wraps(l, panel);
    put_columns(t, l, panel);
    for (int row = from; row < to; row++) {
        if (row > from && text_row_has_rule(t, text_row(t, row)))
            fputs("\\midrule\n", t->out);
        else if (row > from && apart)
            fputs("\\addlinespace[2pt]\n", t->out);
        for (int i = 0, c; (c = latex_layout_column(l, panel, i)) >= 0; i++) {
            fputs(i ? " & " : "", t->out);
            if (t->column[c].point)
                point_cell(t, shown(t, row, c, from));
            else
                plain_cell(t, shown(t, row, c, from), cell_width(l, c));
        }
        fputs(" \\\\\n", t->out);
    }
    fputs("\\bottomrule\n\\end{tabular}", t->out);
}

/* Returns the pt of a line in a paper of 11 pt. */
static double line_height(const struct latex_layout *l)
{
    return l->scale > 0.9 ? 12 : 11;
}

double latex_row_height(const struct text_table *t, const struct latex_layout *l, int panel,
                        int row)
{
    int lines = 1;
    bool apart = false;
    for (int i = 0, c; (c = latex_layout_column(l, panel, i)) >= 0; i++) {
        char own[FORM_TEXT];
        size_t head;
        const char *text = text_cell_form(&text_row(t, row)[c], own, &head);
        const int n = lines_of(text, CELL_LINES, cell_width(l, c));
        lines = n > lines ? n : lines;
        apart |= l->wrap[c] > 0;
    }
    return lines * line_height(l) + (text_row_has_rule(t, text_row(t, row)) ? 5
                                     : apart                                ? 2
                                                                            : 0);
}

double latex_head_height(const struct text_table *t, const struct latex_layout *l,
                         int panel)
{
    int lines = 1;
    for (int i = 0, c; (c = latex_layout_column(l, panel, i)) >= 0; i++) {
        const int n = lines_of(t->column[c].name, HEAD_LINES, head_width(l, c));
        lines = n > lines ? n : lines;
    }
    return lines * line_height(l) + 20;
}
