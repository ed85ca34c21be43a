#include "mapped_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

enum status mapped_file_of(FILE *f, const char *name, struct mapped_file *out,
                           struct err *e)
{
    struct stat s;
    *out = (struct mapped_file){0};
    if (fstat(fileno(f), &s) != 0)
        return err_set(e, ST_IO, "%s: %s", name, strerror(errno));
    if (!S_ISREG(s.st_mode))
        return err_set(e, ST_IO, "%s is no file of text", name);
    if (s.st_size == 0)
        return ST_OK;
    void *at = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_SHARED, fileno(f), 0);
    if (at == MAP_FAILED)
        return err_set(e, ST_IO, "%s: cannot be mapped: %s", name, strerror(errno));
    *out = (struct mapped_file){at, (size_t)s.st_size, at};
    return ST_OK;
}

enum status mapped_file_open(const char *path, struct mapped_file *out, struct err *e)
{
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); /* a pipe would wait */
    FILE *f = fd >= 0 ? fdopen(fd, "rb") : NULL;
    *out = (struct mapped_file){0};
    if (!f) {
        const int why = errno;
        if (fd >= 0)
            close(fd);
        return err_set(e, ST_IO, "%s: %s", path, strerror(why));
    }
    const enum status st = mapped_file_of(f, path, out, e);
    fclose(f);
    return st;
}

/* Copies standard input into `to`, a file without a name that ends with its mapping. */
static enum status copy_input(FILE *to, struct err *e)
{
    char part[1 << 16];
    for (size_t n; (n = fread(part, 1, sizeof part, stdin)) > 0;)
        if (fwrite(part, 1, n, to) != n)
            break;
    if (!ferror(stdin) && !ferror(to) && fflush(to) == 0)
        return ST_OK;
    return err_set(e, ST_IO, "standard input: cannot be kept: %s", strerror(errno));
}

enum status mapped_file_or_input(const char *path, struct mapped_file *out, struct err *e)
{
    if (strcmp(path, "-") != 0)
        return mapped_file_open(path, out, e);
    FILE *f = tmpfile();
    if (!f)
        return err_set(e, ST_IO, "standard input: cannot be kept: %s", strerror(errno));
    *out = (struct mapped_file){0};
    enum status st = copy_input(f, e);
    if (!st)
        st = mapped_file_of(f, "standard input", out, e);
    fclose(f);
    return st;
}

void mapped_file_close(struct mapped_file *m)
{
    if (m->map)
        munmap(m->map, m->size);
    *m = (struct mapped_file){0};
}

void mapped_file_passed(const struct mapped_file *m, size_t *from, size_t to)
{
    if (!m->map || to < *from + MAPPED_PART)
        return;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), end = to - to % page;
    /* Nothing is lost, since this is a shared, read-only mapping of a file. */
    (void)madvise((char *)m->map + (*from - *from % page), end - (*from - *from % page),
                  MADV_DONTNEED);
    *from = end;
}

void mapped_file_rest(const struct mapped_file *m)
{
    if (m->map)
        (void)madvise(m->map, m->size, MADV_DONTNEED);
}

void mapped_file_hash(const struct mapped_file *m, uint64_t hash[2])
{
    XXH3_state_t *state = XXH3_createState();
    size_t passed = 0;
    assert(state); /* it takes half a kilobyte */
    XXH3_128bits_reset(state);
    for (size_t at = 0; at < m->size; at += MAPPED_PART) {
        const size_t n = m->size - at < MAPPED_PART ? m->size - at : MAPPED_PART;
        XXH3_128bits_update(state, m->at + at, n);
        mapped_file_passed(m, &passed, at + n);
    }
    const XXH128_hash_t h = XXH3_128bits_digest(state);
    XXH3_freeState(state);
    hash[0] = h.high64;
    hash[1] = h.low64;
}
