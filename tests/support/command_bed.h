/* command_bed.h -- a small matrix that `run` trains once, and checks of what commands
 * print about it. */
#ifndef COMMAND_BED_H
#define COMMAND_BED_H

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "program.h"

static const char yaml[] =
    "version: 1\n"
    "defaults:\n"
    "  seeds: [1, 2]\n"
    "  model: {layers: 1, heads: 2, dim: 16}\n"
    "  train: {steps: 4, warmup: 1, batch: 4, eval_every: 2, eval_count: 4}\n"
    "experiments:\n"
    "  flip_flop:\n"
    "    task: {name: flip_flop, length: 16}\n"
    "    splits: {valid: {count: 4}, id: {count: 8}, ood_sparse: {count: 8, p_ignore: 0.98}}\n"
    "    encoders: [rope, {name: cope, p_max: 5}]\n"
    "profiles:\n"
    "  quick: {flip_flop: {}}\n"
    "  other: {flip_flop: {seeds: [3]}}\n"
    "published:\n"
    "  - paper: A paper\n"
    "    source: Table 2\n"
    "    experiment: flip_flop\n"
    "    metric: token_error\n"
    "    values: {rope: {id: [12.5, 1.5]}, cope: {id: 3.25}}\n"
    "claims:\n"
    "  - {id: C1, text: \"cope errs less than rope\", experiment: flip_flop, split: id,\n"
    "     metric: token_error, less: cope, than: rope}\n";

static char folder[SCRATCH_TEXT];

/* Runs posbench in the folder of the experiment file. */

__attribute__((format(printf, 2, 3))) static inline void posbench_in(struct program *p,
                                                                     const char *arguments,
                                                                     ...)
{
    char text[2048];
    va_list args;
    va_start(args, arguments);
    vsnprintf(text, sizeof text, arguments, args);
    va_end(args);
    RUN(p, "-C %s %s", folder, text);
}

static inline int train_once(void **state)
{
    (void)state;
    char path[SCRATCH_TEXT + 32];
    struct program p;
    scratch_make(folder);
    snprintf(path, sizeof path, "%s/experiments.yaml", folder);
    FILE *f = fopen(path, "w");
    if (!f || fputs(yaml, f) < 0 || fclose(f) != 0)
        return -1;
    posbench_in(&p, "run");
    if (p.code != 0)
        print_error("%s", p.err);
    const int code = p.code;
    program_free(&p);
    return code;
}

static inline int clean_up(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

/* Checks the exit code, and that stdout contains `out` and stderr `err`; NULL: must be
 * empty. */
static inline void expect(const char *arguments, int code, const char *out, const char *err)
{
    struct program p;
    posbench_in(&p, "%s", arguments);
    if (p.code != code || (out ? !strstr(p.out, out) : *p.out) ||
        (err ? !strstr(p.err, err) : *p.err))
        fail_msg("posbench %s: code %d, stdout \"%s\", stderr \"%s\"", arguments, p.code,
                 p.out, p.err);
    program_free(&p);
}

__attribute__((format(printf, 2, 3))) static inline void expect_code(int code,
                                                                     const char *arguments,
                                                                     ...)
{
    char text[256];
    struct program p;
    va_list args;
    va_start(args, arguments);
    vsnprintf(text, sizeof text, arguments, args);
    va_end(args);
    posbench_in(&p, "%s", text);
    if (p.code != code)
        fail_msg("posbench %s: code %d, \"%s\"", text, p.code, p.err);
    program_free(&p);
}

/* Returns the command's output, parsed as JSON; the caller owns it. */
static inline json_t *json_of(const char *arguments)
{
    struct program p;
    json_error_t error;
    posbench_in(&p, "%s", arguments);
    json_t *o = p.code == 0 ? json_loads(p.out, 0, &error) : NULL;
    if (!o)
        fail_msg("posbench %s: code %d, \"%s\", %s", arguments, p.code, p.out, p.err);
    program_free(&p);
    return o;
}

static inline const char *text_at(const json_t *rows, size_t i, const char *key)
{
    const char *text = json_string_value(json_object_get(json_array_get(rows, i), key));
    assert_non_null(text);
    return text;
}

static inline json_int_t number_at(const json_t *rows, size_t i, const char *key)
{
    const json_t *value = json_object_get(json_array_get(rows, i), key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

#endif
