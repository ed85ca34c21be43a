#include "tree.h"

#include <dirent.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <xxhash.h>

#include "program.h"

/* Calls `visit` for everything in the folder, in the order of names, a folder's contents
 * before the folder. */
static void walk(const char *path, void (*visit)(const char *path, bool folder, void *to),
                 void *to)
{
    struct dirent **entry;
    const int n = scandir(path, &entry, NULL, alphasort);
    for (int i = 0; i < n; i++) {
        char inner[PATH_MAX];
        struct stat about;
        const char *name = entry[i]->d_name;
        snprintf(inner, sizeof inner, "%s/%s", path, name);
        if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
            lstat(inner, &about) == 0) {
            const bool folder = S_ISDIR(about.st_mode);
            if (folder)
                walk(inner, visit, to);
            visit(inner, folder, to);
        }
        free(entry[i]);
    }
    if (n >= 0)
        free(entry);
}

static void remove_one(const char *path, bool folder, void *to)
{
    (void)folder;
    (void)to;
    remove(path);
}

void tree_remove(const char *path)
{
    walk(path, remove_one, NULL);
    remove(path);
}

struct text {
    FILE *to;
    size_t skip; /* leading characters of the path */
};

static void name_one(const char *path, bool folder, void *to)
{
    const struct text *t = to;
    fprintf(t->to, "%s%s\n", path + t->skip, folder ? "/" : "");
}

char *tree_names(const char *path)
{
    char *names = NULL;
    size_t bytes;
    struct text t = {open_memstream(&names, &bytes), strlen(path) + 1};
    assert_non_null(t.to);
    walk(path, name_one, &t);
    assert_int_equal(fclose(t.to), 0);
    return names;
}

static void digest_one(const char *path, bool folder, void *to)
{
    uint64_t *digest = to;
    *digest = XXH3_64bits_withSeed(path, strlen(path), *digest);
    if (folder)
        return;
    size_t bytes;
    char *content = file_text(path, &bytes);
    *digest = XXH3_64bits_withSeed(content, bytes, *digest);
    free(content);
}

uint64_t tree_digest(const char *path)
{
    uint64_t digest = 0;
    walk(path, digest_one, &digest);
    return digest;
}

void file_copy(const char *from, const char *to)
{
    size_t bytes;
    char *content = file_text(from, &bytes);
    FILE *f = fopen(to, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(content, 1, bytes, f), bytes);
    assert_int_equal(fclose(f), 0);
    free(content);
}

struct copy {
    const char *to;
    size_t skip;
};

static void copy_one(const char *path, bool folder, void *context)
{
    const struct copy *c = context;
    char to[PATH_MAX];
    snprintf(to, sizeof to, "%s/%s", c->to, path + c->skip);
    if (folder) {
        mkdir(to, 0777); /* an empty folder; others are made with their contents */
        return;
    }
    for (char *slash = strchr(to + strlen(c->to) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(to, 0777);
        *slash = '/';
    }
    file_copy(path, to);
}

void tree_copy(const char *from, const char *to)
{
    struct copy c = {to, strlen(from) + 1};
    assert_int_equal(mkdir(to, 0777), 0);
    walk(from, copy_one, &c);
}
