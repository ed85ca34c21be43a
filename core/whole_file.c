#include "whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

FILE *whole_file_open(const char *aside)
{
    if (unlink(aside) != 0 && errno != ENOENT)
        return NULL;
    const int fd = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;
    if (fd >= 0 && !f) {
        const int why = errno;
        close(fd);
        unlink(aside);
        errno = why;
    }
    return f;
}

void whole_file_sync_folder(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1,
             slash ? path : ".");
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

enum status whole_file_finish(FILE *f, bool written, const char *aside, const char *path,
                              struct err *e)
{
    bool ok = written && fflush(f) == 0 && fsync(fileno(f)) == 0;
    int why = errno;
    if (fclose(f) != 0 && ok) {
        ok = false;
        why = errno;
    }
    if (ok && rename(aside, path) != 0) {
        ok = false;
        why = errno;
    }
    if (!ok) {
        unlink(aside);
        return err_set(e, ST_IO, "%s: cannot be written: %s", path, strerror(why));
    }
    whole_file_sync_folder(path);
    return ST_OK;
}

enum status whole_file_read(const char *path, FILE **out, struct err *e)
{
    struct stat is;
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const bool there = fd >= 0 && fstat(fd, &is) == 0;
    const bool regular = there && S_ISREG(is.st_mode);
    *out = regular ? fdopen(fd, "rb") : NULL;
    if (*out)
        return ST_OK;
    const int why = there && S_ISDIR(is.st_mode) ? EISDIR : errno;
    if (fd >= 0)
        close(fd);
    return err_set(
        e, !there && why == ENOENT ? ST_NOTFOUND : ST_IO, "%s: cannot be read: %s", path,
        there && !regular && why != EISDIR ? "it is no regular file" : strerror(why));
}
