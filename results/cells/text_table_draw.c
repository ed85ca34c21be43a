/* text_table_draw.c -- prints rows of cells as text in columns, Markdown and HTML.
 *
 * A cell has a head and a tail; " ± 1.2", a star and the marks of footnotes are the tail. In the
 * terminal a column is as wide as its widest head and widest tail together. Where rows would be
 * wider than the terminal, columns of words shrink, down to their longest word, and their cells
 * go on in the lines below. */
#include "text_table_draw.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ascending.h"
#include "escape.h"
#include "real_text.h"

enum { GAP = 2 };

int terminal_columns(FILE *out)
{
    struct winsize size = {0};
    const char *told = getenv("COLUMNS");
    const long n = told ? strtol(told, NULL, 10) : 0;
    if (n > 0 && n < 10000)
        return (int)n;
    if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0)
        return size.ws_col;
    return 0;
}

const char *text_cell_form(const struct text_cell *c, char text[FORM_TEXT], size_t *head)
{
    memset(text, 0, FORM_TEXT);
    if (c->type == CELL_INTEGER)
        integer_text(c->integer, text);
    else if (c->type == CELL_REAL && isnan(c->real))
        snprintf(text, FORM_TEXT, "n/a");
    else if (c->type == CELL_REAL && !short_decimal(c->real, 6, text))
        snprintf(text, FORM_TEXT, "%.6g", c->real);
    *head = c->text ? c->head : strlen(text);
    return c->text ? c->text : text;
}

/* Right-aligns columns whose first cell is a number. */
static void find_right(struct text_table *t)
{
    for (int c = 0; c < t->columns; c++)
        for (int i = c; i < t->cells; i += t->columns) {
            const enum cell_type type = t->cell[i].type;
            if (type == CELL_NONE)
                continue;
            t->column[c].right |= type == CELL_INTEGER || type == CELL_REAL;
            break;
        }
}

const struct text_cell *text_row(const struct text_table *t, int row)
{
    return t->cell + (ptrdiff_t)row * t->columns;
}

bool text_row_has_rule(const struct text_table *t, const struct text_cell *row)
{
    for (int c = 0; c < t->columns; c++)
        if (row[c].rule)
            return true;
    return false;
}

/* ---- the terminal ---- */

static int width_of(const char *text, size_t bytes)
{
    int n = 0;
    for (size_t i = 0; i < bytes; i++)
        n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

static int marks_width(const struct text_cell *c)
{
    return (c->best ? 1 : 0) + (c->note ? text_width(c->note) + 2 : 0);
}

static int indent_width(const struct text_cell *c)
{
    return c->indent ? 2 : 0;
}

/* Returns the bytes of `text` that fit into `width` columns, at least one word; a line may break
 * after a blank or a comma. */
static size_t piece(const char *text, int width)
{
    size_t end = 0;
    while (text[end]) {
        size_t next = end + strcspn(text + end, " ,");
        next += text[next] == ',';
        if (end && width_of(text, next) > width)
            break;
        end = next + strspn(text + next, " ");
    }
    return end;
}

static int longest_word(const char *text)
{
    int longest = 0;
    for (size_t n, word; *text; text += n) {
        n = piece(text, 0);
        word = strcspn(text, " ");
        longest = max_int(longest, width_of(text, word < n ? word : n));
    }
    return longest;
}

/* Widths count only the rows that are kept. A column never becomes narrower. */
static void find_widths(struct text_table *t)
{
    for (int c = 0; c < t->columns; c++) {
        struct text_column *k = &t->column[c];
        for (int i = c; i < t->cells; i += t->columns) {
            char own[FORM_TEXT];
            size_t head;
            const char *text = text_cell_form(&t->cell[i], own, &head);
            const int front = width_of(text, head) + indent_width(&t->cell[i]);
            k->head = max_int(k->head, front);
            k->tail = max_int(k->tail, text_width(text + head) + marks_width(&t->cell[i]));
        }
        k->width = max_int(max_int(k->width, text_width(k->name)), k->head + k->tail);
    }
}

static int least_width(const struct text_table *t, int c)
{
    int least = text_width(t->column[c].name);
    if (t->column[c].right)
        return t->column[c].width;
    for (int i = c; i < t->cells; i += t->columns)
        if (t->cell[i].text)
            least =
                max_int(least, longest_word(t->cell[i].text) + marks_width(&t->cell[i]) +
                                   indent_width(&t->cell[i]));
    return least;
}

/* Narrows the widest columns of words until a row fits into the terminal. */
static void make_fit(struct text_table *t)
{
    int total = -GAP, *least = calloc((size_t)t->columns, sizeof *least);
    for (int c = 0; least && c < t->columns; c++) {
        total += t->column[c].width + GAP;
        least[c] = least_width(t, c);
    }
    for (; least && total > t->limit; total--) {
        int widest = -1;
        for (int c = 0; c < t->columns; c++)
            if (t->column[c].width > least[c] &&
                (widest < 0 || t->column[c].width > t->column[widest].width))
                widest = c;
        if (widest < 0)
            break;
        t->column[widest].width--;
    }
    free(least);
}

/* A line of output. Blanks are written only when text follows, so that no line ends in one. */
struct line {
    FILE *out;
    int blanks;
};

/* Writes the blanks with fwrite: printf's padding would take most of the time of a long table. */
static void put(struct line *l, const char *text, size_t n)
{
    static const char blanks[] = "                                ";
    if (!n)
        return;
    for (int rest = l->blanks; rest > 0; rest -= (int)sizeof blanks - 1)
        fwrite(blanks, 1, (size_t)min_int(rest, (int)sizeof blanks - 1), l->out);
    l->blanks = 0;
    fwrite(text, 1, n, l->out);
}

static void put_bold(struct line *l, const char *text, bool bold)
{
    if (!bold) {
        put(l, text, strlen(text));
        return;
    }
    fprintf(l->out, "%*s\033[1m%s\033[0m", l->blanks, "", text);
    l->blanks = 0;
}

static void put_marks(struct line *l, const struct text_cell *c)
{
    put(l, "*", c->best);
    if (c->note) {
        put(l, "[", 1);
        put(l, c->note, strlen(c->note));
        put(l, "]", 1);
    }
}

/* Prints a right-aligned cell, its head in line with the heads above. */
static void put_right(struct line *l, const struct text_table *t, const struct text_cell *c,
                      const struct text_column *k)
{
    char own[FORM_TEXT];
    size_t head;
    const char *text = text_cell_form(c, own, &head);
    /* Rows added after the widths were found may be wider. */
    const int before = max_int(0, k->width - k->tail - width_of(text, head));
    l->blanks += before;
    put_bold(l, text, t->bold && c->best);
    put_marks(l, c);
    l->blanks += max_int(0, k->width - before - text_width(text) - marks_width(c));
}

/* Prints the next line of a cell of words; *from counts its bytes that are printed. */
static void put_left(struct line *l, const struct text_table *t, const struct text_cell *c,
                     const struct text_column *k, size_t *from)
{
    char own[FORM_TEXT];
    size_t head;
    const char *text = text_cell_form(c, own, &head) + *from;
    const int indent = indent_width(c);
    size_t n = t->limit ? piece(text, k->width - indent - marks_width(c)) : strlen(text);
    const bool marked = text[n] == '\0' && n > 0;
    *from += n;
    while (t->limit && n > 0 && text[n - 1] == ' ')
        n--;
    l->blanks += indent;
    put(l, text, n);
    if (marked)
        put_marks(l, c);
    l->blanks +=
        max_int(0, k->width - indent - width_of(text, n) - (marked ? marks_width(c) : 0));
}

static void put_row(struct text_table *t, const struct text_cell *row)
{
    assert(t->columns > 0);
    size_t *from = calloc((size_t)t->columns, sizeof *from);
    bool more = true;
    for (int n = 0; more && from; n++) {
        struct line l = {.out = t->out};
        more = false;
        for (int c = 0; c < t->columns; c++) {
            const struct text_column *k = &t->column[c];
            if (!k->right)
                put_left(&l, t, &row[c], k, &from[c]);
            else if (n == 0)
                put_right(&l, t, &row[c], k);
            else
                l.blanks += k->width;
            more |= !k->right && row[c].text && row[c].text[from[c]];
            l.blanks += GAP;
        }
        fputc('\n', t->out);
    }
    t->failed |= !from;
    free(from);
}

static void put_rule(const struct text_table *t)
{
    struct line l = {.out = t->out};
    for (int c = 0; c < t->columns; c++) {
        for (int i = 0; i < t->column[c].width; i++)
            put(&l, "-", 1);
        l.blanks += GAP;
    }
    fputc('\n', t->out);
}

static void put_names(const struct text_table *t)
{
    struct line l = {.out = t->out};
    for (int c = 0; c < t->columns; c++) {
        const struct text_column *k = &t->column[c];
        const int rest = k->width - text_width(k->name);
        l.blanks += k->right ? rest : 0;
        put(&l, k->name, strlen(k->name));
        l.blanks += (k->right ? 0 : rest) + GAP;
    }
    fputc('\n', t->out);
    put_rule(t);
}

static void draw_text(struct text_table *t)
{
    find_widths(t);
    if (t->limit)
        make_fit(t);
    if (t->printed == 0)
        put_names(t);
    for (int i = 0; i < t->cells; i += t->columns) {
        if (t->printed++ && text_row_has_rule(t, &t->cell[i]))
            put_rule(t);
        put_row(t, &t->cell[i]);
    }
}

/* ---- Markdown, HTML ---- */

static void md_cell(const struct text_table *t, const struct text_cell *c)
{
    char own[FORM_TEXT];
    size_t head;
    fputs(c->best ? " **" : " ", t->out);
    fputs(c->indent ? "&emsp;" : "", t->out);
    escape_md(t->out, text_cell_form(c, own, &head));
    fputs(c->best ? "**" : "", t->out);
    if (c->note)
        fprintf(t->out, "\\[%s\\]", c->note);
    fputs(" |", t->out);
}

static void draw_md(struct text_table *t)
{
    if (t->printed == 0) {
        for (int c = 0; c < t->columns; c++) {
            fputs(c ? " " : "| ", t->out);
            escape_md(t->out, t->column[c].name);
            fputs(" |", t->out);
        }
        fputc('\n', t->out);
        for (int c = 0; c < t->columns; c++)
            fputs(t->column[c].right ? "|---:" : "|:---", t->out);
        fputs("|\n", t->out);
    }
    for (int i = 0; i < t->cells; i++) {
        fputs(i % t->columns ? "" : "|", t->out);
        md_cell(t, &t->cell[i]);
        fputs((i + 1) % t->columns ? "" : "\n", t->out);
        t->printed += (i + 1) % t->columns == 0;
    }
}

static void html_cell(const struct text_table *t, int column, const struct text_cell *c)
{
    char own[FORM_TEXT];
    size_t head;
    const bool right = t->column[column].right;
    fprintf(t->out, "<td%s%s>", right ? " class=n" : "", c->indent ? " data-below" : "");
    fputs(c->best ? "<strong>" : "", t->out);
    escape_html(t->out, text_cell_form(c, own, &head));
    fputs(c->best ? "</strong>" : "", t->out);
    if (c->note) {
        fputs("<sup>", t->out);
        escape_html(t->out, c->note);
        fputs("</sup>", t->out);
    }
    fputs("</td>", t->out);
}

/* Opens a table in a box that scrolls when it is wide; tabindex lets the keyboard reach it. */
static void html_names(const struct text_table *t)
{
    fputs("<div class=wide tabindex=0><table>\n<thead><tr>", t->out);
    for (int c = 0; c < t->columns; c++) {
        fprintf(t->out, "<th scope=col%s>", t->column[c].right ? " class=n" : "");
        escape_html_name(t->out, t->column[c].name);
        fputs("</th>", t->out);
    }
    fputs("</tr></thead>\n<tbody>\n", t->out);
}

static void draw_html(struct text_table *t)
{
    if (t->printed == 0)
        html_names(t);
    for (int i = 0; i < t->cells; i += t->columns) {
        fputs(t->printed++ && text_row_has_rule(t, &t->cell[i]) ? "<tr class=rule>"
                                                                : "<tr>",
              t->out);
        for (int c = 0; c < t->columns; c++)
            html_cell(t, c, &t->cell[i + c]);
        fputs("</tr>\n", t->out);
    }
}

void text_table_draw(struct text_table *t)
{
    if (t->printed == 0)
        find_right(t);
    if (t->format == PRINT_TEXT)
        draw_text(t);
    else if (t->format == PRINT_MD)
        draw_md(t);
    else if (t->format == PRINT_HTML)
        draw_html(t);
    else
        text_table_latex(t);
}

void text_table_draw_end(struct text_table *t)
{
    if (t->format == PRINT_LATEX)
        text_table_latex_end(t);
    if (t->format == PRINT_HTML)
        fputs(t->columns ? "</tbody></table></div>\n" : "", t->out);
}
