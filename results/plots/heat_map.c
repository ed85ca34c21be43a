#include "heat_map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ascending.h"
#include "clean.h"

/* Most names along a box that do not touch: letters across, words across, lines, and values. */
enum { ACROSS_MAX = 48, UPRIGHT_MAX = 32, DOWN_MAX = 32, VALUES_MAX = 10 };
enum { NUMBERS_MAX = 100, COLUMNS_MOST = 3 };
enum { LETTERS_MAX = 2 }; /* most bytes of a label that fits its column */
enum { IMAGE_LEAST = 4 }; /* cells; gnuplot draws no image of fewer */

/* The cells of one box: rows [first, end) of the data. */
struct box {
    const struct plot_data *data;
    const struct heat_style *style;
    int first, end;
    double *x, *y; /* [nx], [ny] the values that occur, ascending */
    int nx, ny;
};

/* Returns the distinct values of one column, ascending; the caller frees them. NULL: no memory. */
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

/* Returns the scaled cells [ny, nx], NaN where there is none; the caller frees them. NULL: no
 * memory. */
static double *cells_of(const struct box *b)
{
    const size_t n = (size_t)b->nx * (size_t)b->ny;
    double *cell = malloc((n + 1) * sizeof *cell);
    for (size_t i = 0; cell && i < n; i++)
        cell[i] = (double)NAN;
    for (int i = b->first; cell && i < b->end; i++) {
        const double *v = b->data->row[i].value;
        const int x = place_of(b->x, b->nx, v[HEAT_X]),
                  y = place_of(b->y, b->ny, v[HEAT_Y]);
        cell[(size_t)y * (size_t)b->nx + (size_t)x] = b->style->scale * v[HEAT_VALUE];
    }
    return cell;
}

/* Writes lines "column row value" for the whole grid. */
static void write_cells(const struct box *b, double most, FILE *out)
{
    const size_t n = (size_t)b->nx * (size_t)b->ny;
    double *cell = cells_of(b);
    (void)most;
    fprintf(out, "$cells_%d << EOD\n", b->first);
    for (size_t i = 0; cell && i < n; i++)
        if (!isfinite(cell[i]))
            fprintf(out, "%zu %zu NaN\n", i % (size_t)b->nx, i / (size_t)b->nx);
        else
            fprintf(out, "%zu %zu %.6g\n", i % (size_t)b->nx, i / (size_t)b->nx, cell[i]);
    fputs("EOD\n", out);
    free(cell);
}

/* Returns the token at place x, from any row that has it. */
static const char *token_at(const struct box *b, double x)
{
    for (int i = b->end - 1; i >= b->first; i--)
        if (b->data->row[i].value[HEAT_X] >= x && b->data->row[i].value[HEAT_X] <= x)
            return b->data->row[i].series;
    return "";
}

/* Are tokens words, as those of a text? Words stand upright below their columns; letters and
 * digits lie side by side. */
static bool has_words(const struct box *b)
{
    for (int i = b->first; b->style->tokens && i < b->end; i++)
        if (strlen(b->data->row[i].series) > LETTERS_MAX)
            return true;
    return false;
}

/* Returns n: each n-th place along the axis is named. */
static int named_every(const struct box *b, char axis)
{
    const bool across = axis == 'x';
    const int n = across ? b->nx : b->ny;
    const int most = across && !b->style->tokens ? VALUES_MAX
                     : !across                   ? DOWN_MAX
                     : has_words(b)              ? UPRIGHT_MAX
                                                 : ACROSS_MAX;
    return (n + most - 1) / most;
}

static void write_ticks(const struct box *b, char axis, FILE *out)
{
    const bool across = axis == 'x', upright = across && has_words(b);
    const double *at = across ? b->x : b->y;
    const int n = across ? b->nx : b->ny, every = named_every(b, axis);
    fprintf(out, "set %ctics scale 0 noenhanced%s%s (", axis,
            b->style->tokens ? " font ',7'" : "", upright ? " rotate by 90 right" : "");
    for (int i = 0; i < n; i += every) {
        fputs(i ? ", " : "", out);
        if (b->style->tokens)
            plot_tick(out, token_at(b, at[i]));
        else
            fprintf(out, "'%.6g'", at[i]);
        fprintf(out, " %d", i);
    }
    fputs(")\n", out);
}

enum { AXIS_TEXT = 128 };

/* Writes the name of the axis. */
static void axis_name(const struct box *b, char axis, char name[AXIS_TEXT])
{
    const char *series = b->data->row[b->first].series;
    const size_t first = strcspn(series, ",");
    if (b->style->x)
        snprintf(name, AXIS_TEXT, "%s", axis == 'x' ? b->style->x : b->style->y);
    else if (axis == 'x')
        snprintf(name, AXIS_TEXT, "%.*s", (int)first, series);
    else
        snprintf(name, AXIS_TEXT, "%s", series[first] ? series + first + 2 : "");
}

static const char *ordinal(int n)
{
    const int tens = n / 10 % 10, ones = n % 10;
    return tens == 1 ? "th" : ones == 1 ? "st" : ones == 2 ? "nd" : ones == 3 ? "rd" : "th";
}

static void write_label(const struct box *b, char axis, FILE *out)
{
    char name[AXIS_TEXT];
    const int every = named_every(b, axis);
    axis_name(b, axis, name);
    fprintf(out, "set %clabel ", axis);
    plot_legend_name(out, name);
    if (every > 1)
        fprintf(out, " . ' (every %d%s named)'", every, ordinal(every));
    putc('\n', out);
}

/* Writes the numbers into their cells, white on dark cells. */
static void write_numbers(const struct box *b, double most, FILE *out)
{
    for (int dark = 0; dark < 2; dark++)
        fprintf(
            out,
            ", $cells_%d using 1:2:($3 %s %.6g ? sprintf('%%.3g', $3) : '') with labels "
            "font ',8' tc rgb '%s' notitle",
            b->first, dark ? ">" : "<=", most / 2, dark ? "#ffffff" : "#000000");
}

static const struct plot_request picture = {.text = false};

static void draw_box(const struct box *b, double most, FILE *out)
{
    plot_panel_title(out, b->data->row[b->first].panel, &picture, PLOT_LEGEND_WIDTH);
    write_label(b, 'x', out);
    write_label(b, 'y', out);
    write_ticks(b, 'x', out);
    write_ticks(b, 'y', out);
    /* Queries go downwards, as a text does. */
    fprintf(out, "set xrange [-0.5:%d.5]\n", b->nx - 1);
    fprintf(out, b->style->tokens ? "set yrange [%d.5:-0.5]\n" : "set yrange [-0.5:%d.5]\n",
            b->ny - 1);
    /* Viewers of SVG blur small images, so that "pixels" draws boxes there; in other formats
     * adjacent boxes would show seams. */
    for (int svg = 1; svg >= 0; svg--) {
        fprintf(out, "if (GPVAL_TERM %s 'svg') {\nplot $cells_%d using ", svg ? "eq" : "ne",
                b->first);
        if (b->nx * b->ny < IMAGE_LEAST)
            fputs("1:2:(0.5):(0.5):3 with boxxyerror fill solid lc palette notitle", out);
        else
            fprintf(out, "1:2:3 with image%s notitle", svg ? " pixels" : "");
        if (!b->style->tokens && b->nx * b->ny <= NUMBERS_MAX)
            write_numbers(b, most, out);
        fputs("\n}\n", out);
    }
}

static double largest(const struct plot_data *d, const struct heat_style *s)
{
    double most = 0;
    for (int i = 0; i < d->n; i++)
        if (isfinite(d->row[i].value[HEAT_VALUE]) &&
            d->row[i].value[HEAT_VALUE] * s->scale > most)
            most = d->row[i].value[HEAT_VALUE] * s->scale;
    return most > 0 ? most : 1;
}

/* Begins the picture. Its colours are viridis, which is even in lightness and safe for the
 * colour-blind, from its pale end. */
static void begin(const struct plot_data *d, const struct heat_style *s,
                  const struct plot_request *q, int columns, double most, FILE *out)
{
    const int boxes = plot_panels(d);
    fputs("set multiplot", out);
    if (q->title)
        plot_title(out, q->title);
    fprintf(out, " layout %d,%d\n", (boxes + columns - 1) / columns, columns);
    fputs("set palette defined (0 '#ffffff', 0.15 '#d8e219', 0.4 '#35b779', 0.65 '#31688e',"
          " 1 '#440154')\n"
          "set title noenhanced\nset xlabel noenhanced\nset ylabel noenhanced\n"
          "set border lc rgb '#666666'\nunset key\nset cblabel noenhanced ",
          out);
    plot_quoted(out, s->bar);
    fprintf(out, "\nset cbrange [0:%.6g]\n", most);
}

/* Called for each panel, with its values of x and y. */
typedef void box_fn(const struct box *b, double most, FILE *out);

static void each_box(const struct plot_data *d, const struct heat_style *s, box_fn *visit,
                     FILE *out)
{
    const double most = s->most > 0 ? s->most : largest(d, s);
    for (int i = 0, end; i < d->n; i = end) {
        end = plot_panel_end(d, i);
        struct box b = {.data = d, .style = s, .first = i, .end = end};
        b.x = distinct(&b, HEAT_X, &b.nx);
        b.y = distinct(&b, HEAT_Y, &b.ny);
        if (b.x && b.y)
            visit(&b, most, out);
        free(b.x);
        free(b.y);
    }
}

void heat_map_draw(const struct plot_data *d, const struct heat_style *s,
                   const struct plot_request *q, FILE *out)
{
    const int boxes = plot_panels(d), most = d->columns ? d->columns : COLUMNS_MOST;
    each_box(d, s, write_cells, out);
    begin(d, s, q, boxes < most ? boxes : most, s->most > 0 ? s->most : largest(d, s), out);
    each_box(d, s, draw_box, out);
    plot_grid_end(out);
}

/* --- text ------------------------------------------------------------------------- */

/* Most letters of a token's name, and letters of a number. */
enum { TOKEN_WIDTH = 8, NUMBER_WIDTH = 9 };
static const char shades[] = ".:-=+*#%@"; /* 0 to the most */

/* Returns the largest of the cells [x, x + every) x [y, y + every); NaN: there are none. */
static double largest_of(const struct box *b, const double *cell, int x, int y, int every)
{
    double most = (double)NAN;
    for (int i = y; i < y + every && i < b->ny; i++)
        for (int k = x; k < x + every && k < b->nx; k++)
            most = fmax(most, cell[(size_t)i * (size_t)b->nx + (size_t)k]);
    return most;
}

static char shade_of(double value, double most)
{
    const int last = (int)sizeof shades - 2;
    const double at = rint(value / most * last);
    return isnan(value) ? ' '
           : at <= 0    ? shades[0]
           : at >= last ? shades[last]
                        : shades[(int)at];
}

/* Returns the byte at `place` of a token's name, '?' when it cannot be shown, ' ' past the end. */
static char letter_at(const char *token, int place)
{
    if (place >= (int)strlen(token))
        return ' ';
    return token[place] >= ' ' && token[place] <= '~' ? token[place] : '?';
}

/* Prints the names of the keys downwards, each above its column. */
static void print_keys(const struct box *b, int every, int wide, FILE *out)
{
    int longest = 0;
    for (int x = 0; x < b->nx; x += every) {
        const int n = (int)strlen(token_at(b, b->x[x]));
        longest = n > longest ? n : longest;
    }
    for (int line = 0; line < longest && line < TOKEN_WIDTH; line++) {
        fprintf(out, "%*s", TOKEN_WIDTH + 1, "");
        for (int x = 0; x < b->nx; x += every)
            fprintf(out, "%-*c", wide, letter_at(token_at(b, b->x[x]), line));
        putc('\n', out);
    }
}

/* Prints cells as shades; where keys exceed the columns, one character stands for several. */
static void print_shades(const struct box *b, const double *cell, double most, FILE *out)
{
    const int room = PLOT_TEXT_WIDTH - TOKEN_WIDTH - 1;
    const int every = (b->nx + room - 1) / room;
    const int wide = 2 * b->nx <= room ? 2 : 1;
    if (every > 1)
        fprintf(out, "a character is the largest of %d x %d, named by the first of them\n",
                every, every);
    print_keys(b, every, wide, out);
    for (int y = 0; y < b->ny; y += every) {
        char name[TOKEN_WIDTH + 1] = "";
        const char *token = token_at(b, b->y[y]);
        for (int i = 0; i < TOKEN_WIDTH && token[i]; i++)
            name[i] = letter_at(token, i);
        fprintf(out, "%*s ", TOKEN_WIDTH, name);
        for (int x = 0; x < b->nx; x += every) {
            const char c = shade_of(largest_of(b, cell, x, y, every), most);
            for (int k = 0; k < wide; k++)
                putc(c, out);
        }
        putc('\n', out);
    }
}

/* Prints cells as numbers, y upwards, as many columns at a time as there is room for. */
static void print_numbers(const struct box *b, const double *cell, FILE *out)
{
    const int most = PLOT_TEXT_WIDTH / NUMBER_WIDTH - 1;
    for (int first = 0; first < b->nx; first += most) {
        const int end = first + most < b->nx ? first + most : b->nx;
        fprintf(out, "%*s", NUMBER_WIDTH, "");
        for (int x = first; x < end; x++)
            fprintf(out, "%*.4g", NUMBER_WIDTH, b->x[x]);
        putc('\n', out);
        for (int y = b->ny - 1; y >= 0; y--) {
            fprintf(out, "%*.4g", NUMBER_WIDTH, b->y[y]);
            for (int x = first; x < end; x++) {
                const double v = cell[(size_t)y * (size_t)b->nx + (size_t)x];
                if (!isfinite(v))
                    fprintf(out, "%*s", NUMBER_WIDTH, "-");
                else
                    fprintf(out, "%*.3g", NUMBER_WIDTH, v);
            }
            putc('\n', out);
        }
    }
}

static bool lacks_numbers(const struct box *b, const double *cell)
{
    for (size_t i = 0; i < (size_t)b->nx * (size_t)b->ny; i++)
        if (!isfinite(cell[i]))
            return true;
    return false;
}

static void print_box(const struct box *b, double most, FILE *out)
{
    double *cell = cells_of(b);
    char x[AXIS_TEXT], y[AXIS_TEXT];
    axis_name(b, 'x', x);
    axis_name(b, 'y', y);
    putc('\n', out);
    clean_line(out, "%s", b->data->row[b->first].panel);
    if (b->style->tokens)
        clean_line(out, "%s from 0 to %.3g: %s; lines: %s, columns: %s", b->style->bar,
                   most, shades, y, x);
    else
        clean_line(out, "%s; lines: %s, columns: %s%s", b->style->bar, y, x,
                   cell && lacks_numbers(b, cell) ? "; -: no finite number" : "");
    if (cell && b->style->tokens)
        print_shades(b, cell, most, out);
    else if (cell)
        print_numbers(b, cell, out);
    free(cell);
}

void heat_map_print(const struct plot_data *d, const struct heat_style *s,
                    const struct plot_request *q, FILE *out)
{
    for (const char *line = q->title; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        clean_line(out, "%.*s", (int)strcspn(line, "\n"), line);
    }
    each_box(d, s, print_box, out);
}
