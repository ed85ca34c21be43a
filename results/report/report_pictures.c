/* report_pictures.c -- writes the plots of every experiment as SVG within the page.
 *
 * For each experiment with done runs, each plot reads its marks. The caller's gnuplot draws them
 * from one temporary file into another, and the SVG is copied without parts that a page cannot
 * have twice. Command and data follow as text. A picture that cannot be drawn is replaced by the
 * reason.
 * Pitfall: `rewritten` matches gnuplot's output literally; groups that another version writes
 * differently are copied as they are, and marks then have no titles. */
#include "report_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"

/* Most marks of a picture, beyond which it says little, and of all pictures, beyond which the page
 * is heavy: a mark takes about 250 bytes, all of them 10 MB. Both are chosen. */
enum { MARKS_MAX = 5000, PAGE_MARKS_MAX = 40000 };

/* --- one picture ------------------------------------------------------------------- */

/* Recognises a group at `at` that must be rewritten: *text[*bytes] becomes its title (NULL: none),
 * *end is where the rest begins. Marks of gnuplot with a text call its own script when the pointer
 * is on them; browsers show a <title> without one. That text consists only of numbers and fixed
 * words. Groups of curves have ids and titles, which would collide with those of other pictures
 * of the page. */
static bool rewritten(const char *at, const char **text, size_t *bytes, const char **end)
{
    static const char tip[] = "<g onmousemove=\"gnuplot_svg.showHypertext(evt,'";
    static const char tip_end[] = "')\" onmouseout=\"gnuplot_svg.hideHypertext()\"><title> "
                                  "</title>";
    static const char curve[] = "<g id=\"gnuplot_plot_", curve_end[] = "</title>";
    static const char canvas[] = "<g id=\"gnuplot_canvas\"", canvas_end[] = ">";
    static const struct {
        const char *from, *to;
    } parts[] = {{tip, tip_end}, {curve, curve_end}, {canvas, canvas_end}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const size_t n = strlen(parts[i].from);
        const char *close =
            strncmp(at, parts[i].from, n) == 0 ? strstr(at, parts[i].to) : NULL;
        if (!close)
            continue;
        *text = i == 0 ? at + n : NULL;
        *bytes = i == 0 ? (size_t)(close - *text) : 0;
        *end = close + strlen(parts[i].to);
        return true;
    }
    return false;
}

/* Copies the tag of a group at `at` and returns where the rest begins. Leaves out attributes with
 * their default values, and the whole group when it is empty: gnuplot writes both before every
 * curve and mark, a third of a picture. */
static const char *write_group(FILE *out, const char *at)
{
    static const char usual[] = " stroke-linecap=\"butt\" stroke-linejoin=\"miter\"";
    const char *close = strchr(at, '>'), *skipped = strstr(at, usual);
    if (!close)
        return at + strlen(at);
    const char *inside = close + 1 + strspn(close + 1, " \t\n");
    if (strncmp(inside, "</g>", 4) == 0)
        return inside + 4;
    if (skipped && skipped < close) {
        fwrite(at, 1, (size_t)(skipped - at), out);
        at = skipped + strlen(usual);
    }
    fwrite(at, 1, (size_t)(close + 1 - at), out);
    return close + 1;
}

static void write_svg(FILE *out, const char *svg, const char *label)
{
    const char *at = strstr(svg, "<svg"), *next, *text, *end;
    size_t bytes;
    if (!at)
        return;
    fputs("<div class=wide tabindex=0><svg role=img aria-label=\"", out);
    escape_html(out, label);
    fputc('"', out);
    at += strlen("<svg");
    for (; (next = strstr(at, "<g ")) != NULL; at = end) {
        fwrite(at, 1, (size_t)(next - at), out);
        if (!rewritten(next, &text, &bytes, &end)) {
            end = write_group(out, next);
            continue;
        }
        fputs("<g>", out);
        if (text)
            fprintf(out, "<title>%.*s</title>", (int)bytes, text);
    }
    fputs(at, out);
    fputs("</div>\n", out);
}

static char *whole_text(FILE *f)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);
    if (!to)
        return NULL;
    rewind(f);
    for (int c; (c = getc(f)) != EOF;)
        if (c)
            putc(c, to);
    return fclose(to) == 0 ? text : NULL;
}

static enum status draw(struct report *r, const struct plot *p, const struct plot_data *d,
                        const struct plot_request *q, struct err *e)
{
    FILE *script = tmpfile(), *picture = tmpfile();
    char *svg = NULL, label[256];
    enum status st = script && picture ? ST_OK
                                       : err_set(e, ST_IO,
                                                 "no temporary file for a "
                                                 "picture: %s",
                                                 strerror(errno));
    if (st == ST_OK) {
        plot_script(p, d, q, "svg", script);
        st = r->request->draw(script, picture, e);
    }
    if (st == ST_OK && (svg = whole_text(picture))) {
        snprintf(label, sizeof label, "%s%s%s", p->summary, q->experiment ? ", " : "",
                 q->experiment ? q->experiment : "");
        write_svg(r->out, svg, label);
    }
    free(svg);
    if (script)
        fclose(script);
    if (picture)
        fclose(picture);
    return st;
}

/* Writes the data as a link that needs no network, so that a picture and its numbers stay
 * together. */
static void write_data(FILE *out, const struct plot *p, const struct plot_data *d)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);
    if (!to)
        return;
    plot_csv(p, d, to);
    if (fclose(to) == 0) {
        fprintf(out, " <a download=\"%s.csv\" href=\"data:text/csv;charset=utf-8,",
                p->name);
        for (size_t i = 0; i < bytes; i++) {
            const unsigned char c = (unsigned char)text[i];
            if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                (c >= 'A' && c <= 'Z') || strchr("-_.~", c ? c : '%'))
                fputc(c, out);
            else
                fprintf(out, "%%%02X", c);
        }
        fputs("\">data (CSV)</a>", out);
    }
    free(text);
}

/* Writes the command that draws the same picture. */
static void write_command(const struct report *r, const struct plot *p,
                          const struct plot_request *q)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);
    if (!to)
        return;
    fprintf(to, "posbench plot %s", p->name);
    if (q->experiment)
        report_word(to, " ", q->experiment);
    if (q->profile)
        report_word(to, " --profile ", q->profile);
    if (strcmp(r->request->database, "results.db") != 0)
        report_word(to, " --db ", r->request->database);
    fprintf(to, " -o %s.svg", p->name);
    if (fclose(to) == 0)
        report_element(r->out, "code", text);
    free(text);
}

static enum status write_figure(struct report *r, const struct plot *p,
                                const struct plot_data *d, struct plot_request *q,
                                struct err *e)
{
    struct err why = {.msg = ""};
    q->hover = true;
    fputs("<figure>\n", r->out);
    report_element(r->out, "figcaption", p->summary);
    const bool fits = d->n <= MARKS_MAX && d->n <= PAGE_MARKS_MAX - r->marks;
    enum status st = fits ? draw(r, p, d, q, &why)
                          : err_set(&why, ST_IO,
                                    "its %d marks are too many for this page; the command "
                                    "below draws them, `posbench report EXPERIMENT` those "
                                    "of one experiment",
                                    d->n);
    r->marks += fits ? d->n : 0;
    if (st == ST_IO) {
        fputs("<p>", r->out);
        report_prose(r->out, "Not drawn: %s", why.msg);
        fputs("</p>", r->out);
        if (fits && !r->undrawn->msg[0])
            *r->undrawn = why;
        st = ST_OK;
    }
    fputs("<p class=made>", r->out);
    write_command(r, p, q);
    if (fits)
        write_data(r->out, p, d);
    fputs("</p>\n</figure>\n", r->out);
    return st ? err_set(e, st, "%s", why.msg) : ST_OK;
}

/* --- all -------------------------------------------------------------------------- */

enum status report_plot(struct report *r, const struct plot *p, const char *experiment,
                        struct err *e)
{
    struct plot_request q = {.experiment = experiment ? experiment : r->request->experiment,
                             .profile = r->request->profile,
                             .metric = p->metric,
                             .stratum_help = r->request->stratum_help};
    struct plot_data d = {0};
    struct err none = {.msg = ""};
    enum status st = p->read(r->store, &q, &d, &none);
    if (st == ST_OK)
        st = write_figure(r, p, &d, &q, e);
    else if (st == ST_NOTFOUND) /* this experiment has no data for the plot */
        st = ST_OK;
    else
        st = err_set(e, st, "%s", none.msg);
    plot_data_free(&d);
    return st;
}

static bool wanted(const struct report *r, const char *plot)
{
    const char *list = r->request->plots;
    const size_t n = strlen(plot);
    for (const char *at = list; at; at = strchr(at, ',')) {
        at += at != list;
        if (strncmp(at, plot, n) == 0 && (at[n] == ',' || !at[n]))
            return true;
    }
    return !list;
}

static enum status take_experiment(void *context, int columns, const char *const *names,
                                   const char *const *cells, struct err *e)
{
    struct report *r = context;
    const char *experiment = store_cell(cells[0]);
    enum status st = ST_OK;
    (void)columns;
    (void)names;
    report_element(r->out, "h3", experiment);
    fputc('\n', r->out);
    for (int i = 0; i < plot_count() && st == ST_OK; i++)
        if (!plot_at(i)->whole && wanted(r, plot_at(i)->name))
            st = report_plot(r, plot_at(i), experiment, e);
    return st;
}

enum status report_pictures(struct report *r, struct err *e)
{
    return store_query(r->store,
                       "SELECT DISTINCT experiment FROM v_run WHERE state = 'done'"
                       " AND profile GLOB ?1 AND experiment GLOB ?2 ORDER BY experiment",
                       r->params, 2, take_experiment, r, e);
}
