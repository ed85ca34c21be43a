/* output.c -- writes a command's output file so that it is complete or absent.
 *
 * The file is written under a temporary name in the same folder; output_commit syncs and
 * renames it. output_close removes a file that was not committed, and so does a signal.
 * Standard output, pipes and devices are written directly.
 * Pitfall: the signal handler knows one name, so only one file can be open at a time;
 * half_written must hold its name as long as the handler is installed. */
#include "output.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "signals.h"

struct output {
    FILE *file;
    bool replace, direct; /* direct: written in place, no temporary file */
    bool guarded;
    char path[PATH_MAX], neighbour[PATH_MAX];
};

/* --- signals --- */

/* The file that a signal removes; "": none. One at a time: no command writes two. */
static char half_written[PATH_MAX];

/* Removes the file and raises the signal again, which has its default effect by
 * SA_RESETHAND. */
static void drop_and_end(int sig)
{
    unlink(half_written);
    raise(sig);
}

/* Installs the handler, but not for signals that are ignored, as under nohup, or that the
 * command handles itself: it then reaches output_close. */
static void guard(struct output *o)
{
    struct sigaction act = {.sa_handler = drop_and_end, .sa_flags = SA_RESETHAND}, before;
    if (half_written[0])
        return;
    o->guarded = true;
    memcpy(half_written, o->neighbour, sizeof half_written);
    sigemptyset(&act.sa_mask);
    for (int i = 0; i < SIGNALS_WISHES; i++)
        if (sigaction(signals_wishes[i], NULL, &before) == 0 &&
            before.sa_handler == SIG_DFL)
            sigaction(signals_wishes[i], &act, NULL);
}

/* Removes the handler, and the name after it, which must be valid while there is a handler. */
static void unguard(struct output *o)
{
    struct sigaction act = {.sa_handler = SIG_DFL}, now;
    if (!o->guarded)
        return;
    sigemptyset(&act.sa_mask);
    for (int i = 0; i < SIGNALS_WISHES; i++)
        if (sigaction(signals_wishes[i], NULL, &now) == 0 && now.sa_handler == drop_and_end)
            sigaction(signals_wishes[i], &act, NULL);
    half_written[0] = '\0';
    o->guarded = false;
}

/* Makes the temporary file with signals blocked until its name is recorded for the handler. */
static int make_guarded(struct output *o)
{
    sigset_t wait, before;
    sigemptyset(&wait);
    for (int i = 0; i < SIGNALS_WISHES; i++)
        sigaddset(&wait, signals_wishes[i]);
    pthread_sigmask(SIG_BLOCK, &wait, &before);
    const int fd = mkstemp(o->neighbour);
    if (fd >= 0)
        guard(o);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return fd;
}

/* --- opening --- */

static const char *remedy(int why)
{
    switch (why) {
    case ENOENT:
    case ENOTDIR:
        return "make its folder first";
    case ENOSPC:
    case EDQUOT:
        return "make room, or name a file on another disk";
    case EFBIG:
        return "raise the limit of file sizes (\"ulimit -f\")";
    default:
        return "name a file in a folder that can be written";
    }
}

static enum status failed(const char *path, struct err *e)
{
    const int why = errno;
    return err_set(e, ST_IO, "%s: cannot be written: %s; %s",
                   strcmp(path, "-") == 0 ? "standard output" : path, strerror(why),
                   remedy(why));
}

static enum status exists(const char *path, struct err *e)
{
    return err_set(e, ST_IO, "%s: exists; use --force to replace it", path);
}

static enum status open_direct(struct output *o, struct err *e)
{
    o->direct = true;
    o->file = strcmp(o->path, "-") == 0 ? stdout : fopen(o->path, "w");
    return o->file ? ST_OK : failed(o->path, e);
}

/* Opens "dir/.name.XXXXXX" for "dir/name". */
static enum status open_neighbour(struct output *o, struct err *e)
{
    const char *slash = strrchr(o->path, '/');
    const int folder = slash ? (int)(slash + 1 - o->path) : 0;
    const int n = snprintf(o->neighbour, sizeof o->neighbour, "%.*s.%s.XXXXXX", folder,
                           o->path, o->path + folder);
    if (n < 0 || n >= (int)sizeof o->neighbour)
        return err_set(e, ST_IO, "%s: the name is too long", o->path);
    const int fd = make_guarded(o);
    o->file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (o->file)
        return ST_OK;
    const enum status st = failed(o->path, e);
    if (fd >= 0) {
        close(fd);
        unlink(o->neighbour);
        unguard(o);
    }
    return st;
}

enum status output_open(const char *path, bool replace, struct output **out, struct err *e)
{
    struct stat about;
    const bool there = stat(path, &about) == 0;
    if (strlen(path) >= PATH_MAX)
        return err_set(e, ST_IO, "%s: the name is too long", path);
    if (there && S_ISDIR(about.st_mode))
        return err_set(e, ST_IO, "%s: is a folder; name a file", path);
    if (there && S_ISREG(about.st_mode) && !replace && strcmp(path, "-") != 0)
        return exists(path, e);
    struct output *o = calloc(1, sizeof *o);
    if (!o)
        return err_set(e, ST_NOMEM, "%s: no memory for a handle", path);
    memcpy(o->path, path, strlen(path) + 1);
    o->replace = replace;
    const bool direct = strcmp(path, "-") == 0 || (there && !S_ISREG(about.st_mode));
    const enum status st = direct ? open_direct(o, e) : open_neighbour(o, e);
    if (st) {
        free(o);
        return st;
    }
    *out = o;
    return ST_OK;
}

enum status output_has_room(const struct output *o, double bytes, struct err *e)
{
    struct statvfs disk;
    struct rlimit limit;
    struct stat about;
    if (fstat(fileno(o->file), &about) != 0 || !S_ISREG(about.st_mode))
        return ST_OK;
    double room = HUGE_VAL;
    int why = 0;
    if (fstatvfs(fileno(o->file), &disk) == 0 && disk.f_blocks > 0) {
        room = (double)disk.f_bavail * (double)disk.f_frsize;
        why = ENOSPC;
    }
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
        (double)limit.rlim_cur < room) {
        room = (double)limit.rlim_cur;
        why = EFBIG;
    }
    return bytes <= room
               ? ST_OK
               : err_set(e, ST_IO,
                         "%s: it would take %.1f MiB and there is room for %.1f; %s",
                         strcmp(o->path, "-") == 0 ? "standard output" : o->path,
                         bytes / (1 << 20), room / (1 << 20), remedy(why));
}

FILE *output_file(struct output *o)
{
    return o->file;
}

/* --- closing --- */

/* Uses link, which refuses to replace any file, even one that appeared meanwhile. Some file
 * systems have no links; there rename is used. */
static enum status take_name(struct output *o, struct err *e)
{
    if (!o->replace) {
        if (link(o->neighbour, o->path) == 0) {
            unlink(o->neighbour);
            return ST_OK;
        }
        if (errno == EEXIST)
            return exists(o->path, e);
        if (access(o->path, F_OK) == 0)
            return exists(o->path, e);
    }
    return rename(o->neighbour, o->path) == 0 ? ST_OK : failed(o->path, e);
}

enum status output_commit(struct output *o, struct err *e)
{
    assert(o->file);
    FILE *file = o->file;
    const bool bad = fflush(file) != 0 || ferror(file);
    if (bad && errno)
        return failed(o->path, e);
    if (bad)
        return err_set(e, ST_IO, "%s: some of it was not written", o->path);
    if (file == stdout)
        return ST_OK;
    if (!o->direct) {
        /* mkstemp gives mode 0600; the result should be as readable as any other new file. */
        const mode_t mask = umask(0);
        umask(mask);
        if (fchmod(fileno(file), 0666 & ~mask) != 0 || fsync(fileno(file)) != 0)
            return failed(o->path, e);
    }
    o->file = NULL;
    if (fclose(file) != 0) {
        const enum status st = failed(o->path, e);
        unlink(o->neighbour);
        return st;
    }
    return o->direct ? ST_OK : take_name(o, e);
}

void output_close(struct output *o)
{
    if (!o)
        return;
    if (o->file && o->file != stdout)
        fclose(o->file);
    if (!o->direct)
        unlink(o->neighbour); /* does nothing after a commit */
    unguard(o);
    free(o);
}
