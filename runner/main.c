/* main.c -- the only file that prints errors or calls exit. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "clean.h"
#include "cli.h"
#include "help.h"
#include "kernels.h"
#include "memory.h"
#include "plugin_load.h"
#include "signals.h"
#include "task.h"

static enum status run_command(const struct invocation *v, struct err *e)
{
    const char *directory = flag_text(v, "directory", NULL);
    if (directory && chdir(directory) != 0)
        return err_set(e, ST_USAGE, "%s: %s", directory, strerror(errno));
    const char *const *plugin;
    const int n = flag_list(v, "plugin", &plugin);
    enum status st = kernels_choose(getenv("POSBENCH_KERNELS"), e);
    if (!st)
        st = plugin_load_inherited(e);
    for (int i = 0; !st && i < n; i++)
        st = plugin_load(plugin[i], e);
    return st ? st : cli_command(v)->run(v, e);
}

static enum status obey(const struct invocation *v, struct err *e)
{
    switch (cli_wish(v)) {
    case CLI_HELP:
        help_print(stdout, cli_command(v));
        break;
    case CLI_VERSION:
        help_version(stdout);
        break;
    case CLI_NOTHING:
        help_short(stderr);
        return ST_USAGE;
    case CLI_COMMAND:
        return run_command(v, e);
    }
    return ST_OK;
}

/* Flushes standard output: a full disk may show only now. */
static enum status flush_output(struct err *e)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return ST_OK;
    return err_set(e, ST_IO, "writing to standard output failed: %s",
                   errno ? strerror(errno) : "some of it was lost");
}

/* Prints the error. Errors of an experiment file have no prefix: "file:line:column: ...". */
static void complain(const struct invocation *v, enum status st, const struct err *e)
{
    const char *text = e->msg[0] ? e->msg : status_text(st);
    size_t n = strlen(text);
    char *shown = clean_text(text, &n, "\n"); /* one mistake of a file per line */
    fprintf(stderr, "%s%s\n",
            st == ST_CONFIG ? "" : "posbench: ", shown ? shown : status_text(ST_NOMEM));
    free(shown);
    if (st != ST_USAGE)
        return;
    const struct command *c = v ? cli_command(v) : NULL;
    fprintf(stderr, "\"posbench %s%s--help\" explains the options.\n", c ? c->name : "",
            c ? " " : "");
}

/* Restarts the program with one thread for OpenBLAS where address space is limited. OpenBLAS
 * starts a thread for each core as soon as it is loaded, and each tries for ever to get 128 MiB;
 * this program uses one BLAS thread in any case. When the program cannot be restarted, it goes on
 * as it is. */
static void spare_addresses(char **argv)
{
    const char *threads = getenv("OPENBLAS_NUM_THREADS");
    if (!memory_is_counted() || (threads && strcmp(threads, "1") == 0))
        return;
    if (setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0)
        execv("/proc/self/exe", argv);
}

/* Newer versions of OpenBLAS (such as 0.3.29) ask for their memory while they are loaded, before
 * main, and ask for ever when there is too little address space. Where it is limited, a loading
 * that takes one second of processor time ends with a message; normally it takes a hundredth. */
enum { LOADING_S = 1 };

static void loading_takes_for_ever(int signal_number)
{
    static const char words[] =
        "posbench: OpenBLAS gets no address space while it is loaded; raise the limit "
        "(\"ulimit -v\", or h_vmem of a batch system)\n";
    (void)signal_number;
    const ssize_t ignored = write(STDERR_FILENO, words, sizeof words - 1);
    (void)ignored;
    _exit(1);
}

static void limit_loading(int seconds) /* 0: no limit */
{
    const struct itimerval once = {.it_value.tv_sec = seconds};
    setitimer(ITIMER_PROF, &once, NULL);
    signal(SIGPROF, seconds ? loading_takes_for_ever : SIG_DFL);
}

#ifndef __SANITIZE_ADDRESS__ /* which starts up later */
typedef void set_up_fn(void);

static void watch_loading(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        limit_loading(LOADING_S);
}

/* .preinit_array runs before the libraries initialise. */
static set_up_fn *before_libraries __attribute__((section(".preinit_array"), used)) =
    watch_loading;
#endif

int main(int argc, char **argv)
{
    static struct err e;
    limit_loading(0);
    spare_addresses(argv);
    signal(SIGXFSZ, SIG_IGN); /* a write that is too long fails with an error instead */
    struct invocation *v = NULL;
    enum status st = cli_parse(argc, argv, &v, &e);
    if (!st)
        st = obey(v, &e);
    if (!st)
        st = flush_output(&e);
    if (st && !(st == ST_USAGE && !e.msg[0]))
        complain(v, st, &e);
    const int code = cli_exit_code(st, signals_last());
    cli_free(v);
    task_close_all();
    /* At the end OpenBLAS waits for its own threads, which try for ever to get address space when
     * it could not be told to have none (spare_addresses). */
    if (memory_is_counted()) {
        fflush(NULL);
        _exit(code);
    }
    return code;
}
