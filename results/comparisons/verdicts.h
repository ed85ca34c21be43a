/* verdicts.h -- does a paper's comparison hold in our runs?
 *
 * A claim says that a metric of one encoder is below that of another. verdict_rule.h judges
 * it, for each profile by itself, with all claims about the same experiment as the family,
 * also those that are not printed. It is not run when an encoder has no value of a done run,
 * or its name fits several variants. Both solve it when both means are errors of at most
 * 1 %: this size cannot test the claim. Of runs of one name with several settings, those
 * with most seeds done count, of these the newest. */
#ifndef VERDICTS_H
#define VERDICTS_H

#include "statistics.h"
#include "store.h"
#include "text_table.h"
#include "verdict_rule.h"

/* Why an interval may hold 0 beside a verdict, for whoever shows both: with this between its
 * lines, and as three lines. */
#define VERDICTS_NOTE_WITH(gap)                                                      \
    "The interval is that of the difference of means, the verdict an exact rank" gap \
    "test over seeds (docs/STATISTICS.md): two different tests. Where seeds are" gap \
    "few or spread far, the interval may hold 0 though the ranks decide."
#define VERDICTS_NOTE VERDICTS_NOTE_WITH("\n")

struct verdicts_request {
    const char *profile; /* glob; NULL: every profile that has runs */
    const char *name;    /* glob; NULL: all claims, in text without those of which neither
                            side has a run */
    enum print_format format;
    bool chosen; /* runs were chosen by store_speak_of */
    /* Globs over the claims, `encoder` over either side; NULL: all. */
    const char *experiment, *cell, *split, *encoder;
};

/* tally[v] (may be NULL) receives how many claims have verdict v. ST_NOTFOUND when no
 * claim matches, or a profile is given or runs are chosen of which none is done (JSON: an
 * object without claims). */
enum status verdicts_print(struct store *s, const struct verdicts_request *q, FILE *out,
                           int tally[VERDICTS], struct err *e);

/* A claim and what became of it, without its text. */
struct claim_verdict {
    const char *profile, *name, *experiment, *cell, *split, *metric, *less, *than;
    double effect;            /* mean of `than` less that of `less`; NaN: a side has none */
    double published;         /* likewise of the paper; NaN: it gives one side or none */
    struct interval interval; /* 95 %, of the effect; NaN: too few seeds for one */
    const struct comparison *judged;
};

/* Calls take for each claim that is asked for (format and chosen do not matter), by profile,
 * in the order of the experiment file. No claim is no error. */
enum status verdicts_each(struct store *s, const struct verdicts_request *q,
                          enum status (*take)(void *context, const struct claim_verdict *c,
                                              struct err *e),
                          void *context, struct err *e);

#endif
