/* plot.c -- the table of plots, and functions that their files share.
 *
 * plot_list.inc, which CMake writes, names the plots. plot_read turns rows of a query,
 * panel and series first, into marks; plot_script chooses size and terminal and lets the
 * plot draw; plot_csv prints the same marks. looks.c chooses the looks of series.
 * Pitfall: panels and series are runs of equal neighbours, so that a query must order by them.
 * Text must reach gnuplot only through plot_quoted and its like. */
#include "plot.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ascending.h"
#include "clean.h"
#include "escape.h"
#include "looks.h"
#include "missing.h"
#include "option.h"
#include "real_text.h"
#include "undrawn.h"

#define PLOT(name) extern const struct plot plot_##name;
#include "plot_list.inc"
#undef PLOT

static const struct plot *const registry[] = {
#define PLOT(name) &plot_##name,
#include "plot_list.inc"
#undef PLOT
};

int plot_count(void)
{
    return (int)(sizeof registry / sizeof registry[0]);
}

const struct plot *plot_at(int i)
{
    return registry[i];
}

const struct plot *plot_find(const char *name)
{
    for (int i = 0; i < plot_count(); i++)
        if (strcmp(registry[i]->name, name) == 0)
            return registry[i];
    return NULL;
}

const char *plot_suggest(const char *typed)
{
    const char *names[sizeof registry / sizeof registry[0]];
    for (int i = 0; i < plot_count(); i++)
        names[i] = registry[i]->name;
    return suggest_among(typed, names, plot_count());
}

/* --- data ------------------------------------------------------------------------ */

struct plot_row *plot_add(struct plot_data *d, const char *panel, const char *series)
{
    /* The array grows at each power of two. */
    if ((d->n & (d->n - 1)) == 0) {
        const size_t room = d->n ? 2 * (size_t)d->n : 1;
        struct plot_row *row = realloc(d->row, room * sizeof *row);
        if (!row)
            return NULL;
        d->row = row;
    }
    struct plot_row *r = &d->row[d->n];
    *r = (struct plot_row){
        .own_panel = d->n == 0 || strcmp(r[-1].panel, panel) != 0,
        .own_series = d->n == 0 || strcmp(r[-1].series, series) != 0,
    };
    r->panel = r->own_panel ? strdup(panel) : r[-1].panel;
    r->series = r->own_series ? strdup(series) : r[-1].series;
    for (int i = 0; i < PLOT_VALUES; i++)
        r->value[i] = (double)NAN;
    d->n++;
    return r->panel && r->series ? r : NULL;
}

bool plot_word(struct plot_row *r, int word, const char *text)
{
    return (r->word[word] = strdup(text)) != NULL;
}

void plot_data_free(struct plot_data *d)
{
    for (int i = 0; i < d->n; i++) {
        if (d->row[i].own_panel)
            free(d->row[i].panel);
        if (d->row[i].own_series)
            free(d->row[i].series);
        for (int k = 0; k < PLOT_WORDS; k++)
            free(d->row[i].word[k]);
    }
    free(d->row);
    *d = (struct plot_data){0};
}

static const char *word_at(sqlite3_stmt *q, int column)
{
    const char *text = (const char *)sqlite3_column_text(q, column);
    return text ? text : "";
}

static enum status take_row(void *context, sqlite3_stmt *q, struct err *e)
{
    const int columns = sqlite3_column_count(q);
    struct plot_row *r = plot_add(context, word_at(q, 0), word_at(q, 1));
    if (!r)
        return err_set(e, ST_NOMEM, "no memory for the picture's data");
    for (int i = 2; i < columns && i < PLOT_VALUES + 2; i++)
        if (sqlite3_column_type(q, i) != SQLITE_NULL)
            r->value[i - 2] = sqlite3_column_double(q, i);
    return ST_OK;
}

static const char *or_all(const char *glob)
{
    return glob ? glob : "*";
}

enum status plot_ask(struct store *s, const char *sql, const struct plot_request *q,
                     const char *metric, store_each_fn row, void *context, struct err *e)
{
    const char *const params[PLOT_PARAMS] = {or_all(q->profile), or_all(q->experiment),
                                             or_all(q->split),   or_all(q->cell),
                                             or_all(q->encoder), metric ? metric : ""};
    return store_each(s, sql, params, PLOT_PARAMS, NULL, row, context, e);
}

enum status plot_read(struct store *s, const char *sql, const struct plot_request *q,
                      const char *metric, struct plot_data *out, struct err *e)
{
    const enum status st = plot_ask(s, sql, q, metric, take_row, out, e);
    return st || out->n ? st : plot_nothing(s, q, metric, e);
}

enum status plot_read_nothing(struct store *s, const struct plot_request *q,
                              struct plot_data *out, struct err *e)
{
    (void)s;
    (void)q;
    (void)out;
    return err_set(e, ST_NOTFOUND,
                   "this picture is drawn from the model of one run; name it, as in "
                   "\"posbench plot attention 12\"");
}

static bool same_panel(const struct plot_data *d, int i, int k)
{
    return strcmp(d->row[i].panel, d->row[k].panel) == 0;
}

int plot_panel_end(const struct plot_data *d, int first)
{
    int end = first + 1;
    while (end < d->n && same_panel(d, first, end))
        end++;
    return end;
}

int plot_series_end(const struct plot_data *d, int first)
{
    int end = first + 1;
    while (end < d->n && same_panel(d, first, end) &&
           strcmp(d->row[first].series, d->row[end].series) == 0)
        end++;
    return end;
}

int plot_panels(const struct plot_data *d)
{
    int n = 0;
    for (int i = 0; i < d->n; i = plot_panel_end(d, i))
        n++;
    return n;
}

/* --- text and looks --------------------------------------------------------------- */

/* Writes the bytes up to `end`, which must not be within a character, in single quotes; `percent`
 * is how often a percent sign is written, 1 or 2. */
static void quote(FILE *out, const char *text, const char *end, int percent)
{
    putc('\'', out);
    for (const char *c = text; c < end;) {
        char escape[CLEAN_ESCAPE];
        const size_t n = clean_next(c, (size_t)(end - c), escape);
        if (escape[0])
            putc('?', out);
        else if (*c == '\'')
            fputs("''", out);
        else if (*c == '%')
            fputs(percent == 2 ? "%%" : "%", out);
        else
            fwrite(c, 1, n, out);
        c += n;
    }
    putc('\'', out);
}

void plot_quoted(FILE *out, const char *text)
{
    quote(out, text, text + strlen(text), 1);
}

void plot_tick(FILE *out, const char *text)
{
    quote(out, text, text + strlen(text), 2);
}

/* Returns the columns of the character at `text`, at least one: gnuplot reserves one also for a
 * mark that joins a letter. */
static int columns_at(const char *text)
{
    const int columns = clean_letter_columns(text, strlen(text));
    return columns > 0 ? columns : 1;
}

static const char *next_letter(const char *text)
{
    char escape[CLEAN_ESCAPE];
    return text + clean_next(text, strlen(text), escape);
}

/* Returns the text after the first characters that take up to `columns`. */
static const char *behind(const char *text, int columns)
{
    while (*text && (columns -= columns_at(text)) >= 0)
        text = next_letter(text);
    return text;
}

/* Writes the text quoted; a text of more than `most` letters loses its middle. */
static void quote_ends(FILE *out, const char *text, int most, int percent)
{
    static const char gap[] = "...";
    const int letters = plot_letters(text);
    const int kept = most - (int)strlen(gap), head = kept / 2;
    if (letters <= most) {
        quote(out, text, text + strlen(text), percent);
        return;
    }
    quote(out, text, behind(text, head), percent);
    fprintf(out, ".'%s'.", gap);
    text = behind(text, letters - (kept - head));
    while (*text && clean_letter_columns(text, strlen(text)) == 0)
        text = next_letter(text); /* its letter is cut off */
    quote(out, text, text + strlen(text), percent);
}

void plot_tick_name(FILE *out, const char *name, const struct plot_request *q)
{
    quote_ends(out, name, q->text ? PLOT_TEXT_NAME_MOST : PLOT_NAME_MOST, 2);
}

void plot_axis_name(FILE *out, const char *name)
{
    quote_ends(out, name, PLOT_NAME_MOST, 1);
}

void plot_legend_name(FILE *out, const char *name)
{
    quote_ends(out, name, PLOT_SHORT_NAME_MOST, 1);
}

enum { WIDE_LETTER = 8 }; /* a capital */

void plot_panel_title(FILE *out, const char *panel, const struct plot_request *q, int width)
{
    fputs("set title ", out);
    quote_ends(out, panel, q->text ? PLOT_TEXT_WIDTH - 4 : width / WIDE_LETTER, 1);
    putc('\n', out);
}

enum { COLUMNS_MOST = 3 };

/* Returns the most panels side by side: one in text, where three would have 26 characters each. */
static int columns_most(const struct plot_request *q)
{
    return q->text ? 1 : q->columns ? q->columns : COLUMNS_MOST;
}

void plot_title(FILE *out, const char *title)
{
    const char *end;
    fputs(" title ", out);
    for (const char *line = title;; line = end + 1) {
        end = line + strcspn(line, "\n");
        quote(out, line, end, 1);
        if (!*end)
            break;
        fputs(".\"\\n\".", out);
    }
    fputs(" noenhanced", out);
}

void plot_grid(FILE *out, int panels, const struct plot_request *q)
{
    const int most = columns_most(q), columns = panels < most ? panels : most;
    fputs("set multiplot", out);
    if (q->title)
        plot_title(out, q->title);
    if (q->legend_lines) /* plot_legend places each panel */
        fputs(" layout 1,1\n", out);
    else
        fprintf(out, " layout %d,%d\n", (panels + columns - 1) / columns, columns);
    /* '%h' reserves no place for a sign, which would shift each number. */
    fputs(
        "set format '%h'\nset grid lc rgb '#dddddd' lw 0.5\nset border 3 lc rgb '#666666'\n"
        "set tics nomirror\nset key noenhanced outside bottom center horizontal\n"
        "set title noenhanced\n"
        "set xlabel noenhanced\nset ylabel noenhanced\n",
        out);
    if (q->text) /* an axis takes the letters of marks on it */
        fputs("set border 3 back\n", out);
}

void plot_grid_end(FILE *out)
{
    fputs("unset multiplot\n", out);
}

void plot_empty(FILE *out)
{
    fputs("set label 1 'no finite number' at graph 0.5, 0.5 center\n"
          "plot [1:2][1:2] -1 notitle\nunset label 1\n",
          out);
}

int plot_letters(const char *text)
{
    int n = 0;
    for (; *text; text = next_letter(text))
        n += columns_at(text);
    return n;
}

/* Sizes of a legend in pixels, as gnuplot lays out 12-point text (measured): a line, the sample
 * beside a name, ten letters, and the margin beside all columns. LEGEND_FITS lines fit into the
 * height that a plot asks for. */
enum {
    LEGEND_LINE = 18,
    LEGEND_SAMPLE = 60,
    LEGEND_TEN_LETTERS = 84,
    LEGEND_BESIDE = 28,
    LEGEND_FITS = 2
};
enum { TEXT_SAMPLE = 12 };  /* LEGEND_SAMPLE in text, in letters */
enum { LEGEND_MARGIN = 4 }; /* lines for a box's ticks and the name of its axis */

struct legend {
    int columns, lines;
};

/* Returns the letters of a series' name in a legend. */
static int legend_letters(const char *name)
{
    return min_int(plot_letters(name), PLOT_SHORT_NAME_MOST);
}

static struct legend legend_fit(int series, int longest, int panels, bool text)
{
    const int room = panels * PLOT_LEGEND_WIDTH - LEGEND_BESIDE;
    const int fit = text ? PLOT_TEXT_WIDTH / (longest + TEXT_SAMPLE)
                         : 10 * room / (LEGEND_TEN_LETTERS * longest + 10 * LEGEND_SAMPLE);
    const int columns = max_int(fit, 1);
    return (struct legend){columns, (series + columns - 1) / columns};
}

/* Returns the legend of the panel of rows [first, end). */
static struct legend legend_of(const struct plot_data *d, int first, int end, bool text)
{
    int longest = 1, series = 0;
    for (int k = first; k < end; k = plot_series_end(d, k), series++)
        longest = max_int(longest, legend_letters(d->row[k].series));
    return legend_fit(series, longest, 1, text);
}

/* Returns the first row of each of the *n series of the picture; the caller frees it. NULL and 0:
 * no memory. */
static int *series_of_all(const struct plot_data *d, int *n)
{
    int *row = NULL, room = 0;
    *n = 0;
    for (int k = 0; k < d->n; k = plot_series_end(d, k)) {
        int i = 0;
        while (i < *n && strcmp(d->row[row[i]].series, d->row[k].series) != 0)
            i++;
        if (i < *n)
            continue;
        if (*n == room) {
            int *more = realloc(row, (size_t)(room = 2 * room + 16) * sizeof *row);
            if (!more) {
                free(row);
                *n = 0;
                return NULL;
            }
            row = more;
        }
        row[(*n)++] = k;
    }
    return row;
}

/* Returns the common legend of all panels, below `panels` of them side by side. */
static struct legend legend_of_all(const struct plot_data *d, int panels)
{
    int n, longest = 1;
    int *row = series_of_all(d, &n);
    for (int i = 0; i < n; i++)
        longest = max_int(longest, legend_letters(d->row[row[i]].series));
    free(row);
    return legend_fit(n, longest, panels, false);
}

/* Places the panel that begins at row `first` above the common legend. */
static void place_panel(const struct plot_data *d, int first, const struct plot_request *q,
                        FILE *out)
{
    const int panels = plot_panels(d), rows = (panels + q->columns - 1) / q->columns;
    const double whole = q->height, title = PLOT_TITLE_LINE * plot_title_lines(q->title);
    const double row = (whole - title - LEGEND_LINE * (q->legend_lines + 1)) / rows;
    int panel = 0;
    for (int i = 0; i < first; i = plot_panel_end(d, i))
        panel++;
    const int below = panel / q->columns + 1;
    fprintf(out, "set origin %.6f, %.6f\nset size %.6f, %.6f\nunset key\nset bmargin %d\n",
            (double)(panel % q->columns) / q->columns, 1 - (title + row * below) / whole,
            1.0 / q->columns, row / whole, LEGEND_MARGIN);
}

void plot_legend(const struct plot_data *d, int first, int end,
                 const struct plot_request *q, FILE *out)
{
    if (q->legend_lines) {
        place_panel(d, first, q, out);
        return;
    }
    const struct legend legend = legend_of(d, first, end, q->text);
    fprintf(out, "set key maxcols %d\nset bmargin %d\n", legend.columns,
            LEGEND_MARGIN + legend.lines);
}

void plot_legend_of_all(const struct plot_data *d, const struct looks *looks, bool lines,
                        const struct plot_request *q, FILE *out)
{
    int n;
    if (!q->legend_lines)
        return;
    int *row = series_of_all(d, &n);
    fprintf(out,
            "set origin 0, 0\nset size 1, %.6f\nset margins 0, 0, 0, 0\n"
            "set key noenhanced inside center center horizontal maxcols %d\n"
            "unset title\nunset border\nunset tics\nunset xlabel\nunset ylabel\n"
            "unset arrow\nunset logscale\nplot [0:1][0:1]",
            (double)LEGEND_LINE * (q->legend_lines + 1) / q->height,
            legend_of_all(d, q->columns).columns);
    for (int i = 0; i < n; i++) {
        const char *name = d->row[row[i]].series;
        const struct look look = looks_find(looks, name);
        fprintf(out, "%s -1 with %s pt ", i ? ", \\\n " : "",
                lines ? "linespoints lw 2.5" : "points");
        looks_point(out, look.mark);
        if (lines)
            fprintf(out, " ps 0.6 dt %d", look.dash);
        fprintf(out, "%s lc rgb '%s' title ", lines ? "" : " ps 1.2", look.colour);
        plot_legend_name(out, name);
    }
    fputs(n ? "\n" : " -1 notitle\n", out);
    free(row);
}

/* Returns by how many lines the panels must be higher for their legends. */
static int legend_lines(const struct plot *p, const struct plot_data *d, bool text)
{
    int most = LEGEND_FITS;
    for (int i = 0, end; p->legend && i < d->n; i = end) {
        end = plot_panel_end(d, i);
        const int lines = legend_of(d, i, end, text).lines;
        most = max_int(most, lines);
    }
    return most - LEGEND_FITS;
}

static int series_in(const struct plot_data *d, int first, int end)
{
    int n = 0;
    for (int k = first; k < end; k = plot_series_end(d, k))
        n++;
    return n;
}

int plot_series_most(const struct plot_data *d)
{
    int most = 0;
    for (int i = 0, end; i < d->n; i = end) {
        end = plot_panel_end(d, i);
        most = max_int(most, series_in(d, i, end));
    }
    return most;
}

/* Pixels of a row with its name, and the largest width of a picture. */
enum { ROW = 30, WIDTH_MOST = 1450 };
enum { TEXT_PANEL = 22, TEXT_ROW = 2, TEXT_AROUND = 10 }; /* lines of text */

static int longest_name(const struct plot_data *d)
{
    int most = 0;
    for (int i = 0; i < d->n; i = plot_series_end(d, i))
        most = max_int(most, plot_letters(d->row[i].series));
    return min_int(most, PLOT_NAME_MOST);
}

int plot_title_lines(const char *title)
{
    int n = title != NULL;
    for (const char *c = title; c && *c; c++)
        n += *c == '\n';
    return n;
}

static int panel_width(const struct plot *p, const struct plot_data *d)
{
    return p->width + (p->named ? PLOT_LETTER * longest_name(d) : 0);
}

/* Returns the height of a panel in pixels; `more_lines` of its legend exceed the room for it. */
static int panel_height(const struct plot *p, const struct plot_data *d, int more_lines)
{
    return p->height + LEGEND_LINE * more_lines +
           (p->named ? ROW * plot_series_most(d) : 0);
}

/* Returns the height of a panel in lines of text, likewise. */
static int panel_lines(const struct plot *p, const struct plot_data *d, int more_lines)
{
    const int named = p->named ? TEXT_ROW * plot_series_most(d) + TEXT_AROUND : 0;
    return named > TEXT_PANEL ? named : TEXT_PANEL + more_lines;
}

/* Returns the panels side by side; panels with names are wide, so that fewer may have room. */
static int grid_columns(const struct plot *p, const struct plot_data *d,
                        const struct plot_request *q)
{
    int most = p->tall ? 1 : d->columns ? d->columns : columns_most(q);
    if (p->named)
        most = max_int(1, min_int(most, WIDTH_MOST / panel_width(p, d)));
    return min_int(most, plot_panels(d));
}

/* Size of the whole picture in pixels, and in lines of text. */
struct picture_size {
    int width, height, lines;
};

static struct picture_size picture_size(const struct plot *p, const struct plot_data *d,
                                        const struct plot_request *q)
{
    const int panels = plot_panels(d), title = plot_title_lines(q->title);
    const int below = q->legend_lines ? q->legend_lines + 1 : 0;
    const int more = below ? -LEGEND_FITS : legend_lines(p, d, q->text);
    const int rows = q->columns > 0 ? (panels + q->columns - 1) / q->columns : 0;
    return (struct picture_size){
        .width = panel_width(p, d) * q->columns,
        .height = (p->tall ? p->tall(d) : panel_height(p, d, more) * rows) +
                  LEGEND_LINE * below + PLOT_TITLE_LINE * title,
        .lines = panel_lines(p, d, more) * rows + title,
    };
}

/* Returns true when all panels share one legend: each has all series, or legends of their own would
 * make the panels higher and a common one is not much longer than the longest of these. */
static bool shares_legend(const struct plot *p, const struct plot_data *d)
{
    int n, least = d->n;
    free(series_of_all(d, &n));
    for (int i = 0, end; i < d->n; i = end) {
        end = plot_panel_end(d, i);
        least = min_int(least, series_in(d, i, end));
    }
    return plot_panels(d) > 1 && (least == n || (legend_lines(p, d, false) > 0 &&
                                                 2 * n <= 3 * plot_series_most(d)));
}

/* Completes the request with columns, title, legend and height. Returns the title's text, which
 * the caller frees; it may be NULL. */
static char *size_request(const struct plot *p, const struct plot_data *d,
                          const struct plot_request *q, struct plot_request *sized)
{
    *sized = *q;
    sized->columns = grid_columns(p, d, q);
    const int width = panel_width(p, d) * sized->columns;
    const int letters = q->text ? PLOT_TEXT_WIDTH : width / PLOT_LETTER;
    char *title = undrawn_note(p, d, q, letters);
    sized->title = title;
    if (p->legend && !q->text && shares_legend(p, d))
        sized->legend_lines = legend_of_all(d, sized->columns).lines;
    sized->height = picture_size(p, d, sized).height;
    return title;
}

int plot_text_lines(const struct plot *p, const struct plot_data *d,
                    const struct plot_request *q)
{
    struct plot_request sized;
    char *note = size_request(p, d, q, &sized);
    const int lines = picture_size(p, d, &sized).lines;
    free(note);
    return lines;
}

/* Replaces letters that a terminal of gnuplot cannot draw. cairo draws a letter without a glyph,
 * such as a pictograph on most machines, across the whole picture; the text terminal loses text
 * with a mark that joins a letter. The script is UTF-8. */
static void write_drawable(const char *script, bool text, FILE *out)
{
    while (*script) {
        const size_t plain = strcspn(script, "\xcc\xcd\xf0\xf1\xf2\xf3\xf4");
        fwrite(script, 1, plain, out);
        script += plain;
        if (!*script)
            break;
        const char *next = next_letter(script);
        const bool mark = clean_letter_columns(script, (size_t)(next - script)) == 0;
        if (next - script == 4)
            putc('?', out);
        else if (!mark || !text)
            fwrite(script, 1, (size_t)(next - script), out);
        script = next;
    }
}

static void draw_script(const struct plot *p, const struct plot_data *d,
                        const struct plot_request *q, bool text, FILE *out)
{
    char *script = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&script, &bytes);
    if (to) {
        p->draw(d, q, to);
        fclose(to);
    }
    write_drawable(script ? script : "", text, out);
    free(script);
}

void plot_script(const struct plot *p, const struct plot_data *d,
                 const struct plot_request *q, const char *terminal, FILE *out)
{
    const bool text = strcmp(terminal, "text") == 0;
    struct plot_request sized;
    char *note = size_request(p, d, q, &sized);
    const struct picture_size size = picture_size(p, d, &sized);
    /* Otherwise gnuplot counts bytes as letters when it makes room for names. */
    fputs("set encoding utf8\n", out);
    if (strcmp(terminal, "svg") == 0)
        fprintf(out,
                "set terminal svg size %d,%d noenhanced font 'sans-serif,12' "
                "background rgb 'white'\n",
                size.width, size.height);
    else if (strcmp(terminal, "png") == 0)
        fprintf(out, "set terminal pngcairo size %d,%d noenhanced font 'sans,10'\n",
                size.width, size.height);
    else if (strcmp(terminal, "pdf") == 0)
        fprintf(out, "set terminal pdfcairo size %.2fin,%.2fin noenhanced font 'sans,10'\n",
                size.width / 110.0, size.height / 110.0);
    else if (text)
        fprintf(out, "set terminal dumb size %d,%d noenhanced\n", PLOT_TEXT_WIDTH,
                size.lines);
    else
        fprintf(out, "# fits a terminal of %d x %d pixels\n", size.width, size.height);
    if (text || strcmp(terminal, "png") == 0 || strcmp(terminal, "pdf") == 0)
        draw_script(p, d, &sized, text, out);
    else
        p->draw(d, &sized, out);
    free(note);
}

/* Writes the fewest digits that read back to the value. Finding them takes most of the time of a
 * long table, so that whole numbers, which are many, are written directly. */
static void csv_number(double value, FILE *out)
{
    char text[REAL_TEXT];
    if (fabs(value) < 1e15 && value == rint(value) && !(signbit(value) && value == 0.0))
        fprintf(out, ",%" PRId64, (int64_t)value);
    else
        fprintf(out, ",%s", real_text(value, text));
}

void plot_csv(const struct plot *p, const struct plot_data *d, FILE *out)
{
    fputs("panel,series", out);
    for (int k = 0; p->words[k]; k++)
        fprintf(out, ",%s", p->words[k]);
    for (int k = 0; p->values[k]; k++)
        fprintf(out, ",%s", p->values[k]);
    fputs("\r\n", out);
    for (int i = 0; i < d->n; i++) {
        escape_csv(out, d->row[i].panel);
        putc(',', out);
        escape_csv(out, d->row[i].series);
        for (int k = 0; p->words[k]; k++) {
            putc(',', out);
            escape_csv(out, d->row[i].word[k]);
        }
        for (int k = 0; p->values[k]; k++)
            if (isnan(d->row[i].value[k]))
                putc(',', out);
            else
                csv_number(d->row[i].value[k], out);
        fputs("\r\n", out);
    }
}
