/* clean.h -- text from databases and files as it may be shown.
 *
 * A name or a message may hold what moves the cursor, changes colours, hides letters or
 * turns their order around. Such characters (C0, C1, and those that Unicode calls format)
 * and bytes that are not UTF-8 are shown as escapes: "\n", "\x1b", "\u202e". */
#ifndef CLEAN_H
#define CLEAN_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

/* Length of the character at `text`, of which n bytes are left, n > 0; `escape` receives
 * what is shown in its place, "" when it is shown as it is. */
enum { CLEAN_ESCAPE = 12 }; /* "\U0010ffff" takes 11 with its end */
size_t clean_next(const char *text, size_t n, char escape[CLEAN_ESCAPE]);

/* Its number, and its length; 0: not UTF-8 (RFC 3629, section 4). */
size_t clean_code(const char *text, size_t n, uint32_t *code);

/* Columns of a terminal that the character at `text` takes, of which n bytes are left, n > 0: none
 * if it joins the letter before it, two if it is wide (Chinese, most pictographs), else one. */
int clean_letter_columns(const char *text, size_t n);

/* A new string of *n bytes, with a 0 behind it; *n becomes its length. Characters of `keep`
 * stay as they are; with `keep` NULL all do that are UTF-8. NULL: no memory. */
char *clean_text(const char *text, size_t *n, const char *keep);

/* Prints n bytes. */
void clean_put(FILE *out, const char *text, size_t n);

/* Prints it and a newline, broken between words into lines of `width` columns: the first
 * starts at column `at`, where the cursor is; further ones are indented to `indent`. */
void clean_wrap(FILE *out, int at, int indent, int width, const char *text);

/* One line, whatever stands in it; the newline comes from here. */
void clean_line(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void clean_vline(FILE *out, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

#endif
