/* run_script.h -- shell scripts around a posbench run in the background, each in a folder
 * of its own with a matrix e.yaml of four short runs. */
#ifndef RUN_SCRIPT_H
#define RUN_SCRIPT_H

#include <limits.h>
#include <stdlib.h>

#include "small_matrix.h"

static const char script_yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  seeds: [1, 2, 3, 4]\n"
    "  model: {layers: 1, heads: 2, dim: 16}\n"
    "  train: {steps: 60, warmup: 2, batch: 4, eval_every: 0}\n"
    "experiments:\n"
    "  flip:\n"
    "    task: {name: flip_flop, length: 16}\n"
    "    splits: {valid: {count: 6}, id: {count: 20}}\n"
    "    encoders: [rope]\n";

static char folder[SCRATCH_TEXT];

static inline int setup(void **state)
{
    char path[PATH_MAX];
    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/e.yaml", folder);
    write_text(path, script_yaml);
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* The beginning of every script. `begin ...` starts posbench run in the background and
 * returns when a worker is training; `ended` prints its exit code and its messages.
 * ENDLESS makes runs that never finish. */
static const char prelude[] =
    "cd '%s' || exit 99\n"
    "pb='%s'\n"
    "ENDLESS='--set train.steps=10000000'\n"
    /* Each run takes 0.25 s: time to act before the last begins, on a busy machine too. */
    "LONGER='--set train.steps=10000'\n"
    "begin() {\n"
    "  \"$pb\" run e.yaml --db x.db -j 1 \"$@\" 2>said & pid=$!\n"
    "  until ls x.db.spool/*.jsonl >/dev/null 2>&1; do\n"
    "    kill -0 $pid || { echo it ended before a worker was seen: >&2; cat said >&2; exit 98; }\n"
    "    sleep 0.01\n"
    "  done\n"
    "}\n"
    "ended() { wait $pid; echo code $?; cat said; }\n"
    "states() { \"$pb\" query -o csv --db \"$1\" 'SELECT state, count(*) FROM run GROUP "
    "BY 1' | tail -n +2; }\n";

/* Returns what the script prints; the caller frees it. */
static inline char *script(const char *body)
{
    char path[PATH_MAX], text[4096];
    struct program p;
    snprintf(path, sizeof path, "%s/script", folder);
    const int used = snprintf(text, sizeof text, prelude, folder, POSBENCH);
    snprintf(text + used, sizeof text - (size_t)used, "%s", body);
    write_text(path, text);
    program_run(&p, "sh", NULL, path);
    if (p.code != 0)
        fail_msg("the script ended with %d: %s%s", p.code, p.out, p.err);
    char *out = strdup(p.out);
    program_free(&p);
    return out;
}

static inline void expect(char *said, const char *want)
{
    if (!strstr(said, want))
        fail_msg("\"%s\" is missing in:\n%s", want, said);
}

static inline void expect_not(char *said, const char *unwanted)
{
    if (strstr(said, unwanted))
        fail_msg("\"%s\" stands in:\n%s", unwanted, said);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
