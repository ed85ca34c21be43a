#include "model_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "resume.h"
#include "schedule.h"

/* Nobody copies those that wait: weights not yet taken, and weights set aside. */
enum { WEIGHTS, CHECKPOINT, COPIED, TRAINED = COPIED, ASIDE, FILES };
enum { COPY_BYTES = 1 << 16 };

static bool names_files(const char *identity)
{
    return strlen(identity) == IDENTITY_TEXT - 1 &&
           strspn(identity, "0123456789abcdef") == IDENTITY_TEXT - 1;
}

enum status model_files_trained_path(const char *db, const char *identity,
                                     char out[PATH_MAX], struct err *e)
{
    const int n = snprintf(out, PATH_MAX, "%s.models/%s.trained.safetensors", db, identity);
    if (n < 0 || n >= PATH_MAX)
        return err_set(e, ST_IO, "%s: the path is too long", db);
    return ST_OK;
}

static enum status aside_path(const char *db, const char *identity, char out[PATH_MAX],
                              struct err *e)
{
    const int n = snprintf(out, PATH_MAX, "%s.models/%s.aside.safetensors", db, identity);
    if (n < 0 || n >= PATH_MAX)
        return err_set(e, ST_IO, "%s: the path is too long", db);
    return ST_OK;
}

static enum status place(const char *db, const char *identity, int which,
                         char out[PATH_MAX], struct err *e)
{
    return which == WEIGHTS      ? schedule_weights_path(db, identity, out, e)
           : which == CHECKPOINT ? resume_path(db, identity, out, e)
           : which == TRAINED    ? model_files_trained_path(db, identity, out, e)
                                 : aside_path(db, identity, out, e);
}

/* All of `from` to `to`, on the disk. ST_IO with errno's words. */
static enum status copy_bytes(int from, int to, const char *path, struct err *e)
{
    char *buffer = malloc(COPY_BYTES);
    ssize_t n = 0;
    bool ok = buffer != NULL;
    while (ok && (n = read(from, buffer, COPY_BYTES)) > 0)
        for (ssize_t done = 0, w; ok && done < n; done += w) {
            w = write(to, buffer + done, (size_t)(n - done));
            ok = w > 0;
        }
    ok = ok && n == 0 && fsync(to) == 0;
    free(buffer);
    return ok ? ST_OK
              : err_set(e, ST_IO,
                        "%s: cannot be written: %s; what was merged before is kept: start "
                        "again when there is room",
                        path, strerror(errno));
}

static enum status write_new(int from, const char *path, struct err *e)
{
    char half[PATH_MAX + 8];
    snprintf(half, sizeof half, "%s.part", path);
    unlink(half);
    const int to = open(half, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (to < 0)
        return err_set(e, ST_IO, "%s: cannot be made: %s", half, strerror(errno));
    enum status st = copy_bytes(from, to, path, e);
    if (close(to) != 0 && st == ST_OK)
        st = err_set(e, ST_IO, "%s: cannot be written: %s", half, strerror(errno));
    if (st == ST_OK && rename(half, path) != 0)
        st = err_set(e, ST_IO, "%s: cannot be renamed: %s", half, strerror(errno));
    if (st)
        unlink(half);
    return st;
}

static enum status copy_file(const char *from, const char *to, struct err *e)
{
    struct stat about;
    /* Non-blocking, so that a pipe of that name cannot hold us. */
    const int file = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0 && (errno == ENOENT || errno == ENOTDIR))
        return ST_OK;
    if (file < 0)
        return err_set(e, ST_IO, "%s: cannot be read: %s", from, strerror(errno));
    enum status st = fstat(file, &about) == 0 && S_ISREG(about.st_mode)
                         ? write_new(file, to, e)
                         : err_set(e, ST_IO, "%s: is not a file; move it away", from);
    close(file);
    return st;
}

/* "FILE.models", for those who copy into it. */
static enum status make_folder(const char *db, struct err *e)
{
    char path[PATH_MAX];
    const int n = snprintf(path, sizeof path, "%s.models", db);
    if (n < 0 || n >= PATH_MAX)
        return err_set(e, ST_IO, "%s: the path is too long", db);
    return schedule_folder(path, e);
}

enum status model_files_copy(const char *from, const char *to, const char *identity,
                             bool replace, struct err *e)
{
    char source[PATH_MAX], target[PATH_MAX];
    enum status st = ST_OK;
    for (int i = 0; i < COPIED && st == ST_OK && names_files(identity); i++) {
        st = place(from, identity, i, source, e);
        if (st == ST_OK)
            st = place(to, identity, i, target, e);
        if (st || (!replace && access(target, F_OK) == 0))
            continue;
        if (access(source, F_OK) != 0) {
            if (replace)
                unlink(target);
            continue;
        }
        st = make_folder(to, e);
        if (st == ST_OK)
            st = copy_file(source, target, e);
    }
    return st;
}

enum status model_files_take_trained(const char *db, const char *identity, bool kept,
                                     struct err *e)
{
    char trained[PATH_MAX], weights[PATH_MAX];
    if (!names_files(identity))
        return ST_OK;
    enum status st = model_files_trained_path(db, identity, trained, e);
    if (st == ST_OK)
        st = schedule_weights_path(db, identity, weights, e);
    if (st)
        return st;
    /* None there: there never was one, or it was taken before. */
    if ((kept ? rename(trained, weights) : unlink(weights)) != 0 && errno != ENOENT)
        return err_set(e, ST_IO, "%s: cannot be %s: %s; the same command goes on", weights,
                       kept ? "made" : "removed", strerror(errno));
    return ST_OK;
}

void model_files_drop_trained(const char *db, const char *identity)
{
    char trained[PATH_MAX];
    if (names_files(identity) &&
        model_files_trained_path(db, identity, trained, NULL) == ST_OK)
        unlink(trained);
}

bool model_files_has_weights(const char *db, const char *identity)
{
    char path[PATH_MAX];
    return names_files(identity) &&
           schedule_weights_path(db, identity, path, NULL) == ST_OK &&
           access(path, F_OK) == 0;
}

enum status model_files_remove(const char *db, const char *identity, bool really,
                               int64_t *bytes, struct err *e)
{
    char path[PATH_MAX];
    struct stat about;
    for (int i = 0; i < FILES && names_files(identity); i++) {
        const enum status st = place(db, identity, i, path, e);
        if (st)
            return st;
        if (lstat(path, &about) != 0)
            continue;
        *bytes += about.st_size;
        if (really && unlink(path) != 0 && errno != ENOENT)
            return err_set(e, ST_IO,
                           "%s: cannot be removed: %s; the runs stay marked: once files in "
                           "its folder can be removed, purge again",
                           path, strerror(errno));
    }
    return ST_OK;
}

/* From one of the run's files to the other. */
static void move(const char *db, const char *identity, int from, int to)
{
    char source[PATH_MAX], target[PATH_MAX];
    if (names_files(identity) && place(db, identity, from, source, NULL) == ST_OK &&
        place(db, identity, to, target, NULL) == ST_OK)
        rename(source, target);
}

void model_files_set_aside(const char *db, const char *identity)
{
    move(db, identity, WEIGHTS, ASIDE);
}

void model_files_put_back(const char *db, const char *identity)
{
    move(db, identity, ASIDE, WEIGHTS);
}

void model_files_drop_aside(const char *db, const char *identity)
{
    char path[PATH_MAX];
    if (names_files(identity) && aside_path(db, identity, path, NULL) == ST_OK)
        unlink(path);
}

void model_files_drop_checkpoint(const char *db, const char *identity)
{
    char path[PATH_MAX];
    if (names_files(identity) && resume_path(db, identity, path, NULL) == ST_OK)
        unlink(path);
}
