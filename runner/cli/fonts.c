/* fonts.c -- asks fontconfig, which cairo asks too, for the letters of all fonts. */
#include "fonts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "clean.h"

enum { LETTERS = 0x110000 }; /* of Unicode */

/* Clears in `letters` those of a line of hexadecimal ranges, "20-7e a0-1a9 237". */
static void take_font(const char *line, bool letters[LETTERS])
{
    char *end;
    for (const char *at = line;; at = end) {
        const unsigned long first = strtoul(at, &end, 16);
        if (end == at)
            return;
        const unsigned long last = *end == '-' ? strtoul(end + 1, &end, 16) : first;
        if (first <= last && last < LETTERS)
            memset(letters + first, false, last - first + 1);
    }
}

/* Clears in `letters` those that some font has; false: no font is known. */
static bool take_fonts(bool letters[LETTERS])
{
    FILE *list = popen("fc-list --format '%{charset}\\n' 2>/dev/null", "r");
    char *line = NULL;
    size_t room = 0;
    bool any = false;
    while (list && getline(&line, &room, list) > 0) {
        take_font(line, letters);
        any = true;
    }
    free(line);
    return list && pclose(list) == 0 && any;
}

/* With `out`, copies the text and writes "?" for each letter of `missing`. Without it, notes in
 * `missing` the letters beyond ASCII. A byte that is no letter stays. */
static void each_letter(const char *text, size_t n, bool missing[LETTERS], FILE *out)
{
    uint32_t code;
    for (size_t i = 0, length; i < n; i += length) {
        length = clean_code(text + i, n - i, &code);
        if (length == 0) {
            length = 1;
            code = 0;
        }
        if (!out)
            missing[code] = code >= 0x80;
        else if (missing[code])
            putc('?', out);
        else
            fwrite(text + i, 1, length, out);
    }
}

static void count(const bool missing[LETTERS], int *n, uint32_t *first)
{
    *n = 0;
    for (uint32_t code = LETTERS; code-- > 0;)
        if (missing[code]) {
            *first = code;
            ++*n;
        }
}

static enum status read_all(FILE *in, char **text, size_t *n, struct err *e)
{
    if (fseek(in, 0, SEEK_END) != 0)
        return err_set(e, ST_IO, "the script cannot be read: %s", strerror(errno));
    const long size = ftell(in);
    *text = malloc(size > 0 ? (size_t)size : 1);
    if (!*text)
        return err_set(e, ST_NOMEM, "no memory for a script of %ld bytes", size);
    rewind(in);
    *n = fread(*text, 1, size > 0 ? (size_t)size : 0, in);
    return ST_OK;
}

static enum status replace(FILE *script, bool letters[LETTERS], FILE *out, int *missing,
                           uint32_t *first, struct err *e)
{
    char *text = NULL;
    size_t n = 0;
    const enum status st = read_all(script, &text, &n, e);
    if (st == ST_OK) {
        each_letter(text, n, letters, NULL);
        count(letters, missing, first);
        if (*missing > 0 && !take_fonts(letters))
            memset(letters, false, LETTERS * sizeof *letters);
        count(letters, missing, first);
        each_letter(text, n, letters, out);
    }
    free(text);
    return st;
}

enum status fonts_drawable(FILE *script, FILE **out, int *missing, uint32_t *first,
                           struct err *e)
{
    *missing = 0;
    *out = tmpfile();
    if (!*out)
        return err_set(e, ST_IO, "no temporary file for the script: %s", strerror(errno));
    bool *letters = calloc(LETTERS, sizeof *letters);
    if (!letters)
        return err_set(e, ST_NOMEM, "no memory for the letters of the picture");
    const enum status st = replace(script, letters, *out, missing, first, e);
    free(letters);
    return st;
}
