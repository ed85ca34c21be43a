#include "places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *place_experiments(const struct invocation *v, int i)
{
    return i < argument_count(v) ? argument_at(v, i) : "experiments.yaml";
}

/* A plain file for SQLite, which takes ":memory:" and "file:..." for something else, and no
 * option for a worker. A link stands for what it leads to: whoever uses either name then
 * meets the same lock, models and checkpoints. */
static void place_file(const char *name, char buf[PATH_MAX])
{
    char target[PATH_MAX];
    struct stat about;
    const bool special =
        name[0] == '-' || name[0] == ':' || strncmp(name, "file:", strlen("file:")) == 0;
    const int n = snprintf(buf, PATH_MAX, "%s%s", special ? "./" : "", name);
    if (n >= PATH_MAX)
        return; /* too long by far; the store says so */
    if (lstat(buf, &about) == 0 && S_ISLNK(about.st_mode) && realpath(buf, target))
        memcpy(buf, target, strlen(target) + 1);
}

const char *place_database(const struct invocation *v, const char *experiments,
                           char buf[PATH_MAX])
{
    const char *given = flag_text(v, "db", NULL);
    const char *slash = strrchr(experiments, '/');
    const int folder = slash ? (int)(slash + 1 - experiments) : 0;
    char beside[PATH_MAX];
    snprintf(beside, sizeof beside, "%.*sresults.db", folder, experiments);
    place_file(given ? given : beside, buf);
    return buf;
}
