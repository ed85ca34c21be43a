/* listing.h -- the format that a command line asks for. */
#ifndef LISTING_H
#define LISTING_H

#include "command.h"
#include "text_table.h"

/* --json, or -o FORMAT, or text. ST_USAGE: both, or no such format. */
enum status listing_format(const struct invocation *v, enum print_format *out,
                           struct err *e);

/* The two flags that listing_format reads. */
/* clang-format off */
#define LISTING_FLAGS                                                                      \
    {"output", 'o', "FORMAT", false, "text, md, latex, html, csv or json (default text)"},       \
    {"json", 0, NULL, false, "the same as -o json"}
/* clang-format on */

#endif
