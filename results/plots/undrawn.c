/* undrawn.c -- counts and describes the seeds that have no place on a picture's scale. */
#include "undrawn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"

/* Most series that a picture names; the CSV has all. Chosen. */
enum { SERIES_MOST = 12 };

const char *undrawn_seeds(int n)
{
    return n == 1 ? " seed" : " seeds";
}

void undrawn_points(const struct plot_data *d, int first, int end, int seed, FILE *out)
{
    int seeds = 0, without = 0, points = 0;
    for (int i = first, next; i < end; i = next) {
        const int before = points;
        const double number = d->row[i].value[seed];
        for (next = i; next < end && d->row[next].value[seed] >= number &&
                       d->row[next].value[seed] <= number;
             next++)
            points += !isfinite(d->row[next].value[1]);
        next += next == i; /* the seed is not known (NaN) */
        seeds++;
        without += points > before;
    }
    if (without)
        fprintf(out, "%d point%s in %d of %d%s without a finite number", points,
                points == 1 ? "" : "s", without, seeds, undrawn_seeds(seeds));
}

/* Writes `text`, broken at spaces, or within a word that is longer than a line. */
static void write_broken(const char *text, int letters, FILE *out)
{
    int column = 0;
    for (const char *at = text; *at;) {
        const size_t bytes = strcspn(at + (*at == ' '), " ") + (*at == ' ');
        char *word = strndup(at, bytes);
        if (!word)
            return;
        const char *rest = word;
        if (column > 0 && column + plot_letters(word) > letters) {
            putc('\n', out);
            column = 0;
            rest += *rest == ' ';
        }
        while (*rest) {
            char escape[CLEAN_ESCAPE];
            const size_t left = strlen(rest);
            const int wide = clean_letter_columns(rest, left);
            if (column + wide > letters) {
                putc('\n', out);
                column = 0;
            }
            column += wide;
            const size_t n = clean_next(rest, left, escape);
            fwrite(escape[0] ? "?" : rest, 1, escape[0] ? 1 : n, out);
            rest += n;
        }
        free(word);
        at += bytes;
    }
}

static void write_title(const char *title, int letters, FILE *out)
{
    for (const char *line = title, *end;; line = end + 1) {
        end = line + strcspn(line, "\n");
        char *one = strndup(line, (size_t)(end - line));
        if (one)
            write_broken(one, letters, out);
        free(one);
        if (!*end)
            break;
        putc('\n', out);
    }
}

static void write_key(const struct plot *p, const struct plot_data *d,
                      const struct plot_request *q, int letters, FILE *out)
{
    char *words = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&words, &bytes);
    if (!to)
        return;
    p->key(d, q, to);
    if (fclose(to) == 0 && words)
        write_broken(words, letters, out);
    free(words);
}

/* Writes the line of the series of rows [first, end), when `named`; false: all of it is drawn. */
static bool write_series(const struct plot *p, const struct plot_data *d, int first,
                         int end, int letters, bool named, FILE *out)
{
    char *words = NULL, *line = NULL;
    size_t bytes = 0, length = 0;
    FILE *to = open_memstream(&words, &bytes);
    if (!to)
        return false;
    p->undrawn(d, first, end, to);
    fclose(to);
    const bool some = words && bytes > 0;
    FILE *whole = some && named ? open_memstream(&line, &length) : NULL;
    if (whole) {
        fprintf(whole, "%s: %s: %s", d->row[first].panel, d->row[first].series, words);
        fclose(whole);
        putc('\n', out);
        write_broken(line ? line : words, letters, out);
    }
    free(words);
    free(line);
    return some;
}

char *undrawn_note(const struct plot *p, const struct plot_data *d,
                   const struct plot_request *q, int letters)
{
    char *note = NULL;
    size_t bytes = 0;
    int series = 0;
    FILE *out = open_memstream(&note, &bytes);
    if (!out)
        return NULL;
    if (q->title)
        write_title(q->title, letters, out);
    fprintf(out, "%s%s", q->title && p->note ? "\n" : "", p->note ? p->note : "");
    if (p->key) {
        fputs(p->note ? "\n" : "", out);
        write_key(p, d, q, letters, out);
    }
    for (int i = 0, end; p->undrawn && i < d->n; i = end) {
        end = plot_series_end(d, i);
        series += write_series(p, d, i, end, letters, series < SERIES_MOST, out);
    }
    if (series > SERIES_MOST)
        fprintf(out, "\n%d more series lack numbers (see -o FILE.csv)",
                series - SERIES_MOST);
    if (fclose(out) || !note || !*note) {
        free(note);
        return NULL;
    }
    if (*note == '\n') /* the plot has no note */
        memmove(note, note + 1, bytes);
    return note;
}
