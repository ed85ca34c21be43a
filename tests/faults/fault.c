#include "fault.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "next.h"

static const char *const words[FAULTS] = {
    [FAULT_NONE] = "none",       [FAULT_ALLOC] = "alloc",         [FAULT_FILE] = "file",
    [FAULT_READ] = "read",       [FAULT_PROCESS] = "process",     [FAULT_FULL] = "sql-full",
    [FAULT_IOERR] = "sql-ioerr", [FAULT_NOMEM] = "sql-nomem",     [FAULT_BUSY] = "sql-busy",
    [FAULT_STOP] = "stop",       [FAULT_INTERRUPT] = "interrupt", [FAULT_KILL] = "kill",
    [FAULT_DISK] = "disk",
};

static enum fault armed;
static long chosen;
static atomic_long counted;
static const char *record;

const char *fault_word(enum fault f)
{
    return words[f];
}

void fault_arm(const char *process)
{
    const char *const wish = getenv("POSBENCH_FAULT");
    const size_t n = strlen(process);
    record = getenv("POSBENCH_FAULT_LOG");
    if (!wish || !record || strncmp(wish, process, n) != 0 || wish[n] != ':')
        return;
    const char *const word = wish + n + 1, *const colon = strchr(word, ':');
    const size_t length = colon ? (size_t)(colon - word) : strlen(word);
    for (int f = 0; f < FAULTS; f++)
        if (strlen(words[f]) == length && strncmp(word, words[f], length) == 0) {
            chosen = colon ? strtol(colon + 1, NULL, 10) : 1;
            armed = (enum fault)f;
        }
}

/* Claims the fault for the first of several processes that reach the call. Makes system calls
 * itself, because the functions are counted. */
static bool claim(const char *call)
{
    const long file = syscall(SYS_openat, AT_FDCWD, record,
                              O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        return false;
    syscall(SYS_write, file, call, strlen(call));
    syscall(SYS_close, file);
    return true;
}

static const int signals[FAULTS] = {
    [FAULT_STOP] = SIGTERM, [FAULT_INTERRUPT] = SIGINT, [FAULT_KILL] = SIGKILL};

bool fault_here(enum fault f, const char *call)
{
    const int before = errno;
    const bool stops = signals[armed] != 0 && f == FAULT_FILE;
    if ((f != armed && !stops) || atomic_fetch_add(&counted, 1) + 1 != chosen)
        return false;
    const bool mine = claim(call);
    if (mine && stops)
        raise(signals[armed]);
    errno = before;
    return mine && !stops;
}

/* A full disk stays full: every later call that needs room fails. */
static bool disk_is_full(const char *call, int error)
{
    if (armed != FAULT_DISK)
        return false;
    const long now = atomic_fetch_add(&counted, 1) + 1;
    if (now == chosen)
        claim(call);
    return now >= chosen && error == ENOSPC;
}

static bool fails(enum fault f, const char *call, int error)
{
    if (!(f == FAULT_FILE && disk_is_full(call, error)) && !fault_here(f, call))
        return false;
    errno = error;
    return true;
}

/* The libraries name these parameters differently. */
/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */

/* --- memory --- */

#define NO_MEMORY fails(FAULT_ALLOC, __func__, ENOMEM)

void *malloc(size_t n)
{
    REAL(malloc);
    return NO_MEMORY ? NULL : real(n);
}

void *calloc(size_t n, size_t size)
{
    REAL(calloc);
    return NO_MEMORY ? NULL : real(n, size);
}

void *realloc(void *p, size_t n)
{
    REAL(realloc);
    return NO_MEMORY ? NULL : real(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    REAL(aligned_alloc);
    return NO_MEMORY ? NULL : real(alignment, n);
}

int posix_memalign(void **p, size_t alignment, size_t n)
{
    REAL(posix_memalign);
    return NO_MEMORY ? ENOMEM : real(p, alignment, n);
}

char *strndup(const char *s, size_t n)
{
    const size_t length = strnlen(s, n);
    char *copy = malloc(length + 1);
    if (!copy)
        return NULL;
    copy[length] = '\0';
    return memcpy(copy, s, length);
}

char *strdup(const char *s)
{
    return strndup(s, SIZE_MAX - 1);
}

/* --- files --- */

#define NO_FILE(error) fails(FAULT_FILE, __func__, error)

static mode_t mode_of(int flags, va_list args)
{
    return flags & O_CREAT ? (mode_t)va_arg(args, int) : 0;
}

int open(const char *path, int flags, ...)
{
    REAL(open);
    va_list args;
    va_start(args, flags);
    const mode_t mode = mode_of(flags, args);
    va_end(args);
    return NO_FILE(flags & O_CREAT ? ENOSPC : EMFILE) ? -1 : real(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    const mode_t mode = mode_of(flags, args);
    va_end(args);
    return open(path, flags, mode);
}

ssize_t write(int file, const void *from, size_t n)
{
    REAL(write);
    if (!NO_FILE(ENOSPC))
        return real(file, from, n);
    (void)!real(file, from, n / 2);
    errno = ENOSPC;
    return -1;
}

ssize_t pwrite(int file, const void *from, size_t n, off_t at)
{
    REAL(pwrite);
    if (!NO_FILE(ENOSPC))
        return real(file, from, n, at);
    (void)!real(file, from, n / 2, at);
    errno = ENOSPC;
    return -1;
}

ssize_t pwrite64(int file, const void *from, size_t n, off64_t at)
{
    return pwrite(file, from, n, at);
}

#define ONE(name, error, parameters, arguments)      \
    int name parameters                              \
    {                                                \
        REAL(name);                                  \
        return NO_FILE(error) ? -1 : real arguments; \
    }

ONE(fsync, EIO, (int file), (file))
ONE(fdatasync, EIO, (int file), (file))
ONE(ftruncate, EIO, (int file, off_t n), (file, n))
ONE(ftruncate64, EIO, (int file, off64_t n), (file, n))
ONE(rename, EIO, (const char *from, const char *to), (from, to))
ONE(link, EIO, (const char *from, const char *to), (from, to))
ONE(unlink, EIO, (const char *path), (path))
ONE(unlinkat, EIO, (int folder, const char *path, int flags), (folder, path, flags))
ONE(mkdir, ENOSPC, (const char *path, mode_t mode), (path, mode))
ONE(rmdir, EIO, (const char *path), (path))

/* Only calls that set locks fail; fcntl's other calls fail for mistakes only. */
static int control(int (*real)(int, int, ...), int file, int command, void *argument)
{
    return command == F_SETLK && fails(FAULT_FILE, "fcntl", ENOLCK)
               ? -1
               : real(file, command, argument);
}

int fcntl(int file, int command, ...)
{
    REAL(fcntl);
    va_list args;
    va_start(args, command);
    void *argument = va_arg(args, void *);
    va_end(args);
    return control(real, file, command, argument);
}

int fcntl64(int file, int command, ...)
{
    REAL(fcntl64);
    va_list args;
    va_start(args, command);
    void *argument = va_arg(args, void *);
    va_end(args);
    return control(real, file, command, argument);
}

/* SQLite maps its shared memory with this. */
void *mmap64(void *at, size_t n, int protection, int flags, int file, off64_t offset)
{
    REAL(mmap64);
    return NO_FILE(ENOMEM) ? MAP_FAILED : real(at, n, protection, flags, file, offset);
}

/* With POSBENCH_FAULT_NFS every file system is a network's, on which no write-ahead log may be
 * kept. */
int statfs(const char *path, struct statfs *out)
{
    REAL(statfs);
    const int got = real(path, out);
    if (got == 0 && getenv("POSBENCH_FAULT_NFS"))
        out->f_type = 0x6969;
    return got;
}

/* Clocks advance by one tick with each call, or stand still. The same actions then leave the
 * same folder, which needs to be checked only once. */
int clock_gettime(clockid_t clock, struct timespec *out)
{
    static atomic_long ticks;
    const long ms = atomic_fetch_add(&ticks, 1);
    (void)clock;
    *out = (struct timespec){.tv_sec = 1000000 + ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    return 0;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    (void)zone;
    *out = (struct timeval){.tv_sec = 1000000000};
    return 0;
}

int getrusage(__rusage_who_t who, struct rusage *out)
{
    (void)who;
    *out = (struct rusage){.ru_maxrss = 1024};
    return 0;
}

FILE *fopen(const char *path, const char *mode)
{
    REAL(fopen);
    return NO_FILE(EMFILE) ? NULL : real(path, mode);
}

FILE *fdopen(int file, const char *mode)
{
    REAL(fdopen);
    return NO_FILE(ENOMEM) ? NULL : real(file, mode);
}

size_t fwrite(const void *from, size_t size, size_t n, FILE *f)
{
    REAL(fwrite);
    if (!NO_FILE(ENOSPC))
        return real(from, size, n, f);
    const size_t half = real(from, size, n / 2, f);
    f->_flags |= _IO_ERR_SEEN;
    errno = ENOSPC;
    return half;
}

int fflush(FILE *f)
{
    REAL(fflush);
    return NO_FILE(ENOSPC) ? EOF : real(f);
}

int fclose(FILE *f)
{
    REAL(fclose);
    const bool bad = fault_here(FAULT_FILE, __func__);
    const int got = real(f);
    if (bad)
        errno = EIO;
    return bad ? EOF : got;
}

DIR *opendir(const char *path)
{
    REAL(opendir);
    return NO_FILE(EMFILE) ? NULL : real(path);
}

/* --- reading --- */

#define NO_READ fails(FAULT_READ, __func__, EIO)

ssize_t read(int file, void *to, size_t n)
{
    REAL(read);
    return NO_READ ? -1 : real(file, to, n);
}

ssize_t pread(int file, void *to, size_t n, off_t at)
{
    REAL(pread);
    return NO_READ ? -1 : real(file, to, n, at);
}

ssize_t pread64(int file, void *to, size_t n, off64_t at)
{
    return pread(file, to, n, at);
}

/* glibc's stdio calls the kernel under internal names, so a stream fails as a whole. */
static bool broken(FILE *f, const char *call)
{
    if (!fault_here(FAULT_READ, call))
        return false;
    f->_flags |= _IO_ERR_SEEN;
    errno = EIO;
    return true;
}

size_t fread(void *to, size_t size, size_t n, FILE *f)
{
    REAL(fread);
    return broken(f, __func__) ? 0 : real(to, size, n, f);
}

char *fgets(char *to, int n, FILE *f)
{
    REAL(fgets);
    return broken(f, __func__) ? NULL : real(to, n, f);
}

ssize_t getline(char **line, size_t *room, FILE *f)
{
    REAL(getline);
    return broken(f, __func__) ? -1 : real(line, room, f);
}

/* --- processes --- */

#define NO_PROCESS fault_here(FAULT_PROCESS, __func__)

int pipe(int end[2])
{
    REAL(pipe);
    if (!NO_PROCESS)
        return real(end);
    errno = EMFILE;
    return -1;
}

int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const argv[],
                char *const environment[])
{
    REAL(posix_spawn);
    return NO_PROCESS ? EAGAIN : real(pid, path, actions, attributes, argv, environment);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                   void *(*start)(void *), void *argument)
{
    REAL(pthread_create);
    return NO_PROCESS ? EAGAIN : real(thread, attributes, start, argument);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
