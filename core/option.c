/* option.c -- converts text to the double that represents an option's value, and back.
 *
 * option_parse turns text of a file or a command line into a number, or refuses it with the
 * accepted range or names. option_format makes the text that is stored and shown. The
 * functions below suggest names for mistyped ones.
 * Pitfall: the number of a choice is its place in `choices`. Words of an open choice get the
 * numbers after these, in the order in which this process met them, so never store such a
 * number. */
#include "option.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ascending.h"

enum { NAME_MAX_LENGTH = 63 }; /* longer names get no suggestion */

int option_count(const struct option *table)
{
    int n = 0;
    while (table && table[n].name)
        n++;
    assert(n <= OPTIONS_MAX);
    return n;
}

int option_find(const struct option *table, const char *name)
{
    for (int i = 0; table && table[i].name; i++)
        if (strcmp(table[i].name, name) == 0)
            return i;
    return -1;
}

void option_defaults(const struct option *table, struct option_values *out)
{
    const int n = option_count(table);
    *out = (struct option_values){0};
    for (int i = 0; i < n; i++)
        out->v[i] = table[i].dflt;
}

static int choice_count(const struct option *o)
{
    int n = 0;
    while (o->choices[n])
        n++;
    return n;
}

static enum status parse_bool(const struct option *o, const char *text, double *out,
                              struct err *e)
{
    const bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0)
        return err_set(e, ST_RANGE, "%s: expected true or false, not \"%.64s\"", o->name,
                       text);
    *out = yes;
    return ST_OK;
}

/* Reads a number. strtod alone would accept leading blanks, hexadecimal, "nan" and "infinity". */
static bool read_number(const char *text, const char *alphabet, double *out)
{
    char *end;
    if (!*text || text[strspn(text, alphabet)])
        return false;
    *out = strtod(text, &end) + 0.0; /* -0 becomes 0: one value, one identity */
    return !*end && isfinite(*out);
}

static enum status parse_number(const struct option *o, const char *text, double *out,
                                struct err *e)
{
    const bool whole = o->type == OPTION_INT;
    char lo[OPTION_TEXT], hi[OPTION_TEXT];
    double value;
    option_format(o, o->lo, lo);
    option_format(o, o->hi, hi);
    if (!read_number(text, whole ? "+-0123456789" : "+-.0123456789eE", &value))
        return err_set(e, ST_RANGE, "%s: expected %s from %s to %s, not \"%.64s\"", o->name,
                       whole ? "an integer" : "a number", lo, hi, text);
    if (value < o->lo || value > o->hi)
        return err_set(e, ST_RANGE, "%s: %.64s is out of range; use %s from %s to %s",
                       o->name, text, whole ? "an integer" : "a number", lo, hi);
    *out = value;
    return ST_OK;
}

/* --- words of open choices ------------------------------------------------ */

static struct {
    pthread_mutex_t lock;
    int n;
    char text[OPTION_WORDS][OPTION_TEXT];
} words = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Returns true for a text that may be a path; blanks and UTF-8 are allowed. */
static bool is_path(const char *text)
{
    size_t n = 0;
    while (text[n] && !iscntrl((unsigned char)text[n]))
        n++;
    return n > 0 && n <= OPTION_WORD && !text[n];
}

static bool is_word(const char *text)
{
    static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                   "0123456789._-:";
    const size_t length = strspn(text, alphabet);
    return length > 0 && length <= OPTION_WORD && !text[length];
}

/* Returns the word's number, -1 when there is no room. Words are never removed. */
static int keep_word(const char *text)
{
    int i = 0;
    pthread_mutex_lock(&words.lock);
    while (i < words.n && strcmp(words.text[i], text) != 0)
        i++;
    if (i == words.n && i < OPTION_WORDS)
        snprintf(words.text[words.n++], OPTION_TEXT, "%s", text);
    pthread_mutex_unlock(&words.lock);
    return i < OPTION_WORDS ? i : -1;
}

const char *option_word(const struct option *o, double value)
{
    const int n = choice_count(o), i = (int)value;
    assert(o->type == OPTION_CHOICE && i >= 0);
    if (i < n)
        return o->choices[i];
    pthread_mutex_lock(&words.lock); /* makes words of other threads visible */
    assert(o->open && i - n < words.n);
    pthread_mutex_unlock(&words.lock);
    return words.text[i - n];
}

static enum status parse_word(const struct option *o, const char *text, double *out,
                              struct err *e)
{
    if (o->path && !is_path(text))
        return err_set(e, ST_RANGE,
                       "%s: \"%.64s\" is none of its names, and no path of at most %d "
                       "bytes without control characters",
                       o->name, text, OPTION_WORD);
    if (!o->path && !is_word(text))
        return err_set(
            e, ST_RANGE,
            "%s: \"%.64s\" is none of its names, and no word of at most %d letters, "
            "digits and .-_:",
            o->name, text, OPTION_WORD);
    const int i = keep_word(text);
    if (i < 0)
        return err_set(e, ST_RANGE, "%s: more than %d different words", o->name,
                       OPTION_WORDS);
    *out = choice_count(o) + i;
    return ST_OK;
}

/* --- reading --------------------------------------------------------------- */

static enum status parse_choice(const struct option *o, const char *text, double *out,
                                struct err *e)
{
    const int n = choice_count(o);
    char list[256] = "";
    size_t used = 0;
    for (int i = 0; i < n; i++) {
        if (strcmp(o->choices[i], text) == 0) {
            *out = i;
            return ST_OK;
        }
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                                     o->choices[i]);
    }
    if (o->open)
        return parse_word(o, text, out, e);
    char other[sizeof list + 16];
    snprintf(other, sizeof other, "; use one of: %s", list);
    return err_set(e, ST_RANGE, "%s: no such value \"%.64s\"%s", o->name, text,
                   suggest_or(text, o->choices, n, other));
}

enum status option_parse(const struct option *o, const char *text, double *out,
                         struct err *e)
{
    switch (o->type) {
    case OPTION_BOOL:
        return parse_bool(o, text, out, e);
    case OPTION_INT:
    case OPTION_REAL:
        return parse_number(o, text, out, e);
    case OPTION_CHOICE:
        break;
    }
    return parse_choice(o, text, out, e);
}

/* Writes the fewest digits that read back to the same double; whole numbers without exponent up
 * to where all their digits are exact. */
static void format_real(double value, char buf[OPTION_TEXT])
{
    if (value == floor(value) && fabs(value) < 1e15) {
        snprintf(buf, OPTION_TEXT, "%.0f", value + 0.0);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(buf, OPTION_TEXT, "%.*g", digits, value);
        if (strtod(buf, NULL) == value)
            return;
    }
}

char *option_format(const struct option *o, double value, char buf[OPTION_TEXT])
{
    switch (o->type) {
    case OPTION_BOOL:
        snprintf(buf, OPTION_TEXT, "%s", value != 0 ? "true" : "false");
        break;
    case OPTION_INT:
        snprintf(buf, OPTION_TEXT, "%.0f", value + 0.0);
        break;
    case OPTION_REAL:
        format_real(value, buf);
        break;
    case OPTION_CHOICE:
        snprintf(buf, OPTION_TEXT, "%s", option_word(o, value));
        break;
    }
    return buf;
}

static bool same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Optimal string alignment: insertions, deletions, substitutions and transpositions of
 * neighbours cost 1 each. Case is ignored. Keeps the last three rows of the table. */
static int distance(const char *a, int n_a, const char *b, int n_b)
{
    int rows[3][NAME_MAX_LENGTH + 1];
    for (int j = 0; j <= n_b; j++)
        rows[0][j] = j;
    for (int i = 1; i <= n_a; i++) {
        int *row = rows[i % 3];
        const int *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= n_b; j++) {
            row[j] = min_int(above[j], row[j - 1]) + 1;
            row[j] = min_int(row[j], above[j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                row[j] = min_int(row[j], above2[j - 2] + 1);
        }
    }
    return rows[n_a % 3][n_b];
}

const char *suggest(const char *typed, const char *const *names, int n)
{
    const size_t length = strlen(typed);
    if (length == 0 || length > NAME_MAX_LENGTH)
        return NULL;
    const char *best = NULL;
    int limit = length / 3 > 1 ? (int)(length / 3) : 1;
    for (int i = 0; i < n; i++) {
        const size_t n_name = strlen(names[i]);
        if (n_name > NAME_MAX_LENGTH)
            continue;
        const int d = distance(typed, (int)length, names[i], (int)n_name);
        if (d <= limit) {
            best = names[i];
            limit = d - 1;
        }
    }
    return best;
}

const char *suggest_or(const char *typed, const char *const *names, int n,
                       const char *other)
{
    static _Thread_local char
        text[sizeof "; did you mean \"\"?" + (size_t)4 * NAME_MAX_LENGTH];
    const char *near = suggest(typed, names, n);
    if (!near)
        return other;
    snprintf(text, sizeof text, "; did you mean \"%s\"?", near);
    return text;
}

const char *suggest_text(const char *typed, const char *const *names, int n)
{
    return suggest_or(typed, names, n, "");
}

const char *suggest_among(const char *typed, const char *const *names, int n)
{
    static _Thread_local char text[512];
    size_t used = 0;
    for (int i = 0; i < n; i++) {
        if (!*names[i])
            continue;
        if (used + strlen(names[i]) + sizeof "; there are , ..." > sizeof text) {
            snprintf(text + used, sizeof text - used, ", ...");
            break;
        }
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s",
                                 used ? ", " : "; there are ", names[i]);
    }
    if (used == 0)
        return "; there is none";
    return suggest_or(typed, names, n, text);
}

/* ---- a descriptor's own mistakes ---- */

/* `what` names the value in messages: "the default". */
static enum status check_choice(const char *owner, const struct option *o, const char *what,
                                double value, struct err *e)
{
    int n = 0;
    while (o->choices && o->choices[n])
        n++;
    if (n == 0)
        return err_set(e, ST_RANGE,
                       "%s: option %s is an OPTION_CHOICE without .choices; list "
                       "them, NULL behind the last",
                       owner, o->name);
    if (!(value >= 0 && value < n && value == floor(value)))
        return err_set(e, ST_RANGE,
                       "%s: option %s: %s %g is no index of its %d "
                       "choices; give one from 0",
                       owner, o->name, what, value, n);
    return ST_OK;
}

static enum status check_number(const char *owner, const struct option *o, const char *what,
                                double value, struct err *e)
{
    const double lo = o->type == OPTION_BOOL ? 0 : o->lo;
    const double hi = o->type == OPTION_BOOL ? 1 : o->hi;
    if (o->type != OPTION_REAL && value != floor(value))
        return err_set(e, ST_RANGE,
                       "%s: option %s: %s %g is no integer; give one, or "
                       "make it an OPTION_REAL",
                       owner, o->name, what, value);
    if (!(value >= lo && value <= hi))
        return err_set(e, ST_RANGE,
                       "%s: option %s: %s %g is not in %g .. %g; give one that is, or "
                       "change .lo or .hi",
                       owner, o->name, what, value, lo, hi);
    return ST_OK;
}

static enum status check_value(const char *owner, const struct option *o, const char *what,
                               double value, struct err *e)
{
    return o->type == OPTION_CHOICE ? check_choice(owner, o, what, value, e)
                                    : check_number(owner, o, what, value, e);
}

enum status option_check(const char *owner, const struct option *o, struct err *e)
{
    return check_value(owner, o, "the default", o->dflt, e);
}

enum status option_check_value(const char *owner, const struct option *o, double value,
                               struct err *e)
{
    return check_value(owner, o, "the value", value, e);
}
