/* config_text.h -- experiment files written inside a test, for tests that link runner. */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "scratch.h"

enum { CONFIG_PATH = SCRATCH_TEXT };

/* Writes the bytes to a new file whose name goes to `path`; false when that fails. */
static inline bool config_file(const char *bytes, size_t n, char path[CONFIG_PATH])
{
    const int fd = scratch_file(path);
    if (fd < 0)
        return false;
    const bool good = write(fd, bytes, n) == (ssize_t)n;
    return close(fd) == 0 && good;
}

/* Calls config_read on a file that holds `text` and is deleted afterwards. In e->msg the
 * file is called FILE. */
static inline enum status config_text(const char *text, const char *profile,
                                      const char *const *set, int n_set,
                                      struct config **out, struct err *e)
{
    char path[CONFIG_PATH];
    struct err raw = {0};
    size_t used = 0;
    if (!config_file(text, strlen(text), path))
        return err_set(e, ST_IO, "no temporary file");
    const enum status st = config_read(path, profile, set, n_set, out, &raw);
    unlink(path);
    *e = (struct err){.code = raw.code};
    for (const char *c = raw.msg; *c && used < sizeof e->msg - 5; c++) {
        if (strncmp(c, path, strlen(path)) != 0) {
            e->msg[used++] = *c;
            continue;
        }
        memcpy(e->msg + used, "FILE", 4);
        used += 4;
        c += strlen(path) - 1;
    }
    return st;
}

#endif
