#include "scratch.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const char place[] = "/tmp/", mark[] = "posbench-test-";

/* Containers with processes of their own may share this /tmp, so young files are kept. */
enum { OLD_S = 600, PATH_ROOM = 512 };

static int remove_all(const char *path)
{
    char line[PATH_ROOM + 16];
    snprintf(line, sizeof line, "rm -rf '%s'", path);
    return system(line);
}

static bool is_left_over(const char *path, pid_t owner)
{
    struct stat about;
    return kill(owner, 0) != 0 && errno == ESRCH && stat(path, &about) == 0 &&
           about.st_mtime + OLD_S < time(NULL);
}

/* Removes what this process left, or what processes left that no longer exist. */
static void sweep(bool own)
{
    const pid_t self = getpid();
    const struct dirent *one;
    DIR *all = opendir(place);
    while (all && (one = readdir(all)) != NULL) {
        char path[PATH_ROOM], *end;
        const char *number = one->d_name + strlen(mark);
        if (strncmp(one->d_name, mark, strlen(mark)) != 0)
            continue;
        const pid_t owner = (pid_t)strtol(number, &end, 10);
        if (end == number || *end != '-')
            continue;
        snprintf(path, sizeof path, "%s%s", place, one->d_name);
        if (own ? owner == self : is_left_over(path, owner))
            remove_all(path);
    }
    if (all)
        closedir(all);
}

static void sweep_own(void)
{
    sweep(true);
}

/* Writes a template for mkdtemp and mkstemp. */
static void name(char path[SCRATCH_TEXT])
{
    static bool begun;
    if (!begun) {
        sweep(false);
        assert_int_equal(atexit(sweep_own), 0);
    }
    begun = true;
    snprintf(path, SCRATCH_TEXT, "%s%s%ld-XXXXXX", place, mark, (long)getpid());
}

void scratch_make(char path[SCRATCH_TEXT])
{
    name(path);
    assert_non_null(mkdtemp(path));
}

void scratch_remove(const char *path)
{
    assert_ptr_equal(strstr(path, place), path);
    assert_ptr_equal(strstr(path, mark), path + strlen(place));
    assert_int_equal(remove_all(path), 0);
}

int scratch_file(char path[SCRATCH_TEXT])
{
    name(path);
    return mkstemp(path);
}
