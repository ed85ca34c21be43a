/* program.h -- runs posbench as a user would and keeps its output. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stddef.h>
#include <sys/types.h>

#include "scratch.h"

struct program {
    int code;        /* exit code; 128 + signal when killed */
    char *out, *err; /* contents of stdout and stderr; never NULL */
    size_t out_bytes;
};

/* Runs `program` through sh, so quotes and redirections in `arguments` work. `environment`
 * is put before it: "NO_COLOR=1 TERM=dumb", or NULL. */
void program_run(struct program *p, const char *program, const char *environment,
                 const char *arguments);
void program_free(struct program *p);

#define RUN(p, ...) program_run_format(p, POSBENCH, __VA_ARGS__)
void program_run_format(struct program *p, const char *program, const char *arguments, ...)
    __attribute__((format(printf, 3, 4)));

/* Writes up to `room` processes that `parent` has started to `child`; returns how many. */
int program_children(pid_t parent, pid_t *child, int room);

/* Returns the whole file, with a 0 behind it; fails the test when it cannot be read. */
char *file_text(const char *path, size_t *bytes);

#endif
