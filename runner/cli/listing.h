/* listing.h -- reads the output format from a command line. */
#ifndef LISTING_H
#define LISTING_H

#include "command.h"
#include "text_table.h"

/* Sets *out from --json or -o FORMAT; the default is text. ST_USAGE: both are given, or the
 * format is unknown. */
enum status listing_format(const struct invocation *v, enum print_format *out,
                           struct err *e);

/* The two flags that listing_format reads. */
/* clang-format off */
#define LISTING_FLAGS                                                                      \
    {"output", 'o', "FORMAT", false, "text, md, latex, html, csv or json (default text)"},       \
    {"json", 0, NULL, false, "the same as -o json"}
/* clang-format on */

#endif
