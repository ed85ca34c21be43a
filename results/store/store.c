/* Opens and closes databases: checks the owner of the file, its schema and its journal mode.
 *
 * A write-ahead log lets readers look on while runs are stored, but needs shared memory:
 * on network file systems it fails, sometimes only at the first write. It is therefore
 * tried on a throw-away database in the same folder; if that fails the rollback journal
 * is kept. The last writer to close turns the log off again, so that a database at rest is
 * one plain file, which can be read from anywhere without leaving traces. */
#include "store.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "embedded.h"
#include "filter.h"
#include "store_differ.h"
#include "store_internal.h"

enum { HEADER_BYTES = 100, WORD_TEXT = 32 };

/* The first 100 bytes of a file (https://www.sqlite.org/fileformat.html, section 1.3). */
struct header {
    bool fresh;  /* no file, or an empty one */
    bool logged; /* in write-ahead mode */
    uint32_t user_version, application_id;
};

static enum status newer_schema(const char *path, int version, struct err *e)
{
    return err_set(
        e, ST_DB,
        "%s: has schema %d, this posbench knows schema %d; use the posbench that "
        "wrote it, or name another file with --db",
        path, version, SCHEMA_VERSION);
}

static enum status foreign_file(const char *path, const char *what, struct err *e)
{
    return err_set(e, ST_DB,
                   "%s: %s; it is left as it is: name another file with --db, or move this "
                   "one away",
                   path, what);
}

static uint32_t big_endian(const unsigned char *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static enum status check_header(const char *path, const unsigned char *raw, size_t bytes,
                                struct header *h, struct err *e)
{
    if (bytes < HEADER_BYTES || memcmp(raw, "SQLite format 3", 16) != 0)
        return foreign_file(path, "is not a SQLite database, or is cut short", e);
    h->logged = raw[18] == 2 || raw[19] == 2;
    h->user_version = big_endian(raw + 60);
    h->application_id = big_endian(raw + 68);
    if (h->application_id != APPLICATION_ID)
        return foreign_file(path, "is the database of another program", e);
    if (h->user_version > SCHEMA_VERSION)
        return newer_schema(path, (int)h->user_version, e);
    return ST_OK;
}

/* Reads the header with plain file calls, because SQLite may begin to repair a file, even a
 * foreign one, as soon as it opens it. */
static enum status read_header(const char *path, struct header *h, struct err *e)
{
    unsigned char raw[HEADER_BYTES];
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    *h = (struct header){0};
    if (file < 0 && errno == ENOENT) {
        h->fresh = true;
        return ST_OK;
    }
    if (file < 0)
        return err_set(e, ST_DB, "%s: cannot be read: %s; %s", path, strerror(errno),
                       errno == EMFILE
                           ? STATUS_FEW_FILES
                           : "check its permissions, or name another file with --db");
    const ssize_t n = read(file, raw, sizeof raw);
    const int problem = errno;
    close(file);
    if (n < 0)
        return err_set(e, ST_DB, "%s: cannot be read: %s; name a database with --db", path,
                       strerror(problem));
    h->fresh = n == 0;
    return h->fresh ? ST_OK : check_header(path, raw, (size_t)n, h, e);
}

static bool has_companion(const char *path, const char *suffix)
{
    struct stat st;
    const size_t room = strlen(path) + strlen(suffix) + 1;
    char *name = malloc(room);
    if (!name)
        return false;
    snprintf(name, room, "%s%s", path, suffix);
    const bool there = stat(name, &st) == 0 && st.st_size > 0;
    free(name);
    return there;
}

/* Returns "file:PATH?PARAMETERS" with the special characters of a URI escaped. The caller frees
 * it; NULL: no memory. */
char *store_uri(const char *path, const char *parameters)
{
    const char *const root = path[0] == '/' ? "file://" : "file:";
    char *uri = malloc(3 * strlen(path) + strlen(root) + strlen(parameters) + 2);
    if (!uri)
        return NULL;
    char *to = uri + sprintf(uri, "%s", root);
    for (const char *c = path; *c; c++)
        to += sprintf(to, strchr("%?#", *c) ? "%%%02X" : "%c", (unsigned char)*c);
    sprintf(to, "?%s", parameters);
    return uri;
}

/* A database in write-ahead mode without a log or a journal has no writer. It is read as
 * immutable, because SQLite would otherwise leave an empty log beside it. */
static enum status open_for_reading(struct store *s, const struct header *h, struct err *e)
{
    s->at_rest =
        h->logged && !has_companion(s->path, "-wal") && !has_companion(s->path, "-journal");
    char *uri = s->at_rest ? store_uri(s->path, "immutable=1") : NULL;
    if (s->at_rest && !uri)
        return err_set(e, ST_NOMEM, "%s: no memory to open it", s->path);
    const int code = sqlite3_open_v2(
        uri ? uri : s->path, &s->db,
        SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | (uri ? SQLITE_OPEN_URI : 0), NULL);
    free(uri);
    return code == SQLITE_OK ? store_harden(s, e) : store_failed(s, "opening", e);
}

enum status store_exec(struct store *s, const char *sql, const char *doing, struct err *e)
{
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? ST_OK
               : store_failed(s, doing, e);
}

/* Reads the single number or word that a pragma answers; "" when it answers none. */
static enum status ask(struct store *s, const char *sql, char *text, size_t room,
                       struct err *e)
{
    sqlite3_stmt *row = NULL;
    text[0] = '\0';
    if (sqlite3_prepare_v2(s->db, sql, -1, &row, NULL) != SQLITE_OK)
        return store_failed(s, "reading its header", e);
    const int code = sqlite3_step(row);
    if (code == SQLITE_ROW)
        snprintf(text, room, "%s", (const char *)sqlite3_column_text(row, 0));
    sqlite3_finalize(row);
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? ST_OK
               : store_failed(s, "reading its header", e);
}

/* Reads the schema version; 0: the file is still empty. Repeats the checks of the header, which
 * may have changed before the database was open, or whose true state may be in a journal. */
static enum status check_schema(struct store *s, int *schema, struct err *e)
{
    char application[WORD_TEXT], version[WORD_TEXT], objects[WORD_TEXT];
    enum status st = ask(s, "PRAGMA application_id", application, sizeof application, e);
    if (st == ST_OK)
        st = ask(s, "PRAGMA user_version", version, sizeof version, e);
    if (st == ST_OK)
        st = ask(s, "SELECT count(*) FROM sqlite_schema", objects, sizeof objects, e);
    if (st)
        return st;
    *schema = (int)strtol(version, NULL, 10);
    if (strcmp(objects, "0") == 0 && *schema == 0)
        return ST_OK;
    if (strtol(application, NULL, 10) != APPLICATION_ID)
        return foreign_file(s->path, "is the database of another program", e);
    if (*schema > SCHEMA_VERSION)
        return newer_schema(s->path, *schema, e);
    if (*schema < 1)
        return foreign_file(s->path, "has tables but no schema version", e);
    return ST_OK;
}

/* Creates the tables or brings them up to date. When two processes open an older file, the
 * second waits for the first at BEGIN IMMEDIATE and then finds nothing left to do. */
static enum status apply_schema(struct store *s, struct err *e)
{
    char copy[BACKUP_NAME] = "";
    int schema = 0;
    enum status st = store_exec(s, "BEGIN IMMEDIATE", "opening for writing", e);
    if (st)
        return st;
    st = check_schema(s, &schema, e);
    s->schema = schema;
    if (st == ST_OK && schema == 0)
        st = store_exec(s, embedded_schema, "creating the tables", e);
    else if (st == ST_OK && schema < SCHEMA_VERSION)
        st = store_migrate_file(s, schema, store_migrations, copy, e);
    if (st == ST_OK)
        st = store_check_objects(s, e);
    if (st == ST_OK)
        st = store_exec(s, "COMMIT", "opening for writing", e);
    if (st)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    if (st && copy[0])
        unlink(copy); /* otherwise each attempt would leave one */
    return st;
}

/* Some network and cluster file systems accept a write-ahead log and corrupt it later. */
static bool on_shared_file_system(const char *path)
{
    static const uint32_t shared[] = {
        0x00006969 /* nfs */,  0x0000517B /* smb */,    0xFE534D42 /* smb2 */,
        0xFF534D42 /* cifs */, 0x0BD00BD0 /* lustre */, 0x47504653 /* gpfs */,
        0x00C36400 /* ceph */, 0x5346414F /* afs */,    0x01021997 /* 9p */,
        0x65735546 /* fuse */, 0x19830326 /* beegfs */,
    };
    struct statfs fs;
    if (statfs(path, &fs) != 0)
        return true;
    for (size_t i = 0; i < sizeof shared / sizeof *shared; i++)
        if ((uint32_t)fs.f_type == shared[i])
            return true;
    return false;
}

static void remove_trial(const char *name)
{
    static const char *const suffix[] = {"", "-wal", "-shm", "-journal"};
    char file[4096];
    for (size_t i = 0; i < sizeof suffix / sizeof *suffix; i++) {
        snprintf(file, sizeof file, "%s%s", name, suffix[i]);
        unlink(file);
    }
}

/* Is `file` "NAME.trial-PROCESS..." of a process that has ended? */
static bool is_old_trial(const char *file, const char *name)
{
    static const char middle[] = ".trial-";
    const size_t n = strlen(name), m = strlen(middle);
    if (strncmp(file, name, n) != 0 || strncmp(file + n, middle, m) != 0)
        return false;
    const long process = strtol(file + n + m, NULL, 10);
    return process > 0 && process <= INT_MAX && kill((pid_t)process, 0) != 0 &&
           errno == ESRCH;
}

static void remove_old_trials(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1,
             slash ? path : ".");
    DIR *dir = opendir(folder);
    for (const struct dirent *one; dir && (one = readdir(dir)) != NULL;)
        if (is_old_trial(one->d_name, name))
            unlinkat(dirfd(dir), one->d_name, 0);
    if (dir)
        closedir(dir);
}

/* Writes and reads a small logged database beside the real one. It need not last, so that it
 * does not wait for the disk, which on a busy one would take longer than all else. */
bool store_log_works(const char *path)
{
    char name[4000];
    sqlite3 *db = NULL;
    const int n = snprintf(name, sizeof name, "%s.trial-%ld", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof name || on_shared_file_system(path))
        return false;
    remove_old_trials(path);
    const bool works = sqlite3_open(name, &db) == SQLITE_OK &&
                       sqlite3_exec(db,
                                    "PRAGMA synchronous = OFF;"
                                    "PRAGMA journal_mode = WAL; CREATE TABLE t (x);"
                                    "INSERT INTO t VALUES (1); SELECT x FROM t;"
                                    "PRAGMA wal_checkpoint;",
                                    NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_close(db);
    remove_trial(name);
    return works;
}

/* Turns the write-ahead log on if it works. If not, that is no error: the rollback journal is
 * kept, and readers wait for a moment. *written: the header now says that there is a log. */
static enum status choose_journal(struct store *s, bool *written, struct err *e)
{
    char mode[WORD_TEXT];
    enum status st = ask(s, "PRAGMA journal_mode", mode, sizeof mode, e);
    if (st == ST_OK && strcmp(mode, "delete") == 0 && store_log_works(s->path))
        *written = ask(s, "PRAGMA journal_mode = WAL", mode, sizeof mode, NULL) == ST_OK &&
                   strcmp(mode, "wal") == 0;
    return st ? st : store_exec(s, "PRAGMA synchronous = FULL", "opening for writing", e);
}

/* Tests writing: stores the same schema number again, which writes one page. The schema is
 * checked under the lock, because a newer posbench may have changed it since the opening. */
static enum status try_writing(struct store *s, struct err *e)
{
    char version[64];
    int schema = 0;
    enum status st = store_exec(s, "BEGIN IMMEDIATE", "opening for writing", e);
    if (st)
        return st;
    snprintf(version, sizeof version, "PRAGMA user_version = %d", SCHEMA_VERSION);
    st = check_schema(s, &schema, e);
    if (st == ST_OK)
        st = store_exec(s, version, "opening for writing", e);
    if (st == ST_OK)
        st = store_exec(s, "COMMIT", "opening for writing", e);
    if (st)
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return st;
}

/* Opens for writing and writes one page in any case, so that a folder without write permission
 * or a full disk shows here and not after hours of training. It writes no more than one,
 * because a kill while it writes leaves a journal behind. */
static enum status open_for_writing(struct store *s, struct err *e)
{
    bool written = false;
    /* SQLITE_OPEN_URI is for the names of attached files; s->path never begins with "file:". */
    if (sqlite3_open_v2(s->path, &s->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI |
                            SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        return store_failed(s, "opening for writing", e);
    store_wait_for_locks(s);
    if (sqlite3_db_readonly(s->db, "main") == 1)
        return err_set(e, ST_DB,
                       "%s: cannot be written; check the permissions of the file and its "
                       "folder, or name another file with --db",
                       s->path);
    enum status st = store_harden(s, e);
    if (st == ST_OK)
        st = apply_schema(s, e);
    /* Tables that were replaced leave free space; VACUUM returns it where that is possible. */
    if (st == ST_OK && s->schema != 0 && s->schema < SCHEMA_VERSION)
        sqlite3_exec(s->db, "VACUUM", NULL, NULL, NULL);
    if (st == ST_OK)
        st = store_exec(s, "PRAGMA foreign_keys = ON", "opening for writing", e);
    if (st == ST_OK)
        st = choose_journal(s, &written, e);
    return st || written ? st : try_writing(s, e);
}

static enum status no_results(const char *path, struct err *e)
{
    return err_set(e, ST_NOTFOUND,
                   "%s: no results yet; `posbench run` makes them, --db names another file",
                   path);
}

static enum status read_as_it_is(struct store *s, int *schema, struct err *e)
{
    struct header h;
    enum status st = read_header(s->path, &h, e);
    if (st == ST_OK && h.fresh)
        st = no_results(s->path, e);
    if (st == ST_OK)
        st = open_for_reading(s, &h, e);
    if (st)
        return st;
    store_wait_for_locks(s);
    st = check_schema(s, schema, e);
    return st == ST_OK && *schema == 0 ? no_results(s->path, e) : st;
}

static bool was_cut_off(const struct store *s)
{
    return s->db && sqlite3_extended_errcode(s->db) == SQLITE_READONLY_ROLLBACK &&
           has_companion(s->path, "-journal");
}

/* Rolls back what a killed writer had not finished: any read through a writable connection does
 * so. Nothing else is written. */
static enum status take_back(const struct store *s, struct err *e)
{
    struct store writer = {.path = s->path};
    enum status st = ST_OK;
    int code = sqlite3_open_v2(s->path, &writer.db, SQLITE_OPEN_READWRITE, NULL);
    if (code == SQLITE_OK) {
        store_wait_for_locks(&writer);
        code =
            sqlite3_exec(writer.db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    }
    if (code != SQLITE_OK)
        st = store_failed(&writer, "taking back what a killed writer had begun", e);
    code &= 0xff;
    if (code == SQLITE_READONLY || code == SQLITE_CANTOPEN || code == SQLITE_PERM)
        st = err_set(e, ST_DB,
                     "%s: a posbench that was writing to it was killed, and taking back "
                     "what it had begun needs permission to write the file and its folder; "
                     "`posbench run`, or any command of somebody who has it, repairs it",
                     s->path);
    sqlite3_close(writer.db);
    return st;
}

static enum status open_to_read(struct store *s, struct err *e)
{
    int schema = 0;
    enum status st = read_as_it_is(s, &schema, e);
    if (st && was_cut_off(s)) {
        st = take_back(s, e);
        sqlite3_close(s->db);
        s->db = NULL;
        if (st == ST_OK)
            st = read_as_it_is(s, &schema, e);
    }
    s->schema = schema;
    if (st)
        return st;
    return schema < SCHEMA_VERSION ? store_migrate_copy(s, schema, e)
                                   : store_check_objects(s, e);
}

static enum status open_existing_or_new(struct store *s, struct err *e)
{
    struct header h = {0};
    if (!s->writable)
        return open_to_read(s, e);
    /* When a killed writer left a journal, the header on disk may be half-written; only SQLite
     * can tell. */
    const bool hot = has_companion(s->path, "-journal");
    const enum status st = hot ? ST_OK : read_header(s->path, &h, e);
    return st ? st : open_for_writing(s, e);
}

/* The SQL function fits(filter, value): does "KEY=GLOB" match the value? One definition thus
 * serves runs of the matrix and runs in the database. */
static void fits(sqlite3_context *context, int n, sqlite3_value **arguments)
{
    struct filter f;
    const char *text = (const char *)sqlite3_value_text(arguments[0]);
    (void)n;
    sqlite3_result_int(context,
                       text && filter_parse(text, &f, NULL) == ST_OK &&
                           filter_fits(&f, (const char *)sqlite3_value_text(arguments[1])));
}

static enum status add_functions(struct store *s, struct err *e)
{
    return sqlite3_create_function(s->db, "fits", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                   NULL, fits, NULL, NULL) == SQLITE_OK
               ? store_add_shown(s, e)
               : store_failed(s, "opening", e);
}

enum status store_open(const char *path, enum store_mode mode, struct store **out,
                       struct err *e)
{
    return store_open_patient(path, mode, &(struct store_patience){0}, out, e);
}

/* Leaves the name no room for "-journal" after it? */
static bool name_is_too_long(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strlen(slash ? slash + 1 : path) + strlen("-journal") > NAME_MAX;
}

enum status store_check_file(const char *path, enum store_mode mode, struct err *e)
{
    struct stat about;
    if (stat(path, &about) == 0 && !S_ISREG(about.st_mode))
        return err_set(e, ST_DB, "%s: is %s and no database; name a file with --db", path,
                       S_ISDIR(about.st_mode)    ? "a folder"
                       : S_ISFIFO(about.st_mode) ? "a pipe"
                                                 : "a device or a socket");
    if (mode == STORE_WRITE && name_is_too_long(path))
        return err_set(e, ST_DB,
                       "%s: the name is too long: file systems take %d bytes, and "
                       "\"-journal\" comes behind it; name a shorter one with --db",
                       path, NAME_MAX);
    return ST_OK;
}

/* Turns off SQLite's memory statistics, which take a lock at each allocation and which nobody
 * reads. This works only before the first use of SQLite in the process. */
static void spare_statistics(void)
{
    static bool done;
    if (!done)
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    done = true;
}

enum status store_open_patient(const char *path, enum store_mode mode,
                               const struct store_patience *patience, struct store **out,
                               struct err *e)
{
    enum status st = store_check_file(path, mode, e);
    if (st)
        return st;
    spare_statistics();
    struct store *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(e, ST_NOMEM, "%s: no memory for a handle", path);
    s->writable = mode == STORE_WRITE;
    s->patience = *patience;
    s->path = strdup(path);
    st = s->path ? open_existing_or_new(s, e) : err_set(e, ST_NOMEM, "%s: no memory", path);
    if (st == ST_OK)
        st = add_functions(s, e);
    if (st) {
        s->writable = false; /* nothing to tidy up in a file that may not be ours */
        store_close(s);
        return st;
    }
    *out = s;
    return ST_OK;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (s->db && s->writable) {
        /* The first fails while a reader is connected; then the next writer does it. When the
         * file was moved or replaced, its log is emptied into it instead: a log left beside
         * the path would be taken for the log of the other file, and change that. */
        const bool here = store_in_place(s, NULL) == ST_OK;
        sqlite3_busy_timeout(s->db, 0);
        sqlite3_exec(s->db,
                     here ? "PRAGMA journal_mode = DELETE"
                          : "PRAGMA wal_checkpoint(TRUNCATE)",
                     NULL, NULL, NULL);
    }
    sqlite3_close(s->db);
    free(s->path);
    free(s);
}

void store_schema(const struct store *s, int *found, int *known)
{
    *found = s->schema;
    *known = SCHEMA_VERSION;
}

/* Returns 0 when the path is not too long, else the most bytes that SQLite takes: fewer than the
 * system, including the folders before a relative path, and with room for "-journal". */
static int longest_path(const char *path)
{
    char folder[PATH_MAX] = "";
    const sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    const int room = vfs ? vfs->mxPathname - (int)strlen("-journal") : INT_MAX;
    if (path[0] != '/' && !getcwd(folder, sizeof folder))
        return 0;
    const size_t before = folder[0] ? strlen(folder) + 1 : 0;
    return before + strlen(path) > (size_t)room ? room : 0;
}

enum status store_failed(const struct store *s, const char *doing, struct err *e)
{
    const char *what = s->db ? sqlite3_errmsg(s->db) : "out of memory";
    const char *remedy;
    struct rlimit limit;
    const bool unopened = s->db && (sqlite3_errcode(s->db) & 0xff) == SQLITE_CANTOPEN;
    const int longest = unopened ? longest_path(s->path) : 0;
    if (longest)
        return err_set(e, ST_DB,
                       "%s: %s: the path is too long: with all folders before it SQLite "
                       "takes %d bytes; name a file with a shorter one with --db",
                       s->path, doing, longest);
    switch (s->db ? sqlite3_errcode(s->db) & 0xff : SQLITE_NOMEM) {
    case SQLITE_NOMEM:
        return err_set(e, ST_NOMEM, "%s: %s: out of memory", s->path, doing);
    case SQLITE_FULL:
        remedy = "the disk is full: free some space and start again; what was stored "
                 "before is kept";
        break;
    case SQLITE_IOERR:
        remedy =
            getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY
                ? "perhaps the file may not grow so large: raise the limit of file "
                  "sizes (\"ulimit -f\") and start again; what was stored before is kept"
                : "the file system refused: check its free space and health, or name a "
                  "file on another with --db; what was stored before is kept";
        break;
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        remedy = sqlite3_system_errno(s->db) == EMFILE
                     ? "too many files are open: " STATUS_FEW_FILES
                     : "check the permissions of the file and its folder, or name another "
                       "file with --db";
        break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        remedy = "another program is writing to it: wait until it has ended, or name "
                 "another file with --db";
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        remedy = "the file is damaged: restore a copy, save what can be read with "
                 "`sqlite3 FILE .recover`, or name another file with --db";
        break;
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
        remedy = "it holds what posbench does not write: restore a copy, or name another "
                 "file with --db";
        break;
    case SQLITE_CONSTRAINT:
        remedy =
            "another program changed its rows: see `posbench doctor`; restore a copy, or "
            "name another file with --db";
        break;
    default:
        remedy = "name another file with --db if this one is not what you meant";
    }
    return err_set(e, ST_DB, "%s: %s: %s; %s", s->path, doing, what, remedy);
}
