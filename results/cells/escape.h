/* escape.h -- text as each output format must have it. Each function prints to `out`;
 * write errors stay in the stream, for ferror at the end. What a terminal would obey is
 * printed as clean.h does. */
#ifndef ESCAPE_H
#define ESCAPE_H

#include <stdio.h>

#include "clean.h"

int text_width(const char *text); /* characters (UTF-8), as a terminal counts them */

void escape_md(FILE *out, const char *text);         /* GitHub's Markdown, inside a table */
void escape_latex(FILE *out, const char *text);      /* also ± and the like, as math */
void escape_latex_part(FILE *out, const char *text); /* behind other text of a cell */
/* Length of the next character, and what a paper shows of it: the character, or an escape as
 * of clean.h, "\\u4e2d", of what not every LaTeX has. */
enum { ESCAPE_SHOWN = CLEAN_ESCAPE };
size_t escape_latex_next(const char *text, char shown[ESCAPE_SHOWN]);
void escape_html(FILE *out, const char *text); /* in elements and quoted attributes */
/* In elements alone: what stands between two backquotes is <code>. */
void escape_html_prose(FILE *out, const char *text);
/* In elements alone: with places where a narrow column may break a long name. */
void escape_html_name(FILE *out, const char *text);
void escape_csv(FILE *out, const char *text); /* RFC 4180: quoted when need be */

#endif
