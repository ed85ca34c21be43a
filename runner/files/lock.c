#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store.h"

enum status folder_make(const char *path, struct err *e)
{
    if (mkdir(path, 0777) == 0 || errno == EEXIST)
        return ST_OK;
    return err_set(e, ST_IO,
                   "%s: cannot be made: %s; name a database in a folder that can be "
                   "written, with --db",
                   path, strerror(errno));
}

bool lock_same_file(int fd, const char *path)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* Tries once. ST_OK with file -1 means that the previous holder removed the file meanwhile. */
static enum status try_lock(const char *db, const char *path, int *file, struct err *e)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct flock holder = whole;
    *file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (*file < 0)
        return errno == ENOENT
                   ? ST_OK
                   : err_set(e, ST_IO, "%s: cannot be written: %s", path, strerror(errno));
    if (fcntl(*file, F_SETLK, &whole) == 0 && lock_same_file(*file, path))
        return ST_OK;
    const int why = errno;
    const bool held = fcntl(*file, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK;
    close(*file);
    *file = -1;
    if (held)
        return err_set(e, ST_DB,
                       "%s: process %ld is at work on it (run, merge, rm or purge); wait "
                       "for it, or use another --db",
                       db, (long)holder.l_pid);
    if (why == ENOLCK || why == ENOSYS)
        return err_set(e, ST_IO, "%s: cannot be locked: %s; use a local disk", path,
                       strerror(why));
    return ST_OK;
}

/* Sets the paths of FILE.spool and of the lock in it. */
static enum status lock_places(const char *db, char folder[PATH_MAX], char path[PATH_MAX],
                               struct err *e)
{
    const int n = snprintf(path, PATH_MAX, "%s.spool/lock", db);
    if (n < 0 || n >= PATH_MAX)
        return err_set(e, ST_IO, "%s: the path is too long", db);
    snprintf(folder, PATH_MAX, "%.*s", n - (int)strlen("/lock"), path);
    return ST_OK;
}

enum status lock_take(const char *db, struct database_lock *out, struct err *e)
{
    char path[PATH_MAX];
    *out = (struct database_lock){.file = -1};
    enum status st = store_check_file(db, STORE_WRITE, e);
    if (st == ST_OK)
        st = lock_places(db, out->folder, path, e);
    for (int i = 0; i < 100 && st == ST_OK && out->file < 0; i++) {
        st = folder_make(out->folder, e);
        if (st == ST_OK)
            st = try_lock(db, path, &out->file, e);
    }
    if (st == ST_OK && out->file < 0)
        st = err_set(e, ST_IO, "%s: cannot be locked", path);
    return st;
}

static char *lock_path(const struct database_lock *l, char path[PATH_MAX + 8])
{
    snprintf(path, PATH_MAX + 8, "%s/lock", l->folder);
    return path;
}

bool lock_stands(const struct database_lock *l)
{
    char path[PATH_MAX + 8];
    return lock_same_file(l->file, lock_path(l, path));
}

void lock_give_back(struct database_lock *l)
{
    char path[PATH_MAX + 8];
    if (l->file < 0)
        return;
    lock_path(l, path);
    /* The file with this name may by now be the lock of another process. */
    if (!lock_stands(l)) {
        close(l->file);
        l->file = -1;
        return;
    }
    unlink(path);
    close(l->file);
    l->file = -1;
    /* The folder stays when a crash of another program left spools in it. */
    rmdir(l->folder);
}

long lock_holder(const char *db)
{
    char folder[PATH_MAX], path[PATH_MAX];
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (lock_places(db, folder, path, NULL) != ST_OK)
        return 0;
    const int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        return 0;
    const bool held = fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    close(file);
    return held ? (long)lock.l_pid : 0;
}
