/* signals.c -- one handler for all signals that ask to end: it counts and writes to a pipe. */
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

const int signals_wishes[SIGNALS_WISHES] = {SIGINT, SIGTERM, SIGHUP};

static volatile sig_atomic_t seen, last;
static bool caught;
static struct sigaction before[SIGNALS_WISHES];
static int wake[2] = {-1, -1}; /* never closed, since a handler may be running */

static void remember(int sig)
{
    const int error = errno;
    seen = seen + 1;
    last = sig;
    if (wake[1] >= 0) {
        /* The result does not matter: a full pipe is readable already. */
        const ssize_t ignored = write(wake[1], "", 1);
        (void)ignored;
    }
    errno = error;
}

void signals_catch(void)
{
    if (caught)
        return;
    seen = last = 0;
    signals_drain();
    for (int i = 0; i < SIGNALS_WISHES; i++) {
        struct sigaction act = {.sa_handler = remember};
        sigemptyset(&act.sa_mask);
        sigaction(signals_wishes[i], NULL, &before[i]);
        if (signals_wishes[i] == SIGTERM || before[i].sa_handler != SIG_IGN)
            sigaction(signals_wishes[i], &act, NULL);
    }
    caught = true;
}

void signals_release(void)
{
    for (int i = 0; i < SIGNALS_WISHES && caught; i++)
        sigaction(signals_wishes[i], &before[i], NULL);
    caught = false;
}

const volatile sig_atomic_t *signals_flag(void)
{
    return &last;
}

int signals_last(void)
{
    return last;
}

int signals_count(void)
{
    return seen;
}

int signals_descriptor(void)
{
    int end[2];
    if (wake[0] >= 0)
        return wake[0];
    if (pipe(end) != 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        fcntl(end[i], F_SETFD, FD_CLOEXEC);
        fcntl(end[i], F_SETFL, O_NONBLOCK);
        wake[i] = end[i];
    }
    return wake[0];
}

void signals_drain(void)
{
    char bytes[64];
    while (wake[0] >= 0 && read(wake[0], bytes, sizeof bytes) > 0)
        continue;
}
