/* units.h -- numbers as people read them: "12 min", "3.4k", "1.2e+15". */
#ifndef UNITS_H
#define UNITS_H

enum { UNIT_TEXT = 32 };

/* "0.4 s", "41 s", "12 min", "3 h 20 min", "5 d 4 h"; "unknown" for NaN. Returns buf. */
char *units_duration(double seconds, char buf[UNIT_TEXT]);

/* "950", "3.4k", "12M", "1.2G". Returns buf. */
char *units_count(double n, char buf[UNIT_TEXT]);

/* "" for 1, else "s": "%d run%s". */
const char *units_plural(int n);

#endif
