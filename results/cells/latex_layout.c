#include "latex_layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "latex_size.h"
#include "text_table_draw.h"

static const double column_room = 220, page_room = 450;
static const double small = 0.925, footnotesize = 0.85; /* Computer Modern, of 10 pt */
static const double gap = 8;                            /* between columns */
static const double bold = 1.16, mark = 0.75, indent = 10;
static const double spare =
    1.17; /* allows for wider fonts, where no line may be too wide */
static const double narrow = 45, key_share = 0.45;
static const double panel_text = 110, panel_lines = 12, panel_most = 300;

/* Widths of a column in pt, in letters of 10 pt. */
struct measure {
    double body, longest, name, stacked;
};

size_t latex_whole_part(const char *text)
{
    const size_t sign = text[0] == '-' || text[0] == '+';
    const size_t digits = strspn(text + sign, "0123456789");
    return digits ? sign + digits : 0;
}

double latex_layout_room(bool across)
{
    return across ? page_room : column_room;
}

static void measure_column(const struct text_table *t, int c, struct measure *m)
{
    double whole = 0, rest = 0;
    *m = (struct measure){.body = 0};
    for (int i = c; i < t->cells; i += t->columns) {
        const struct text_cell *cell = &t->cell[i];
        char own[FORM_TEXT];
        size_t head;
        const char *text = text_cell_form(cell, own, &head);
        const size_t n = strlen(text), front = latex_whole_part(text);
        const double wider = cell->best ? bold : 1;
        const double marks =
            cell->note ? mark * latex_width(cell->note, strlen(cell->note)) : 0;
        const double before = cell->indent ? indent : 0;
        m->longest = fmax(m->longest, wider * latex_longest(text) + marks + before);
        if (t->column[c].point && front) {
            whole = fmax(whole, wider * latex_width(text, front));
            rest = fmax(rest, wider * latex_width(text + front, n - front) + marks);
        } else
            m->body = fmax(m->body, wider * latex_width(text, n) + marks + before);
    }
    m->body = fmax(m->body, whole + rest);
    m->name = latex_width(t->column[c].name, strlen(t->column[c].name));
    m->longest = spare * fmax(m->longest, latex_longest(t->column[c].name)) + 1;
    m->stacked =
        fmax(latex_longest(t->column[c].name), fmin(m->name, fmax(m->body, narrow)));
}

static double natural(const struct measure *m, bool stacked)
{
    return fmax(m->body, stacked ? m->stacked : m->name);
}

static bool fits(const struct text_table *t, const struct measure *m, bool stacked,
                 const struct latex_layout *l)
{
    double total = 0;
    for (int c = 0; c < t->columns; c++)
        total += l->scale * natural(&m[c], stacked) + gap;
    return total <= latex_layout_room(l->across);
}

static void stack_headings(const struct text_table *t, const struct measure *m,
                           struct latex_layout *l)
{
    for (int c = 0; c < t->columns; c++)
        if (!l->wrap[c] && m[c].name > m[c].stacked)
            l->stack[c] = fmax(m[c].body, m[c].stacked);
}

/* Chooses the narrowest place, and there the largest letters, in which no cell is broken;
 * false: there is none. */
static bool choose_place(const struct text_table *t, const struct measure *m,
                         struct latex_layout *l)
{
    static const struct {
        bool across, small, stacked;
    } ways[] = {{false, true, false}, {false, false, false}, {true, true, false},
                {true, false, false}, {true, true, true},    {true, false, true}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        l->across = ways[i].across;
        l->scale = ways[i].small ? small : footnotesize;
        if (!fits(t, m, ways[i].stacked, l))
            continue;
        if (ways[i].stacked)
            stack_headings(t, m, l);
        return true;
    }
    return false;
}

/* Returns the least width of a column of words, in pt. */
static double least(const struct measure *m)
{
    return fmin(spare * fmax(m->body, m->name) + 1, fmax(m->longest, narrow));
}

/* Returns the pt of all columns of words together, each cut to `widest` or its least width,
 * whichever is larger. */
static double words_width(const struct text_table *t, const struct measure *m,
                          const struct latex_layout *l, double widest)
{
    double total = 0;
    for (int c = 0; c < t->columns; c++)
        if (!t->column[c].right)
            total += l->scale * fmax(least(&m[c]), fmin(natural(&m[c], false), widest));
    return total;
}

/* Narrows the widest columns of words until all columns fit; false: they cannot fit. */
static bool wrap_words(const struct text_table *t, const struct measure *m,
                       struct latex_layout *l)
{
    double room = page_room, needed = 0, widest = 0;
    for (int c = 0; c < t->columns; c++) {
        const bool words = !t->column[c].right;
        room -= gap + (words ? 0 : l->scale * natural(&m[c], true));
        needed += words ? l->scale * least(&m[c]) : 0;
        widest = words ? fmax(widest, natural(&m[c], false)) : widest;
    }
    if (needed > room)
        return false;
    while (words_width(t, m, l, widest) > room)
        widest -= 1;
    for (int c = 0; c < t->columns; c++)
        if (!t->column[c].right && natural(&m[c], false) > widest)
            l->wrap[c] = l->scale * fmax(least(&m[c]), widest);
    return true;
}

static double panel_width(const struct text_table *t, const struct measure *m,
                          const struct latex_layout *l, int c)
{
    return gap + (l->wrap[c]           ? l->wrap[c]
                  : t->column[c].right ? l->scale * natural(&m[c], true)
                                       : l->scale * natural(&m[c], false));
}

/* Divides the columns into panels of at most `room` pt beside the keys; returns their number. */
static int divide(const struct text_table *t, const struct measure *m,
                  struct latex_layout *l, double room)
{
    double used = 0;
    int panels = 0;
    for (int c = l->keys; c < t->columns; c++) {
        const double width = panel_width(t, m, l, c);
        if (c == l->keys || used + width > room) {
            l->first[panels++] = c;
            used = 0;
        }
        used += width;
    }
    l->first[panels] = t->columns;
    return panels;
}

static void make_panels(const struct text_table *t, const struct measure *m,
                        struct latex_layout *l)
{
    double keys = 0;
    for (int c = 0; c < t->columns; c++) {
        const double width = l->scale * natural(&m[c], false);
        if (!t->column[c].right && width > panel_text)
            l->wrap[c] = fmax(l->scale * m[c].longest,
                              fmin(fmax(panel_text, width / panel_lines), panel_most));
    }
    for (int c = 0; c + 1 < t->columns; c++) {
        keys += panel_width(t, m, l, c);
        if (c > 0 && (t->column[c].right || keys > key_share * page_room))
            break;
        l->keys = c + 1;
    }
    keys = 0;
    for (int c = 0; c < l->keys; c++)
        keys += panel_width(t, m, l, c);
    double room = page_room - keys;
    l->panels = divide(t, m, l, room);
    /* Makes the panels as even as possible without adding one. */
    while (room > 0 && divide(t, m, l, room) == l->panels)
        room -= 1;
    l->panels = divide(t, m, l, room + 1);
}

bool latex_layout_init(const struct text_table *t, struct latex_layout *out)
{
    const size_t n = (size_t)t->columns + 1;
    struct measure *m = calloc(n, sizeof *m);
    struct latex_layout *l = out;
    *l = (struct latex_layout){.panels = 1,
                               .first = calloc(n + 1, sizeof *l->first),
                               .wrap = calloc(n, sizeof *l->wrap),
                               .stack = calloc(n, sizeof *l->stack)};
    const bool ok = m && l->first && l->wrap && l->stack;
    for (int c = 0; ok && c < t->columns; c++)
        measure_column(t, c, &m[c]);
    if (ok) {
        l->first[1] = t->columns;
        if (!choose_place(t, m, l)) {
            if (!wrap_words(t, m, l))
                make_panels(t, m, l);
            stack_headings(t, m, l);
        }
    }
    free(m);
    if (!ok)
        latex_layout_free(l);
    return ok;
}

void latex_layout_free(struct latex_layout *l)
{
    free(l->first);
    free(l->wrap);
    free(l->stack);
    *l = (struct latex_layout){0};
}

int latex_layout_column(const struct latex_layout *l, int panel, int i)
{
    const int c = i < l->keys ? i : l->first[panel] + i - l->keys;
    return c < l->first[panel + 1] ? c : -1;
}
