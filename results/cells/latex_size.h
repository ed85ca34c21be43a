/* latex_size.h -- measures text in LaTeX, set in Computer Modern of 10 pt. Other fonts of papers
 * are hardly wider. */
#ifndef LATEX_SIZE_H
#define LATEX_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Returns the width of n bytes in pt; the LaTeX escapes of signs add nothing. */
double latex_width(const char *text, size_t n);

/* Returns the bytes up to the next place where a line may end: after a word or, within a long
 * one, after signs such as "_" and before "(". *inside, false at first, tells whether the word
 * goes on. */
size_t latex_piece(const char *text, bool *inside);

/* Returns the bytes that fit on one line of `width` pt, with the blanks after them; at least one
 * piece. */
size_t latex_line(const char *text, bool *inside, double width);

/* Returns the bytes that fit on `lines` lines, up to the end of a word where there is one. */
size_t latex_part(const char *text, int lines, double width);

/* Returns a copy of the text, cut after `lines` lines and then ending in "…". The caller frees
 * it; NULL: no memory. */
char *latex_cut(const char *text, int lines, double width);

/* Prints text as escape_latex does, with places within long words where a line may end. */
void latex_words(FILE *out, const char *text);

/* Prints sentences; text between two backquotes is set as code. */
void latex_prose(FILE *out, const char *text);

double latex_longest(const char *text);          /* pt of the widest piece */
int latex_lines(const char *text, double width); /* at least 1 */

#endif
