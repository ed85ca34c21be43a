/* metric_text.h -- what a metric means and how its numbers are printed. */
#ifndef METRIC_TEXT_H
#define METRIC_TEXT_H

#include <stdbool.h>

struct metric_info {
    const char *name;
    const char *meaning; /* "scored tokens that are wrong" */
    bool percent;        /* stored as a fraction, printed in percent */
    int better;          /* -1: lower is better, 1: higher is, 0: not known */
    bool of_tokens;      /* counts scored tokens; else sequences, or nothing */
    bool error;          /* a share of mistakes: 0 of n deserves a bound */
};

/* The known metrics, in no order. */
int metric_count(void);
const struct metric_info *metric_at(int i);
/* Returns never NULL: an unknown metric counts as a plain number. */
const struct metric_info *metric_info(const char *name);

enum { METRIC_TEXT = 48 };

/* Returns the decimals that suit `value`: two in percent, two significant digits below 0.1 %; an
 * accuracy has those of its error. */
int metric_decimals(const struct metric_info *m, double value);
/* Writes "12.34" for 0.1234 of a metric in percent, "inf" or "-inf", "n/a" for NaN. Returns
 * text. */
char *metric_number(const struct metric_info *m, double value, int decimals,
                    char text[METRIC_TEXT]);
/* Writes an upper bound: its last suitable decimal is rounded up. Returns text. */
char *metric_bound(const struct metric_info *m, double value, char text[METRIC_TEXT]);
/* Writes "12.34 ± 1.20", or the mean alone when std is NaN. Returns text. */
char *metric_mean_std(const struct metric_info *m, double mean, double std,
                      char text[METRIC_TEXT]);

/* Returns the metric's value of answers whose accuracy on scored tokens is `accuracy`; NaN when
 * it does not follow. `guess`: the answers are guesses, all equally likely. `single`: every
 * sequence has one scored token. */
double metric_of_accuracy(const struct metric_info *m, double accuracy, bool guess,
                          bool single);

#endif
