#include "mapped_file.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

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
    FILE *f = fopen(path, "rb");
    *out = (struct mapped_file){0};
    if (!f)
        return err_set(e, ST_IO, "%s: %s", path, strerror(errno));
    const enum status st = mapped_file_of(f, path, out, e);
    fclose(f);
    return st;
}

void mapped_file_close(struct mapped_file *m)
{
    if (m->map)
        munmap(m->map, m->size);
    *m = (struct mapped_file){0};
}
