/* verdicts.h -- does a paper's comparison hold in our runs?
 *
 * A claim says that a metric of one encoder is below that of another. The rule, for each
 * profile by itself:
 *   not run       an encoder has no done run, or its name fits several variants
 *   reproduced    Welch's one-sided t-test over seeds finds the first mean below the
 *                 second with p < 0.05 after Holm's correction over all claims of the profile,
 *                 also those that are not printed
 *   contradicted  the same test finds it above, corrected likewise
 *   undecided     neither; or an encoder has values for fewer than two seeds; or both
 *                 means are errors of at most 1 %: both solve the task at this size, which
 *                 so cannot test the claim
 * When all seeds of both have one value each, the spread that chance gives a count of that
 * size stands for theirs; numbers that are no counts are undecided then.
 * Of runs of one name with several settings, those with most seeds done count, of these the
 * newest. */
#ifndef VERDICTS_H
#define VERDICTS_H

#include "store.h"
#include "text_table.h"

struct verdicts_request {
    const char *profile; /* glob; NULL: every profile that has runs */
    const char *name;    /* glob; NULL: all claims, in text without those of which neither
                            side has a run */
    enum print_format format;
    bool chosen; /* runs were chosen by store_speak_of */
};

enum verdict { NOT_RUN, REPRODUCED, CONTRADICTED, UNDECIDED, VERDICTS };
const char *verdict_text(enum verdict v);

/* tally[v] (may be NULL) receives how many claims have verdict v. ST_NOTFOUND when no
 * claim matches, or a profile is given or runs are chosen of which none is done (JSON: an
 * object without claims). */
enum status verdicts_print(struct store *s, const struct verdicts_request *q, FILE *out,
                           int tally[VERDICTS], struct err *e);

#endif
