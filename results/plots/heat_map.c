#include "heat_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ascending.h"

enum { ACROSS_MAX = 48, UPRIGHT_MAX = 32, DOWN_MAX = 28, NUMBERS_MAX = 100 };
enum { LETTERS_MAX = 2 }; /* bytes of a label that fits its column */

/* The cells of one box: rows [first, end) of the data. */
struct box {
    const struct plot_data *data;
    const struct heat_style *style;
    int first, end;
    double *x, *y; /* [nx], [ny] the values that occur, ascending */
    int nx, ny;
};

/* Values of one column of the rows, each once; NULL without memory. */
static double *distinct(const struct box *b, int column, int *n)
{
    double *all = malloc((size_t)(b->end - b->first) * sizeof *all);
    int kept = 0;
    if (!all)
        return NULL;
    for (int i = b->first; i < b->end; i++)
        all[i - b->first] = b->data->row[i].value[column];
    qsort(all, (size_t)(b->end - b->first), sizeof *all, ascending_doubles);
    for (int i = 0; i < b->end - b->first; i++)
        if (kept == 0 || all[i] > all[kept - 1])
            all[kept++] = all[i];
    *n = kept;
    return all;
}

static int place_of(const double *all, int n, double value)
{
    const double *at = bsearch(&value, all, (size_t)n, sizeof *all, ascending_doubles);
    return at ? (int)(at - all) : 0;
}

/* Lines "column row value", all of the grid: NaN where there is none. */
static void write_cells(const struct box *b, FILE *out)
{
    const size_t n = (size_t)b->nx * (size_t)b->ny;
    double *cell = malloc((n + 1) * sizeof *cell);
    fprintf(out, "$cells_%d << EOD\n", b->first);
    for (size_t i = 0; cell && i < n; i++)
        cell[i] = (double)NAN;
    for (int i = b->first; cell && i < b->end; i++) {
        const double *v = b->data->row[i].value;
        const int x = place_of(b->x, b->nx, v[HEAT_X]),
                  y = place_of(b->y, b->ny, v[HEAT_Y]);
        cell[(size_t)y * (size_t)b->nx + (size_t)x] = b->style->scale * v[HEAT_VALUE];
    }
    for (size_t i = 0; cell && i < n; i++)
        if (isnan(cell[i]))
            fprintf(out, "%zu %zu NaN\n", i % (size_t)b->nx, i / (size_t)b->nx);
        else
            fprintf(out, "%zu %zu %.6g\n", i % (size_t)b->nx, i / (size_t)b->nx, cell[i]);
    fputs("EOD\n", out);
    free(cell);
}

/* The token at place x, from any row that has it. */
static const char *token_at(const struct box *b, double x)
{
    for (int i = b->end - 1; i >= b->first; i--)
        if (b->data->row[i].value[HEAT_X] >= x && b->data->row[i].value[HEAT_X] <= x)
            return b->data->row[i].series;
    return "";
}

/* Tokens of a text are words, which stand upright below their columns; letters and digits lie
 * side by side. */
static bool has_words(const struct box *b)
{
    for (int i = b->first; b->style->tokens && i < b->end; i++)
        if (strlen(b->data->row[i].series) > LETTERS_MAX)
            return true;
    return false;
}

static void write_ticks(const struct box *b, char axis, FILE *out)
{
    const bool across = axis == 'x', upright = across && has_words(b);
    const double *at = across ? b->x : b->y;
    const int n = across ? b->nx : b->ny;
    const int most = upright ? UPRIGHT_MAX : across ? ACROSS_MAX : DOWN_MAX;
    const int every = (n + most - 1) / most;
    fprintf(out, "set %ctics scale 0 noenhanced%s%s (", axis,
            b->style->tokens ? " font ',7'" : "", upright ? " rotate by 90 right" : "");
    for (int i = 0; i < n; i += every) {
        fputs(i ? ", " : "", out);
        if (b->style->tokens)
            plot_quoted(out, token_at(b, at[i]));
        else
            fprintf(out, "'%.6g'", at[i]);
        fprintf(out, " %d", i);
    }
    fputs(")\n", out);
}

static void write_labels(const struct box *b, FILE *out)
{
    const struct heat_style *s = b->style;
    const char *series = b->data->row[b->first].series;
    char name[128];
    if (s->x) {
        fprintf(out, "set xlabel '%s'\nset ylabel '%s'\n", s->x, s->y);
        return;
    }
    snprintf(name, sizeof name, "%.*s", (int)strcspn(series, ","), series);
    fputs("set xlabel ", out);
    plot_quoted(out, name);
    series += strcspn(series, ",");
    fputs("\nset ylabel ", out);
    plot_quoted(out, *series ? series + 2 : "");
    putc('\n', out);
}

/* The numbers in their cells, white on dark ones. */
static void write_numbers(const struct box *b, double most, FILE *out)
{
    for (int dark = 0; dark < 2; dark++)
        fprintf(
            out,
            ", $cells_%d using 1:2:($3 %s %.6g ? sprintf('%%.3g', $3) : '') with labels "
            "font ',8' tc rgb '%s' notitle",
            b->first, dark ? ">" : "<=", most / 2, dark ? "#ffffff" : "#000000");
}

static void draw_box(const struct box *b, double most, FILE *out)
{
    fputs("set title ", out);
    plot_quoted(out, b->data->row[b->first].panel);
    putc('\n', out);
    write_labels(b, out);
    write_ticks(b, 'x', out);
    write_ticks(b, 'y', out);
    /* Queries follow each other downwards, as in print. */
    fprintf(out, "set xrange [-0.5:%d.5]\n", b->nx - 1);
    fprintf(out, b->style->tokens ? "set yrange [%d.5:-0.5]\n" : "set yrange [-0.5:%d.5]\n",
            b->ny - 1);
    /* A viewer of SVG blurs a small image, and boxes side by side show seams elsewhere. */
    for (int svg = 1; svg >= 0; svg--) {
        fprintf(
            out,
            "if (GPVAL_TERM %s 'svg') {\nplot $cells_%d using 1:2:3 with image%s notitle",
            svg ? "eq" : "ne", b->first, svg ? " pixels" : "");
        if (!b->style->tokens && b->nx * b->ny <= NUMBERS_MAX)
            write_numbers(b, most, out);
        fputs("\n}\n", out);
    }
}

static double largest(const struct plot_data *d, const struct heat_style *s)
{
    double most = 0;
    for (int i = 0; i < d->n; i++)
        if (d->row[i].value[HEAT_VALUE] * s->scale > most)
            most = d->row[i].value[HEAT_VALUE] * s->scale;
    return most > 0 ? most : 1;
}

/* Viridis is even in lightness and safe for the colour-blind; pale end first. */
static void begin(const struct plot_data *d, const struct heat_style *s, int columns,
                  double most, FILE *out)
{
    const int boxes = plot_panels(d);
    fprintf(out, "set multiplot layout %d,%d\n", (boxes + columns - 1) / columns, columns);
    fputs("set palette defined (0 '#ffffff', 0.15 '#d8e219', 0.4 '#35b779', 0.65 '#31688e',"
          " 1 '#440154')\n"
          "set title noenhanced\nset xlabel noenhanced\nset ylabel noenhanced\n"
          "set border lc rgb '#666666'\nunset key\nset cblabel noenhanced ",
          out);
    plot_quoted(out, s->bar);
    fprintf(out, "\nset cbrange [0:%.6g]\n", most);
}

void heat_map_draw(const struct plot_data *d, const struct heat_style *s, int columns,
                   FILE *out)
{
    const double most = s->most > 0 ? s->most : largest(d, s);
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1)
            begin(d, s, columns, most, out);
        for (int i = 0, end; i < d->n; i = end) {
            end = plot_panel_end(d, i);
            struct box b = {.data = d, .style = s, .first = i, .end = end};
            b.x = distinct(&b, HEAT_X, &b.nx);
            b.y = distinct(&b, HEAT_Y, &b.ny);
            if (b.x && b.y) {
                if (pass)
                    draw_box(&b, most, out);
                else
                    write_cells(&b, out);
            }
            free(b.x);
            free(b.y);
        }
    }
    plot_grid_end(out);
}
