/* model_files.c -- manages weights and checkpoints beside a database.
 *
 * A file waits under a name of its own (TRAINED, MERGED, ...) until its rows are stored; then it
 * is renamed to the run's. model_files_settle compares each waiting file with the hash in the
 * run's row, and deletes those that no row refers to. A merge copies and checks files first.
 * Pitfall: names come from identities of a database that may be from a stranger, so names_files
 * must be called first: an identity that is not 32 hexadecimal digits must not enter a path. */
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

#include "whole_file.h"
#include "safetensors.h"
#include "identities.h"
#include "lock.h"
#include "spool.h"

/* TRAINED, MERGED and MERGED_CHECKPOINT wait until their rows are stored: weights that a worker
 * left, and copies from a part of a merge. ASIDE: older programs moved a run's weights there
 * while a merge could still take its rows back. */
enum { WEIGHTS, CHECKPOINT, TRAINED, MERGED, MERGED_CHECKPOINT, ASIDE, FILES };
static const char *const ending[FILES] = {
    [WEIGHTS] = ".safetensors",
    [CHECKPOINT] = ".checkpoint.safetensors",
    [TRAINED] = ".trained.safetensors",
    [MERGED] = ".merged.safetensors",
    [MERGED_CHECKPOINT] = ".merged.checkpoint.safetensors",
    [ASIDE] = ".aside.safetensors",
};
enum { COPY_BYTES = 1 << 16, DIGITS = IDENTITY_TEXT - 1 }; /* COPY_BYTES is chosen */

static bool names_files(const char *identity)
{
    return strlen(identity) == DIGITS && strspn(identity, "0123456789abcdef") == DIGITS;
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
    FILE *f = NULL;
    enum status st = whole_file_read(path, &f, e);
    if (st)
        return st;
    char *part = malloc(PART);
    XXH3_state_t *state = XXH3_createState();
    st = part && state ? ST_OK : err_set(e, ST_NOMEM, "no memory to read %s", path);
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

static enum status no_room(const char *path, struct err *e)
{
    return err_set(
        e, ST_IO,
        "%s: cannot be written: %s; no run is lost: start again when there is room, and "
        "it goes on",
        path, strerror(errno));
}

/* Copies all of `from` to `to`, and syncs it. */
static enum status copy_bytes(int from, const char *source, int to, const char *path,
                              struct err *e)
{
    char *buffer = malloc(COPY_BYTES);
    ssize_t n = 0;
    enum status st =
        buffer ? ST_OK : err_set(e, ST_NOMEM, "%s: no memory to copy it", source);
    while (st == ST_OK && (n = read(from, buffer, COPY_BYTES)) > 0)
        for (ssize_t done = 0, w; st == ST_OK && done < n; done += w)
            if ((w = write(to, buffer + done, (size_t)(n - done))) <= 0)
                st = no_room(path, e);
    if (st == ST_OK && n < 0)
        st = err_set(e, ST_CONFIG, "%s: cannot be read: %s", source, strerror(errno));
    if (st == ST_OK && fsync(to) != 0)
        st = no_room(path, e);
    free(buffer);
    return st;
}

/* Writes a waiting file without a temporary name: no row refers to it while it is
 * incomplete. */
static enum status write_new(int from, const char *source, const char *path, struct err *e)
{
    unlink(path);
    const int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (to < 0)
        return no_room(path, e);
    enum status st = copy_bytes(from, source, to, path, e);
    if (close(to) != 0 && st == ST_OK)
        st = no_room(path, e);
    if (st)
        unlink(path);
    return st;
}

/* Opens non-blocking, so that a pipe of that name cannot block the program. */
static enum status open_source(const char *path, int *file, struct err *e)
{
    struct stat about;
    *file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (*file < 0 && (errno == ENOENT || errno == ENOTDIR))
        return err_set(e, ST_NOTFOUND, "%s: is not there", path);
    if (*file < 0 && errno == ELOOP)
        return err_set(e, ST_CONFIG, "%s: is a link, which is not followed", path);
    if (*file < 0)
        return err_set(e, ST_CONFIG, "%s: cannot be read: %s", path, strerror(errno));
    if (fstat(*file, &about) == 0 && S_ISREG(about.st_mode))
        return ST_OK;
    close(*file);
    return err_set(e, ST_CONFIG, "%s: is not a file", path);
}

/* Makes "FILE.models", before a file is copied into it. */
static enum status make_folder(const char *db, struct err *e)
{
    char path[PATH_MAX];
    const int n = snprintf(path, sizeof path, "%s.models", db);
    if (n < 0 || n >= PATH_MAX)
        return err_set(e, ST_IO, "%s: the path is too long", db);
    return folder_make(path, e);
}

/* --- files of a part of a merge -------------------------------------------------- */

static bool is_there(const char *db, const char *identity, int which)
{
    char path[PATH_MAX];
    return place(db, identity, which, path, NULL) == ST_OK && access(path, F_OK) == 0;
}

/* Copies one of the run's files from beside `from` to beside `to`. */
static enum status copy_of(const char *from, const char *to, const char *identity,
                           int source, int target, struct err *e)
{
    char a[PATH_MAX], b[PATH_MAX];
    int file = -1;
    if (!names_files(identity))
        return err_set(e, ST_NOTFOUND, "%.40s: has no files", identity);
    enum status st = place(from, identity, source, a, e);
    if (st == ST_OK)
        st = place(to, identity, target, b, e);
    if (st == ST_OK)
        st = open_source(a, &file, e);
    if (st)
        return st;
    st = make_folder(to, e);
    if (st == ST_OK)
        st = write_new(file, a, b, e);
    close(file);
    return st;
}

/* Returns true when all 32-bit floats, little-endian, are finite: infinity and NaN have an
 * exponent of ones. */
static bool all_finite(const unsigned char *number, size_t bytes)
{
    for (size_t i = 0; i + 4 <= bytes; i += 4)
        if ((number[i + 3] & 0x7f) == 0x7f && (number[i + 2] & 0x80))
            return false;
    return true;
}

/* Checks that the file holds usable weights of the run. */
static enum status check_weights(const char *path, const char *identity, struct err *e)
{
    struct safetensors_bytes *t = NULL;
    char *owner = NULL;
    int n = 0;
    enum status st = safetensors_note_read(path, "identity", &owner, e);
    if (st == ST_OK && (!owner || strcmp(owner, identity) != 0))
        st = err_set(e, ST_IO, "holds weights of run %.32s", owner ? owner : "(none)");
    if (st == ST_OK)
        st = safetensors_read_bytes(path, &t, &n, e);
    for (int i = 0; i < n && st == ST_OK; i++)
        if (!all_finite(t[i].at, t[i].n))
            st = err_set(e, ST_IO, "holds numbers that are not finite");
    free(n ? t[0].at : NULL);
    free(t);
    free(owner);
    return st;
}

enum status model_files_offer(const char *from, const char *to, const char *identity,
                              const char *expected, char hash[WEIGHTS_HASH], struct err *e)
{
    char path[PATH_MAX], source[PATH_MAX];
    struct err why = {.msg = ""};
    enum status st = copy_of(from, to, identity, WEIGHTS, MERGED, e);
    if (st == ST_OK)
        st = place(to, identity, MERGED, path, e);
    if (st == ST_OK)
        st = model_files_hash(path, hash, e);
    if (st)
        return st;
    if (expected[0] && strcmp(hash, expected) != 0)
        st = err_set(&why, ST_IO, "is not the file that the run left");
    else
        st = check_weights(path, identity, &why);
    if (st == ST_OK || st == ST_NOMEM)
        return st ? err_set(e, st, "%s", why.msg) : st;
    unlink(path);
    place(from, identity, WEIGHTS, source, NULL);
    return err_set(e, ST_CONFIG, "%s: cannot be used: %s", source, why.msg);
}

enum status model_files_offer_checkpoint(const char *from, const char *to,
                                         const char *identity, struct err *e)
{
    return copy_of(from, to, identity, CHECKPOINT, MERGED_CHECKPOINT, e);
}

/* Renames one of the run's files; does nothing when it is missing. */
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

/* --- waiting files --------------------------------------------------------------- */

/* Returns true when the run's file has this hash; "" fits any file. */
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
        /* Without a hash, only a file that an older program set aside can be the run's. */
        if ((hash[0] || waiting[i] == ASIDE) && fits(db, identity, waiting[i], hash) &&
            (hash[0] || !is_there(db, identity, WEIGHTS)))
            return place(db, identity, waiting[i], out, e);
    }
    return ST_OK;
}

/* Returns which file of a run `name` is, and sets the run's identity; FILES: something else. */
static int which_file(const char *name, char identity[IDENTITY_TEXT])
{
    snprintf(identity, IDENTITY_TEXT, "%.*s", DIGITS, name);
    for (int i = 0; i < FILES && names_files(identity); i++)
        if (strcmp(name + DIGITS, ending[i]) == 0)
            return i;
    return FILES;
}

static bool ends_with(const char *name, const char *end)
{
    const size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

/* Returns true for "<identity>...safetensors.<process>.tmp", left by a worker that was killed
 * while it wrote. The number of the process is no proof, since numbers are reused and other
 * machines may share the folder; but a worker that still writes holds its spool. Older programs
 * left ".part". */
static bool is_half_written(const char *db, const char *name)
{
    char spool[PATH_MAX], identity[IDENTITY_TEXT];
    snprintf(identity, sizeof identity, "%.*s", DIGITS, name);
    if (!names_files(identity) || !strstr(name, ".safetensors."))
        return false;
    const int n = snprintf(spool, sizeof spool, "%s.spool/%s.jsonl", db, identity);
    return ends_with(name, ".part") ||
           (ends_with(name, ".tmp") && n > 0 && n < PATH_MAX && !spool_busy(spool));
}

static enum status take_first(void *context, int columns, const char *const *names,
                              const char *const *cells, struct err *e)
{
    char *text = context;
    (void)columns;
    (void)names;
    (void)e;
    snprintf(text, WEIGHTS_HASH, "%s", store_cell(cells[0]));
    return ST_OK;
}

/* Renames a waiting file to the run's weights when it has the hash of the run's row and the run
 * has no such weights yet; else deletes it. */
static enum status settle_weights(struct store *s, const char *db, const char *identity,
                                  int which, struct err *e)
{
    const char *const params[] = {identity};
    char hash[WEIGHTS_HASH] = "";
    enum status st = store_query(
        s, "SELECT weights_hash FROM run WHERE identity = ?1 AND state = 'done'", params, 1,
        take_first, hash, e);
    if (st)
        return st;
    const bool has = is_there(db, identity, WEIGHTS) && fits(db, identity, WEIGHTS, hash);
    const bool wanted = (hash[0] || which == ASIDE) && fits(db, identity, which, hash);
    if (!has && wanted)
        return move(db, identity, which, WEIGHTS, e);
    drop(db, identity, which);
    return ST_OK;
}

/* Deletes the checkpoint of a run that is done and was not begun again. */
static enum status settle_checkpoint(struct store *s, const char *db, const char *identity,
                                     struct err *e)
{
    const char *const params[] = {identity};
    char done[WEIGHTS_HASH] = "";
    const enum status st = store_query(
        s,
        "SELECT 1 FROM run WHERE identity = ?1 AND state = 'done' AND removed IS "
        "NULL AND " STORE_BEGUN_AGAIN " IS NULL",
        params, 1, take_first, done, e);
    if (done[0])
        drop(db, identity, CHECKPOINT);
    return st;
}

/* Deletes the weights of a training whose numbers are no longer here. */
static enum status drop_others(void *context, int columns, const char *const *names,
                               const char *const *cells, struct err *e)
{
    (void)columns;
    (void)names;
    (void)e;
    if (cells[0])
        drop(context, cells[0], WEIGHTS);
    return ST_OK;
}

static enum status settle_one(struct store *s, const char *db, int folder, const char *name,
                              struct err *e)
{
    char identity[IDENTITY_TEXT];
    const int which = which_file(name, identity);
    if (which == MERGED || which == ASIDE)
        return settle_weights(s, db, identity, which, e);
    if (which == CHECKPOINT)
        return settle_checkpoint(s, db, identity, e);
    if (which == MERGED_CHECKPOINT || is_half_written(db, name))
        unlinkat(folder, name, 0);
    return ST_OK;
}

static DIR *open_models(const char *db)
{
    char folder[PATH_MAX];
    const int n = snprintf(folder, sizeof folder, "%s.models", db);
    return n > 0 && n < PATH_MAX ? opendir(folder) : NULL;
}

int model_files_waiting(const char *db)
{
    char identity[IDENTITY_TEXT];
    DIR *dir = open_models(db);
    int n = 0;
    for (const struct dirent *one; dir && (one = readdir(dir)) != NULL;) {
        const int which = which_file(one->d_name, identity);
        n += which == FILES ? is_half_written(db, one->d_name)
                            : which != WEIGHTS && which != CHECKPOINT;
    }
    if (dir)
        closedir(dir);
    return n;
}

enum status model_files_settle(struct store *s, const char *db, struct err *e)
{
    char own[PATH_MAX];
    snprintf(own, sizeof own, "%s", db);
    DIR *dir = open_models(db);
    enum status st =
        dir ? store_query(
                  s, "SELECT identity FROM run WHERE weights_hash = '" WEIGHTS_NONE "'",
                  NULL, 0, drop_others, own, e)
            : ST_OK;
    for (const struct dirent *one; dir && !st && (one = readdir(dir)) != NULL;)
        st = settle_one(s, db, dirfd(dir), one->d_name, e);
    if (dir)
        closedir(dir);
    return st;
}

enum status model_files_accept(struct store *s, const char *db, struct err *e)
{
    char identity[IDENTITY_TEXT];
    DIR *dir = open_models(db);
    enum status st = ST_OK;
    for (const struct dirent *one; dir && !st && (one = readdir(dir)) != NULL;)
        if (which_file(one->d_name, identity) == MERGED_CHECKPOINT)
            st = move(db, identity, MERGED_CHECKPOINT, CHECKPOINT, e);
    if (st == ST_OK)
        st = model_files_settle(s, db, e);
    if (dir) {
        fsync(dirfd(dir));
        closedir(dir);
    }
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
    /* The file is missing if it never existed, or was renamed before. */
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
