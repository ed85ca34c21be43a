/* process.c -- starts a child with three pipes, reads it without blocking, and reports its end.
 *
 * process_start takes program, arguments and input. process_read passes complete lines of
 * standard output to a function and keeps the last bytes of standard error. process_wait returns
 * the status, and process_end_text describes it.
 * Pitfall: the input is written before anything is read, so a child must read it before it writes
 * more than a pipe holds. SIGPIPE must be ignored here, as schedule_run does. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* --- starting --- */

static bool open_pipe(int end[2])
{
    if (pipe(end) != 0)
        return false;
    fcntl(end[0], F_SETFD, FD_CLOEXEC);
    fcntl(end[1], F_SETFD, FD_CLOEXEC);
    return true;
}

static void close_pipe(int end[2])
{
    for (int i = 0; i < 2; i++)
        if (end[i] >= 0)
            close(end[i]);
    end[0] = end[1] = -1;
}

/* Returns 0 or an errno. */
static int spawn(pid_t *pid, const char *program, const char *const *argv, int in, int out,
                 int err)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t dflt, none;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
    sigemptyset(&none);
    sigemptyset(&dflt);
    sigaddset(&dflt, SIGPIPE);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigdefault(&attributes, &dflt);
    posix_spawnattr_setsigmask(&attributes, &none);
    /* posix_spawn takes char *const * only for old programs, and changes nothing. */
    const int failed =
        posix_spawn(pid, program, &files, &attributes, (char *const *)argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

/* Writes the input. A child that does not read all of it reports the reason itself. */
static void feed(int fd, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        const ssize_t n = write(fd, text, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        text += n;
        left -= (size_t)n;
    }
}

enum status process_start(struct process *p, const char *program, const char *const *argv,
                          const char *input, struct err *e)
{
    int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1};
    int failed = 0;
    *p = (struct process){.out = -1, .err = -1};
    if (!open_pipe(in) || !open_pipe(out) || !open_pipe(err))
        failed = errno;
    if (!failed)
        failed = spawn(&p->pid, program, argv, in[0], out[1], err[1]);
    if (failed) {
        close_pipe(in);
        close_pipe(out);
        close_pipe(err);
        p->pid = 0;
        return err_set(e, ST_IO, "%s: cannot be started: %s%s", program, strerror(failed),
                       failed == EMFILE ? "; " STATUS_FEW_FILES " or lower --jobs" : "");
    }
    close(in[0]);
    close(out[1]);
    close(err[1]);
    p->out = out[0];
    p->err = err[0];
    fcntl(p->out, F_SETFL, O_NONBLOCK);
    fcntl(p->err, F_SETFL, O_NONBLOCK);
    feed(in[1], input);
    close(in[1]);
    return ST_OK;
}

/* --- reading --- */

/* Returns the bytes read, 0 when there are none now; closes *fd at the end of the stream. */
static size_t take(int *fd, char *buf, size_t room)
{
    if (*fd < 0)
        return 0;
    const ssize_t n = read(*fd, buf, room);
    if (n > 0)
        return (size_t)n;
    if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
        close(*fd);
        *fd = -1;
    }
    return 0;
}

static void hand_out_lines(struct process *p,
                           void (*line)(void *context, const char *text, size_t n),
                           void *context)
{
    char *start = p->line, *const end = p->line + p->line_used;
    char *newline;
    while ((newline = memchr(start, '\n', (size_t)(end - start))) != NULL) {
        line(context, start, (size_t)(newline - start));
        start = newline + 1;
    }
    p->line_used = (size_t)(end - start);
    if (p->line_used == sizeof p->line)
        p->line_used = 0;
    memmove(p->line, start, p->line_used);
}

/* Keeps the newest bytes, with room for the final NUL. */
static void keep_tail(struct process *p, const char *text, size_t n)
{
    const size_t room = sizeof p->tail - 1;
    if (n > room) {
        text += n - room;
        n = room;
    }
    const size_t keep = p->tail_used + n > room ? room - n : p->tail_used;
    memmove(p->tail, p->tail + p->tail_used - keep, keep);
    memcpy(p->tail + keep, text, n);
    p->tail_used = keep + n;
}

bool process_read(struct process *p,
                  void (*line)(void *context, const char *text, size_t n), void *context)
{
    char buf[PROCESS_TAIL];
    size_t n;
    while ((n = take(&p->out, p->line + p->line_used, sizeof p->line - p->line_used)) > 0) {
        p->line_used += n;
        hand_out_lines(p, line, context);
    }
    while ((n = take(&p->err, buf, sizeof buf)) > 0)
        keep_tail(p, buf, n);
    return p->out >= 0 || p->err >= 0;
}

int process_wait(struct process *p)
{
    int status = 0;
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (p->out >= 0)
        close(p->out);
    if (p->err >= 0)
        close(p->err);
    p->out = p->err = -1;
    p->pid = 0;
    return status;
}

char *process_end_text(int wait_status, char buf[PROCESS_END])
{
    const int sig = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;
    if (sig)
        snprintf(buf, PROCESS_END, "killed by signal %d (%s)%s", sig, strsignal(sig),
                 sig == SIGKILL ? "; perhaps the machine ran out of memory" : "");
    else if (WEXITSTATUS(wait_status) == 0)
        snprintf(buf, PROCESS_END, "ended before it had reported everything");
    else
        snprintf(buf, PROCESS_END, "exit code %d", WEXITSTATUS(wait_status));
    return buf;
}

bool process_was_stopped(int wait_status)
{
    static const int sent[] = {SIGHUP, SIGINT, SIGQUIT, SIGKILL, SIGTERM, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof sent / sizeof *sent; i++)
        if (WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == sent[i])
            return true;
    return false;
}

const char *process_tail(struct process *p, int lines)
{
    while (p->tail_used > 0 && p->tail[p->tail_used - 1] == '\n')
        p->tail_used--;
    p->tail[p->tail_used] = '\0';
    const char *at = p->tail + p->tail_used;
    while (at > p->tail && (at[-1] != '\n' || --lines > 0))
        at--;
    return at;
}
