/* units.h -- formats numbers for people: "12 min", "3.4k", "1.2e+15". */
#ifndef UNITS_H
#define UNITS_H

enum { UNIT_TEXT = 32 };

/* Formats a duration: "0.4 s", "41 s", "12 min", "3 h 20 min", "5 d 4 h"; "unknown" for NaN.
 * Returns buf. */
char *units_duration(double seconds, char buf[UNIT_TEXT]);

/* Formats a count: "950", "3.4k", "12M", "1.2G". Returns buf. */
char *units_count(double n, char buf[UNIT_TEXT]);

/* Returns "" for 1, else "s", for formats such as "%d run%s". */
const char *units_plural(int n);

#endif
