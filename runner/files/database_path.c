#include "database_path.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Follows a link to a file that does not exist yet. */
static void follow_dangling(char buf[PATH_MAX])
{
    char target[PATH_MAX], whole[2 * PATH_MAX];
    const char *slash = strrchr(buf, '/');
    const ssize_t n = readlink(buf, target, sizeof target - 1);
    if (n <= 0)
        return;
    target[n] = '\0';
    const int folder = slash && target[0] != '/' ? (int)(slash + 1 - buf) : 0;
    snprintf(whole, sizeof whole, "%.*s%s", folder, buf, target);
    if (strlen(whole) < PATH_MAX)
        memcpy(buf, whole, strlen(whole) + 1);
}

const char *path_file(const char *name, char buf[PATH_MAX])
{
    char target[PATH_MAX];
    struct stat about;
    const bool special =
        name[0] == '-' || name[0] == ':' || strncmp(name, "file:", strlen("file:")) == 0;
    const int n = snprintf(buf, PATH_MAX, "%s%s", special ? "./" : "", name);
    if (n >= PATH_MAX || lstat(buf, &about) != 0 || !S_ISLNK(about.st_mode))
        return buf; /* the store refuses a path that is too long */
    if (realpath(buf, target))
        memcpy(buf, target, strlen(target) + 1);
    else
        follow_dangling(buf);
    return buf;
}
