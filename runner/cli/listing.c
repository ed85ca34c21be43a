#include "listing.h"

enum status listing_format(const struct invocation *v, enum print_format *out,
                           struct err *e)
{
    const char *text = flag_text(v, "output", NULL);
    if (text && flag_given(v, "json"))
        return err_set(e, ST_USAGE, "--json and -o %s: choose one", text);
    return print_format_parse(flag_given(v, "json") ? "json"
                              : text                ? text
                                                    : "text",
                              out, e);
}
