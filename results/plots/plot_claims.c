/* plot_claims.c -- a forest plot of the claims of papers: for each claim the difference between
 * its encoders with its 95 % interval, the paper's difference, and the verdict.
 *
 * Right of zero the first encoder errs less, as the claim says. A box holds the claims about
 * one experiment, cell and metric in one profile. Boxes are below each other, each as high as
 * its claims need. Verdicts are words at the right, and the colour and mark of the claim. */
#include "claims_text.h"

#include <math.h>
#include <string.h>

#include "metric_text.h"
#include "missing.h"
#include "verdicts.h"

/* Pixels of a claim; of title, axis and its name; and below all boxes. */
enum { ROW = 26, AROUND = 106, BELOW = 10 };
enum { WIDTH = 540 }; /* without the names */

static void name_panel(const struct claim_verdict *c, char *text, size_t bytes)
{
    const bool percent = metric_info(c->metric)->percent;
    snprintf(text, bytes, "%.200s%s%.200s, %.100s: %.100s%s", c->experiment,
             *c->cell ? " " : "", c->cell, c->profile, c->metric, percent ? ", %" : "");
}

static enum status take(void *context, const struct claim_verdict *c, struct err *e)
{
    char panel[640], series[640];
    const struct comparison *j = c->judged;
    if (j->verdict == NOT_RUN)
        return ST_OK;
    name_panel(c, panel, sizeof panel);
    snprintf(series, sizeof series, "%.200s: %.200s < %.200s", c->split, c->less, c->than);
    struct plot_row *r = plot_add(context, panel, series);
    if (!r || !plot_word(r, CLAIM_NAME, c->name) ||
        !plot_word(r, CLAIM_VERDICT, verdict_text(j->verdict)) ||
        !plot_word(r, CLAIM_METRIC, c->metric))
        return err_set(e, ST_NOMEM, "no memory for the picture's data");
    r->value[CLAIM_EFFECT] = c->effect;
    r->value[CLAIM_LOW] = c->interval.low;
    r->value[CLAIM_HIGH] = c->interval.high;
    r->value[CLAIM_PUBLISHED] = c->published;
    r->value[CLAIM_IMPROVEMENT] = j->improvement;
    r->value[CLAIM_P_BELOW] = j->below_corrected;
    r->value[CLAIM_P_ABOVE] = j->above_corrected;
    r->value[CLAIM_P_BELOW_ALONE] = j->below;
    r->value[CLAIM_P_ABOVE_ALONE] = j->above;
    return ST_OK;
}

/* Moves each claim up to the others of its box, because a box is a run of equal panels. */
static void bring_together(struct plot_data *d)
{
    for (int i = 1; i < d->n; i++) {
        int to = i;
        for (int k = 0; k < i; k++)
            if (strcmp(d->row[k].panel, d->row[i].panel) == 0)
                to = k + 1;
        const struct plot_row moved = d->row[i];
        memmove(&d->row[to + 1], &d->row[to], (size_t)(i - to) * sizeof moved);
        d->row[to] = moved;
    }
}

static enum status read(struct store *s, const struct plot_request *q,
                        struct plot_data *out, struct err *e)
{
    const struct verdicts_request asked = {.profile = q->profile,
                                           .experiment = q->experiment,
                                           .cell = q->cell,
                                           .split = q->split,
                                           .encoder = q->encoder};
    enum status st = verdicts_each(s, &asked, take, out, e);
    if (st == ST_OK && out->n == 0)
        st = plot_missing(s, q, NULL, e);
    if (st == ST_OK && out->n == 0)
        return err_set(
            e, ST_NOTFOUND,
            "no claim has runs of both its encoders (experiment %s, profile %s); "
            "posbench claims \"*\" lists the claims",
            q->experiment ? q->experiment : "*", q->profile ? q->profile : "*");
    bring_together(out);
    return st;
}

/* --- drawing --------------------------------------------------------------------- */

static int tall(const struct plot_data *d)
{
    return d->n * ROW + plot_panels(d) * AROUND + BELOW;
}

/* Okabe and Ito's colours and gnuplot's marks. */
enum { YES, NO, NEITHER, LOOKS };
static const struct {
    const char *colour;
    int mark;
    const char *words;
} looks[LOOKS] = {{"#009E73", 7, "green disc: reproduced"},
                  {"#D55E00", 11, "red triangle: contradicted"},
                  {"#666666", 6, "grey circle: not decided"}};

static int look_of(const struct plot_row *r)
{
    const char *verdict = r->word[CLAIM_VERDICT];
    return strcmp(verdict, verdict_text(REPRODUCED)) == 0     ? YES
           : strcmp(verdict, verdict_text(CONTRADICTED)) == 0 ? NO
                                                              : NEITHER;
}

/* Explains the marks that are in the picture. */
static void key(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    const char *comma = "";
    (void)q;
    for (int look = 0; look < LOOKS; look++) {
        int n = 0;
        for (int i = 0; i < d->n; i++)
            n += look_of(&d->row[i]) == look;
        if (n) {
            fprintf(out, "%s%s", comma, looks[look].words);
            comma = "; ";
        }
    }
}

/* Writes the data blocks of row i, at `place` in its box: $claim_<i> with x, place and the ends of
 * the interval (x itself when there is none), and $paper_<i>. */
static void write_blocks(const struct plot_data *d, int i, int place, FILE *out)
{
    const struct plot_row *r = &d->row[i];
    const double effect = claims_value(r, CLAIM_EFFECT), low = claims_value(r, CLAIM_LOW),
                 high = claims_value(r, CLAIM_HIGH);
    fprintf(out, "$claim_%d << EOD\n%.17g %d %.17g %.17g\nEOD\n", i, effect, place,
            isnan(low) ? effect : low, isnan(high) ? effect : high);
    fprintf(out, "$paper_%d << EOD\n%.17g %d\nEOD\n", i, claims_value(r, CLAIM_PUBLISHED),
            place);
}

/* Returns the letters of the longest text at one side. */
static int longest(const struct plot_data *d, bool verdicts)
{
    int most = 0;
    for (int i = 0; i < d->n; i++) {
        const int n =
            plot_letters(verdicts ? d->row[i].word[CLAIM_VERDICT] : d->row[i].series);
        most = n > most ? n : most;
    }
    return most;
}

static int left_margin(const struct plot_data *d)
{
    const int letters = longest(d, false);
    return (letters < PLOT_NAME_MOST ? letters : PLOT_NAME_MOST) + 2;
}

static int right_margin(const struct plot_data *d)
{
    return longest(d, true) + 3;
}

/* Writes names at the left and verdicts at the right, one claim per row, downwards. */
static void write_rows(const struct plot_data *d, const struct plot_request *q, int first,
                       int end, FILE *out)
{
    for (int side = 0; side < 2; side++) {
        fprintf(out, "set y%stics scale 0 noenhanced (", side ? "2" : "");
        for (int i = first; i < end; i++) {
            fputs(i > first ? ", " : "", out);
            plot_tick_name(out, side ? d->row[i].word[CLAIM_VERDICT] : d->row[i].series, q);
            fprintf(out, " %d", i - first + 1);
        }
        fprintf(out, ")\nset y%srange [%d.5:0.5]\n", side ? "2" : "", end - first);
    }
}

enum { STEPS_MOST = 6 }; /* most steps between ticks of an axis */

/* Writes the axis of the rows [first, end): all marks and 0 lie whole within it, with few ticks. */
static void write_axis(const struct plot_data *d, int first, int end, FILE *out)
{
    double low, high;
    claims_range(d, first, end, &low, &high);
    const double width = high > low ? high - low : 1.0;
    double step = pow(10.0, floor(log10(width / STEPS_MOST)));
    static const double more[] = {2.0, 2.5, 2.0}; /* 1, 2, 5, 10 */
    for (int i = 0; i < 3 && step * STEPS_MOST < width; i++)
        step *= more[i];
    fprintf(out, "set xrange [%.6g:%.6g]\nset xtics %.6g\n", low - 0.04 * width,
            high + 0.04 * width, step);
}

static void draw_panel(const struct plot_data *d, const struct plot_request *q, int first,
                       int end, FILE *out)
{
    write_axis(d, first, end, out);
    plot_panel_title(out, d->row[first].panel, q, WIDTH);
    write_rows(d, q, first, end, out);
    /* A line outside the box makes gnuplot draw it even if no claim has a finite difference. */
    fputs("plot -1", out);
    for (int i = first; i < end; i++) {
        const int look = look_of(&d->row[i]);
        if (isfinite(d->row[i].value[CLAIM_EFFECT]))
            fprintf(out,
                    ", \\\n  $claim_%d using 1:2:3:4 with xerrorbars "
                    "pt %d ps 1.1 lw 2 lc rgb '%s'",
                    i, looks[look].mark, looks[look].colour);
        /* gnuplot crashes when text is placed at NaN. */
        if (isfinite(d->row[i].value[CLAIM_PUBLISHED]))
            fprintf(out,
                    ", $paper_%d using 1:2 with points pt 2 ps 1.1 lw 2 lc rgb '#000000'",
                    i);
    }
    putc('\n', out);
}

static void draw(const struct plot_data *d, const struct plot_request *q, FILE *out)
{
    const int title = PLOT_TITLE_LINE * plot_title_lines(q->title);
    const double whole = tall(d) + title;
    double top = 1 - title / whole;
    for (int i = 0, place = 0; i < d->n; i++) {
        place = i > 0 && plot_panel_end(d, i - 1) > i ? place + 1 : 1;
        write_blocks(d, i, place, out);
    }
    plot_grid(out, 1, q);
    fprintf(out,
            "unset key\nset lmargin %d\nset rmargin %d\nset errorbars small\n"
            "set xlabel 'second less first%s%s'\n"
            "set arrow 1 from first 0, graph 0 to first 0, graph 1 nohead lw 1 "
            "lc rgb '#666666'\n",
            left_margin(d), right_margin(d),
            claims_have(d, CLAIM_LOW) ? ", with 95 % interval" : "",
            claims_have(d, CLAIM_PUBLISHED) ? "; cross: the paper" : "");
    for (int i = 0, end; i < d->n; i = end) {
        end = plot_panel_end(d, i);
        const double height = ((end - i) * ROW + AROUND) / whole;
        top -= height;
        fprintf(out, "set origin 0, %.6f\nset size 1, %.6f\n", top > 0 ? top : 0, height);
        draw_panel(d, q, i, end, out);
    }
    plot_grid_end(out);
}

const struct plot plot_claims = {
    .name = "claims",
    .summary = "claims of papers: the difference, its interval and the verdict",
    /* Names and numbers are those of `posbench claims -o csv`, except the paper's effect. */
    .values = {"effect", "effect_low", "effect_high", "published_effect", "improvement",
               "p_below", "p_above", "p_below_alone", "p_above_alone"},
    .words = {"claim", "verdict", "metric"},
    .read = read,
    .draw = draw,
    .print = claims_print,
    .tall = tall,
    .width = WIDTH,
    .named = true,
    .whole = true,
    .note = VERDICTS_NOTE,
    .key = key,
};
