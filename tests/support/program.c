#include "program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { COMMAND_TEXT = 4096 };

char *file_text(const char *path, size_t *bytes)
{
    FILE *f = fopen(path, "rb");
    size_t used = 0, room = 65536;
    char *text = malloc(room + 1);
    if (!f || !text)
        fail_msg("%s: cannot be read", path);
    for (size_t n; (n = fread(text + used, 1, room - used, f)) > 0;) {
        used += n;
        if (used == room) {
            room *= 2;
            text = realloc(text, room + 1);
            assert_non_null(text);
        }
    }
    fclose(f);
    text[used] = 0;
    if (bytes)
        *bytes = used;
    return text;
}

void program_run(struct program *p, const char *program, const char *environment,
                 const char *arguments)
{
    char folder[SCRATCH_TEXT], out[SCRATCH_TEXT + 8], err[SCRATCH_TEXT + 8];
    char line[COMMAND_TEXT];
    scratch_make(folder);
    snprintf(out, sizeof out, "%s/out", folder);
    snprintf(err, sizeof err, "%s/err", folder);
    const int n = snprintf(line, sizeof line, "{ %s '%s' %s ; } >%s 2>%s </dev/null",
                           environment ? environment : "", program, arguments, out, err);
    assert_in_range(n, 1, COMMAND_TEXT - 1);
    const int status = system(line);
    p->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    p->out = file_text(out, &p->out_bytes);
    p->err = file_text(err, NULL);
    scratch_remove(folder);
}

void program_run_format(struct program *p, const char *program, const char *arguments, ...)
{
    char text[COMMAND_TEXT];
    va_list args;
    va_start(args, arguments);
    const int n = vsnprintf(text, sizeof text, arguments, args);
    va_end(args);
    assert_in_range(n, 0, COMMAND_TEXT - 1);
    program_run(p, program, NULL, text);
}

void program_free(struct program *p)
{
    free(p->out);
    free(p->err);
    *p = (struct program){0};
}

int program_children(pid_t parent, pid_t *child, int room)
{
    char path[64], text[COMMAND_TEXT] = "", *at = text, *end;
    int n = 0;
    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)parent, (long)parent);
    FILE *f = fopen(path, "r");
    if (f && !fgets(text, sizeof text, f))
        text[0] = '\0';
    if (f)
        fclose(f);
    for (long one; n < room && (one = strtol(at, &end, 10)) > 0; at = end)
        child[n++] = (pid_t)one;
    return n;
}
