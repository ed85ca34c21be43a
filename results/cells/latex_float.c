/* latex_float.c -- prints a table as LaTeX floats, as many as its panels, rows and notes need;
 * each float fits on a page.
 *
 * Where the estimated width is too small, as in a paper with wider letters, LaTeX itself scales
 * the tabular down (\resizebox). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "latex_size.h"
#include "latex_tabular.h"
#include "text_table_draw.h"

/* In pt, for a paper of 11 pt, whose lines are higher than those of one of 10 pt. Its page has
 * 541 pt; two lines less are used, because the height of a float may be estimated too low. */
static const double page_height = 515, caption_line = 13.6;
static const double footnotesize = 0.85;
/* Sizes of notes: LaTeX command, letters relative to 10 pt, and line height in pt. */
static const struct note_size {
    const char *name;
    double scale, line;
} note_sizes[] = {{"footnotesize", 0.85, 11}, {"scriptsize", 0.79, 9.5}};
/* Floats between two \clearpage: LaTeX can hold back only 18 (or 52) floats that find no place
 * in the text. */
enum { FLOATS = 12, CAPTION_LINES = 6 };

/* Marks columns in which a number has a decimal point. The first rows that are kept decide. */
static void find_points(struct text_table *t)
{
    for (int c = 0; c < t->columns; c++)
        for (int i = c; i < t->cells && t->column[c].right && !t->column[c].point;
             i += t->columns) {
            char own[FORM_TEXT];
            size_t head;
            const char *text = text_cell_form(&t->cell[i], own, &head);
            const size_t whole = latex_whole_part(text);
            t->column[c].point = whole && text[whole] == '.';
        }
}

/* --- one float -------------------------------------------------------------------- */

static const struct note_size *note_size(const struct text_table *t)
{
    return &note_sizes[t->latex.small_notes];
}

static double note_width(const struct text_table *t)
{
    return latex_layout_room(t->latex.across) / note_size(t)->scale;
}

static void open_notes(struct text_table *t)
{
    if (!t->latex.in_notes)
        fprintf(t->out, "\\par\\medskip\n\\begin{minipage}{\\linewidth}\\%s\\raggedright\n",
                note_size(t)->name);
    t->latex.in_notes = true;
}

static void close_float(struct text_table *t)
{
    if (!t->latex.open)
        return;
    fprintf(t->out, "%s\\end{table%s}\n", t->latex.in_notes ? "\\end{minipage}\n" : "",
            t->latex.across ? "*" : "");
    t->latex.floats++;
    if (++*(t->floats ? t->floats : &t->latex.since) % FLOATS == 0)
        fputs("\\clearpage\n", t->out);
    t->latex.open = t->latex.in_notes = false;
}

static void put_caption(struct text_table *t)
{
    const double width = latex_layout_room(t->latex.across);
    const bool first = t->latex.floats == 0;
    if (!t->caption)
        return;
    char *text = latex_cut(first ? t->caption : "(continued)", CAPTION_LINES, width);
    t->failed |= !text;
    fputs(first ? "\\caption{" : "\\addtocounter{table}{-1}\n\\caption[]{", t->out);
    latex_prose(t->out, text ? text : "");
    fputs("}\n", t->out);
    if (first && t->label)
        fprintf(t->out, "\\label{%s}\n", t->label);
    t->latex.room -= caption_line * (1 + latex_lines(text ? text : "", width));
    free(text);
}

static void open_float(struct text_table *t, const struct latex_layout *l)
{
    if (t->latex.floats == 0)
        fputs("% needs \\usepackage{booktabs}, \\usepackage{array}, "
              "\\usepackage{graphicx}\n",
              t->out);
    t->latex.across = l->across;
    t->latex.small = l->scale > 0.9;
    t->latex.open = t->latex.fresh = true;
    t->latex.room = page_height;
    fprintf(t->out,
            "\\begin{table%s}\n\\centering%s\\sloppy\n"
            "\\setlength{\\belowcaptionskip}{4pt}\n\\setlength{\\tabcolsep}{4pt}\n",
            l->across ? "*" : "", t->latex.small ? "\\small" : "\\footnotesize");
    put_caption(t);
}

static void put_panel(struct text_table *t, const struct latex_layout *l, int panel,
                      int from, int to)
{
    fputs(t->latex.fresh ? "" : "\\par\\medskip\n", t->out);
    fputs("\\setbox0\\hbox{\\relax\n", t->out);
    latex_tabular(t, l, panel, from, to);
    fputs("}\n\\leavevmode\\ifdim\\wd0>\\linewidth\n"
          "\\resizebox{\\linewidth}{!}{\\box0}\\else\\box0\\fi\n",
          t->out);
    t->latex.fresh = false;
}

/* --- all of them ------------------------------------------------------------------ */

static double height(const struct text_table *t, const struct latex_layout *l, int panel,
                     int from, int to)
{
    double sum = latex_head_height(t, l, panel);
    for (int row = from; row < to; row++)
        sum += latex_row_height(t, l, panel, row);
    return sum;
}

static bool stands_below(const struct text_table *t, int row)
{
    for (int c = 0; c < t->columns; c++)
        if (text_row(t, row)[c].indent)
            return true;
    return false;
}

/* Returns the row before which a part that begins at `from` ends: the last that fits into `room`
 * pt, or, within the second half, the last row with a rule. A part has at least one row. */
static int end_of_part(const struct text_table *t, const struct latex_layout *l, int panel,
                       int from, double room)
{
    const int rows = t->cells / t->columns;
    double used = latex_head_height(t, l, panel);
    int to = from;
    while (to < rows && used + latex_row_height(t, l, panel, to) <= room)
        used += latex_row_height(t, l, panel, to++);
    if (to == rows)
        return rows;
    for (int row = to; row > from + (to - from) / 2; row--)
        if (text_row_has_rule(t, text_row(t, row)))
            return row;
    while (to > from && stands_below(t, to))
        to--;
    return to > from ? to : from + 1;
}

/* Prints a panel; one that is higher than a page is divided into parts of about equal height. */
static void put_rows(struct text_table *t, const struct latex_layout *l, int panel)
{
    const int rows = t->cells / t->columns;
    int from = 0;
    do {
        const double rest = height(t, l, panel, from, rows);
        if (t->latex.open && rest > t->latex.room)
            close_float(t);
        if (!t->latex.open)
            open_float(t, l);
        const double parts = ceil(rest / t->latex.room);
        const double room =
            fmin(t->latex.room, rest / parts + 3 * latex_head_height(t, l, panel));
        const int to = end_of_part(t, l, panel, from, room);
        put_panel(t, l, panel, from, to);
        t->latex.room -= height(t, l, panel, from, to) + 6;
        if (to < rows)
            close_float(t);
        from = to;
    } while (from < rows);
}

void text_table_latex(struct text_table *t)
{
    struct latex_layout l;
    close_float(t);
    find_points(t);
    if (!latex_layout_init(t, &l)) {
        t->failed = true;
        return;
    }
    for (int panel = 0; panel < l.panels; panel++)
        put_rows(t, &l, panel);
    t->printed += t->cells / t->columns;
    latex_layout_free(&l);
}

/* Prints the mark of a note; a footnote number "[1]" becomes a superscript, as in the table. */
static void put_mark(struct text_table *t, const char *mark)
{
    const size_t digits = strcspn(mark + (*mark == '['), "]");
    if (*mark == '[')
        fprintf(t->out, "$^{%.*s}$", (int)digits, mark + 1);
    else
        escape_latex(t->out, mark);
    fputs(*mark ? " " : "", t->out);
}

/* Returns the bytes of the leading parts of `text`, each ended by `stop`, that together fit on
 * `lines` lines of `width` pt; 0: not even the first fits. */
static size_t whole_parts(const char *text, const char stop[3], int lines, double width)
{
    size_t end = 0;
    for (const char *at = strstr(text, stop); at; at = strstr(at + 2, stop)) {
        const size_t n = (size_t)(at - text) + 2;
        char *part = strndup(text, n);
        const bool fits = part && latex_lines(part, width) <= lines;
        free(part);
        if (!fits)
            break;
        end = n;
    }
    return end;
}

/* Returns the bytes of the text that fit into this float: all, or whole sentences; in an empty
 * float also whole list items, or as much as fills it. 0: the text goes to the next float. */
static size_t part_of_note(const struct text_table *t, const char *text)
{
    const double width = note_width(t);
    const int room = (int)(t->latex.room / note_size(t)->line);
    if (latex_lines(text, width) <= room)
        return strlen(text);
    size_t n = whole_parts(text, ". ", room, width);
    if (n == 0 && t->latex.fresh)
        n = whole_parts(text, "; ", room, width);
    return n || !t->latex.fresh ? n : latex_part(text, room > 1 ? room : 1, width);
}

static void put_note(struct text_table *t, const struct text_note *note,
                     const struct latex_layout *same)
{
    for (const char *text = note->text; *text;) {
        const size_t n = part_of_note(t, text);
        if (n == 0) {
            close_float(t);
            open_float(t, same);
            continue;
        }
        char *part = strndup(text, n);
        open_notes(t);
        put_mark(t, text == note->text ? note->mark : "");
        latex_prose(t->out, part ? part : "");
        fputs("\\par\n", t->out);
        t->failed |= !part;
        t->latex.room -= note_size(t)->line * latex_lines(part ? part : "", note_width(t));
        t->latex.fresh = false;
        free(part);
        text += n;
    }
}

static double notes_height(const struct text_table *t)
{
    double sum = 0;
    for (int i = 0; i < t->notes; i++)
        sum += note_size(t)->line * latex_lines(t->note[i].text, note_width(t));
    return sum;
}

/* Chooses smaller letters where they let all notes fit below the rows. */
static void choose_note_size(struct text_table *t)
{
    if (notes_height(t) <= t->latex.room)
        return;
    t->latex.small_notes = true;
    t->latex.small_notes = notes_height(t) <= t->latex.room;
}

void text_table_latex_end(struct text_table *t)
{
    const struct latex_layout same = {.across = t->latex.across,
                                      .scale = t->latex.small ? 1 : footnotesize};
    choose_note_size(t);
    for (int i = 0; i < t->notes && t->latex.open; i++)
        put_note(t, &t->note[i], &same);
    close_float(t);
}
