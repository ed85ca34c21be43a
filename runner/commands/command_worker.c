/* command_worker.c -- trains one run for the scheduler: reads settings from standard input,
 * writes progress to standard output and numbers to the spool. */
#include "command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "provenance.h"
#include "checkpoint.h"
#include "run_state.h"
#include "signals.h"
#include "training.h"

/* Chosen: the JSON of one run takes some kilobytes; a longer input is an error. */
enum { SETTINGS_BYTES_MAX = 1 << 20 };

/* Makes the worker stop when its scheduler ends, even when that is killed. Returns false when the
 * scheduler is gone already: the spool may then belong to a worker of another scheduler. */
static bool follow_parent(long parent)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_NAME, "posbench"); /* not "exe", from /proc/self/exe */
#endif
    return parent == 0 || getppid() == (pid_t)parent;
}

/* Refuses to work for a scheduler of another build. Where workers cannot be started from the
 * running file itself, as without /proc, its path may lead to a newer program by now. */
static enum status check_program(const char *wanted, struct err *e)
{
    char here[PROVENANCE_PROGRAM];
    provenance_program(here);
    if (!wanted || strcmp(wanted, here) == 0)
        return ST_OK;
    return err_set(
        e, ST_IO,
        "posbench %s would train what posbench %s began: it was built anew; start "
        "the same command again",
        here, wanted);
}

/* Reads all of standard input; the caller frees *out. */
static enum status read_settings(char **out, struct err *e)
{
    char *text = malloc(SETTINGS_BYTES_MAX + 1);
    if (!text)
        return err_set(e, ST_NOMEM, "no memory for a run's settings");
    const size_t n = fread(text, 1, SETTINGS_BYTES_MAX + 1, stdin);
    if (ferror(stdin) || n > SETTINGS_BYTES_MAX) {
        free(text);
        return err_set(e, ST_IO, "standard input holds no run's settings");
    }
    text[n] = '\0';
    *out = text;
    return ST_OK;
}

static enum status work(struct training t, struct err *e)
{
    struct run_spec r = {0};
    char *settings = NULL;
    enum status st = read_settings(&settings, e);
    if (st == ST_OK && run_spec_parse(settings, &r, e) != ST_OK)
        st = ST_IO; /* just written: the files they use changed */
    free(settings);
    if (st)
        return st;
    t.run = &r;
    st = training_run(&t, e);
    run_spec_free(&r);
    return st;
}

/* Returns the state for a status. Lack of memory or of a file is no fault of the run, which can
 * be resumed. */
static const char *state_of(enum status st)
{
    switch (st) {
    case ST_OK:
        return RUN_DONE;
    case ST_INTERRUPTED:
    case ST_NOMEM:
    case ST_IO:
    case ST_DB:
        return RUN_INTERRUPTED;
    default:
        return RUN_FAILED;
    }
}

static enum status run(const struct invocation *v, struct err *e)
{
    struct spool_writer spool;
    struct training t = {.weights = flag_text(v, "weights", NULL),
                         .checkpoint = flag_text(v, "checkpoint", NULL),
                         .stop = signals_flag(),
                         .spool = &spool};
    const char *path = flag_text(v, "spool", NULL);
    long threads, parent, every;
    signals_catch();
    signal(SIGPIPE, SIG_IGN);
    enum status st = flag_integer(v, "threads", 1, 256, 1, &threads, e);
    if (st == ST_OK)
        st = flag_integer(v, "parent", 0, 1L << 30, 0, &parent, e);
    if (st == ST_OK)
        st = flag_integer(v, "checkpoint-every", 0, CHECKPOINT_EVERY_MAX, CHECKPOINT_EVERY,
                          &every, e);
    if (st == ST_OK && !path)
        st = err_set(e, ST_USAGE, "--spool FILE is needed");
    if (st == ST_OK)
        st = check_program(flag_text(v, "program", NULL), e);
    if (st == ST_OK && !follow_parent(parent))
        st = err_set(e, ST_INTERRUPTED, "process %ld, to be followed, is gone", parent);
    if (st == ST_OK)
        st = spool_create(path, STDOUT_FILENO, &spool, e);
    if (st)
        return st;
    t.threads = (int)threads;
    t.checkpoint_every = (int)every;
    st = work(t, e);
    const enum status told =
        spool_end(&spool, state_of(st), st ? e->msg : "", st ? NULL : e);
    spool_close(&spool);
    return st ? st : told;
}

static const struct flag flags[] = {
    {"spool", 0, "FILE", false, "where the numbers go"},
    {"weights", 0, "FILE", false, "where the final weights go (default: nowhere)"},
    {"checkpoint", 0, "FILE", false,
     "file to go on from, and to keep the way to go on in (default: none)"},
    {"checkpoint-every", 0, "SECONDS", false,
     "time between checkpoints; 0: after every step (default 60)"},
    {"threads", 0, "N", false, "threads (default 1)"},
    {"parent", 0, "PID", false, "process to follow: stop when it is gone (default: none)"},
    {"program", 0, "NAME", false,
     "which program to be, as \"0.1.0 4f8b418\"; another refuses (default: any)"},
    {0},
};

const struct command command_worker = {
    .name = "worker",
    .group = GROUP_INTERNAL,
    .summary = "train and evaluate one run (started by run)",
    .arguments = "",
    .min_args = 0,
    .max_args = 0,
    .examples = "posbench worker --spool run.jsonl < run.json",
    .flags = flags,
    .run = run,
};
