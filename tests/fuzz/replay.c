/* replay.c -- a fuzz target without a fuzzer: tries every file of a folder once.
 *
 *     replay_experiments tests/fuzz/corpus/experiments
 *
 * The name of a file is printed before it is tried, so the last line before a crash names it. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { FILE_MAX = 1 << 20 };

static void stop(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

/* Copies the input into a block of its size, so that reading past its end is noticed. */
static void replay(const char *path)
{
    static uint8_t room[FILE_MAX + 1];
    FILE *f = fopen(path, "rb");
    if (!f)
        stop(path);
    const size_t n = fread(room, 1, sizeof room, f);
    if (ferror(f) || n == sizeof room)
        stop(path);
    fclose(f);
    uint8_t *data = malloc(n + !n);
    if (!data)
        stop(path);
    memcpy(data, room, n);
    printf("%s\n", path);
    fflush(stdout);
    fuzz_one(data, n);
    free(data);
}

static int is_visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **entry = NULL;
    const int n = argc == 2 ? scandir(argv[1], &entry, is_visible, alphasort) : -1;
    if (n < 0)
        stop(argc == 2 ? argv[1] : "usage: replay_<target> FOLDER");
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        if (snprintf(path, sizeof path, "%s/%s", argv[1], entry[i]->d_name) >= PATH_MAX)
            stop(argv[1]);
        replay(path);
        free(entry[i]);
    }
    free(entry);
    printf("%d files\n", n);
    return n == 0; /* without files nothing is shown */
}
