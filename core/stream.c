#include "stream.h"

#include <errno.h>
#include <string.h>

enum status stream_end(FILE *f, const char *name, struct err *e)
{
    const int why = errno;
    if (feof(f) && !ferror(f))
        return ST_OK;
    if (why == ENOMEM)
        return err_set(e, ST_NOMEM, "%s: no memory to read it", name);
    return err_set(e, ST_IO, "%s: cannot be read: %s", name, strerror(why));
}
