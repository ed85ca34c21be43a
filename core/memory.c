/* memory.c -- reads /proc/meminfo, /proc/self/cgroup and /sys/fs/cgroup. A file that does not
 * exist, as on other systems, sets no limit. */
#include "memory.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum { LINE_TEXT = 512 }; /* a longer line is read as several; chosen, not measured */

/* Returns the number after `name` at the start of a line of the file, or with `name` "" the
 * first word of the file as a number; NaN: there is none. */
static double number_in(const char *path, const char *name)
{
    char line[LINE_TEXT];
    double value = (double)NAN;
    FILE *f = fopen(path, "re");
    while (f && isnan(value) && fgets(line, sizeof line, f)) {
        const size_t n = strlen(name);
        char *end = NULL;
        if (strncmp(line, name, n) != 0)
            continue;
        value = strtod(line + n, &end);
        if (end == line + n)
            value = (double)NAN; /* no number, such as "max" */
        if (n == 0)
            break;
    }
    if (f)
        fclose(f);
    return value;
}

/* Returns the memory that one control group leaves: its limit minus the memory in use. Cached
 * files do not count as in use, because the kernel can drop them. INFINITY: the group sets no
 * limit. */
static double room_of_group(const char *folder, const char *limit, const char *used,
                            const char *files)
{
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", folder, limit);
    const double most = number_in(path, "");
    if (isnan(most))
        return (double)INFINITY;
    snprintf(path, sizeof path, "%s/%s", folder, used);
    const double now = number_in(path, "");
    snprintf(path, sizeof path, "%s/memory.stat", folder);
    const double droppable = number_in(path, files);
    return most - (isnan(now) ? 0.0 : now) + (isnan(droppable) ? 0.0 : droppable);
}

double memory_group_room(const char *root, const char *name, int version)
{
    char folder[PATH_MAX];
    double least = (double)INFINITY;
    if (snprintf(folder, sizeof folder, "%s%s", root, name) >= (int)sizeof folder)
        return least;
    for (char *end = folder + strlen(folder); end;) {
        *end = '\0';
        least = fmin(least, version == 2 ? room_of_group(folder, "memory.max",
                                                         "memory.current", "inactive_file ")
                                         : room_of_group(folder, "memory.limit_in_bytes",
                                                         "memory.usage_in_bytes",
                                                         "total_inactive_file "));
        end = strlen(folder) > strlen(root) ? strrchr(folder, '/') : NULL;
    }
    return least;
}

/* Returns the least that the control groups of this process leave. The lines of
 * /proc/self/cgroup are "0::/a/b" for version 2, "7:memory:/a/b" for version 1. */
static double room_of_control_groups(void)
{
    char line[LINE_TEXT];
    double least = (double)INFINITY;
    FILE *f = fopen("/proc/self/cgroup", "re");
    while (f && fgets(line, sizeof line, f)) {
        char *rest = line;
        line[strcspn(line, "\n")] = '\0';
        strsep(&rest, ":");
        const char *kinds = strsep(&rest, ":");
        if (!kinds || !rest)
            continue;
        if (!kinds[0])
            least = fmin(least, memory_group_room("/sys/fs/cgroup", rest, 2));
        else if (strstr(kinds, "memory"))
            least = fmin(least, memory_group_room("/sys/fs/cgroup/memory", rest, 1));
    }
    if (f)
        fclose(f);
    return least;
}

struct memory_room memory_room(void)
{
    const double kib = number_in("/proc/meminfo", "MemAvailable:");
    const double machine = isnan(kib) ? (double)INFINITY : 1024.0 * kib;
    const double groups = room_of_control_groups();
    return groups < machine ? (struct memory_room){fmax(groups, 0.0), "the control group"}
                            : (struct memory_room){machine, "this machine"};
}

bool memory_is_counted(void)
{
    struct rlimit limit;
    return (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) ||
           number_in("/proc/sys/vm/overcommit_memory", "") == 2.0;
}

bool memory_has_addresses(double bytes)
{
    if (bytes >= (double)(SIZE_MAX / 2))
        return false;
    void *at = mmap(NULL, (size_t)bytes + 1, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return false;
    munmap(at, (size_t)bytes + 1);
    return true;
}
