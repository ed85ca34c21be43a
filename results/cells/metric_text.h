/* metric_text.h -- what a metric means and how its numbers are printed. */
#ifndef METRIC_TEXT_H
#define METRIC_TEXT_H

#include <stdbool.h>

struct metric_info {
    const char *name;
    const char *meaning; /* "scored tokens that are wrong" */
    bool percent;        /* stored as a fraction, printed in percent */
    int better;          /* -1: lower, 1: higher, 0: not known */
    bool of_tokens;      /* counts scored tokens; else sequences, or nothing */
    bool error;          /* a share of mistakes: 0 of n deserves a bound */
};

/* Those that are known, in no order. */
int metric_count(void);
const struct metric_info *metric_at(int i);
/* Never NULL: a metric that is not known is taken as a plain number. */
const struct metric_info *metric_info(const char *name);

enum { METRIC_TEXT = 48 };

/* Decimals that suit `value`: percent with two, below 0.1 % two significant digits; an
 * accuracy like the error that it leaves. */
int metric_decimals(const struct metric_info *m, double value);
/* "12.34" for 0.1234 of a metric in percent; "inf", "n/a" for NaN. Returns text. */
char *metric_number(const struct metric_info *m, double value, int decimals,
                    char text[METRIC_TEXT]);
/* An upper bound: the last of its suitable decimals is rounded up. Returns text. */
char *metric_bound(const struct metric_info *m, double value, char text[METRIC_TEXT]);
/* "12.34 ± 1.20", or without the spread when std is NaN. Returns text. */
char *metric_mean_std(const struct metric_info *m, double mean, double std,
                      char text[METRIC_TEXT]);

/* The metric's value of something whose accuracy on scored tokens is `accuracy`; NaN when
 * it does not follow. `guess`: a blind one, all answers equally likely. `single`: every
 * sequence has one scored token. */
double metric_of_accuracy(const struct metric_info *m, double accuracy, bool guess,
                          bool single);

#endif
