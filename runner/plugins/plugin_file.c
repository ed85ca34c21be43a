#include "plugin_file.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns true when `n` items of `each` bytes, from `at` on, lie within `size` bytes. */
static bool lies_within(uint64_t at, uint64_t n, uint64_t each, uint64_t size)
{
    return at <= size && (each == 0 || n <= (size - at) / each);
}

/* Returns true when the file holds both tables of headers, and every segment that the program
 * headers list. */
static bool is_whole(int file, const ElfW(Ehdr) * head, uint64_t size)
{
    if (head->e_phentsize != sizeof(ElfW(Phdr)) ||
        !lies_within(head->e_phoff, head->e_phnum, head->e_phentsize, size) ||
        !lies_within(head->e_shoff, head->e_shnum, head->e_shentsize, size))
        return false;
    for (int i = 0; i < head->e_phnum; i++) {
        ElfW(Phdr) segment;
        const off_t at = (off_t)(head->e_phoff + (uint64_t)i * sizeof segment);
        if (pread(file, &segment, sizeof segment, at) != (ssize_t)sizeof segment ||
            !lies_within(segment.p_offset, segment.p_filesz, 1, size))
            return false;
    }
    return true;
}

static enum status check(int file, const char *path, struct err *e)
{
    ElfW(Ehdr) head;
    struct stat is;
    if (file < 0 || fstat(file, &is) != 0)
        return err_set(e, ST_CONFIG, "%s: cannot be loaded: %s", path, strerror(errno));
    if (!S_ISREG(is.st_mode))
        return err_set(e, ST_CONFIG, "%s: cannot be loaded: it is no regular file", path);
    const ssize_t n = pread(file, &head, sizeof head, 0);
    if (n < SELFMAG || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0)
        return err_set(e, ST_CONFIG,
                       "%s: cannot be loaded: it is no shared object; build one with "
                       "cc -shared -fPIC",
                       path);
    if (n < (ssize_t)sizeof head || !is_whole(file, &head, (uint64_t)is.st_size))
        return err_set(
            e, ST_CONFIG,
            "%s: cannot be loaded: the file is cut off at %lld bytes, or made for "
            "another machine; build or copy it again",
            path, (long long)is.st_size);
    return ST_OK;
}

enum status plugin_file_check(const char *path, struct err *e)
{
    const int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    const enum status st = check(file, path, e);
    if (file >= 0)
        close(file);
    return st;
}
