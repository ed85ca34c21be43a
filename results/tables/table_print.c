/* table_print.c -- one section as a table for people, with what stands above and below.
 *
 * Title, metric and sizes are composed; `fill` adds header, rows, rows of the paper and of
 * chance, majority and ceiling; then the format's function prints them and the notes.
 * The trap: footnotes get their numbers while cells are filled, so notes are printed last;
 * and all text goes through clean_wrap or an escape of its format, since it is a
 * database's. */
#include "table_print.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "escape.h"
#include "table_caveats.h"
#include "table_learning.h"
#include "table_strata.h"

enum { WIDTH = 80, PROSE = 2048 }; /* columns of notes; bytes of a line, then cut */

/* One table being made. */
struct view {
    const struct table_section *s;
    const struct table_request *q;
    struct text_table table;
    char **note; /* [notes] the footnotes, owned */
    int notes;
    bool has_best, has_bound, has_ambiguous, has_hard;
    FILE *out;
};

struct prose {
    char text[PROSE];
    size_t used;
};

static void say(struct prose *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void say(struct prose *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    const int n = vsnprintf(p->text + p->used, PROSE - p->used, fmt, args);
    va_end(args);
    if (n > 0)
        p->used += (size_t)n < PROSE - p->used ? (size_t)n : PROSE - p->used - 1;
}

/* --- above the table ---------------------------------------------------------- */

static const char *or_dash(const char *value)
{
    return value && *value ? value : "-";
}

static bool is_key(const struct table_section *s, enum dim d)
{
    for (int k = 0; k < s->keys; k++)
        if (s->key[k] == d)
            return true;
    return s->shape.cols == d;
}

static void say_title(const struct table_section *s, struct prose *p)
{
    const char *const experiment = s->fixed[DIM_EXPERIMENT];
    const char *const profile = s->fixed[DIM_PROFILE];
    say(p, "%s, %s%s", experiment ? experiment : "several experiments",
        profile ? "profile " : "several profiles", profile ? profile : "");
    for (int d = DIM_CELL; d <= DIM_SPLIT && !is_key(s, DIM_TEST); d++)
        if (!is_key(s, (enum dim)d) && s->fixed[d] && *s->fixed[d])
            say(p, ", %s %s", dim_name((enum dim)d), s->fixed[d]);
    say(p, ": %s", s->data->metric);
}

static void say_metric(const struct table_section *s, struct prose *p)
{
    const struct metric_info *m = s->data->info;
    say(p, "%c%s%s%s; ", m->meaning[0] - 'a' + 'A', m->meaning + 1, m->percent ? ", %" : "",
        m->better < 0   ? "; lower is better"
        : m->better > 0 ? "; higher is better"
                        : "");
    if (is_key(s, DIM_SEED))
        say(p, "each seed by itself.");
    else if (s->seeds == 1)
        say(p, "one seed, so no spread.");
    else
        say(p, "mean ± std over %d seeds.", s->seeds);
}

/* The first record of each split; NULL when there is no further one after *at. */
static const struct record *next_split(const struct table_section *s, int *at)
{
    for (int i = *at; i < s->members; i++) {
        const struct record *r = table_member(s, i);
        int first = 0;
        while (table_member(s, first)->key[DIM_SPLIT] != r->key[DIM_SPLIT])
            first++;
        if (r->key[DIM_SPLIT] && first == i) {
            *at = i + 1;
            return r;
        }
    }
    return NULL;
}

/* The one number of tokens or sequences of a split, -1 when no run knows it, -2 when they
 * disagree. Runs without a result know only some. */
static int64_t size_of(const struct table_section *s, const char *split, bool tokens)
{
    int64_t size = -1;
    for (int i = 0; i < s->members; i++) {
        const struct record *r = table_member(s, i);
        const int64_t n = tokens ? r->tokens : r->sequences;
        if (r->key[DIM_SPLIT] != split || n < 0)
            continue;
        if (size >= 0 && size != n)
            return -2;
        size = n;
    }
    return size;
}

/* The share of the split's sequences that training had, the mean over the runs that know
 * it; each seed has a training of its own. NaN: none knows. */
static double seen_of(const struct table_section *s, const char *split)
{
    double sum = 0;
    int n = 0;
    for (int i = 0; i < s->members; i++) {
        const struct record *r = table_member(s, i);
        if (r->key[DIM_SPLIT] != split || isnan(r->seen))
            continue;
        sum += r->seen;
        n++;
    }
    return n ? sum / n : (double)NAN;
}

/* "id 1000 sequences, 26508 scored tokens; ..." */
static void say_sizes(const struct table_section *s, struct prose *p)
{
    const char *separator = "Evaluated on ";
    const struct record *r;
    for (int at = 0; (r = next_split(s, &at));) {
        say(p, "%s%s ", separator, r->key[DIM_SPLIT]);
        separator = "; ";
        const int64_t sequences = size_of(s, r->key[DIM_SPLIT], false);
        const int64_t tokens = size_of(s, r->key[DIM_SPLIT], true);
        if (sequences == -2 || tokens == -2) {
            say(p, "(sizes vary)");
            continue;
        }
        if (sequences >= 0)
            say(p, "%lld sequences", (long long)sequences);
        if (tokens >= 0 && tokens == sequences)
            say(p, ", one scored token each");
        else if (tokens >= 0)
            say(p, "%s%lld scored tokens", sequences >= 0 ? ", " : "", (long long)tokens);
        const double seen = seen_of(s, r->key[DIM_SPLIT]);
        if (seen > 0)
            say(p, ", %.2g %% of them seen in training", 100 * seen);
    }
    if (p->used)
        say(p, ".");
}

/* --- the table ------------------------------------------------------------------ */

/* Marks the cell added last with the footnote `text`, new or the same as an earlier one. */
static void mark(struct view *v, const char *text)
{
    char number[16];
    int i = 0;
    while (i < v->notes && strcmp(v->note[i], text) != 0)
        i++;
    if (i == v->notes) {
        char **all = realloc(v->note, (size_t)(v->notes + 1) * sizeof *all);
        char *own = all ? strdup(text) : NULL;
        if (all)
            v->note = all;
        if (own)
            v->note[v->notes++] = own;
        v->table.failed |= !own;
    }
    snprintf(number, sizeof number, "%d", i + 1);
    text_table_note(&v->table, number);
}

/* Returns whether there was one. Cells with the same caveat share a footnote. */
static bool mark_caveats(struct view *v, int row, int col)
{
    char text[CAVEATS_MAX][CAVEAT_TEXT];
    const int n = table_caveats(v->s, row, col, text);
    for (int i = 0; i < n; i++)
        mark(v, text[i]);
    return n > 0;
}

/* " | 4.53": errors in the hard places. */
static void add_hard(struct view *v, int row, int col)
{
    const struct metric_info *m = v->s->data->info;
    const struct hard_cell c = table_strata_cell(v->s, row, col);
    char text[METRIC_TEXT];
    if (isnan(c.error))
        return;
    const int decimals = c.wrong ? metric_decimals(m, c.error) : 0;
    text_table_tail(&v->table, " | %s", metric_number(m, c.error, decimals, text));
    v->has_hard = true;
}

static void add_cell(struct view *v, int row, int col)
{
    const struct table_section *s = v->s;
    const struct table_cell *c = table_cell_at(s, row, col);
    const struct metric_info *m = s->data->info;
    char a[METRIC_TEXT], note[CELL_NOTE];
    const int decimals = metric_decimals(m, c->mean);
    if (c->runs == 0) { /* such as a split that this column's task does not have */
        text_table_none(&v->table);
        return;
    }
    if (c->n > 0 && !isnan(c->bound)) {
        text_table_text(&v->table, "0");
        text_table_tail(&v->table, " (< %s)", metric_bound(m, c->bound, a));
        v->has_bound = true;
    } else {
        text_table_text(&v->table, metric_number(m, c->mean, decimals, a));
        if (c->n > 1)
            text_table_tail(&v->table, " ± %s", metric_number(m, c->std, decimals, a));
    }
    add_hard(v, row, col);
    if (table_cell_best(s, row, col)) {
        text_table_best(&v->table);
        v->has_best = true;
    }
    const bool explained = mark_caveats(v, row, col);
    table_cell_note(s, row, col, note);
    if (*note && !(explained && strcmp(note, CELL_NOT_AVAILABLE) == 0))
        mark(v, note);
}

enum reference { CHANCE, MAJORITY, CEILING, REFERENCES };
static const char *const reference_names[REFERENCES] = {"chance", "majority", "ceiling"};

static double accuracy_of(const struct record *r, enum reference which)
{
    return which == CHANCE ? r->chance : which == MAJORITY ? r->majority : r->ceiling;
}

/* The metric's value of a reference in a row, or a column (the other is -1): "n/a" when
 * there is none, "varies" when there are several. */
static const char *reference_text(const struct table_section *s, enum reference which,
                                  int row, int col, char text[METRIC_TEXT])
{
    const struct metric_info *m = s->data->info;
    double value = (double)NAN;
    for (int i = 0; i < s->members; i++) {
        const struct record *r = table_member(s, i);
        bool fits = r->key[DIM_SPLIT] != NULL;
        for (int k = 0; k < s->keys && row >= 0; k++)
            fits = fits && r->key[s->key[k]] == s->row[row].key[k];
        if (!fits || (col >= 0 && r->key[s->shape.cols] != s->col[col]))
            continue;
        const double v = metric_of_accuracy(m, accuracy_of(r, which), which == CHANCE,
                                            r->tokens >= 0 && r->tokens == r->sequences);
        if (!isnan(value) && !isnan(v) && fabs(v - value) > 1e-9 * fabs(value))
            return "varies";
        value = isnan(v) ? value : v;
    }
    return metric_number(m, value, metric_decimals(m, value), text);
}

/* Does any part of the table have this reference? */
static bool has_reference(const struct table_section *s, enum reference which)
{
    char text[METRIC_TEXT];
    return strcmp(reference_text(s, which, -1, -1, text), "n/a") != 0;
}

static bool split_tells_rows_apart(const struct table_section *s)
{
    for (int k = 0; k < s->keys; k++)
        if (s->key[k] == DIM_SPLIT || s->key[k] == DIM_TEST)
            return true;
    return false;
}

static void add_header(struct view *v)
{
    const struct table_section *s = v->s;
    for (int k = 0; k < s->keys; k++)
        text_table_column(&v->table, dim_name(s->key[k]), false);
    for (int j = 0; j < s->cols; j++)
        text_table_column(&v->table, or_dash(s->col[j]), true);
    for (int w = 0; w < REFERENCES && split_tells_rows_apart(s); w++)
        if (has_reference(s, (enum reference)w))
            text_table_column(&v->table, reference_names[w], true);
}

/* A leading key is printed only where it changes. */
static void add_keys(struct view *v, int row)
{
    const struct table_section *s = v->s;
    bool same = row > 0;
    for (int k = 0; k < s->keys; k++) {
        same = same && k + 1 < s->keys && s->row[row].key[k] == s->row[row - 1].key[k];
        text_table_text(&v->table, same ? "" : or_dash(s->row[row].key[k]));
        if (k == 0 && row > 0 && s->keys > 1 && !same)
            text_table_rule(&v->table);
    }
}

/* The first cells of a row that is not an encoder's: all blank but the one of the rows. */
static void add_label(struct view *v, const char *label, bool below)
{
    for (int k = 0; k < v->s->keys; k++) {
        text_table_text(&v->table, k == v->s->main ? label : "");
        if (below && k == v->s->main)
            text_table_indent(&v->table);
    }
}

static void add_reference_cells(struct view *v, int row)
{
    char text[METRIC_TEXT];
    for (int w = 0; w < REFERENCES && split_tells_rows_apart(v->s); w++)
        if (has_reference(v->s, (enum reference)w))
            text_table_text(
                &v->table,
                row < 0 ? "" : reference_text(v->s, (enum reference)w, row, -1, text));
}

static void add_paper(struct view *v, int row)
{
    const struct metric_info *m = v->s->data->info;
    char a[METRIC_TEXT];
    add_label(v, "paper", true);
    for (int j = 0; j < v->s->cols; j++) {
        const struct published *p = table_cell_published(v->s, table_cell_at(v->s, row, j));
        if (!p || isnan(p->value)) {
            text_table_text(&v->table, "");
            continue;
        }
        const int decimals = metric_decimals(m, p->value);
        text_table_text(&v->table, metric_number(m, p->value, decimals, a));
        if (!isnan(p->std))
            text_table_tail(&v->table, " ± %s", metric_number(m, p->std, decimals, a));
        v->has_ambiguous = v->has_ambiguous || p->ambiguous;
    }
    add_reference_cells(v, -1);
}

static void add_difference(struct view *v, int row)
{
    const struct metric_info *m = v->s->data->info;
    char a[METRIC_TEXT];
    add_label(v, "difference", true);
    for (int j = 0; j < v->s->cols; j++) {
        const struct table_cell *c = table_cell_at(v->s, row, j);
        const struct published *p = table_cell_published(v->s, c);
        const double gap = p && c->n > 0 ? c->mean - p->value : (double)NAN;
        if (isnan(gap))
            text_table_text(&v->table, "");
        else
            text_table_format(&v->table, "%s%s", gap > 0 ? "+" : "",
                              metric_number(m, gap, metric_decimals(m, gap), a));
    }
    add_reference_cells(v, -1);
}

static bool row_is_published(const struct table_section *s, int row)
{
    for (int j = 0; j < s->cols; j++)
        if (table_cell_published(s, table_cell_at(s, row, j)))
            return true;
    return false;
}

static void add_reference_rows(struct view *v)
{
    char text[METRIC_TEXT];
    bool first = true;
    for (int w = 0; w < REFERENCES; w++) {
        if (!has_reference(v->s, (enum reference)w))
            continue;
        add_label(v, reference_names[w], false);
        for (int j = 0; j < v->s->cols; j++)
            text_table_text(&v->table,
                            reference_text(v->s, (enum reference)w, -1, j, text));
        if (first)
            text_table_rule(&v->table);
        first = false;
    }
}

static void fill(struct view *v)
{
    const struct table_section *s = v->s;
    add_header(v);
    for (int i = 0; i < s->rows; i++) {
        add_keys(v, i);
        for (int j = 0; j < s->cols; j++)
            add_cell(v, i, j);
        add_reference_cells(v, i);
        if (v->q->published && row_is_published(s, i)) {
            add_paper(v, i);
            add_difference(v, i);
        }
    }
    if (!split_tells_rows_apart(s))
        add_reference_rows(v);
}

/* --- below the table -------------------------------------------------------------- */

/* Has a cell before cell n the same source? */
static bool is_said(const struct table_section *s, int n, const struct published *q)
{
    for (int i = 0; i < n; i++) {
        const struct published *p = table_cell_published(s, &s->cell[i]);
        if (p && p->paper == q->paper && p->source == q->source)
            return true;
    }
    return false;
}

static void say_source(const struct table_section *s, struct prose *p)
{
    const char *before = "paper: ";
    for (int i = 0; i < s->rows * s->cols; i++) {
        const struct published *q = table_cell_published(s, &s->cell[i]);
        if (!q || is_said(s, i, q))
            continue;
        say(p, "%s%s, %s", before, q->paper, q->source);
        before = "; ";
    }
    if (p->used)
        say(p, ". difference: ours minus the paper's%s.",
            s->data->info->percent ? ", in percentage points" : "");
}

/* Has a cell before cell n the same hard places? */
static bool is_hard_said(const struct table_section *s, int n, const struct hard_places *h)
{
    for (int i = 0; i < n; i++)
        if (table_strata_cell(s, i / s->cols, i % s->cols).where == h)
            return true;
    return false;
}

/* "Behind |: id, ignores 57 and more (24 % of the places); ..." */
static void say_hard(const struct table_section *s, struct prose *p)
{
    const char *before = "token_error in the hard places: ";
    for (int i = 0; i < s->rows * s->cols; i++) {
        const struct hard_places *h = table_strata_cell(s, i / s->cols, i % s->cols).where;
        char text[HARD_TEXT];
        if (!h || is_hard_said(s, i, h))
            continue;
        say(p, "%s%s%s%s%s%s, %s", before, s->fixed[DIM_EXPERIMENT] ? "" : h->experiment,
            s->fixed[DIM_EXPERIMENT] ? "" : " ", s->fixed[DIM_CELL] ? "" : h->cell,
            s->fixed[DIM_CELL] || !*h->cell ? "" : " ", h->split,
            table_strata_text(h, text));
        before = "; ";
    }
    say(p, ".");
}

typedef void (*line_fn)(FILE *out, const char *mark, const char *text);

/* "cope is cope(p_max=64) in counting, cope(scale_position=false) in flip_flop": the name in a
 * row or column, and the variant it stands for in each experiment. */
static void say_variants(const struct table_section *s, const char *name, struct prose *p)
{
    const char *before = " is ";
    const struct record *last = NULL;
    for (int i = 0; i < s->members; i++) {
        const struct record *r = table_member(s, i);
        int k = 0;
        if (!r->merged || r->key[DIM_VARIANT] != name)
            continue;
        while (table_member(s, k)->variant != r->variant ||
               table_member(s, k)->key[DIM_EXPERIMENT] != r->key[DIM_EXPERIMENT])
            k++;
        if (k < i)
            continue;
        if (!last)
            say(p, "%s", name);
        if (!last || last->variant != r->variant)
            say(p, "%s%s in ", before, r->variant);
        say(p, "%s%s", last && last->variant == r->variant ? ", " : "",
            or_dash(r->key[DIM_EXPERIMENT]));
        before = "; ";
        last = r;
    }
}

/* A line for each encoder whose variants have one name here. */
static void each_merged(const struct view *v, line_fn line)
{
    for (int i = 0; i < v->s->members; i++) {
        const struct record *r = table_member(v->s, i);
        struct prose p = {.used = 0};
        int k = 0;
        while (!table_member(v->s, k)->merged ||
               table_member(v->s, k)->key[DIM_VARIANT] != r->key[DIM_VARIANT]) {
            if (k == i)
                break;
            k++;
        }
        if (k != i || !r->merged)
            continue;
        say_variants(v->s, r->key[DIM_VARIANT], &p);
        say(&p, ".");
        line(v->out, "", p.text);
    }
}

static bool has_notes(const struct view *v)
{
    char learning[LEARNING_TEXT];
    table_learning_solved(v->s, learning);
    return v->has_best || v->has_bound || v->has_hard || v->notes || v->q->published ||
           *learning;
}

static void print_notes(const struct view *v, line_fn line)
{
    char number[16], learning[LEARNING_TEXT];
    struct prose p = {.used = 0}, hard = {.used = 0};
    if (v->has_best)
        line(v->out, v->q->format == PRINT_TEXT ? "*" : "Bold:",
             "the best mean among the encoders it stands beside.");
    if (v->has_bound)
        line(v->out, "0 (< x)",
             "no error in any seed; x is the 95 % upper bound of these seeds' rate, were "
             "errors independent: further seeds may err more.");
    if (v->has_hard) {
        say_hard(v->s, &hard);
        line(v->out, "|", hard.text);
    }
    if (v->q->published)
        say_source(v->s, &p);
    if (p.used)
        line(v->out, "", p.text);
    if (v->has_ambiguous)
        line(v->out, "",
             "The paper does not say whether it counts tokens or sequences: its number "
             "stands beside both.");
    each_merged(v, line);
    table_learning_solved(v->s, learning);
    if (*learning)
        line(v->out, "", learning);
    table_learning_unfinished(v->s, learning);
    if (*learning)
        line(v->out, "", learning);
    for (int i = 0; i < v->notes; i++) {
        snprintf(number, sizeof number, "[%d]", i + 1);
        line(v->out, number, v->note[i]);
    }
}

static void text_line(FILE *out, const char *mark, const char *text)
{
    const int indent = *mark ? text_width(mark) + 1 : 0;
    fprintf(out, "%s%s", mark, *mark ? " " : "");
    clean_wrap(out, indent, indent, WIDTH, text);
}

static void md_line(FILE *out, const char *mark, const char *text)
{
    fputs("- ", out);
    escape_md(out, mark);
    fputs(*mark ? " " : "", out);
    escape_md(out, text);
    fputc('\n', out);
}

/* A note's number stands as in the table. */
static void latex_line(FILE *out, const char *mark, const char *text)
{
    const size_t n = strcspn(mark + (*mark == '['), "]");
    if (*mark == '[')
        fprintf(out, "$^{%.*s}$", (int)n, mark + 1);
    else
        escape_latex(out, mark);
    fputs(*mark ? " " : "", out);
    escape_latex(out, text);
    fputs("\\par\n", out);
}

static void html_line(FILE *out, const char *mark, const char *text)
{
    fputs("<li>", out);
    escape_html(out, mark);
    fputs(*mark ? " " : "", out);
    escape_html(out, text);
    fputs("</li>\n", out);
}

static enum status print_for_terminal(struct view *v, const struct prose head[3],
                                      struct err *e)
{
    text_line(v->out, "", head[0].text);
    text_line(v->out, "", head[1].text);
    if (head[2].used)
        text_line(v->out, "", head[2].text);
    fputc('\n', v->out);
    const enum status st = text_table_end(&v->table, e);
    if (st == ST_OK && has_notes(v))
        fputc('\n', v->out);
    if (st == ST_OK)
        print_notes(v, text_line);
    return st;
}

static enum status print_markdown(struct view *v, const struct prose head[3], struct err *e)
{
    fputs("### ", v->out);
    escape_md(v->out, head[0].text);
    fputs("\n\n", v->out);
    escape_md(v->out, head[1].text);
    fputs("\n", v->out);
    escape_md(v->out, head[2].text);
    fputs("\n\n", v->out);
    const enum status st = text_table_end(&v->table, e);
    if (st == ST_OK && has_notes(v))
        fputc('\n', v->out);
    if (st == ST_OK)
        print_notes(v, md_line);
    return st;
}

static enum status print_html(struct view *v, const struct prose head[3], struct err *e)
{
    fputs("<section class=table>\n<h3>", v->out);
    escape_html(v->out, head[0].text);
    fputs("</h3>\n<p>", v->out);
    escape_html(v->out, head[1].text);
    fputs(" ", v->out);
    escape_html(v->out, head[2].text);
    fputs("</p>\n", v->out);
    const enum status st = text_table_end(&v->table, e);
    if (st)
        return st;
    if (has_notes(v)) {
        fputs("<ul class=notes>\n", v->out);
        print_notes(v, html_line);
        fputs("</ul>\n", v->out);
    }
    fputs("</section>\n", v->out);
    return ST_OK;
}

/* What the whole table shares, in letters, digits and dashes. */
static void print_label(const struct table_section *s, FILE *out)
{
    static const enum dim dims[] = {DIM_EXPERIMENT, DIM_PROFILE, DIM_CELL, DIM_SPLIT};
    fputs("}\n\\label{tab:", out);
    for (int i = 0; i < 4; i++) {
        const char *text = s->fixed[dims[i]];
        for (; text && *text; text++)
            fputc(isalnum((unsigned char)*text) || *text == '_' ? *text : '-', out);
        if (s->fixed[dims[i]] && *s->fixed[dims[i]])
            fputc('-', out);
    }
    fprintf(out, "%s}\n", s->data->metric);
}

static enum status print_latex(struct view *v, const struct prose head[3], struct err *e)
{
    const struct table_section *s = v->s;
    fputs("\\begin{table}\n\\centering\n\\caption{", v->out);
    for (int i = 0; i < 3; i++) {
        fputs(i && head[i].used ? " " : "", v->out);
        escape_latex(v->out, head[i].text);
        fputs(i == 0 ? "." : "", v->out);
    }
    print_label(s, v->out);
    const enum status st = text_table_end(&v->table, e);
    if (st)
        return st;
    fputs("\\par\\medskip\n\\begin{minipage}{\\linewidth}\\footnotesize\n", v->out);
    print_notes(v, latex_line);
    fputs("\\end{minipage}\n\\end{table}\n", v->out);
    return ST_OK;
}

enum status table_print_section(const struct table_section *s,
                                const struct table_request *q, FILE *out, struct err *e)
{
    struct view v = {.s = s, .q = q, .out = out};
    struct prose head[3] = {{.used = 0}};
    text_table_init(&v.table, q->format, out);
    v.table.bold = q->bold;
    say_title(s, &head[0]);
    say_metric(s, &head[1]);
    say_sizes(s, &head[2]);
    fill(&v);
    const enum status st = q->format == PRINT_MD      ? print_markdown(&v, head, e)
                           : q->format == PRINT_LATEX ? print_latex(&v, head, e)
                           : q->format == PRINT_HTML  ? print_html(&v, head, e)
                                                      : print_for_terminal(&v, head, e);
    text_table_drop(&v.table);
    for (int i = 0; i < v.notes; i++)
        free(v.note[i]);
    free(v.note);
    return st;
}
