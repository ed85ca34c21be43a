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

enum { LINE_TEXT = 256, WIDTH_UNKNOWN = 80 };

static const double draw_every_s = 0.1;

struct progress {
    bool live, quiet;
    int lines;
    int drawn; /* lines of the block on the screen now */
    double drawn_at;
    char (*text)[LINE_TEXT]; /* [lines] */
};

enum status progress_open(int lines, bool quiet, struct progress **out, struct err *e)
{
    const char *term = getenv("TERM");
    struct progress *p = calloc(1, sizeof *p);
    if (p)
        p->text = calloc((size_t)lines + 1, sizeof *p->text);
    if (!p || !p->text) {
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

/* Leaves the cursor where the block began, and nothing below. */
static void erase(struct progress *p)
{
    if (p->drawn > 0)
        fprintf(stderr, "\r\033[%dA\033[J", p->drawn);
    p->drawn = 0;
}

static int columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
        return WIDTH_UNKNOWN;
    return size.ws_col;
}

/* Lines are cut at the width of the screen: a wrapped line would not be erased. */
static void draw(struct progress *p)
{
    const int width = columns();
    erase(p);
    for (int i = 0; i < p->lines; i++)
        if (p->text[i][0]) {
            fprintf(stderr, "%.*s\n", width - 1, p->text[i]);
            p->drawn++;
        }
    fflush(stderr);
}

void progress_draw(struct progress *p)
{
    const double t = clock_now();
    if (!p->live || t - p->drawn_at < draw_every_s)
        return;
    p->drawn_at = t;
    draw(p);
}

void progress_close(struct progress *p)
{
    if (!p)
        return;
    if (p->live) {
        erase(p);
        fflush(stderr);
    }
    free(p->text);
    free(p);
}

static void say(struct progress *p, const char *fmt, va_list args)
{
    erase(p);
    clean_vline(stderr, fmt, args);
    if (p->live)
        draw(p);
    fflush(stderr);
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

void progress_line(struct progress *p, int line, const char *fmt, ...)
{
    va_list args;
    assert(line >= 0 && line < p->lines);
    va_start(args, fmt);
    vsnprintf(p->text[line], LINE_TEXT, fmt, args);
    va_end(args);
}
