/* escape.h -- escapes text for each output format. Each function prints to `out`; write errors
 * stay in the stream, for ferror at the end. Control characters are printed as escapes
 * (clean.h). */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdio.h>

#include "clean.h"

int text_width(const char *text); /* characters (UTF-8), as a terminal counts them */

void escape_md(FILE *out, const char *text);         /* GitHub Markdown, also in a table */
void escape_latex(FILE *out, const char *text);      /* signs such as ± become math */
void escape_latex_part(FILE *out, const char *text); /* after other text of a cell */
/* Returns the bytes of the next character. shown[] receives the character, or, when not every
 * LaTeX can print it, an escape as in clean.h, "\\u4e2d". */
enum { ESCAPE_SHOWN = CLEAN_ESCAPE };
size_t escape_latex_next(const char *text, char shown[ESCAPE_SHOWN]);
void escape_html(FILE *out, const char *text); /* in elements and quoted attributes */
/* Only for elements: text between two backquotes becomes <code>. */
void escape_html_prose(FILE *out, const char *text);
/* Only for elements: adds places where a narrow column may break a long name. */
void escape_html_name(FILE *out, const char *text);
void escape_csv(FILE *out, const char *text); /* RFC 4180: quoted only where necessary */

#endif
