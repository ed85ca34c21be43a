/* table_print.c -- prints one section as a table for people, with the text above and below.
 *
 * Title, metric and sizes are composed; `fill` adds header, rows, rows of the paper and of
 * chance, majority and ceiling; then the format's function prints them and the notes.
 * Pitfall: footnotes get their numbers while cells are filled, so that notes are printed last.
 * All text comes from a database and must go through clean_wrap or an escape of its format. */
#include "table_print.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clean.h"
#include "escape.h"
#include "prose.h"
#include "table_names.h"
#include "table_notes.h"
#include "table_strata.h"

enum { WIDTH = 80 /* columns of notes */, NAMED_TESTS = 12 /* most tests named; chosen */ };

enum reference { CHANCE, MAJORITY, CEILING, REFERENCES };
static const char *const reference_names[REFERENCES] = {"chance", "majority", "ceiling"};

/* One table being made. */
struct view {
    const struct table_section *s;
    const struct table_request *q;
    struct text_table table;
    struct table_notes notes;
    bool has_reference[REFERENCES]; /* some part of the table has it */
    FILE *out;
};

/* --- above the table ---------------------------------------------------------- */

/* Returns the printed heading, "-" when there is none. */
static const char *heading(const struct table_section *s, const char *value)
{
    return value && *value ? table_name(s->data, value) : "-";
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
    prose_say(p, "%s, %s%s",
              experiment ? table_name(s->data, experiment) : "several experiments",
              profile ? "profile " : "several profiles",
              profile ? table_name(s->data, profile) : "");
    for (int d = DIM_CELL; d <= DIM_SPLIT && !is_key(s, DIM_TEST); d++)
        if (!is_key(s, (enum dim)d) && s->fixed[d] && *s->fixed[d])
            prose_say(p, ", %s %s", dim_name((enum dim)d),
                      table_name(s->data, s->fixed[d]));
    prose_say(p, ": %s", s->data->metric);
}

static void say_metric(const struct table_section *s, enum spread spread, struct prose *p)
{
    static const char *const behind[] = {[SPREAD_STD] = " ± std",
                                         [SPREAD_CI] = " [95 % interval]",
                                         [SPREAD_RANGE] = " [least, most]"};
    const struct metric_info *m = s->data->info;
    prose_say(p, "%c%s%s%s; ", m->meaning[0] - 'a' + 'A', m->meaning + 1,
              m->percent ? ", %" : "",
              m->better < 0   ? "; lower is better"
              : m->better > 0 ? "; higher is better"
                              : "");
    if (is_key(s, DIM_SEED))
        prose_say(p, "each seed by itself.");
    else if (s->seeds == 1)
        prose_say(p, "one seed, so no spread.");
    else
        prose_say(p, "mean%s over %d seeds.", behind[spread], s->seeds);
}

/* Returns the dimension whose sizes are told: tests when rows or columns are tests, else splits. */
static enum dim sized(const struct table_section *s)
{
    return is_key(s, DIM_TEST) ? DIM_TEST : DIM_SPLIT;
}

/* Groups records by test or split; records without one are a group too. */
static int by_test(const void *context, int a, int b)
{
    const enum dim what = sized(context);
    const char *x = table_member(context, a)->key[what];
    const char *y = table_member(context, b)->key[what];
    return ((uintptr_t)x > (uintptr_t)y) - ((uintptr_t)x < (uintptr_t)y);
}

/* The size of one test, from the runs that know it. */
struct size {
    const char *name;
    int64_t sequences, tokens; /* -1: no run knows; -2: runs disagree */
    double seen; /* share of the sequences that were in training, the mean over runs that
                  * know it, each with its own training; NaN: none knows */
};

static void agree(int64_t n, int64_t *on)
{
    if (n >= 0)
        *on = *on == -1 || *on == n ? n : -2;
}

/* Returns the size of the test that the members member[n] have. */
static struct size size_of(const struct table_section *s, const int *member, int n)
{
    struct size size = {.name =
                            table_name(s->data, table_member(s, *member)->key[sized(s)]),
                        .sequences = -1,
                        .tokens = -1};
    double sum = 0;
    int known = 0;
    for (int i = 0; i < n; i++) {
        const struct record *r = table_member(s, member[i]);
        agree(r->sequences, &size.sequences);
        agree(r->tokens, &size.tokens);
        sum += isnan(r->seen) ? 0 : r->seen;
        known += !isnan(r->seen);
    }
    size.seen = known ? sum / known : (double)NAN;
    return size;
}

static void say_seen(double percent, struct prose *p)
{
    if (percent >= 99.5 && percent < 100)
        prose_say(p, ", more than 99 %% of them seen in training");
    else if (percent > 0)
        prose_say(p, ", %.*f %% of them seen in training",
                  percent >= 10    ? 0
                  : percent >= 1   ? 1
                  : percent >= 0.1 ? 2
                                   : 3,
                  percent);
}

static void widen(int64_t n, int64_t range[2])
{
    range[0] = range[1] < 0 || n < range[0] ? n : range[0];
    range[1] = n > range[1] ? n : range[1];
}

static void say_range(const int64_t range[2], const char *unit, struct prose *p)
{
    if (range[0] == range[1])
        prose_say(p, "%lld %s", (long long)range[0], unit);
    else
        prose_say(p, "%lld to %lld %s", (long long)range[0], (long long)range[1], unit);
}

/* Writes ranges of sizes when there are more than NAMED_TESTS tests: "1000 sequences, 3644 to
 * 30747 scored tokens". false: there are fewer, or some size is not known. */
static bool say_size_ranges(const struct size *size, int tests, struct prose *p)
{
    int64_t sequences[] = {0, -1}, tokens[] = {0, -1};
    double seen = 0;
    for (int i = 0; i < tests; i++) {
        if (size[i].sequences < 0 || size[i].tokens < 0)
            return false;
        widen(size[i].sequences, sequences);
        widen(size[i].tokens, tokens);
        seen = fmax(seen, size[i].seen);
    }
    if (tests <= NAMED_TESTS)
        return false;
    prose_say(p, "Evaluated on %d tests of ", tests);
    say_range(sequences, "sequences, ", p);
    say_range(tokens, "scored tokens", p);
    if (seen > 0)
        prose_say(p, "; of the sequences of a test training had seen up to %.*f %%",
                  seen >= 0.1 ? 0 : 2, 100 * seen);
    prose_say(p, ".");
    return true;
}

/* Writes the size of one test: "id 1000 sequences, 26508 scored tokens". */
static void say_size(const struct size *size, struct prose *p)
{
    prose_say(p, "%s ", size->name);
    if (size->sequences == -2 || size->tokens == -2) {
        prose_say(p, "(sizes vary)");
        return;
    }
    if (size->sequences >= 0)
        prose_say(p, "%lld sequences", (long long)size->sequences);
    if (size->tokens >= 0 && size->tokens == size->sequences)
        prose_say(p, ", one scored token each");
    else if (size->tokens >= 0)
        prose_say(p, "%s%lld scored tokens", size->sequences >= 0 ? ", " : "",
                  (long long)size->tokens);
    say_seen(100 * size->seen, p);
}

static enum status say_sizes(const struct table_section *s, struct prose *p, struct err *e)
{
    struct groups tests;
    enum status st = groups_make(s->members, by_test, s, &tests, e);
    struct size *size = calloc((size_t)tests.n + 1, sizeof *size);
    int n = 0;
    if (st == ST_OK && !size)
        st = err_set(e, ST_NOMEM, "no memory for the sizes of %d tests", tests.n);
    for (int i = 0; st == ST_OK && size && i < tests.n; i++) {
        const int *member = &tests.at[tests.start[i]];
        if (table_member(s, *member)->key[DIM_SPLIT])
            size[n++] = size_of(s, member, tests.start[i + 1] - tests.start[i]);
    }
    if (n > 0 && !say_size_ranges(size, n, p)) {
        for (int i = 0; i < n; i++) {
            prose_say(p, "%s", i ? "; " : "Evaluated on ");
            say_size(&size[i], p);
        }
        prose_say(p, ".");
    }
    groups_free(&tests);
    free(size);
    return st;
}

/* --- the table ------------------------------------------------------------------ */

/* Adds the caveats of a cell as footnotes; cells with the same caveat share one. Returns whether
 * there was one. */
static bool mark_caveats(struct view *v, int row, int col)
{
    char text[CAVEATS_MAX][CAVEAT_TEXT];
    const int n = table_caveats(v->s, row, col, text, &v->table.failed);
    for (int i = 0; i < n; i++)
        table_notes_mark(&v->notes, text[i], &v->table);
    return n > 0;
}

/* Adds the error in the hard places: " | 4.53". */
static void add_hard(struct view *v, int row, int col)
{
    const struct metric_info *m = v->s->data->info;
    const struct hard_cell c = table_strata_cell(v->s, row, col);
    char text[METRIC_TEXT];
    if (isnan(c.error))
        return;
    const int decimals = c.wrong ? metric_decimals(m, c.error) : 0;
    text_table_tail(&v->table, " | %s", metric_number(m, c.error, decimals, text));
    v->notes.hard = true;
}

/* Adds the spread over the seeds of a cell: " ± 0.40", or " [23.6, 24.4]". */
static void add_spread(struct view *v, const struct table_cell *c, int decimals)
{
    const struct metric_info *m = v->s->data->info;
    const bool range = v->q->spread == SPREAD_RANGE;
    const double low = range ? c->min : c->interval.low;
    const double high = range ? c->max : c->interval.high;
    char a[METRIC_TEXT], b[METRIC_TEXT];
    if (c->n < 2)
        return;
    if (v->q->spread == SPREAD_STD)
        text_table_tail(&v->table, " ± %s", metric_number(m, c->std, decimals, a));
    else
        text_table_tail(&v->table, " [%s, %s]", metric_number(m, low, decimals, a),
                        metric_number(m, high, decimals, b));
}

/* Adds the paper's number after ours: " (20.30)". */
static void add_beside(struct view *v, const struct table_cell *c)
{
    const struct metric_info *m = v->s->data->info;
    const struct published *p = table_cell_published(v->s, c);
    char a[METRIC_TEXT];
    if (v->q->published != PUBLISHED_BESIDE || !p || isnan(p->value))
        return;
    text_table_tail(&v->table, " (%s)",
                    metric_number(m, p->value, metric_decimals(m, p->value), a));
    v->notes.beside = true;
    v->notes.ambiguous = v->notes.ambiguous || p->ambiguous;
}

static void add_cell(struct view *v, int row, int col)
{
    const struct table_section *s = v->s;
    const struct table_cell *c = table_cell_at(s, row, col);
    const struct metric_info *m = s->data->info;
    char a[METRIC_TEXT], note[CELL_NOTE];
    const int decimals = metric_decimals(m, c->mean);
    if (c->runs == 0) { /* for example the task lacks this split */
        text_table_none(&v->table);
        return;
    }
    if (c->n > 0 && !isnan(c->bound)) {
        text_table_text(&v->table, "0");
        text_table_tail(&v->table, " (< %s)", metric_bound(m, c->bound, a));
        v->notes.bound = true;
    } else {
        text_table_text(&v->table, metric_number(m, c->mean, decimals, a));
        add_spread(v, c, decimals);
    }
    add_beside(v, c);
    add_hard(v, row, col);
    if (c->best[v->q->best]) {
        text_table_best(&v->table);
        v->notes.best = true;
    }
    const bool explained = mark_caveats(v, row, col);
    table_cell_note(s, row, col, note);
    if (*note && !(explained && strcmp(note, CELL_NOT_AVAILABLE) == 0))
        table_notes_mark(&v->notes, note, &v->table);
}

static double accuracy_of(const struct record *r, enum reference which)
{
    return which == CHANCE ? r->chance : which == MAJORITY ? r->majority : r->ceiling;
}

/* A reference over several cells; `several`: they disagree. */
struct reference_value {
    double value; /* NaN: none */
    bool several;
};

static void take_reference(const struct table_section *s, enum reference which,
                           const struct table_cell *c, struct reference_value *out)
{
    for (int i = 0; i < c->runs && !out->several; i++) {
        const struct record *r = table_cell_record(s, c, i);
        if (!r->key[DIM_SPLIT])
            continue;
        const double v =
            metric_of_accuracy(s->data->info, accuracy_of(r, which), which == CHANCE,
                               r->tokens >= 0 && r->tokens == r->sequences);
        out->several = !isnan(out->value) && !isnan(v) &&
                       fabs(v - out->value) > 1e-9 * fabs(out->value);
        out->value = isnan(v) ? out->value : v;
    }
}

/* Returns the reference as a value of the metric, in one row or one column (-1: all of them):
 * "n/a" when there is none, "varies" when there are several. */
static const char *reference_text(const struct table_section *s, enum reference which,
                                  int row, int col, char text[METRIC_TEXT])
{
    const struct metric_info *m = s->data->info;
    struct reference_value x = {.value = (double)NAN};
    for (int i = row < 0 ? 0 : row; i < (row < 0 ? s->rows : row + 1) && !x.several; i++)
        for (int j = col < 0 ? 0 : col; j < (col < 0 ? s->cols : col + 1); j++)
            take_reference(s, which, table_cell_at(s, i, j), &x);
    return x.several ? "varies"
                     : metric_number(m, x.value, metric_decimals(m, x.value), text);
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
        text_table_column(&v->table, heading(s, s->col[j]), true);
    for (int w = 0; w < REFERENCES && split_tells_rows_apart(s); w++)
        if (v->has_reference[w])
            text_table_column(&v->table, reference_names[w], true);
}

/* Adds the keys of a row; a leading key is printed only where it changes. */
static void add_keys(struct view *v, int row)
{
    const struct table_section *s = v->s;
    bool same = row > 0;
    for (int k = 0; k < s->keys; k++) {
        same = same && k + 1 < s->keys && s->row[row].key[k] == s->row[row - 1].key[k];
        text_table_text(&v->table, same ? "" : heading(s, s->row[row].key[k]));
        if (same)
            text_table_repeats(&v->table);
        if (k == 0 && row > 0 && s->keys > 1 && !same)
            text_table_rule(&v->table);
    }
}

/* Adds the key cells of a row without runs of its own: all empty except the main one, `label`. */
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
        if (v->has_reference[w])
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
        v->notes.ambiguous = v->notes.ambiguous || p->ambiguous;
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
        if (!v->has_reference[w])
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
    char text[METRIC_TEXT];
    for (int w = 0; w < REFERENCES; w++)
        v->has_reference[w] =
            strcmp(reference_text(s, (enum reference)w, -1, -1, text), "n/a") != 0;
    add_header(v);
    for (int i = 0; i < s->rows; i++) {
        add_keys(v, i);
        for (int j = 0; j < s->cols; j++)
            add_cell(v, i, j);
        add_reference_cells(v, i);
        if (v->q->published == PUBLISHED_BELOW && row_is_published(s, i)) {
            add_paper(v, i);
            add_difference(v, i);
        }
    }
    if (!split_tells_rows_apart(s))
        add_reference_rows(v);
}

/* --- all of it ---------------------------------------------------------------- */

static void text_line(void *to, const char *mark, const char *text)
{
    FILE *out = to;
    const int indent = *mark ? text_width(mark) + 1 : 0;
    fprintf(out, "%s%s", mark, *mark ? " " : "");
    clean_wrap(out, indent, indent, WIDTH, text);
}

static void md_line(void *to, const char *mark, const char *text)
{
    FILE *out = to;
    fputs("- ", out);
    escape_md(out, mark);
    fputs(*mark ? " " : "", out);
    escape_md(out, text);
    fputc('\n', out);
}

static void latex_line(void *table, const char *mark, const char *text)
{
    text_table_below(table, mark, text);
}

static void html_line(void *to, const char *mark, const char *text)
{
    FILE *out = to;
    fputs("<li>", out);
    escape_html(out, mark);
    fputs(*mark ? " " : "", out);
    escape_html_prose(out, text);
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
    if (st == ST_OK && table_notes_any(&v->notes, v->s, v->q))
        fputc('\n', v->out);
    return st ? st : table_notes_each(&v->notes, v->s, v->q, text_line, v->out, e);
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
    if (st == ST_OK && table_notes_any(&v->notes, v->s, v->q))
        fputc('\n', v->out);
    return st ? st : table_notes_each(&v->notes, v->s, v->q, md_line, v->out, e);
}

static enum status print_html(struct view *v, const struct prose head[3], struct err *e)
{
    fputs("<section class=table>\n<h3>", v->out);
    escape_html(v->out, head[0].text);
    fputs("</h3>\n<p>", v->out);
    escape_html_prose(v->out, head[1].text);
    fputs(" ", v->out);
    escape_html_prose(v->out, head[2].text);
    fputs("</p>\n", v->out);
    enum status st = text_table_end(&v->table, e);
    if (st)
        return st;
    if (table_notes_any(&v->notes, v->s, v->q)) {
        fputs("<ul class=notes>\n", v->out);
        st = table_notes_each(&v->notes, v->s, v->q, html_line, v->out, e);
        fputs("</ul>\n", v->out);
    }
    fputs("</section>\n", v->out);
    return st;
}

/* Sets the label of a LaTeX table: the keys that the whole table shares, and the metric. */
static void say_label(const struct table_section *s, struct text_table *t)
{
    static const enum dim dims[] = {DIM_EXPERIMENT, DIM_PROFILE, DIM_CELL, DIM_SPLIT};
    struct prose label = {.used = 0};
    for (int i = 0; i < 4; i++)
        if (s->fixed[dims[i]] && *s->fixed[dims[i]])
            prose_say(&label, "%s-", s->fixed[dims[i]]);
    text_table_label(t, "%s%s", label.text, s->data->metric);
}

/* Prints LaTeX. With a caption of the user, the metric moves from the caption to the notes. */
static enum status print_latex(struct view *v, const struct prose head[3], struct err *e)
{
    const bool own = !v->q->caption;
    struct prose caption = {.used = 0};
    prose_say(&caption, "%s%s%s", head[0].text, own ? ". " : "", own ? head[1].text : "");
    text_table_caption(&v->table, caption.text);
    say_label(v->s, &v->table);
    for (int i = own ? 2 : 1; i < 3; i++)
        if (head[i].used)
            text_table_below(&v->table, "", head[i].text);
    const enum status st =
        table_notes_each(&v->notes, v->s, v->q, latex_line, &v->table, e);
    return st ? st : text_table_end(&v->table, e);
}

enum status table_print_section(const struct table_section *s,
                                const struct table_request *q, FILE *out, int *floats,
                                struct err *e)
{
    struct view v = {.s = s, .q = q, .out = out};
    struct prose head[3] = {{.used = 0}};
    text_table_init(&v.table, q->format, out);
    v.table.bold = q->bold;
    v.table.floats = floats;
    if (q->caption)
        prose_say(&head[0], "%s", q->caption);
    else
        say_title(s, &head[0]);
    say_metric(s, q->spread, &head[1]);
    enum status st = say_sizes(s, &head[2], e);
    if (st == ST_OK) {
        fill(&v);
        st = q->format == PRINT_MD      ? print_markdown(&v, head, e)
             : q->format == PRINT_LATEX ? print_latex(&v, head, e)
             : q->format == PRINT_HTML  ? print_html(&v, head, e)
                                        : print_for_terminal(&v, head, e);
    }
    text_table_drop(&v.table);
    if (st == ST_OK && q->explain)
        st = table_notes_runs(s, q, out, e);
    table_notes_free(&v.notes);
    return st;
}
