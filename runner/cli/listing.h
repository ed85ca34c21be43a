/* listing.h -- rows that do not come from the database, in the formats of those that do. */
#ifndef LISTING_H
#define LISTING_H

#include "command.h"
#include "rows.h"

struct listing {
    enum print_format format;
    const char *const *names; /* [columns], borrowed */
    int columns, cells;
    struct grid grid;
};

/* `right`: bit c says that column c is of numbers. */
void listing_open(struct listing *l, enum print_format f, const char *const *names,
                  int columns, unsigned right);
void listing_text(struct listing *l, const char *text);
void listing_number(struct listing *l, long value);
enum status listing_close(struct listing *l, struct err *e); /* prints to stdout */

/* --json, or -o FORMAT, or text. ST_USAGE: both, or no such format. */
enum status listing_format(const struct invocation *v, enum print_format *out,
                           struct err *e);

/* The two flags that listing_format reads. */
/* clang-format off */
#define LISTING_FLAGS                                                                      \
    {"output", 'o', "FORMAT", false, "text, md, latex, csv or json (default text)"},       \
    {"json", 0, NULL, false, "the same as -o json"}
/* clang-format on */

#endif
