#include "stop.h"

#include <stddef.h>

static volatile sig_atomic_t caught;

static void remember(int sig)
{
    caught = sig;
}

const volatile sig_atomic_t *stop_on_signals(void)
{
    static const int wishes[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        struct sigaction act = {.sa_handler = remember}, before;
        sigemptyset(&act.sa_mask);
        sigaction(wishes[i], NULL, &before);
        if (wishes[i] == SIGTERM || before.sa_handler != SIG_IGN)
            sigaction(wishes[i], &act, NULL);
    }
    return &caught;
}

int stop_signal(void)
{
    return caught;
}
