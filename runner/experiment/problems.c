#include "problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "option.h"

/* Replaces control characters, which a file may hold and a terminal should not get, and drops a
 * character that was cut in two at the end of the buffer. */
static void make_printable(char *text)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            text[i] = '?';
    if (n + 1 < PROBLEM_TEXT)
        return;
    while (n > 0 && ((unsigned char)text[n - 1] & 0xC0) == 0x80)
        n--;
    if (n > 0 && (unsigned char)text[n - 1] >= 0xC0)
        n--;
    text[n] = '\0';
}

static bool same_place(struct mark a, struct mark b)
{
    return a.line == b.line && a.column == b.column && strcmp(a.source, b.source) == 0;
}

static bool known(const struct problems *p, struct mark at, const char *text)
{
    for (int i = 0; i < p->n; i++)
        if (same_place(p->item[i].at, at) && strcmp(p->item[i].text, text) == 0)
            return true;
    return false;
}

static bool grow(struct problems *p)
{
    const int room = p->room ? 2 * p->room : 16;
    struct problem *item = realloc(p->item, (size_t)room * sizeof *item);
    if (!item)
        return false;
    p->item = item;
    p->room = room;
    return true;
}

void problem_at(struct problems *p, struct mark at, const char *fmt, ...)
{
    char text[PROBLEM_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    make_printable(text);
    p->noted++;
    if (known(p, at, text))
        return;
    if (p->n == PROBLEMS_MAX) {
        p->more = true;
        return;
    }
    if (p->n == p->room && !grow(p)) {
        p->no_memory = true;
        return;
    }
    p->item[p->n].at = at;
    memcpy(p->item[p->n].text, text, sizeof text);
    p->n++;
}

void problem_unknown(struct problems *p, struct mark at, const char *what,
                     const char *typed, const char *const *names, int n)
{
    const char *near = suggest(typed, names, n);
    if (near) {
        problem_at(p, at, "unknown %s: \"%.64s\"; did you mean \"%s\"?", what, typed, near);
        return;
    }
    char list[256] = "";
    size_t used = 0;
    for (int i = 0; i < n; i++) {
        if (used + strlen(names[i]) + sizeof ", ..." > sizeof list) {
            snprintf(list + used, sizeof list - used, ", ...");
            break;
        }
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                                 names[i]);
    }
    if (n == 0)
        problem_at(p, at, "unknown %s: \"%.64s\"; there is none", what, typed);
    else
        problem_at(p, at, "unknown %s: \"%.64s\"; use one of: %s", what, typed, list);
}

/* Sorts the file's own lines first, in order, then the changes of the command line. */
static int compare(const void *a, const void *b)
{
    const struct problem *x = a, *y = b;
    if (!x->at.line != !y->at.line)
        return x->at.line ? -1 : 1;
    if (x->at.line != y->at.line)
        return x->at.line < y->at.line ? -1 : 1;
    if (x->at.column != y->at.column)
        return x->at.column < y->at.column ? -1 : 1;
    const int source = strcmp(x->at.source, y->at.source);
    return source ? source : strcmp(x->text, y->text);
}

static int print_one(const struct problem *p, char *buf, size_t room)
{
    if (p->at.line == 0)
        return snprintf(buf, room, "%s: %s", p->at.source, p->text);
    return snprintf(buf, room, "%s:%d:%d: %s", p->at.source, p->at.line, p->at.column,
                    p->text);
}

enum status problems_report(struct problems *p, struct err *e)
{
    enum { LAST_LINE = 64 }; /* room for "and N more" */
    char msg[ERR_TEXT];
    size_t used = 0;
    int shown = 0;
    if (p->no_memory)
        return err_set(e, ST_NOMEM, "no memory to read the experiment file");
    if (p->n == 0)
        return ST_OK;
    qsort(p->item, (size_t)p->n, sizeof *p->item, compare);
    for (; shown < p->n; shown++) {
        char line[PROBLEM_TEXT + 512];
        const int n = print_one(&p->item[shown], line, sizeof line);
        if (n < 0 || used + (size_t)n + 1 + LAST_LINE > sizeof msg)
            break;
        used += (size_t)snprintf(msg + used, sizeof msg - used, "%s%s", shown ? "\n" : "",
                                 line);
    }
    if (shown < p->n || p->more)
        snprintf(msg + used, sizeof msg - used, "%sand %s%d more", shown ? "\n" : "",
                 p->more ? "at least " : "", p->n - shown + p->more);
    return err_set(e, ST_CONFIG, "%s", msg);
}

void problems_free(struct problems *p)
{
    free(p->item);
    *p = (struct problems){0};
}
