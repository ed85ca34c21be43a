#include "status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status err_set(struct err *e, enum status code, const char *fmt, ...)
{
    /* The message is formatted in a buffer first, so that a caller may put a place before the
     * message in `e`: err_set(e, e->code, "%s:%d: %s", file, line, e->msg). */
    char msg[ERR_TEXT];
    va_list ap;
    if (!e)
        return code;
    va_start(ap, fmt);
    vsnprintf(msg, sizeof msg, fmt, ap);
    va_end(ap);
    e->code = code;
    memcpy(e->msg, msg, strlen(msg) + 1);
    return code;
}

const char *status_text(enum status code)
{
    switch (code) {
#define X(name, text) \
    case ST_##name:   \
        return text;
        STATUS_MAP(X)
#undef X
    }
    return "unknown status";
}
