/* command_check.c -- tests tasks against the contract of tasks/task.h and reports. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "encoder.h"
#include "option.h"
#include "plugin_load.h"
#include "samples_check.h"
#include "signals.h"
#include "task_check.h"

/* SAMPLES is the default of --samples, SAMPLES_MOST its limit. Chosen: the error of a share is
 * then below 1 %. */
enum { NAMES_MAX = 256, SAMPLES = 4000, SAMPLES_MOST = 1000000 };

static enum status no_task(const char *name, struct err *e)
{
    const char *names[NAMES_MAX];
    int n = 0;
    if (encoder_find(name))
        return err_set(e, ST_USAGE,
                       "%s is an encoder; check takes tasks. In the source tree "
                       "tests/encoders/test_encoder_contract.c checks the encoders that it "
                       "has (ctest --preset test -R encoder_contract)",
                       name);
    for (; n < task_count() && n < NAMES_MAX; n++)
        names[n] = task_at(n)->name;
    return err_set(e, ST_NOTFOUND, "no task \"%s\"%s", name,
                   suggest_or(name, names, n, "; \"posbench list tasks\" names them"));
}

static bool ends_in(const char *name, const char *end)
{
    const size_t n = strlen(name), m = strlen(end);
    return n > m && strcmp(name + n - m, end) == 0;
}

/* Loads *name when it is the file of a plug-in, and replaces it by the name of its task. A file
 * of samples keeps its name. */
static enum status find_one(const char **name, struct err *e)
{
    const int before = task_count(), encoders = encoder_count();
    if (ends_in(*name, ".jsonl"))
        return ST_OK;
    if (!ends_in(*name, ".so"))
        return task_find(*name) ? ST_OK : no_task(*name, e);
    const enum status st = plugin_load(*name, e);
    if (st)
        return st;
    if (encoder_count() > encoders)
        return err_set(e, ST_USAGE,
                       "%s brings no task but the encoder %s; check takes tasks", *name,
                       encoder_at(encoders)->name);
    if (task_count() == before)
        return err_set(e, ST_USAGE, "%s brings no task that is not loaded already", *name);
    *name = task_at(before)->name;
    return ST_OK;
}

static enum status check_samples(const struct invocation *v, const char *file,
                                 struct err *e)
{
    const bool json = flag_given(v, "json");
    if (!json && argument_count(v) > 1)
        printf("%s\n", file);
    return samples_check_print(file, flag_text(v, "words", NULL),
                               json ? PRINT_JSON : PRINT_TEXT, stdout, e);
}

static enum status check_one(const char *name, int samples, bool json, bool blank,
                             int *broken, struct err *e)
{
    struct task_check *c = malloc(sizeof *c);
    if (!c)
        return err_set(e, ST_NOMEM, "no memory for the report on %s", name);
    enum status st = task_check(task_find(name), samples, signals_flag(), c, e);
    if (!st && blank && !json)
        putchar('\n');
    if (!st)
        st = task_check_print(c, json ? PRINT_JSON : PRINT_TEXT, stdout, e);
    if (!st && c->broken)
        err_set(e, ST_FAILED, "%s breaks %d clause%s of tasks/contract.h", name, c->broken,
                c->broken == 1 ? "" : "s");
    *broken += !st && c->broken > 0;
    free(c);
    return st;
}

static enum status run(const struct invocation *v, struct err *e)
{
    const int named = argument_count(v), n = named ? named : task_count();
    const char *name[NAMES_MAX];
    int broken = 0;
    long samples;
    enum status st = flag_integer(v, "samples", 100, SAMPLES_MOST, SAMPLES, &samples, e);
    signals_catch();
    if (!st && n > NAMES_MAX)
        st = err_set(e, ST_USAGE, "more than %d tasks at once", NAMES_MAX);
    for (int i = 0; !st && i < n; i++) {
        name[i] = named ? argument_at(v, i) : task_at(i)->name;
        st = find_one(&name[i], e);
    }
    for (int i = 0; !st && i < n; i++)
        st = ends_in(name[i], ".jsonl")
                 ? check_samples(v, name[i], e)
                 : check_one(name[i], (int)samples, flag_given(v, "json"), i > 0, &broken,
                             e);
    if (!st && broken > 1)
        return err_set(e, ST_FAILED, "%d of %d tasks break clauses of tasks/contract.h",
                       broken, n);
    return st ? st : broken ? ST_FAILED : ST_OK;
}

static const struct flag flags[] = {
    {"samples", 0, "N", false,
     "samples of each split to measure chance, majority and ceiling on (default 4000)"},
    {"words", 0, "FILE", false, "of a file of samples: the words of its ids, one a line"},
    {"json", 0, NULL, false, "one object a line for each task"},
    {0},
};

const struct command command_check = {
    .name = "check",
    .group = GROUP_DATA,
    .summary =
        "hold tasks to their contract: bytes, solver, splits, chance and ceiling "
        "against simulated samples, speed; exit code 1 when a clause is broken. A file of "
        "samples: line by line, sizes, chance",
    .arguments = "[TASK|FILE]...",
    .min_args = 0,
    .max_args = -1,
    .examples = "posbench check parity\n"
                "posbench check\n"
                "posbench check counting dyck_2 --json\n"
                "posbench check ladder/ladder.so\n"
                "posbench check train.jsonl --words words.txt",
    .flags = flags,
    .run = run,
};
