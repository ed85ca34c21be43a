/* real_text.h -- a real number as text. */
#ifndef REAL_TEXT_H
#define REAL_TEXT_H

enum { REAL_TEXT = 32 }; /* "-1.2345678901234567e-308" takes 25 with its end */

/* The fewest of 15, 16 or 17 digits that read back to the same double. Returns text. */
char *real_text(double value, char text[REAL_TEXT]);

#endif
