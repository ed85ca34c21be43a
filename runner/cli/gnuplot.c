#include "gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MESSAGE = 600 };

/* Starts gnuplot with its three streams connected to the files, and waits until it ends. */
static enum status run(FILE *script, FILE *picture, FILE *complaints, struct err *e)
{
    /* -d: ignore the settings of the system and of the user. */
    static char name[] = "gnuplot", no_settings[] = "-d";
    char *const argv[] = {name, no_settings, NULL};
    posix_spawn_file_actions_t streams;
    pid_t pid;
    int end = 0;
    posix_spawn_file_actions_init(&streams);
    posix_spawn_file_actions_adddup2(&streams, fileno(script), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&streams, fileno(picture), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&streams, fileno(complaints), STDERR_FILENO);
    const int why = posix_spawnp(&pid, "gnuplot", &streams, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&streams);
    if (why == ENOENT)
        return err_set(
            e, ST_IO,
            "gnuplot is not installed: apt-get install gnuplot-nox (or write the "
            "data with -o FILE.csv, the script with -o FILE.gp)");
    if (why)
        return err_set(e, ST_IO, "gnuplot cannot be started: %s", strerror(why));
    while (waitpid(pid, &end, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(end) && WEXITSTATUS(end) == 0)
        return ST_OK;
    char text[MESSAGE] = "";
    rewind(complaints);
    text[fread(text, 1, sizeof text - 1, complaints)] = '\0';
    return err_set(e, ST_IO, "gnuplot could not draw this: %s", text);
}

/* Replaces the time in a PDF made by cairo, "/CreationDate (D:2026...)", with a fixed one of
 * the same length. Returns false when the time in a PDF cannot be found because it is
 * compressed. */
static bool forget_time(char *bytes, size_t n)
{
    static const char pdf[] = "%PDF", key[] = "/CreationDate (D:";
    static const char fixed[] = "20000101000000";
    for (size_t i = 0; i + sizeof key + sizeof fixed < n; i++)
        if (memcmp(bytes + i, key, sizeof key - 1) == 0) {
            memcpy(bytes + i + sizeof key - 1, fixed, sizeof fixed - 1);
            return true;
        }
    return n < sizeof pdf || memcmp(bytes, pdf, sizeof pdf - 1) != 0;
}

/* Copies the picture to `out`. Sets *open to whether its bytes do not depend on the time; when
 * they do, it is copied only if `any` is true. */
static enum status copy(FILE *picture, FILE *out, bool any, bool *open, struct err *e)
{
    if (fseek(picture, 0, SEEK_END) != 0)
        return err_set(e, ST_IO, "the picture cannot be read: %s", strerror(errno));
    const long n = ftell(picture);
    char *bytes = malloc(n > 0 ? (size_t)n : 1);
    if (!bytes)
        return err_set(e, ST_NOMEM, "no memory for a picture of %ld bytes", n);
    rewind(picture);
    const size_t got = fread(bytes, 1, n > 0 ? (size_t)n : 0, picture);
    *open = forget_time(bytes, got);
    if (*open || any)
        fwrite(bytes, 1, got, out);
    free(bytes);
    return ST_OK;
}

static enum status draw(FILE *script, FILE *out, bool any, bool *open, struct err *e)
{
    FILE *picture = tmpfile(), *complaints = tmpfile();
    enum status st = ST_OK;
    if (!picture || !complaints)
        st = err_set(e, ST_IO, "no temporary file for the picture: %s", strerror(errno));
    else {
        fflush(script);
        rewind(script);
        st = run(script, picture, complaints, e);
    }
    if (!st)
        st = copy(picture, out, any, open, e);
    if (picture)
        fclose(picture);
    if (complaints)
        fclose(complaints);
    return st;
}

/* Cairo 1.18 (Debian 13) compresses the time together with the rest unless it is told to
 * compress nothing. If the time cannot be found even then, the picture is drawn all the
 * same. */
enum status gnuplot_draw(FILE *script, FILE *out, struct err *e)
{
    bool open = true;
    const enum status st = draw(script, out, false, &open, e);
    if (st || open)
        return st;
    if (setenv("CAIRO_DEBUG_PDF", "1", 1) != 0)
        return err_set(e, ST_NOMEM, "no memory to draw a PDF");
    return draw(script, out, true, &open, e);
}
