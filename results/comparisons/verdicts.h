/* verdicts.h -- judges whether a paper's comparison holds in our runs.
 *
 * A claim says that a metric of one encoder is below that of another. verdict_rule.h judges
 * it, for each profile by itself; its family are all claims about the same experiment, also
 * those that are not printed. A claim is not run when an encoder has no done run with the
 * metric, or its name fits several variants; it is undecided when both have one but not both a
 * value. Both solve it when both means are errors of at most 1 %: then this size cannot test
 * the claim. When runs of one name have several settings, those with most seeds done count,
 * and the newest of equals. */
#ifndef VERDICTS_H
#define VERDICTS_H

#include "statistics.h"
#include "store.h"
#include "text_table.h"
#include "verdict_rule.h"

/* A note for pages that show both: why an interval may hold 0 beside a verdict. `gap` separates
 * its three lines. */
#define VERDICTS_NOTE_WITH(gap)                                                      \
    "The interval is that of the difference of means, the verdict an exact rank" gap \
    "test over seeds (docs/STATISTICS.md): two different tests. Where seeds are" gap \
    "few or spread far, the interval may hold 0 though the ranks decide."
#define VERDICTS_NOTE VERDICTS_NOTE_WITH("\n")

struct verdicts_request {
    const char *profile; /* glob; NULL: every profile that has runs */
    const char *name;    /* glob; NULL: all claims, for people without those that have no
                            run on either side */
    enum print_format format;
    bool chosen; /* runs were chosen by store_speak_of */
    /* Globs over claims; `encoder` must match either side. NULL: all. */
    const char *experiment, *cell, *split, *encoder;
};

/* Prints the claims. tally[v] receives the number of claims with verdict v (`tally` may be NULL).
 * ST_NOTFOUND: no claim matches, or a profile or chosen runs are given of which none is done
 * (JSON also prints an object without claims). */
enum status verdicts_print(struct store *s, const struct verdicts_request *q, FILE *out,
                           int tally[VERDICTS], struct err *e);

/* A claim with its verdict, without its text. */
struct claim_verdict {
    const char *profile, *name, *experiment, *cell, *split, *metric, *less, *than;
    double effect;    /* mean of `than` minus that of `less`; NaN: a side has none */
    double published; /* likewise in the paper; NaN: it gives one side or none */
    struct interval interval; /* 95 % interval of the effect; NaN: too few seeds */
    const struct comparison *judged;
};

/* Calls `take` for each requested claim (format and chosen do not matter), by profile, in the
 * order of the experiment file. No claim is no error. */
enum status verdicts_each(struct store *s, const struct verdicts_request *q,
                          enum status (*take)(void *context, const struct claim_verdict *c,
                                              struct err *e),
                          void *context, struct err *e);

#endif
