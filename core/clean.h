/* clean.h -- makes text from databases and files safe to show.
 *
 * A name or a message may contain characters that move the cursor, change colours, hide letters
 * or reverse their order. Such characters (C0, C1, and those that Unicode calls format)
 * and bytes that are not UTF-8 are shown as escapes: "\n", "\x1b", "\u202e". */
#ifndef CLEAN_H
#define CLEAN_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

/* Returns the length of the character at `text`, of which n > 0 bytes are left. Writes its
 * escape, or "" if it is shown as it is. */
enum { CLEAN_ESCAPE = 12 }; /* "\U0010ffff" takes 11 with its end */
size_t clean_next(const char *text, size_t n, char escape[CLEAN_ESCAPE]);

/* Decodes the character at `text`, of which n > 0 bytes are left, into *code. Returns its length;
 * 0: not UTF-8 (RFC 3629, section 4). */
size_t clean_code(const char *text, size_t n, uint32_t *code);

/* Returns how many columns of a terminal the character at `text` takes, of which n > 0 bytes are
 * left: 0 if it joins the letter before it, 2 if it is wide (Chinese, most pictographs), else 1. */
int clean_letter_columns(const char *text, size_t n);

/* Returns a new string for the *n bytes, ended by '\0', and sets *n to its length; the caller
 * frees it. Characters of `keep` stay as they are; with `keep` NULL all UTF-8 does. NULL: no
 * memory. */
char *clean_text(const char *text, size_t *n, const char *keep);

/* Prints n bytes. */
void clean_put(FILE *out, const char *text, size_t n);

/* Prints the text and a newline, broken between words into lines of `width` columns. The first
 * line starts at column `at`, where the cursor is; further lines are indented by `indent`. */
void clean_wrap(FILE *out, int at, int indent, int width, const char *text);

/* Prints exactly one line for any content, and its newline. */
void clean_line(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void clean_vline(FILE *out, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

#endif
