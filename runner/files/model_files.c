#include "model_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "config.h"
#include "resume.h"
#include "schedule.h"

/* TRAINED and MERGED wait until the rows they belong to are stored: weights that a worker
 * left, and weights copied from a part of a merge. ASIDE is where older programs put the
 * weights of a run while a merge could still take its rows back. */
enum { WEIGHTS, CHECKPOINT, TRAINED, MERGED, ASIDE, FILES };
static const char *const ending[FILES] = {
    [WEIGHTS] = ".safetensors",         [CHECKPOINT] = ".checkpoint.safetensors",
    [TRAINED] = ".trained.safetensors", [MERGED] = ".merged.safetensors",
    [ASIDE] = ".aside.safetensors",
};
enum { COPY_BYTES = 1 << 16, DIGITS = IDENTITY_TEXT - 1 };

static bool names_files(const char *identity)
{
    return strlen(identity) == IDENTITY_TEXT - 1 &&
           strspn(identity, "0123456789abcdef") == IDENTITY_TEXT - 1;
}

static enum status place(const char *db, const char *identity, int which,
                         char out[PATH_MAX], struct err *e)
{
    const int n = snprintf(out, PATH_MAX, "%s.models/%s%s", db, identity, ending[which]);
    return n > 0 && n < PATH_MAX ? ST_OK
                                 : err_set(e, ST_IO, "%s: the path is too long", db);
}

enum status model_files_trained_path(const char *db, const char *identity,
                                     char out[PATH_MAX], struct err *e)
{
    return place(db, identity, TRAINED, out, e);
}

enum status model_files_hash(const char *path, char hash[WEIGHTS_HASH], struct err *e)
{
    enum { PART = 1 << 16 };
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_set(e, errno == ENOENT ? ST_NOTFOUND : ST_IO, "%s: %s", path,
                       strerror(errno));
    char *part = malloc(PART);
    XXH3_state_t *state = XXH3_createState();
    enum status st =
        part && state ? ST_OK : err_set(e, ST_NOMEM, "no memory to read %s", path);
    if (!st) {
        XXH3_128bits_reset(state);
        for (size_t n; (n = fread(part, 1, PART, f)) > 0;)
            XXH3_128bits_update(state, part, n);
        const XXH128_hash_t h = XXH3_128bits_digest(state);
        snprintf(hash, WEIGHTS_HASH, "%016llx%016llx", (unsigned long long)h.high64,
                 (unsigned long long)h.low64);
    }
    if (!st && ferror(f))
        st = err_set(e, ST_IO, "%s: cannot be read: %s", path, strerror(errno));
    XXH3_freeState(state);
    free(part);
    fclose(f);
    return st;
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

/* --- files of a part ------------------------------------------------------------- */

static bool is_there(const char *db, const char *identity, int which)
{
    char path[PATH_MAX];
    return place(db, identity, which, path, NULL) == ST_OK && access(path, F_OK) == 0;
}

/* One of the run's files from beside `from` to one beside `to`. */
static enum status copy_of(const char *from, const char *to, const char *identity,
                           int source, int target, struct err *e)
{
    char a[PATH_MAX], b[PATH_MAX];
    enum status st = place(from, identity, source, a, e);
    if (st == ST_OK)
        st = place(to, identity, target, b, e);
    if (st == ST_OK)
        st = make_folder(to, e);
    return st ? st : copy_file(a, b, e);
}

enum status model_files_offer(const char *from, const char *to, const char *identity,
                              char hash[WEIGHTS_HASH], struct err *e)
{
    char path[PATH_MAX];
    hash[0] = '\0';
    if (!names_files(identity) || !is_there(from, identity, WEIGHTS))
        return ST_OK;
    enum status st = copy_of(from, to, identity, WEIGHTS, MERGED, e);
    if (st == ST_OK)
        st = place(to, identity, MERGED, path, e);
    return st ? st : model_files_hash(path, hash, e);
}

/* Renames one of the run's files; nothing where it is not there. */
static enum status move(const char *db, const char *identity, int from, int to,
                        struct err *e)
{
    char source[PATH_MAX], target[PATH_MAX];
    enum status st = place(db, identity, from, source, e);
    if (st == ST_OK)
        st = place(db, identity, to, target, e);
    if (st == ST_OK && rename(source, target) != 0 && errno != ENOENT)
        st = err_set(e, ST_IO, "%s: cannot be renamed: %s; the same command goes on",
                     source, strerror(errno));
    return st;
}

static void drop(const char *db, const char *identity, int which)
{
    char path[PATH_MAX];
    if (names_files(identity) && place(db, identity, which, path, NULL) == ST_OK)
        unlink(path);
}

enum status model_files_accept(const char *db, const char *identity, struct err *e)
{
    return names_files(identity) ? move(db, identity, MERGED, WEIGHTS, e) : ST_OK;
}

void model_files_withdraw(const char *db, const char *identity)
{
    drop(db, identity, MERGED);
}

void model_files_drop_weights(const char *db, const char *identity)
{
    drop(db, identity, WEIGHTS);
}

enum status model_files_copy_checkpoint(const char *from, const char *to,
                                        const char *identity, struct err *e)
{
    if (!names_files(identity) || !is_there(from, identity, CHECKPOINT) ||
        resume_step_of(from, identity) <= resume_step_of(to, identity))
        return ST_OK;
    return copy_of(from, to, identity, CHECKPOINT, CHECKPOINT, e);
}

/* --- files that wait ------------------------------------------------------------- */

/* Does the file of the run have this hash? An empty one fits any file. */
static bool fits(const char *db, const char *identity, int which, const char *hash)
{
    char path[PATH_MAX], found[WEIGHTS_HASH];
    return place(db, identity, which, path, NULL) == ST_OK &&
           model_files_hash(path, found, NULL) == ST_OK &&
           (!hash[0] || strcmp(hash, found) == 0);
}

enum status model_files_weights_path(const char *db, const char *identity, const char *hash,
                                     char out[PATH_MAX], struct err *e)
{
    static const int waiting[] = {MERGED, TRAINED, ASIDE};
    enum status st = place(db, identity, WEIGHTS, out, e);
    if (st || !names_files(identity) || fits(db, identity, WEIGHTS, hash))
        return st;
    for (size_t i = 0; i < sizeof waiting / sizeof waiting[0]; i++) {
        /* Without a hash only what an older program set aside can be the run's. */
        if ((hash[0] || waiting[i] == ASIDE) && fits(db, identity, waiting[i], hash) &&
            (hash[0] || !is_there(db, identity, WEIGHTS)))
            return place(db, identity, waiting[i], out, e);
    }
    return ST_OK;
}

/* Which of a run's files `name` is, and of which run; false: none that waits. */
static bool waits(const char *name, char identity[IDENTITY_TEXT], int *which)
{
    static const int waiting[] = {MERGED, ASIDE};
    if (strspn(name, "0123456789abcdef") < DIGITS)
        return false;
    snprintf(identity, IDENTITY_TEXT, "%.*s", DIGITS, name);
    for (size_t i = 0; i < sizeof waiting / sizeof waiting[0]; i++)
        if (strcmp(name + DIGITS, ending[waiting[i]]) == 0) {
            *which = waiting[i];
            return true;
        }
    return false;
}

static enum status take_hash(void *context, int columns, const char *const *names,
                             const char *const *cells, struct err *e)
{
    char *hash = context;
    (void)columns;
    (void)names;
    (void)e;
    snprintf(hash, WEIGHTS_HASH, "%s", cells[0] ? cells[0] : "");
    return ST_OK;
}

/* What waits becomes the run's weights when it is what the rows speak of, and when the run
 * has none that are. */
static enum status settle(struct store *s, const char *db, const char *identity, int which,
                          struct err *e)
{
    const char *const params[] = {identity};
    char hash[WEIGHTS_HASH] = "";
    enum status st = store_query(
        s, "SELECT weights_hash FROM run WHERE identity = ?1 AND state = 'done'", params, 1,
        take_hash, hash, e);
    if (st)
        return st;
    const bool has = is_there(db, identity, WEIGHTS) && fits(db, identity, WEIGHTS, hash);
    const bool wanted = (hash[0] || which == ASIDE) && fits(db, identity, which, hash);
    if (!has && wanted)
        return move(db, identity, which, WEIGHTS, e);
    drop(db, identity, which);
    return ST_OK;
}

enum status model_files_settle(struct store *s, const char *db, struct err *e)
{
    char folder[PATH_MAX], identity[IDENTITY_TEXT];
    int which = 0;
    const int n = snprintf(folder, sizeof folder, "%s.models", db);
    DIR *dir = n > 0 && n < PATH_MAX ? opendir(folder) : NULL;
    enum status st = ST_OK;
    for (const struct dirent *one; dir && !st && (one = readdir(dir)) != NULL;)
        if (waits(one->d_name, identity, &which))
            st = settle(s, db, identity, which, e);
    if (dir)
        closedir(dir);
    return st;
}

/* --- the end of a training ------------------------------------------------------- */

enum status model_files_take_trained(const char *db, const char *identity, bool kept,
                                     char hash[WEIGHTS_HASH], struct err *e)
{
    char weights[PATH_MAX];
    hash[0] = '\0';
    if (!names_files(identity))
        return ST_OK;
    enum status st = place(db, identity, WEIGHTS, weights, e);
    if (st)
        return st;
    if (!kept) {
        if (unlink(weights) == 0 || errno == ENOENT)
            return ST_OK;
        return err_set(e, ST_IO, "%s: cannot be removed: %s; the same command goes on",
                       weights, strerror(errno));
    }
    /* None there: there never was one, or it was taken before. */
    st = move(db, identity, TRAINED, WEIGHTS, e);
    if (st == ST_OK && is_there(db, identity, WEIGHTS))
        st = model_files_hash(weights, hash, e);
    return st;
}

void model_files_drop_trained(const char *db, const char *identity)
{
    drop(db, identity, TRAINED);
}

bool model_files_has_weights(const char *db, const char *identity, const char *hash)
{
    return names_files(identity) && is_there(db, identity, WEIGHTS) &&
           fits(db, identity, WEIGHTS, hash);
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

void model_files_drop_checkpoint(const char *db, const char *identity)
{
    drop(db, identity, CHECKPOINT);
}
