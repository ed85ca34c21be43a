/* progress.c -- draws a block of live lines on standard error, and prints events above it.
 *
 * A line is a name with facts. Each draw lays the lines out for the present size of the window,
 * erases the old block and writes the new one in a single write, so that it does not flicker.
 * An event erases the block, prints its line, which stays, and draws the block again. Without a
 * terminal only events are printed.
 * Pitfall: `drawn` must hold the widths that are on the screen, because a line takes several
 * rows after the window became narrower. */
#include "progress.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clean.h"
#include "clock.h"

enum {
    LINE_TEXT = 1024, /* bytes of one line */
    OUT_BYTES = 1 << 15,
    WIDTH_UNKNOWN = 80, /* of a terminal that does not report its size */
    HEIGHT_UNKNOWN = 24,
    NAME_LEAST = 16 /* columns that a name keeps; facts are left out first */
};

static const double draw_every_s = 0.1; /* chosen */

struct line {
    char name[LINE_TEXT], fact[PROGRESS_FACTS][LINE_TEXT / 4];
    int facts, spare;
    bool shown;
};

struct progress {
    bool live, quiet;
    int lines;
    struct line *line; /* [lines] */
    int *drawn;        /* [lines + 1] columns of each line on the screen now */
    int n_drawn;
    double drawn_at;
    char out[OUT_BYTES]; /* not yet written */
    size_t used;
};

enum status progress_open(int lines, bool quiet, struct progress **out, struct err *e)
{
    const char *term = getenv("TERM");
    struct progress *p = calloc(1, sizeof *p);
    if (p) {
        p->line = calloc((size_t)lines, sizeof *p->line);
        p->drawn = calloc((size_t)lines + 1, sizeof *p->drawn);
    }
    if (!p || !p->line || !p->drawn) {
        progress_close(p);
        return err_set(e, ST_NOMEM, "no memory for %d lines of progress", lines);
    }
    p->lines = lines;
    p->quiet = quiet;
    p->live = !quiet && isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
    *out = p;
    return ST_OK;
}

bool progress_live(const struct progress *p)
{
    return p->live;
}

/* --- the width of text: one column for each UTF-8 character --- */

static bool begins_character(char c)
{
    return ((unsigned char)c & 0xC0) != 0x80;
}

static int columns(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += begins_character(*text);
    return n;
}

/* Returns the byte where column `n` begins. */
static const char *column(const char *text, int n)
{
    for (; *text; text++)
        if (begins_character(*text) && n-- == 0)
            break;
    return text;
}

/* Shortens a name to `room` columns and keeps its beginning and end: "selective_copy
 * co...ion=false) seed 1". */
static void elide(const char *name, int room, char out[LINE_TEXT])
{
    static const char gap[] = "...";
    const int all = columns(name), keep = room - (int)strlen(gap);
    if (all <= room || keep < 2) {
        snprintf(out, LINE_TEXT, "%.*s", (int)(column(name, room) - name), name);
        return;
    }
    const int head = (keep + 1) / 2;
    snprintf(out, LINE_TEXT, "%.*s%s%.*s", (int)(column(name, head) - name), name, gap,
             LINE_TEXT / 2, column(name, all - (keep - head)));
}

/* --- one line --- */

/* Returns the columns of the facts that are kept, each after two blanks. */
static int facts_width(const struct line *l, int spare)
{
    int width = 0;
    for (int i = 0; i < l->facts; i++)
        if (i >= l->spare || i < spare)
            width += 2 + columns(l->fact[i]);
    return width;
}

static void compose(const struct line *l, int width, char out[LINE_TEXT])
{
    const int whole = columns(l->name), least = whole < NAME_LEAST ? whole : NAME_LEAST;
    int spare = l->spare;
    while (spare > 0 && least + facts_width(l, spare) > width)
        spare--;
    const int room = width - facts_width(l, spare);
    elide(l->name, room > 0 ? room : 0, out);
    size_t used = strlen(out);
    for (int i = 0; i < l->facts && used < LINE_TEXT; i++)
        if (i >= l->spare || i < spare)
            used += (size_t)snprintf(out + used, LINE_TEXT - used, "%s%s", used ? "  " : "",
                                     l->fact[i]);
    out[column(out, width) - out] = '\0'; /* narrower than what must be seen */
}

/* --- output, written at once --- */

static void flush(struct progress *p)
{
    fwrite(p->out, 1, p->used, stderr);
    fflush(stderr);
    p->used = 0;
}

static void add(struct progress *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends a line of the block or a sequence that moves the cursor. */
static void add(struct progress *p, const char *fmt, ...)
{
    va_list args;
    if (OUT_BYTES - p->used < LINE_TEXT + 2)
        flush(p);
    va_start(args, fmt);
    p->used += (size_t)vsnprintf(p->out + p->used, OUT_BYTES - p->used, fmt, args);
    va_end(args);
}

/* --- the block --- */

static void window(int *width, int *height)
{
    struct winsize size;
    const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
    *width = known && size.ws_col > 1 ? size.ws_col : WIDTH_UNKNOWN;
    *height = known && size.ws_row > 1 ? size.ws_row : HEIGHT_UNKNOWN;
    if (*width > LINE_TEXT / 4)
        *width = LINE_TEXT / 4; /* 4: bytes of the longest character */
}

/* Moves the cursor to where the block began and clears everything below. A line that was drawn
 * in a wider window takes several rows now. */
static void erase(struct progress *p, int width)
{
    int rows = 0;
    for (int i = 0; i < p->n_drawn; i++)
        rows += 1 + (p->drawn[i] > 0 ? (p->drawn[i] - 1) / width : 0);
    if (rows > 0)
        add(p, "\r\033[%dA\033[J", rows);
    p->n_drawn = 0;
}

static void put(struct progress *p, const char *text)
{
    p->drawn[p->n_drawn++] = columns(text);
    add(p, "%s\n", text);
}

static void put_line(struct progress *p, const struct line *l, int width)
{
    char text[LINE_TEXT];
    compose(l, width - 1, text); /* the last column would wrap on some terminals */
    put(p, text);
}

/* Prints the lines of workers first and the line of the whole last, `most` lines in all. */
static void put_block(struct progress *p, int width, int most)
{
    const struct line *whole = &p->line[p->lines - 1];
    int workers = 0, put_so_far = 0;
    for (const struct line *l = p->line; l < whole; l++)
        workers += l->shown;
    const int room = most - whole->shown;
    const int shown = workers <= room ? workers : room > 0 ? room - 1 : 0;
    for (const struct line *l = p->line; l < whole && put_so_far < shown; l++)
        if (l->shown) {
            put_line(p, l, width);
            put_so_far++;
        }
    if (shown < workers && room > 0) {
        char text[LINE_TEXT];
        snprintf(text, sizeof text, "... and %d more at work", workers - shown);
        text[width > 1 ? width - 1 : 1] = '\0';
        put(p, text);
    }
    if (whole->shown)
        put_line(p, whole, width);
}

static void draw(struct progress *p)
{
    int width, height;
    window(&width, &height);
    erase(p, width);
    put_block(p, width, height / 2 > 1 ? height / 2 : 1);
}

void progress_draw(struct progress *p)
{
    const double t = clock_now();
    if (!p->live || t - p->drawn_at < draw_every_s)
        return;
    p->drawn_at = t;
    draw(p);
    flush(p);
}

void progress_close(struct progress *p)
{
    if (!p)
        return;
    if (p->live) {
        int width, height;
        window(&width, &height);
        erase(p, width);
        flush(p);
    }
    free(p->line);
    free(p->drawn);
    free(p);
}

/* --- events --- */

enum { EVENT_TEXT = 4096 }; /* bytes of the longest event, chosen; the rest is cut */

/* Prints text on a terminal, broken between words so that the window breaks none; further lines
 * are indented. A word wider than the window stays whole. */
static void say_broken(const char *text, int width)
{
    const char *indent = "";
    while (*text) {
        const int room = width - 1 - (int)strlen(indent);
        const char *end = column(text, room > 1 ? room : 1), *cut = end;
        while (*end && cut > text && *cut != ' ')
            cut--;
        if (cut == text)
            cut = text + strcspn(text, " ");
        clean_line(stderr, "%s%.*s", indent, (int)(cut - text), text);
        text = cut + strspn(cut, " ");
        indent = "    ";
    }
}

static void say(struct progress *p, const char *fmt, va_list args)
{
    int width, height;
    if (!p->live) {
        clean_vline(stderr, fmt, args);
        return;
    }
    char text[EVENT_TEXT];
    vsnprintf(text, sizeof text, fmt, args);
    window(&width, &height);
    erase(p, width);
    flush(p);
    say_broken(text, width);
    draw(p);
    flush(p);
}

void progress_event(struct progress *p, const char *fmt, ...)
{
    va_list args;
    if (p->quiet)
        return;
    va_start(args, fmt);
    say(p, fmt, args);
    va_end(args);
}

void progress_warning(struct progress *p, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    say(p, fmt, args);
    va_end(args);
}

void progress_line(struct progress *p, int line, const struct progress_text *text)
{
    assert(line >= 0 && line < p->lines);
    struct line *l = &p->line[line];
    size_t n = strlen(text->name);
    char *name = clean_text(text->name, &n, NULL);
    snprintf(l->name, sizeof l->name, "%s", name ? name : "");
    free(name);
    l->facts = 0;
    while (l->facts < PROGRESS_FACTS && text->fact[l->facts]) {
        snprintf(l->fact[l->facts], sizeof l->fact[0], "%s", text->fact[l->facts]);
        l->facts++;
    }
    l->spare = text->spare;
    l->shown = true;
}

void progress_clear(struct progress *p, int line)
{
    assert(line >= 0 && line < p->lines);
    p->line[line].shown = false;
}
