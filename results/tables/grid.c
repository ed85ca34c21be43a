#include "grid.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "option.h"

static const char *const names[PRINT_FORMATS] = {
    [PRINT_TEXT] = "text", [PRINT_MD] = "md",     [PRINT_LATEX] = "latex",
    [PRINT_CSV] = "csv",   [PRINT_JSON] = "json",
};

const char *print_format_name(enum print_format f)
{
    return names[f];
}

enum status print_format_parse(const char *text, enum print_format *out, struct err *e)
{
    for (int i = 0; i < PRINT_FORMATS; i++)
        if (strcmp(text, names[i]) == 0) {
            *out = (enum print_format)i;
            return ST_OK;
        }
    const char *meant = suggest(text, names, PRINT_FORMATS);
    return err_set(
        e, ST_USAGE, "no output format \"%s\"; there are text, md, latex, csv, json%s%s%s",
        text, meant ? "; did you mean \"" : "", meant ? meant : "", meant ? "\"?" : "");
}

void grid_init(struct grid *g, int columns, unsigned right)
{
    assert(columns > 0);
    *g = (struct grid){.columns = columns, .right = right};
}

/* A new string in printf's way, or NULL. */
static char *format(const char *fmt, va_list args) __attribute__((format(printf, 1, 0)));

static char *format(const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    char *text = malloc((size_t)n + 1);
    if (text)
        vsnprintf(text, (size_t)n + 1, fmt, args);
    return text;
}

/* Takes `text`, which may be NULL for want of memory. */
static void append(struct grid *g, char *text)
{
    if (text && g->n == g->room) {
        const int room = g->room ? 2 * g->room : 64;
        struct grid_cell *cell = realloc(g->cell, (size_t)room * sizeof *cell);
        if (cell) {
            g->cell = cell;
            g->room = room;
        }
    }
    if (!text || g->n == g->room) {
        free(text);
        g->failed = true;
        return;
    }
    g->cell[g->n++] = (struct grid_cell){.text = text, .head = (int)strlen(text)};
}

void grid_add(struct grid *g, const char *text)
{
    append(g, strdup(text));
}

void grid_addf(struct grid *g, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    append(g, format(fmt, args));
    va_end(args);
}

/* a, a separator when a is not empty, and b; frees a. NULL for want of memory. */
static char *join(char *a, const char *separator, const char *b)
{
    const size_t used = a ? strlen(a) : 0, more = strlen(separator) + strlen(b) + 1;
    char *text = realloc(a, used + more);
    if (!text) {
        free(a);
        return NULL;
    }
    snprintf(text + used, more, "%s%s", used ? separator : "", b);
    return text;
}

static struct grid_cell *last(struct grid *g)
{
    assert(g->failed || g->n > 0);
    return g->failed || g->n == 0 ? NULL : &g->cell[g->n - 1];
}

void grid_tail(struct grid *g, const char *fmt, ...)
{
    struct grid_cell *c = last(g);
    va_list args;
    if (!c)
        return;
    va_start(args, fmt);
    char *tail = format(fmt, args);
    va_end(args);
    if (tail)
        c->text = join(c->text, "", tail);
    if (!tail || !c->text) {
        g->failed = true;
        c->text = NULL;
    }
    free(tail);
}

void grid_best(struct grid *g)
{
    struct grid_cell *c = last(g);
    if (c)
        c->best = true;
}

void grid_note(struct grid *g, const char *mark)
{
    struct grid_cell *c = last(g);
    if (!c)
        return;
    c->note = join(c->note, ",", mark);
    if (!c->note)
        g->failed = true;
}

void grid_rule(struct grid *g)
{
    struct grid_cell *c = last(g);
    if (c)
        c->rule = true;
}

void grid_free(struct grid *g)
{
    for (int i = 0; i < g->n; i++) {
        free(g->cell[i].text);
        free(g->cell[i].note);
    }
    free(g->cell);
    *g = (struct grid){0};
}

/* --- the terminal --------------------------------------------------------- */

enum { COLUMNS_MAX = 32 }; /* bits of grid.right; wider grids stand to the left */

struct widths {
    int head, tail, suffix; /* of the body */
    int block;              /* head + tail, or the header if that is wider */
};

static bool stands_right(const struct grid *g, int column)
{
    return column < COLUMNS_MAX && (g->right >> column & 1u);
}

static int suffix_width(const struct grid_cell *c)
{
    return (c->best ? 1 : 0) + (c->note ? text_width(c->note) + 2 : 0);
}

static int head_width(const struct grid_cell *c)
{
    int n = 0;
    for (int i = 0; i < c->head; i++)
        n += ((unsigned char)c->text[i] & 0xC0) != 0x80;
    return n;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static struct widths column_widths(const struct grid *g, int column)
{
    struct widths w = {0};
    for (int i = column + g->columns; i < g->n; i += g->columns) {
        const struct grid_cell *c = &g->cell[i];
        const int head = head_width(c);
        w.head = larger(w.head, head);
        w.tail = larger(w.tail, text_width(c->text) - head);
        w.suffix = larger(w.suffix, suffix_width(c));
    }
    w.block = larger(w.head + w.tail, column < g->n ? text_width(g->cell[column].text) : 0);
    return w;
}

/* Blanks are written only when something follows them, so no line ends in one. */
struct line {
    FILE *out;
    int blanks;
};

static void put(struct line *l, const char *text)
{
    if (!*text)
        return;
    fprintf(l->out, "%*s", l->blanks, "");
    l->blanks = 0;
    escape_text(l->out, text);
}

static void put_suffix(struct line *l, const struct grid_cell *c, int width)
{
    if (c->best)
        put(l, "*");
    if (c->note) {
        put(l, "[");
        put(l, c->note);
        put(l, "]");
    }
    l->blanks += width - suffix_width(c);
}

static void put_cell(struct line *l, const struct grid_cell *c, bool right, bool header,
                     const struct widths *w)
{
    const int width = text_width(c->text);
    if (right)
        l->blanks += header ? w->block - width
                            : w->block - w->head - w->tail + w->head - head_width(c);
    put(l, c->text);
    if (!right)
        l->blanks += w->block - width;
    else if (!header)
        l->blanks += w->tail - (width - head_width(c));
    put_suffix(l, c, w->suffix);
}

static void put_rule(FILE *out, const struct widths *w, int columns)
{
    struct line l = {.out = out};
    for (int c = 0; c < columns; c++) {
        for (int i = 0; i < w[c].block; i++)
            put(&l, "-");
        l.blanks += w[c].suffix + 2;
    }
    fputc('\n', out);
}

static bool row_has_rule(const struct grid *g, int first)
{
    bool rule = first == g->columns; /* under the header */
    for (int c = 0; c < g->columns; c++)
        rule = rule || g->cell[first + c].rule;
    return rule;
}

static enum status print_text(const struct grid *g, FILE *out, struct err *e)
{
    struct widths *w = calloc((size_t)g->columns, sizeof *w);
    if (!w)
        return err_set(e, ST_NOMEM, "no memory for a table of %d columns", g->columns);
    for (int c = 0; c < g->columns; c++)
        w[c] = column_widths(g, c);
    for (int i = 0; i < g->n; i += g->columns) {
        struct line l = {.out = out};
        if (i && row_has_rule(g, i))
            put_rule(out, w, g->columns);
        for (int c = 0; c < g->columns; c++) {
            put_cell(&l, &g->cell[i + c], stands_right(g, c), i == 0, &w[c]);
            l.blanks += 2;
        }
        fputc('\n', out);
    }
    if (g->n == g->columns)
        put_rule(out, w, g->columns);
    free(w);
    return ST_OK;
}

/* --- Markdown, LaTeX, CSV -------------------------------------------------- */

static void print_md_cell(const struct grid_cell *c, FILE *out)
{
    fputs(c->best ? " **" : " ", out);
    escape_md(out, c->text);
    fputs(c->best ? "**" : "", out);
    if (c->note)
        fprintf(out, " \\[%s\\]", c->note);
    fputs(" |", out);
}

static void print_md(const struct grid *g, FILE *out)
{
    for (int i = 0; i < g->n; i += g->columns) {
        fputc('|', out);
        for (int c = 0; c < g->columns; c++)
            print_md_cell(&g->cell[i + c], out);
        fputc('\n', out);
        for (int c = 0; c < g->columns && i == 0; c++)
            fputs(stands_right(g, c) ? "|---:" : "|:---", out);
        fputs(i == 0 ? "|\n" : "", out);
    }
}

static void print_latex_cell(const struct grid_cell *c, FILE *out)
{
    const bool indented = strncmp(c->text, "  ", 2) == 0;
    fputs(c->best ? "\\textbf{" : "", out);
    fputs(indented ? "\\quad " : "", out);
    escape_latex(out, c->text + (indented ? 2 : 0));
    fputs(c->best ? "}" : "", out);
    if (c->note)
        fprintf(out, "$^{%s}$", c->note);
}

static void print_latex(const struct grid *g, FILE *out)
{
    fputs("% needs \\usepackage{booktabs}\n\\begin{tabular}{", out);
    for (int c = 0; c < g->columns; c++)
        fputc(stands_right(g, c) ? 'r' : 'l', out);
    fputs("}\n\\toprule\n", out);
    for (int i = 0; i < g->n; i += g->columns) {
        if (i && row_has_rule(g, i))
            fputs("\\midrule\n", out);
        for (int c = 0; c < g->columns; c++) {
            fputs(c ? " & " : "", out);
            print_latex_cell(&g->cell[i + c], out);
        }
        fputs(" \\\\\n", out);
    }
    fputs("\\bottomrule\n\\end{tabular}\n", out);
}

static void print_csv(const struct grid *g, FILE *out)
{
    for (int i = 0; i < g->n; i++) {
        escape_csv(out, g->cell[i].text);
        fputc((i + 1) % g->columns ? ',' : '\n', out);
    }
}

enum status grid_print(const struct grid *g, enum print_format f, FILE *out, struct err *e)
{
    assert(f != PRINT_JSON);
    if (g->failed)
        return err_set(e, ST_NOMEM, "no memory for the table; ask for less of it");
    assert(g->n % g->columns == 0);
    switch (f) {
    case PRINT_MD:
        print_md(g, out);
        return ST_OK;
    case PRINT_LATEX:
        print_latex(g, out);
        return ST_OK;
    case PRINT_CSV:
        print_csv(g, out);
        return ST_OK;
    default:
        return print_text(g, out, e);
    }
}
