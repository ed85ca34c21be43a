/* plot_seeds.c -- draws every seed as a mark on a logarithmic scale, with a row for each encoder.
 *
 * Errors over seeds often have two modes, which a mean hides. A seed without errors is an open
 * mark at 0, beside the scale, with a line to the 95 % bound of its rate, 1 - 0.05^(1/total). A
 * paper's number is a cross. A seed beyond the scale, or without a number, is a sign of its own
 * at the edge; a paper's number beyond the scale is told in the note. */
#include "plot.h"

#include <math.h>
#include <string.h>

#include "looks.h"
#include "metric_text.h"
#include "missing.h"
#include "statistics.h"
#include "undrawn.h"

enum { VALUE, TOTAL, SEED, RUN, PUBLISHED };
enum { MARK, PUBLISHED_MARK }; /* names of marks; PUBLISHED_MARK is not in the CSV */

static const char sql[] =
    "SELECT r.experiment || iif(r.cell = '', '', ' ' || r.cell) || ', ' || s.split,"
    "       r.variant, s.value, s.total, r.seed, r.run_id,"
    "       (SELECT p.value FROM published AS p JOIN v_variant_name AS v"
    "          ON v.name = p.encoder AND v.experiment = r.experiment"
    "         AND v.profile = r.profile AND v.cell = r.cell AND v.variant = r.variant"
    "        WHERE p.experiment = r.experiment AND p.cell = r.cell AND p.split = s.split"
    "          AND p.metric IN (?6, 'error') ORDER BY p.id LIMIT 1) "
    "FROM v_run AS r JOIN v_score AS s USING (run_id) "
    "WHERE r.state = 'done' AND r.profile GLOB ?1 AND r.experiment GLOB ?2"
    "  AND s.split GLOB ?3 AND s.split NOT IN ('train', 'valid')"
    "  AND r.cell GLOB ?4 AND r.variant GLOB ?5 AND s.metric = ?6 "
    "ORDER BY r.experiment, r.profile, r.cell, s.split, r.encoder, r.variant, r.seed";

static bool is_zero(double value)
{
    return value >= 0.0 && value <= 0.0;
}

/* Returns the bound of a seed whose rate is 0; 0 when its total is not known. */
static double bound_of(const struct plot_row *r)
{
    return r->value[TOTAL] >= 1.0 ? statistics_zero_bound((int64_t)r->value[TOTAL]) : 0.0;
}

/* --- the scale ------------------------------------------------------------------- */

/* Most decades of a scale; only a broken database has numbers beyond. */
enum { DECADES_MAX = 12 };
enum { TICKS_MAX = 4 }; /* most decades with a name; chosen for the narrowest box */

/* The scale goes from 10^low to 10^high. `zeros`: 0 has a place left of it; `nones`: seeds without
 * a number have one right of it. */
struct scale {
    int low, high;
    bool zeros, nones;
};

static void widen(double value, double *least, double *most)
{
    if (!isfinite(value) || value <= 0.0)
        return;
    *least = fmin(*least, value);
    *most = fmax(*most, value);
}

/* Narrows the scale to the window of DECADES_MAX that holds most seeds, the lowest of several, and
 * then to the seeds within it. */
static void narrow(const struct plot_data *d, int first, int end, double unit,
                   struct scale *s)
{
    int most = -1, best = s->low;
    for (int low = s->low; low <= s->high - DECADES_MAX; low++) {
        int inside = 0;
        for (int i = first; i < end; i++) {
            const double place = log10(unit * d->row[i].value[VALUE]);
            inside += place >= low && place <= low + DECADES_MAX;
        }
        if (inside > most) {
            most = inside;
            best = low;
        }
    }
    double least = INFINITY, most_inside = 0.0;
    for (int i = first; i < end; i++) {
        const double x = unit * d->row[i].value[VALUE], place = log10(x);
        if (place >= best && place <= best + DECADES_MAX)
            widen(x, &least, &most_inside);
    }
    s->low = most > 0 ? (int)floor(log10(least)) : best;
    s->high = most > 0 ? (int)ceil(log10(most_inside)) : best + DECADES_MAX;
    s->high += s->high == s->low;
}

static struct scale scale_of(const struct plot_data *d, int first, int end, double unit)
{
    struct scale s = {.zeros = false};
    double least = INFINITY, most = 0.0;
    for (int i = first; i < end; i++) {
        const struct plot_row *r = &d->row[i];
        widen(unit * (is_zero(r->value[VALUE]) ? bound_of(r) : r->value[VALUE]), &least,
              &most);
        widen(unit * r->value[PUBLISHED], &least, &most);
        s.zeros = s.zeros || is_zero(r->value[VALUE]) || is_zero(r->value[PUBLISHED]);
        s.nones = s.nones || isnan(r->value[VALUE]);
    }
    if (most > 0.0) {
        s.low = (int)floor(log10(least));
        s.high = (int)ceil(log10(most));
    }
    s.high += s.high == s.low;
    if (s.high - s.low > DECADES_MAX)
        narrow(d, first, end, unit, &s);
    return s;
}

/* How a seed is drawn. */
enum mark { NUMBER, ZERO, BELOW, ABOVE, NONE, MARKS };
static const struct {
    const char *name; /* in the CSV */
    const char *sign; /* drawn at the edge; NULL: a point on the scale */
    const char *words;
} marks[MARKS] = {
    {"number", NULL, NULL},
    {"zero", NULL, NULL},
    {"below", "<", "below the scale"},
    {"above", ">", "above the scale"},
    {"none", "?", "without a number"},
};

static enum mark mark_at(double value, const struct scale *s, double unit)
{
    /* An end of the scale may be the rounded logarithm of a seed, which must lie within it. */
    static const double rounding = 1e-9;
    const double x = unit * value;
    if (isnan(x))
        return NONE;
    if (is_zero(x))
        return ZERO;
    if (x < pow(10.0, s->low) * (1 - rounding))
        return BELOW;
    return x > pow(10.0, s->high) * (1 + rounding) ? ABOVE : NUMBER;
}

static enum mark mark_of(const struct plot_row *r, const struct scale *s, double unit)
{
    return mark_at(r->value[VALUE], s, unit);
}

static double unit_of(const struct plot_request *q)
{
    return metric_info(q->metric)->percent ? 100.0 : 1.0;
}

static enum status name_marks(const struct plot_request *q, struct plot_data *d,
                              struct err *e)
{
    for (int i = 0, end; i < d->n; i = end) {
        end = plot_panel_end(d, i);
        const struct scale s = scale_of(d, i, end, unit_of(q));
        for (int k = i; k < end; k++) {
            struct plot_row *r = &d->row[k];
            const enum mark paper = mark_at(r->value[PUBLISHED], &s, unit_of(q));
            if (!plot_word(r, MARK, marks[mark_of(r, &s, unit_of(q))].name) ||
                !plot_word(r, PUBLISHED_MARK, marks[paper].name))
                return err_set(e, ST_NOMEM, "no memory for the picture's data");
        }
    }
    return ST_OK;
}

static enum status read(struct store *s, const struct plot_request *q,
                        struct plot_data *out, struct err *e)
{
    enum status st = plot_read(s, sql, q, q->metric, out, e);
    bool some = false;
    for (int i = 0; st == ST_OK && i < out->n; i++)
        some = some || !isnan(out->row[i].value[VALUE]);
    if (st == ST_OK && !some)
        st = plot_nothing(s, q, q->metric, e);
    return st ? st : name_marks(q, out, e);
}

/* Counts the rows [first, end) whose `word` names this mark. */
static int count_marks(const struct plot_data *d, int first, int end, int word, enum mark m)
{
    int n = 0;
    for (int i = first; i < end; i++)
        n += d->row[i].word[word] && strcmp(d->row[i].word[word], marks[m].name) == 0;
    return n;
}

static void undrawn(const struct plot_data *d, int first, int end, FILE *out)
{
    const char *comma = "";
    for (int m = BELOW; m < MARKS; m++) {
        const int n = count_marks(d, first, end, MARK, m);
        if (n) {
            fprintf(out, "%s%d %s (%s)", comma, n, marks[m].words, marks[m].sign);
            comma = ", ";
        }
    }
    if (*comma) {
        fprintf(out, ", of %d%s", end - first, undrawn_seeds(end - first));
        comma = "; ";
    }
    for (int m = BELOW; m < NONE; m++)
        if (count_marks(d, first, end, PUBLISHED_MARK, m))
            fprintf(out, "%sthe paper's number is %s", comma, marks[m].words);
}

/* Explains the marks that are in the picture. */
static void key(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    const bool rate = metric_info(q->metric)->percent;
    const char *comma = "";
    bool bound = false, zeros = false;
    for (int i = 0; i < d->n; i++) {
        const double *v = d->row[i].value;
        bound = bound || (is_zero(v[VALUE]) && bound_of(&d->row[i]) > 0.0);
        zeros = zeros || is_zero(v[VALUE]) || is_zero(v[PUBLISHED]);
    }
    if (count_marks(d, 0, d->n, MARK, NUMBER)) {
        fprintf(out, "%s: a seed", q->text ? "*" : "dot");
        comma = "; ";
    }
    if (count_marks(d, 0, d->n, PUBLISHED_MARK, NUMBER) ||
        count_marks(d, 0, d->n, PUBLISHED_MARK, ZERO)) {
        fprintf(out, "%sx: the paper", comma);
        comma = "; ";
    }
    if (count_marks(d, 0, d->n, MARK, ZERO)) {
        fprintf(out, "%so: a seed whose %s is 0%s", comma, rate ? "rate" : "value",
                bound ? ", with a line to its 95 % bound" : "");
        comma = "; ";
    }
    if (zeros)
        fprintf(out, "%sleft of the dotted line: 0", comma);
    /* The notes on series explain these signs too, but only for the first series. */
    for (int m = BELOW; m < MARKS; m++)
        if (count_marks(d, 0, d->n, MARK, m)) {
            fprintf(out, "%s%s: a seed %s", comma, marks[m].sign, marks[m].words);
            comma = "; ";
        }
}

/* Returns the x that lies `share` of the scale's length before its low end. */
static double before(const struct scale *s, double share)
{
    return pow(10.0, s->low - share * (s->high - s->low));
}

static double zero_of(const struct scale *s)
{
    return before(s, 0.16);
}

/* Returns the x of seeds without a number, beyond the high end. */
static double none_of(const struct scale *s)
{
    return before(s, -1.16);
}

/* Writes the x axis. It extends beyond both ends, so that marks there are drawn whole. */
static void write_scale(const struct scale *s, FILE *out)
{
    const int decades = s->high - s->low, every = (decades + TICKS_MAX - 1) / TICKS_MAX;
    fprintf(out, "set xrange [%.6g:%.6g]\nset xtics (", before(s, s->zeros ? 0.22 : 0.05),
            before(s, s->nones ? -1.22 : -1.05));
    if (s->zeros)
        fprintf(out, "'0' %.6g, ", zero_of(s));
    if (s->nones)
        fprintf(out, "'?' %.6g, ", none_of(s));
    for (int k = s->low; k <= s->high; k++) {
        if ((k - s->low) % every == 0)
            fprintf(out, "'%g' 1e%d", pow(10.0, k), k);
        else
            fprintf(out, "'' 1e%d", k);
        for (int n = 2; n < 10 && k < s->high; n++)
            fprintf(out, ", '' %de%d 1", n, k);
        fputs(k < s->high ? ", " : ")\n", out);
    }
    fputs("unset arrow\n", out);
    if (s->zeros)
        fprintf(out,
                "set arrow from first %.6g, graph 0 to first %.6g, graph 1 nohead "
                "lc rgb '#999999' dt 3\n",
                before(s, 0.08), before(s, 0.08));
}

/* --- the marks ------------------------------------------------------------------- */

/* y of a point far above the box, which each block has, because gnuplot refuses an empty block and
 * crashes when text is placed at NaN. */
enum { FAR_ABOVE = -99 };

/* Names of the data blocks, by mark. */
static const char *const blocks[MARKS] = {"some", "none", "below", "above", "unknown"};

/* Returns the place of a seed on the x axis. */
static double place_of(const struct plot_row *r, int mark, const struct scale *s,
                       double unit)
{
    return mark == NUMBER  ? unit * r->value[VALUE]
           : mark == ZERO  ? zero_of(s)
           : mark == BELOW ? before(s, 0)
           : mark == ABOVE ? before(s, -1)
                           : none_of(s);
}

/* Writes the data blocks of the rows [first, end) of one series: one for each mark, with x, row,
 * seed, run, and the value or the bound; and $paper_<i>. */
static void write_series(const struct plot_data *d, int first, int end, int place,
                         const struct scale *s, double unit, FILE *out)
{
    for (int m = NUMBER; m < MARKS; m++) {
        fprintf(out, "$%s_%d << EOD\n", blocks[m], first);
        for (int k = first; k < end; k++) {
            const struct plot_row *r = &d->row[k];
            /* Marks of one row are spread vertically, in the order of the seeds. */
            const double lift = (k - first - (end - first - 1) / 2.0) / (end - first) * 0.6;
            if ((int)mark_of(r, s, unit) == m)
                fprintf(out, "%.17g %.17g %.0f %.0f %.4g\n", place_of(r, m, s, unit),
                        place + lift, r->value[SEED], r->value[RUN],
                        m == NUMBER ? unit * r->value[VALUE]
                        : m == ZERO ? unit * bound_of(r)
                                    : 0.0);
        }
        fprintf(out, "%.17g %d 0 0 0\nEOD\n", zero_of(s), FAR_ABOVE);
    }
    const double paper = d->row[first].value[PUBLISHED];
    const enum mark mark = mark_at(paper, s, unit);
    fprintf(out, "$paper_%d << EOD\n%.17g %d\nEOD\n", first,
            mark == NUMBER ? unit * paper : zero_of(s),
            mark == NUMBER || mark == ZERO ? place : FAR_ABOVE);
}

static void write_blocks(const struct plot_data *d, double unit, FILE *out)
{
    for (int i = 0, end; i < d->n; i = end) {
        end = plot_panel_end(d, i);
        const struct scale s = scale_of(d, i, end, unit);
        int place = 0;
        for (int k = i, next; k < end; k = next) {
            next = plot_series_end(d, k);
            write_series(d, k, next, ++place, &s, unit, out);
        }
    }
}

/* Text that a page shows when the pointer is on a mark; only numbers go into it. */
#define TOLD "(sprintf('seed %.0f, run %.0f: "

/* Draws the marks of the series that begins at row i. */
static void draw_series(const struct plot_data *d, const struct plot_request *q, int i,
                        FILE *out)
{
    const struct look own = look_of(d->row[i].series);
    const char *colour = own.colour,
               *look = q->hover ? " with labels hypertext point" : " with points";
    fprintf(out,
            "$none_%d using 1:2:($5 > 0 ? $5 - $1 : 0):(0) with vectors nohead lw 0.5 "
            "lc rgb '%s', "
            "$some_%d using 1:2%s%s pt %s ps 0.9 lc rgb '%s', "
            "$none_%d using 1:2%s%s pt %s ps 0.9 lc rgb '%s', "
            "$paper_%d using 1:2 with points pt %s ps 1.4 lw 2 lc rgb '#000000'",
            i, colour, i, q->hover ? ":" TOLD "%g', $3, $4, $5))" : "", look,
            q->text ? "'*'" : "7", colour, i,
            q->hover ? ":" TOLD "0, 95 %% bound %g', $3, $4, $5))" : "", look,
            q->text ? "'o'" : "6", colour, i, q->text ? "'x'" : "2");
    for (int m = BELOW; m < MARKS; m++)
        if (count_marks(d, i, plot_series_end(d, i), MARK, m))
            fprintf(out, ", $%s_%d using 1:2%s%s pt '%s' lc rgb '%s'", blocks[m], i,
                    q->hover ? ":(sprintf('seed %.0f, run %.0f', $3, $4))" : "", look,
                    marks[m].sign, colour);
}

enum { WIDTH = 300, BOX_LETTERS = 34 }; /* pixels without the names; letters above a box */

/* Writes the title of a box. The box is right of the names; a title wider than it moves left. */
static void write_title(const struct plot_data *d, const struct plot_request *q, int first,
                        int end, FILE *out)
{
    const int most = q->text ? PLOT_TEXT_NAME_MOST : PLOT_NAME_MOST;
    int longest = 0;
    for (int i = first; i < end; i = plot_series_end(d, i)) {
        const int letters = plot_letters(d->row[i].series);
        longest = letters > longest ? letters : longest;
    }
    longest = longest < most ? longest : most;
    const int box = q->text ? PLOT_TEXT_WIDTH - longest : BOX_LETTERS;
    const int beyond = plot_letters(d->row[first].panel) - box;
    const int shift = beyond < 0 ? 0 : beyond < longest ? beyond / 2 : longest / 2;
    plot_panel_title(out, d->row[first].panel, q, WIDTH + PLOT_LETTER * longest);
    fprintf(out, "set title offset -%d, 0\nset lmargin %d\n", shift, longest + 2);
}

static void draw_panel(const struct plot_data *d, const struct plot_request *q, int first,
                       int end, double unit, FILE *out)
{
    const struct scale s = scale_of(d, first, end, unit);
    int rows = 0;
    write_scale(&s, out);
    write_title(d, q, first, end, out);
    fputs("set ytics (", out);
    for (int k = first; k < end; k = plot_series_end(d, k)) {
        fputs(rows ? ", " : "", out);
        plot_tick_name(out, d->row[k].series, q);
        fprintf(out, " %d", ++rows);
    }
    fprintf(out, ") noenhanced\nset yrange [%.1f:0.4]\nplot ", rows + 0.6);
    for (int k = first; k < end; k = plot_series_end(d, k)) {
        fputs(k > first ? ", \\\n  " : "", out);
        draw_series(d, q, k, out);
    }
    putc('\n', out);
}

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    const double unit = unit_of(q);
    write_blocks(d, unit, out);
    plot_grid(out, plot_panels(d), q);
    fputs("unset key\nset logscale x\nset xlabel ", out);
    plot_legend_name(out, q->metric);
    fprintf(out, " . '%s'\n", metric_info(q->metric)->percent ? ", %" : "");
    for (int i = 0, end; i < d->n; i = end) {
        end = plot_panel_end(d, i);
        draw_panel(d, q, i, end, unit, out);
    }
    plot_grid_end(out);
}

const struct plot plot_seeds = {
    .name = "seeds",
    .summary = "every seed on a logarithmic scale, the paper's number beside them",
    .metric = "token_error",
    .values = {"value", "total", "seed", "run", "published"},
    .words = {"mark"},
    .read = read,
    .draw = draw,
    .undrawn = undrawn,
    .width = WIDTH,
    .height = 125,
    .named = true,
    .key = key,
};
