/* latex_size.h -- how much room text takes in LaTeX, as Computer Modern sets it at 10 pt. Other
 * fonts of papers are hardly wider. */
#ifndef LATEX_SIZE_H
#define LATEX_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Of n bytes, in pt, without their escapes. */
double latex_width(const char *text, size_t n);

/* Bytes up to where a line may end next: behind a word, or within a long one behind "_" and
 * the like and before "(". *inside, false at first: the word goes on. */
size_t latex_piece(const char *text, bool *inside);

/* Bytes, with the blanks behind them, that stand on one line of `width` pt; at least a piece. */
size_t latex_line(const char *text, bool *inside, double width);

/* Bytes that stand on at most `lines` lines, up to the end of a word where there is one. */
size_t latex_part(const char *text, int lines, double width);

/* The text, of which "…" stands for what is below so many lines. The caller frees it; NULL: no
 * memory. */
char *latex_cut(const char *text, int lines, double width);

/* As escape_latex, with the places within long words where a line may end. */
void latex_words(FILE *out, const char *text);

/* Sentences, in which `code` stands in letters of code. */
void latex_prose(FILE *out, const char *text);

double latex_longest(const char *text);          /* pt of the widest piece */
int latex_lines(const char *text, double width); /* at least 1 */

#endif
